"""Named conversations: each cell's prompt and answer, and the settings in force. Pure.

A turn has the place of its cell: a cell that runs again replaces its turns. Turns are answered one
after another, since each request contains the answers before it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from ..kernel.cells import Execution, Notebooks, notebooks
from ..tools.messages import Exchange, exchange_turns
from ..validation import Api

Message = dict[str, Any]


@dataclass(eq=False)
class Turn:
    """The prompt of one execution, and its answer."""

    execution: Execution
    prompt: str
    given: Mapping[str, Any] = field(default_factory=dict)
    """The settings that it changes: parameters of `nbstream.stream`."""
    state: Literal["pending", "kept", "failed"] = "pending"
    note: str = ""
    """A remark on how it ended, or ""."""
    exchanges: Sequence[Exchange] = ()
    answer: str = ""
    ended: Future[None] = field(default_factory=Future, repr=False)
    """Done once the turn is no longer pending."""

    def end(self, state: Literal["kept", "failed"], note: str) -> None:
        """Set the outcome; a stream that is continued ends more than once."""
        self.state, self.note = state, note
        if not self.ended.done():
            self.ended.set_result(None)

    def messages(self, api: Api) -> list[Message]:
        """The turn in the form that ``api`` takes; empty unless it is kept."""
        if self.state != "kept":
            return []
        said = [message for one in self.exchanges for message in exchange_turns(api, one)]
        last = [{"role": "assistant", "content": self.answer}] if self.answer else []
        return [{"role": "user", "content": self.prompt}, *said, *last]


class Chat:
    """The turns of one conversation, in the order in which their cells first ran.

    >>> chat = Chat()
    >>> turn = chat.begin(Execution(1), "Hi", {"system": "Be brief."})
    >>> chat.keep(turn, "Hello!")
    >>> later = chat.begin(Execution(2), "Bye", {})
    >>> [message["content"] for message in chat.before(later, "chat")], chat.settings(later)
    (['Hi', 'Hello!'], {'system': 'Be brief.', 'params': {}})
    """

    def __init__(self, known: Notebooks = notebooks) -> None:
        self.turns: list[Turn] = []
        # Streams end in the threads of their loops.
        self._lock = threading.Lock()
        self._notebooks = known

    def begin(self, execution: Execution, prompt: str, given: Mapping[str, Any]) -> Turn:
        """Add a pending turn of ``execution``: behind its own turns, in the place of those that it
        replaces, or last."""
        turn = Turn(execution, prompt, given)
        with self._lock:
            turns = self.turns
            own = [n for n, other in enumerate(turns) if other.execution.key == execution.key]
            replaced = (n for n, other in enumerate(turns) if self._replaces(execution, other))
            place = own[-1] + 1 if own else next(replaced, len(turns))
            self.turns = [*turns[:place], turn, *turns[place:]]
        return turn

    def drop(self, turn: Turn) -> None:
        """Remove ``turn``: its prompt was never sent."""
        with self._lock:
            self.turns = [other for other in self.turns if other is not turn]

    def settings(self, turn: Turn | None = None) -> dict[str, Any]:
        """The settings in force at ``turn``, or at the end: those of all turns up to there."""
        found: dict[str, Any] = {}
        turns = self.turns if turn is None else [*self._earlier(turn), turn]
        for each in turns:
            params = {**found.get("params", {}), **each.given.get("params", {})}
            found |= {**each.given, "params": params}
        return found

    def before(self, turn: Turn, api: Api) -> list[Message]:
        """The messages of the turns before ``turn``, in the form that ``api`` takes."""
        return [m for earlier in self._earlier(turn) for m in earlier.messages(api)]

    def pending(self, turn: Turn) -> list[Turn]:
        """The turns before ``turn`` whose answers are still being written."""
        return [earlier for earlier in self._earlier(turn) if earlier.state == "pending"]

    def keep(
        self, turn: Turn, answer: str, exchanges: Sequence[Exchange] = (), note: str = ""
    ) -> None:
        """Keep the answer of ``turn``, which replaces the earlier turns of its cell."""
        turn.answer, turn.exchanges = answer, exchanges
        with self._lock:
            self.turns = [t for t in self.turns if not self._replaces(turn.execution, t)]
        turn.end("kept", note)

    def fail(self, turn: Turn, note: str = "failed") -> None:
        """Note that ``turn`` has no answer that later turns could use. Its settings stay."""
        turn.end("failed", note)

    def _earlier(self, turn: Turn) -> list[Turn]:
        turns = self.turns
        place = next((n for n, other in enumerate(turns) if other is turn), len(turns))
        return [t for t in turns[:place] if not self._replaces(turn.execution, t)]

    def _replaces(self, execution: Execution, turn: Turn) -> bool:
        earlier = turn.execution
        return (
            execution.cell is not None
            and earlier.cell == execution.cell
            and earlier.key != execution.key
            and earlier.started <= execution.started
            and self._notebooks.are_same(earlier.session, execution.session) is not False
        )
