"""Where chunks come from: a request that can be sent again, an open stream, an iterator.

Whatever it is, a session sees an `Opened`: an async iterator of chunks and a way to close it.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..errors import UsageError
from .background_response import cancel_response
from .connection import cut, is_asynchronous, response_of, watch_close
from .reader_thread import ThreadPump

Tap = Callable[[Any], None]
"""Is given a stream that was opened, before anybody reads of it."""


def no_tap(stream: Any) -> None:
    """Nobody wants to look on."""


CancelResponse = Callable[[str], Awaitable[None]]


@dataclass
class Opened:
    """An open stream.

    ``close`` ends it at its origin. ``close_wakes_reader`` says whether a reader that waits for
    the next chunk returns or raises when another task calls ``close``.
    """

    chunks: AsyncIterator[Any]
    close: Callable[[], Awaitable[None]]
    close_wakes_reader: bool
    raw: Any
    pump: ThreadPump | None = None

    def hang_up(self) -> None:
        """End the connection at once, from any thread: for a loop that cannot run ``close``."""
        if self.pump is not None:
            self.pump.close_now()
        else:
            cut(response_of(self.raw))


class Source(Protocol):
    """Opens a stream; ``reopenable`` says whether it can do so more than once.

    ``continue_from`` lets the next stream continue a text, or begin anew for an empty one; it is
    None if that is impossible. ``tap`` is called with each stream that is opened.
    ``cancel_response`` has the server end the response with this id, which runs without us.
    ``adapt`` changes the next request if a server refused this one, and returns whether it did.
    """

    reopenable: bool
    tap: Tap
    cancel_response: CancelResponse | None

    @property
    def continue_from(self) -> Callable[[str], None] | None: ...

    def adapt(self, exc: BaseException, /) -> bool: ...

    async def open(self) -> Opened:
        """Open the stream and wait until its first chunk can be asked for."""
        ...

    def open_now(self, loop: asyncio.AbstractEventLoop) -> Opened | None:
        """Open the stream without awaiting, if it can be; ``loop`` is where it is read."""
        ...


class RequestSource:
    """Sends a request each time it is opened: ``send`` returns a stream or an awaitable of it."""

    reopenable = True
    tap: Tap = staticmethod(no_tap)
    cancel_response: CancelResponse | None = None

    def __init__(
        self,
        send: Callable[[], Any],
        continue_from: Callable[[str], None] | None = None,
        adapt: Callable[[BaseException], bool] = lambda exc: False,
    ) -> None:
        self._send = send
        self.continue_from = continue_from
        self.adapt = adapt

    async def open(self) -> Opened:
        return await wrap(self._send(), self.tap)

    def open_now(self, loop: asyncio.AbstractEventLoop) -> Opened | None:
        return None


class StreamSource:
    """A stream, an iterator, or an awaitable of one that somebody else made: opened once.

    ``closed`` is called when they close it while it is read.
    """

    reopenable = False
    continue_from: None = None
    tap: Tap = staticmethod(no_tap)
    closed: Callable[[], Any] = staticmethod(lambda: None)

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._response = response_of(stream)
        self.cancel_response: CancelResponse | None = None
        self._note_client(stream)

    @property
    def is_blocking(self) -> bool:
        """Whether it is read in a thread."""
        return not is_asynchronous(self._stream)

    def adapt(self, exc: BaseException, /) -> bool:
        """Return False: it is somebody else's request."""
        return False

    def _note_client(self, stream: Any) -> None:
        client = getattr(stream, "_client", None)
        if client is not None:
            self.cancel_response = functools.partial(cancel_response, client)

    async def open(self) -> Opened:
        opened = await wrap(self._stream, self.tap)
        self._note_client(opened.raw)  # of a call that was not awaited
        return self._watched(opened)

    def open_now(self, loop: asyncio.AbstractEventLoop) -> Opened | None:
        return self._watched(_pumped(self._stream, loop, self.tap)) if self.is_blocking else None

    def discard(self) -> None:
        """Close a request that was never sent, of which Python would warn: a coroutine, or the one
        that the SDK's stream helpers hold."""
        held = getattr(self._stream, "__dict__", {})
        for request in (self._stream, *held.values()):
            if inspect.iscoroutine(request) and (
                inspect.getcoroutinestate(request) == inspect.CORO_CREATED
            ):
                request.close()

    def _left(self) -> None:
        # The user may want to come back to a background response.
        self.cancel_response = None
        self.closed()

    def _watched(self, opened: Opened) -> Opened:
        if self._response is None:
            return opened
        # The caller reads it.
        reader = None if opened.pump else asyncio.current_task()

        def reads_here() -> bool:
            if opened.pump is not None:
                return opened.pump.reads_here()
            return asyncio.current_task() is reader

        stop_watching = watch_close(self._response, reads_here, self._left)

        async def close() -> None:
            stop_watching()
            await opened.close()

        return replace(opened, close=close)


async def wrap(stream: Any, tap: Tap = no_tap) -> Opened:
    """Open whatever ``stream`` is. Raises `UsageError` for something that cannot be iterated."""
    if inspect.isawaitable(stream):
        stream = await stream
    if is_asynchronous(stream):
        if not hasattr(stream, "__aiter__"):
            return await _enter(stream, tap)
        return _wrap_async(stream, tap)
    is_iterable = hasattr(stream, "__iter__") and not isinstance(stream, (str, bytes, dict))
    if is_iterable or hasattr(stream, "__enter__"):
        return _pumped(stream, asyncio.get_running_loop(), tap)
    raise UsageError(f"expected a stream, got {type(stream).__name__}; did you forget stream=True?")


def _pumped(stream: Any, loop: asyncio.AbstractEventLoop, tap: Tap) -> Opened:
    pump = ThreadPump(stream, tap)
    pump.start(loop)
    return Opened(pump, pump.close, True, stream, pump)


async def _enter(manager: Any, tap: Tap) -> Opened:
    stream = await manager.__aenter__()
    tap(stream)

    async def close() -> None:
        await manager.__aexit__(None, None, None)

    return Opened(aiter(stream), close, True, stream)


def _wrap_async(stream: Any, tap: Tap) -> Opened:
    tap(stream)
    # AsyncStream has close(); aclose() came later (openai 3.52). An async generator has only
    # aclose(), which raises while another task waits in it.
    closer = getattr(stream, "close", None) or getattr(stream, "aclose", None)
    wakes = hasattr(stream, "close")

    async def close() -> None:
        result = closer() if closer is not None else None
        if inspect.isawaitable(result):
            await result

    chunks = _Either(stream) if hasattr(stream, "__iter__") else aiter(stream)
    return Opened(chunks, close, wakes, stream)


class _Either:
    """Reads a stream with both protocols where it is not known which one works: asynchronously, or
    in a thread if that fails before the first chunk."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._chunks = aiter(stream)
        self._is_begun = False

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await anext(self._chunks)
        except (TypeError, AttributeError, NotImplementedError):
            if self._is_begun:
                raise
            # The tap has this stream already.
            pump = ThreadPump(self._stream, no_tap)
            pump.start(asyncio.get_running_loop())
            self._is_begun, self._chunks = True, pump
            return await anext(pump)
        self._is_begun = True
        return chunk
