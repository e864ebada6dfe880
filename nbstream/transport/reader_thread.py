"""The thread that reads a blocking stream for a loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from ..loops import start_thread
from .connection import cut, response_of


class ThreadPump:
    """Reads a blocking iterator, or what a context manager gives, in a thread; its items are
    taken on the loop, in order.

    Items can be taken by ``async for`` or, on the loop's own thread while it is blocked by a
    cell's ``for``, with `take_blocking`: each item is given out once.
    """

    def __init__(self, iterable: Any, tap: Callable[[Any], None]) -> None:
        self._iterable = iterable
        self._tap = tap
        self._response = response_of(iterable)
        self._thread = threading.Thread(target=self._read, name="nbstream-reader", daemon=True)
        self._items: deque[Any] = deque()
        self._condition = threading.Condition()
        self._error: BaseException | None = None
        self._ended = False
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to read. ``loop`` is where items are awaited."""
        self._loop, self._wake = loop, asyncio.Event()
        start_thread(self._thread, "give an asynchronous stream or iterator")

    def reads_here(self) -> bool:
        """Whether this is the thread that reads."""
        return threading.current_thread() is self._thread

    def _read(self) -> None:
        try:
            if not hasattr(self._iterable, "__iter__"):
                self._iterable = self._iterable.__enter__()
                self._response = response_of(self._iterable)
            if self._closed:
                return
            self._tap(self._iterable)
            for item in self._iterable:
                if self._closed:
                    break
                self._put(item)
        except BaseException as exc:  # handed to the reader of the items
            self._error = exc
        finally:
            self._ended = True
            if self._closed:
                self._close_iterable()
            self._notify()

    def _put(self, item: Any) -> None:
        self._items.append(item)
        self._notify()

    def _notify(self) -> None:
        with self._condition:
            self._condition.notify_all()
        assert self._loop is not None
        assert self._wake is not None
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            self._loop.call_soon_threadsafe(self._wake.set)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        assert self._wake is not None
        while not self._items:
            if self._ended:
                self._raise_end(StopAsyncIteration())
            self._wake.clear()
            await self._wake.wait()
        return self._items.popleft()

    def take_blocking(self) -> Iterator[Any]:
        """Items as they come, blocking this thread, which may be interrupted by Ctrl-C."""
        while True:
            with self._condition:
                # A wait without a limit cannot be interrupted on Windows.
                while not self._items and not self._ended:
                    self._condition.wait(0.2)
            if not self._items:
                if self._error is not None:
                    raise self._error
                return
            yield self._items.popleft()

    def _raise_end(self, end: Exception) -> None:
        error, self._error = self._error, None
        raise error or end

    async def close(self) -> None:
        """End the stream at its origin and wake its reader."""
        self.close_now()

    def close_now(self) -> None:
        """`close` for callers that cannot await."""
        self._closed = True
        has_ended = self._ended
        # The thread wakes, and closes it. Closed from here, its file descriptor could be that of
        # another connection by the time the thread, which may be about to read, reads it.
        if not cut(self._response) or has_ended:
            self._close_iterable()

    def _close_iterable(self) -> None:
        closer = getattr(self._iterable, "close", None)
        if callable(closer):
            # A generator that is being read refuses to be closed; its thread does so then.
            with contextlib.suppress(Exception):
                closer()
