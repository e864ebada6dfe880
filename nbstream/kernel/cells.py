"""The notebook, the cell and the execution that a stream belongs to. Pure."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Execution(NamedTuple):
    """One execution of code. A notebook names its cell; consoles and terminals do not."""

    key: object
    """Tells executions apart."""
    session: str = ""
    """Who sent it: a notebook has a name of its own for each time that it is opened."""
    cell: str | None = None
    started: float = 0.0
    """When it was sent: seconds of the sender's clock."""


class Notebooks:
    """Tells the notebooks of one kernel apart.

    A copy of a notebook has the same cell ids, so the session tells the two apart. But a reloaded
    page is a new session of the same notebook. The pages' own messages show which it is: two
    sessions of one page are two notebooks, and a page that is gone is silent.

    >>> notebooks = Notebooks()
    >>> notebooks.heard("a", page="page 1"); notebooks.heard("b", page="page 2")
    >>> notebooks.are_same("a", "b")
    True
    >>> notebooks.heard("a")
    >>> notebooks.are_same("a", "b")
    False
    """

    def __init__(self) -> None:
        self._count = 0
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._pages: dict[str, str] = {}
        self._waiting: dict[str, list[Callable[[], None]]] = {}

    def heard(self, session: str, page: str | None = None) -> None:
        """Note a message of ``session``, sent by this ``page`` if it named one."""
        self._count += 1
        self._first.setdefault(session, self._count)
        self._last[session] = self._count
        if page is not None:
            self._pages[session] = page
            for act in self._waiting.pop(session, ()):
                act()

    def once_named(self, session: str, act: Callable[[], None]) -> None:
        """Call ``act`` when the page of ``session`` says its name."""
        self._waiting.setdefault(session, []).append(act)

    def are_same(self, earlier: str, later: str) -> bool | None:
        """Whether ``later`` is the notebook of ``earlier``, opened again. None: it may be, but the
        page of ``later`` has not said its name yet."""
        if earlier == later:
            return True
        before, now = self._pages.get(earlier), self._pages.get(later)
        # A front end without named pages never reloads one.
        if before is None or before == now or self._last[earlier] > self._first[later]:
            return False
        return None if now is None else True


notebooks = Notebooks()
"""Those of this process."""


class Runs(Generic[T]):
    """The streams of each cell's last execution."""

    def __init__(self, known: Notebooks = notebooks) -> None:
        self._notebooks = known
        self._by_cell: dict[str, dict[Execution, weakref.WeakSet[T]]] = {}

    def add(self, execution: Execution, stream: T, outdate: Callable[[T], object]) -> None:
        """Note a stream that ``execution`` started.

        Calls ``outdate`` with each stream of earlier executions of its cell; streams of the same
        execution stay. If a page that was just loaded runs the cell, this waits until the page has
        said its name.
        """
        if execution.cell is None:
            return
        runs = self._by_cell.setdefault(execution.cell, {})
        for run in tuple(runs):
            # A task of an earlier execution may start streams late.
            if run.key != execution.key and run.started <= execution.started:
                self._compare(runs, run, execution, outdate)
        runs.setdefault(execution, weakref.WeakSet()).add(stream)

    def _compare(
        self,
        runs: dict[Execution, weakref.WeakSet[T]],
        run: Execution,
        later: Execution,
        outdate: Callable[[T], object],
    ) -> None:
        same = self._notebooks.are_same(run.session, later.session)
        if same is None:
            again = functools.partial(self._compare, runs, run, later, outdate)
            self._notebooks.once_named(later.session, again)
        elif same:
            for stream in runs.pop(run, ()):
                outdate(stream)
