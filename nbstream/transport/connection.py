"""The HTTP response behind a stream: cut by us, or closed by its owner."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable
from typing import Any

from ..loops import running_loop


def response_of(stream: Any) -> Any:
    """The HTTP response that ``stream`` reads; None if it is not known.

    The SDK's streams and helpers have it. The generators that an httpx response gives
    (``iter_text()``, ``aiter_text()``) are methods of it.
    """
    found = getattr(stream, "response", None) or getattr(stream, "_response", None)
    frame = _frame_of(stream)
    if frame is not None:
        found = frame.f_locals.get("self")
    return found if isinstance(getattr(found, "extensions", None), dict) else None


def is_generator(stream: Any) -> bool:
    """Whether ``stream`` is a generator that runs or has not begun."""
    return _frame_of(stream) is not None


def _frame_of(stream: Any) -> Any:
    return getattr(stream, "gi_frame", None) or getattr(stream, "ag_frame", None)


def is_asynchronous(stream: Any) -> bool:
    """Whether ``stream`` is read by ``async for``.

    Tracing packages wrap any stream in an object with both protocols. Then the response behind it
    shows which one works; without a response, it is asynchronous if an event loop runs.
    """
    kinds = ("__aiter__", "__await__", "__aenter__")
    if not any(hasattr(stream, kind) for kind in kinds):
        return False
    if not any(hasattr(stream, kind) for kind in ("__iter__", "__enter__")):
        return True
    response = getattr(stream, "response", None) or getattr(stream, "_response", None)
    body = getattr(response, "stream", None)
    if hasattr(body, "__aiter__") != hasattr(body, "__iter__"):
        return hasattr(body, "__aiter__")
    return running_loop() is not None


def cut(response: Any) -> bool:
    """End the connection of ``response``, and wake a thread that is blocked in reading it. Returns
    whether there was one to end.

    Its ``close()`` alone frees the connection but leaves a blocked reader asleep until the
    next byte, because closing a file descriptor does not interrupt ``recv`` in another thread:
    https://man7.org/linux/man-pages/man2/close.2.html#NOTES
    """
    # What was read to its end has given its connection back, and another stream may have it now.
    if response is None or getattr(response, "is_closed", False):
        return False
    network_stream = response.extensions.get("network_stream")
    sock = network_stream.get_extra_info("socket") if network_stream is not None else None
    if sock is None:
        return False
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return False
    return True


def watch_close(
    response: Any, reads_here: Callable[[], bool], closed: Callable[[], Any]
) -> Callable[[], None]:
    """Call ``closed`` when ``response`` is closed by somebody else than its reader, and wake that;
    returns how to stop watching.

    Leaving ``with stream:`` closes it while the widget still reads. The reader would then
    fail as if the network did, or, blocking, sleep until the next byte.
    https://github.com/openai/openai-python/blob/main/src/openai/_streaming.py
    """
    close, aclose = response.close, response.aclose

    def is_left() -> bool:
        is_closed = getattr(response, "is_closed", False)
        return not (is_closed or reads_here() or _is_read_here(response))

    def watched_close() -> None:
        if is_left():
            closed()
            cut(response)
        close()

    async def watched_aclose() -> None:
        if is_left():
            closed()
        await aclose()

    def stop() -> None:
        response.close, response.aclose = close, aclose

    response.close, response.aclose = watched_close, watched_aclose
    return stop


def _is_read_here(response: Any) -> bool:
    """Whether the running code reads ``response``: its generators, and those of the SDK, close it
    at the end. Wrappers may call them from another task or thread for each chunk."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name.lstrip("_").startswith(("iter_", "aiter_", "stream__")):
            holder = frame.f_locals.get("self")
            if holder is response or getattr(holder, "response", None) is response:
                return True
        frame = frame.f_back
    return False
