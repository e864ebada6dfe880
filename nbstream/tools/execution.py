"""Makes the calls of one reply, in parallel: checked, approved, run, and told."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

from ..text.redact import Redact
from ..text.surrogates import well_formed, well_formed_values
from ..transcript.choices import ToolCall, tool_call
from ..transcript.events import Info, PartInfo
from ..transcript.transcript import Part
from .approval import Approval, Decision
from .definition import ArgumentsError, Tool, Toolbox
from .invoke import NotBegun, call_if

LIMIT = 20_000
"""The most characters of a result that the model gets; a note says how many are left out."""

State = Literal["waiting", "asked", "running", "done"]


class Calling:
    """The calls in ``parts``. ``tell`` is given what becomes known of them, ``say`` in words what
    the stream waits for; ``is_ending`` says whether it was told to stop. ``redact`` is for errors,
    ``hide`` for results."""

    def __init__(
        self,
        parts: Sequence[Part],
        toolbox: Toolbox,
        approval: Approval,
        *,
        redact: Redact,
        hide: Redact,
        tell: Callable[[Info], None],
        say: Callable[[str], None],
        is_ending: Callable[[], bool],
    ) -> None:
        self._functions = toolbox.functions
        self._approval = approval
        self._redact = redact
        self._hide = hide
        self._tell = tell
        self._say = say
        self._is_ending = is_ending
        self._calls = [_Call(part) for part in parts]
        self._is_stopped = False

    async def run(self) -> list[str]:
        """Make all calls; returns the model's result for each, in order.

        Cancelled, it stops those that run and starts no other.
        """
        tasks = [asyncio.ensure_future(self._one(call)) for call in self._calls]
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            self._is_stopped = True
            for call, task in zip(self._calls, tasks, strict=True):
                task.cancel()
                # What it raises while it ends is nobody's any more.
                task.add_done_callback(lambda task: task.cancelled() or task.exception())
                if call.state != "done":
                    status = "stopped" if call.state == "running" else "not_run"
                    self._inform(call, {"status": status})
            raise
        return [task.result() for task in tasks]

    async def _one(self, call: _Call) -> str:
        tool = self._functions.get(call.made.name)
        try:
            arguments = self._arguments(call.made, tool)
        except ArgumentsError as exc:
            return self._failed(call, str(exc))
        except Exception as exc:  # of a validator that somebody wrote
            return self._failed(call, _words(exc))
        if self._approval.is_needed:
            decision = await self._decided(call)
            if not decision.approved:
                reason = f": {decision.reason}" if decision.reason else ""
                return self._failed(call, f"the call was declined{reason}", "declined")
        assert tool is not None
        return await self._run(call, tool, arguments)

    def _arguments(self, made: ToolCall, tool: Tool | None) -> dict[str, Any]:
        if tool is None:
            names = ", ".join(self._functions)
            raise ArgumentsError(f"there is no tool called {made.name!r}; the tools are: {names}")
        return tool.arguments(made.arguments)

    async def _decided(self, call: _Call) -> Decision:
        by_person = self._approval.asks_person
        decision = self._approval.of(call.part, call.made)
        self._enter(call, "asked", "awaiting_approval" if by_person else "being_checked")
        return await decision

    async def _run(self, call: _Call, tool: Tool, arguments: dict[str, Any]) -> str:
        if self._is_ending():
            await _the_cancel()
        self._enter(call, "running", "running")
        begun = time.monotonic()
        bound = functools.partial(tool.function, **arguments)
        try:
            value, error = await call_if(lambda: not self._is_ending(), bound)
        except asyncio.CancelledError as exc:
            if self._is_stopped:
                raise
            value, error = None, exc  # the function itself was cancelled by somebody
        if isinstance(error, NotBegun):
            await _the_cancel()
        seconds = round(time.monotonic() - begun, 3)
        try:
            text = _as_text(value) if error is None else ""
        except Exception as exc:  # of a `__str__` that somebody wrote
            error = exc
        if error is not None:
            return self._failed(call, _words(error), seconds=seconds)
        result = shortened(self._hide(sendable(text)))
        self._end(call, {"status": "completed", "result": result, "seconds": seconds})
        return result

    def _failed(
        self, call: _Call, words: str, status: str = "failed", *, seconds: float | None = None
    ) -> str:
        """The error in words for the model, without its traceback."""
        error = shortened(self._redact(sendable(words)))
        known: PartInfo = {"status": status, "error": error}
        if seconds is not None:
            known["seconds"] = seconds
        self._end(call, known)
        return f"Error: {error}"

    # -- results ------------------------------------------------------------------------------

    def _enter(self, call: _Call, state: State, status: str) -> None:
        call.state = state
        self._inform(call, {"status": status})
        self._say(self._waits_for())

    def _end(self, call: _Call, known: PartInfo) -> None:
        if not self._is_stopped:
            call.state = "done"
            self._inform(call, known)
            self._say(self._waits_for())

    def _inform(self, call: _Call, known: PartInfo) -> None:
        self._tell(Info(call.part, "tool", known))

    def _waits_for(self) -> str:
        if asked := self._names("asked"):
            whose = "your" if self._approval.asks_person else "the"
            return f"waiting for {whose} approval of {asked}"
        return f"calling {self._names('running', 'waiting')}".rstrip()

    def _names(self, *states: State) -> str:
        names = Counter(call.made.name for call in self._calls if call.state in states)
        if len(names) > 3:
            return f"{len(names)} tools"
        return ", ".join(f"{n} ({count})" if count > 1 else n for n, count in names.items())


async def _the_cancel() -> None:
    """Wait for the cancel that is on its way from another thread."""
    await asyncio.Event().wait()


class _Call:
    """One call and how far it is."""

    def __init__(self, part: Part) -> None:
        self.part = part.key
        self.made = tool_call(part)
        self.state: State = "waiting"


def shortened(text: str) -> str:
    """``text``, or its beginning and how much is missing."""
    left = len(text) - LIMIT
    return text if left <= 0 else f"{text[:LIMIT]}\n[cut here: {left:,} more characters]"


def sendable(text: str) -> str:
    """``text`` without what servers and UTF-8 do not take.

    >>> sendable("a\\0b")
    'a\\ufffdb'
    """
    return well_formed(text.replace("\0", "\ufffd"))


def _as_text(value: Any) -> str:
    """A string as it is, anything else as JSON; what JSON cannot hold as Python writes it."""
    if isinstance(value, str):
        return value
    import pydantic_core

    def as_json(value: Any) -> str:
        return pydantic_core.to_json(value, inf_nan_mode="constants", fallback=str).decode()

    # Pydantic's error is a ValueError: halves of characters, a circle, bytes that are not text.
    with contextlib.suppress(ValueError):
        return as_json(value)
    with contextlib.suppress(ValueError, RecursionError):
        return as_json(well_formed_values(value))
    return str(value)


def _words(error: BaseException) -> str:
    """``ValueError: no such city``; also of an exception that cannot be written."""
    return "".join(traceback.format_exception_only(type(error), error)).strip()
