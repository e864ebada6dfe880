"""Who decides whether a tool may be called: nobody, a function, or a person."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from ..errors import UsageError
from ..text.terminal import printable
from ..transcript.choices import ToolCall
from .invoke import call as call_function

Approve = bool | Literal["ask"] | Callable[[ToolCall], bool | Awaitable[bool]]
NOBODY = (
    "nobody can be asked where no front end runs this notebook: give approve= a function, or True"
)


class Decision(NamedTuple):
    """Whether a call may run; if not, why, where somebody said so."""

    approved: bool
    reason: str = ""


class Approval:
    """What ``approve=`` says. Decisions may come from any thread, any number of times: the first
    one counts. ``nobody`` says that no person can be asked: a notebook that is executed without a
    front end would wait for ever.

    Raises `UsageError` for what is none of the three.
    """

    is_seen: Callable[[], bool] = staticmethod(lambda: True)
    """Whether buttons are shown; else a message says how to decide in Python."""

    def __init__(self, approve: Approve, *, nobody: bool = False) -> None:
        if approve is not True and approve != "ask" and not callable(approve):
            raise UsageError(f"approve takes True, 'ask' or a function, not {approve!r}")
        self._approve = approve
        self._nobody = nobody
        self._open: dict[str, tuple[ToolCall, concurrent.futures.Future[Decision]]] = {}
        self._lock = threading.Lock()

    @property
    def is_needed(self) -> bool:
        """Whether calls wait for a decision at all."""
        return self._approve is not True

    @property
    def asks_person(self) -> bool:
        """Whether it is a person who decides, by `decide`."""
        return self._approve == "ask" and not self._nobody

    def of(self, part: str, call: ToolCall) -> Awaitable[Decision]:
        """The decision on ``call``, which ``part`` shows: possible from now on, to be awaited."""
        if not self.asks_person:
            return self._decided_without(call)
        future: concurrent.futures.Future[Decision] = concurrent.futures.Future()
        with self._lock:
            self._open[part] = (call, future)
        return self._asked_person(part, call, future)

    async def _decided_without(self, call: ToolCall) -> Decision:
        """Without a person: by the function, or at once."""
        if not callable(self._approve):
            return Decision(True) if self._approve is True else Decision(False, NOBODY)
        outcome = await call_function(self._approve, call)
        if outcome.error is not None:
            return Decision(False, f"the function that approves failed: {outcome.error!r}")
        return Decision(bool(outcome.value))

    async def _asked_person(
        self, part: str, call: ToolCall, future: concurrent.futures.Future[Decision]
    ) -> Decision:
        if not self.is_seen():
            asked = f"nbstream: {call.name}({call.arguments}) waits for"
            how = f" w.approve({call.call_id!r}) or w.decline({call.call_id!r})\n"
            sys.stderr.write(printable(asked + how))
        try:
            return await asyncio.wrap_future(future)
        finally:
            with self._lock:
                self._open.pop(part, None)

    def decide(self, decision: Decision, *, part: str | None = None, call_id: str = "") -> bool:
        """Decide on the waiting call that ``part`` shows, or on those with this id. Returns whether
        there was one."""
        with self._lock:
            found = [
                key
                for key, (call, _) in self._open.items()
                if (call.call_id == call_id if part is None else key == part)
            ]
            futures = [self._open.pop(key)[1] for key in found]
        # Cancelled are those whose stream was stopped meanwhile.
        decided = [f for f in futures if f.set_running_or_notify_cancel()]
        for future in decided:
            future.set_result(decision)
        return bool(decided)
