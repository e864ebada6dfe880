"""Scripted streams and recording sinks, for tests without a network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from nbstream.session.generation import Generation
from nbstream.session.session import Session
from nbstream.transcript.transcript import Append
from nbstream.transport.retry import RetryPolicy
from nbstream.transport.source import Opened
from tests.support.patience import PATIENCE

QUICK = RetryPolicy(base_delay=0.001)


class Gate:
    """A step of a script at which the stream waits until it is opened (or closed)."""

    def __init__(self) -> None:
        self.reached = False
        self._event = asyncio.Event()

    def open(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        self.reached = True
        await self._event.wait()


class FakeStream:
    """Like an AsyncStream: closing it makes the reader that waits in it raise.

    A step is a chunk, an exception to raise, or a `Gate`.
    """

    def __init__(self, steps: Sequence[Any], response: Any = None) -> None:
        self.response = response
        self.closed = 0
        self.given = 0
        self._steps = list(steps)
        self._closing = asyncio.Event()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        while self._steps:
            step = self._steps.pop(0)
            if self.closed:
                raise ReadError("the stream was closed")
            if isinstance(step, Gate):
                await self._pass(step)
            elif isinstance(step, BaseException):
                raise step
            else:
                self.given += 1
                await asyncio.sleep(0)
                return step
        raise StopAsyncIteration

    async def _pass(self, gate: Gate) -> None:
        waits = [asyncio.ensure_future(gate.wait()), asyncio.ensure_future(self._closing.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in waits:
                future.cancel()
        if self.closed:
            raise ReadError("the stream was closed")

    async def close(self) -> None:
        self.closed += 1
        self._closing.set()


class Ticking:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class ReadError(Exception):
    """Named like the HTTP library's, since exceptions are told apart by name."""


class FakeSource:
    """One script per attempt; a script may be an exception that opening raises, or a `Gate` at
    which opening waits for ever."""

    def __init__(self, *scripts: Any, reopenable: bool = True, response: Any = None) -> None:
        self.reopenable = reopenable
        self.continued_from: list[str] = []
        self.continue_from = self.continued_from.append if reopenable else None
        self.adapt = lambda exc: False
        self.opened: list[FakeStream] = []
        self.opens = 0
        self.wakes = True
        self.cancel_response = None
        self._scripts = list(scripts)
        self._response = response

    async def open(self) -> Opened:
        script = self._scripts[min(self.opens, len(self._scripts) - 1)]
        self.opens += 1
        if isinstance(script, BaseException):
            raise script
        if isinstance(script, Gate):
            await script.wait()
            script = []
        stream = FakeStream(script, self._response)
        self.opened.append(stream)
        return Opened(aiter(stream), stream.close, self.wakes, stream)

    def open_now(self, loop: asyncio.AbstractEventLoop) -> Opened | None:
        return None


class RecordingSink:
    """What a session told, in order."""

    def __init__(self) -> None:
        self.appends: list[Append] = []
        self.statuses: list[str] = []
        self.retries: list[Any] = []

    def appended(self, append: Append) -> None:
        self.appends.append(append)

    def restored(self, generation: Generation) -> None:
        self.statuses.append("restored")

    def renewed(self, generation: Generation) -> None:
        self.statuses.append("renewed")

    def changed(self, generation: Generation) -> None:
        self.statuses.append(generation.status)
        if generation.status == "retrying":
            self.retries.append(generation.retry)


class ApiError(Exception):
    """Like an APIStatusError of the SDK."""

    def __init__(
        self,
        status_code: int | None,
        message: str = "it failed",
        *,
        headers: dict[str, str] | None = None,
        body: Any = None,
        **more: Any,
    ) -> None:
        super().__init__(f"Error code: {status_code} - {message}")
        self.message = message
        self.body = body
        if status_code is not None:
            self.status_code = status_code
        self.response = type("Response", (), {"headers": headers or {}})()
        for name, value in more.items():
            setattr(self, name, value)


def chat(content: str | None = None, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """A chat.completions chunk."""
    if content is not None:
        delta["content"] = content
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "served-model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


DONE = chat(finish="stop")


async def until(predicate: Callable[[], Any], timeout: float = PATIENCE) -> None:
    """Leave the loop to others until ``predicate`` holds."""
    end = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s")
        await asyncio.sleep(0.001)


async def ended(session: Session, timeout: float = PATIENCE) -> None:
    """Wait for the end of ``session``."""
    await until(session.done.done, timeout)


def make(*scripts: Any, reopenable: bool = True, **options: Any) -> tuple[Session, RecordingSink]:
    sink = RecordingSink()
    source = FakeSource(*scripts, reopenable=reopenable, response=options.pop("response", None))
    return Session(source, sink, retry=options.pop("retry", QUICK), **options), sink


def begin(session: Session) -> Session:
    session.start(asyncio.get_running_loop())
    return session


async def run(*scripts: Any, **options: Any) -> tuple[Session, RecordingSink]:
    session, sink = make(*scripts, **options)
    await ended(begin(session))
    return session, sink
