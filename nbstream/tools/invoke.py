"""Calls a tool's function without blocking the event loop, and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import ctypes
import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, NamedTuple


class ToolStopped(BaseException):
    """Raised in a synchronous tool whose stream was stopped, at its next Python statement.

    Best effort: a function that waits in C code (``time.sleep(60)``, a request) only gets it when
    that returns, and one that catches ``BaseException`` can ignore it. Its result is dropped.
    """


class NotBegun(Exception):
    """The error of a call that was not allowed to begin any more."""


class Outcome(NamedTuple):
    """What a function gave, or what it raised."""

    value: Any = None
    error: BaseException | None = None


async def call(function: Callable[..., Any], *values: Any) -> Outcome:
    """`call_if` without a condition."""
    return await call_if(lambda: True, functools.partial(function, *values))


async def call_if(may_begin: Callable[[], bool], bound: functools.partial[Any]) -> Outcome:
    """Call ``bound``: an asynchronous function here, any other in a thread of its own.

    ``may_begin`` is asked immediately before, in that thread, since another one may stop the stream
    at any moment: a call that has not begun by then never does, and its error is `NotBegun`.

    Cancelling this stops the function. What it raises by itself is in the outcome, whatever it is:
    an exit of a tool's must not end the event loop.
    """

    def begin() -> Any:
        if not may_begin():
            raise NotBegun
        return bound()

    if inspect.iscoroutinefunction(inspect.unwrap(bound.func)):
        return await _awaited(begin)
    outcome = await _in_thread(begin)
    value = outcome.value
    return await _awaited(lambda: value) if inspect.isawaitable(value) else outcome


async def _awaited(begin: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(await begin())
    except asyncio.CancelledError:
        raise
    except BaseException as exc:
        return Outcome(error=exc)


async def _in_thread(function: Callable[[], Any]) -> Outcome:
    thread = _ToolThread(function, asyncio.get_running_loop())
    try:
        thread.start()
    except RuntimeError:  # no thread can be started, as in a browser: everything waits for it then
        thread.run()
    try:
        return await thread.outcome
    except asyncio.CancelledError:
        thread.stop()
        raise


class _ToolThread(threading.Thread):
    """A daemon: neither the loop nor the process waits for a tool that cannot be stopped."""

    def __init__(self, function: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="nbstream-tool", daemon=True)
        self.outcome: asyncio.Future[Outcome] = loop.create_future()
        self._function = function
        self._loop = loop
        # What it prints belongs to the cell that made the stream.
        self._context = contextvars.copy_context()
        self._changing = threading.Lock()
        self._runs = False  # the function, where `ToolStopped` is caught
        self._is_stopped = False

    def run(self) -> None:
        with contextlib.suppress(ToolStopped):  # it may come when the function has ended
            with self._changing:
                if self._is_stopped:
                    return
                self._runs = True
            try:
                outcome = Outcome(self._context.run(self._function))
            except BaseException as exc:
                outcome = Outcome(error=exc)
            with self._changing:
                self._runs = False
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._deliver, outcome)

    def _deliver(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def stop(self) -> None:
        """Raise `ToolStopped` in it once its function runs; until then, do not run that
        (https://docs.python.org/3/c-api/threads.html#c.PyThreadState_SetAsyncExc)."""
        with self._changing:
            self._is_stopped = True
            if self._runs and self.ident is not None:
                raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
                raise_in(ctypes.c_ulong(self.ident), ctypes.py_object(ToolStopped))
