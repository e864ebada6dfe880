"""The HTTP response behind a stream: cut by us, or closed by whoever made it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any


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


def cut(response: Any) -> None:
    """End the connection of ``response``, and wake a thread that is blocked in reading it.

    Its ``close()`` alone frees the connection but leaves a blocked reader asleep until the
    next byte, because closing a file descriptor does not interrupt ``recv`` in another thread:
    https://man7.org/linux/man-pages/man2/close.2.html#NOTES
    """
    # What was read to its end has given its connection back, and another stream may have it now.
    if response is None or getattr(response, "is_closed", False):
        return
    network_stream = response.extensions.get("network_stream")
    if network_stream is None:
        return
    sock = network_stream.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def watch_close(
    response: Any, reads_here: Callable[[], bool], closed: Callable[[], Any]
) -> Callable[[], None]:
    """Call ``closed`` when ``response`` is closed by somebody else than its reader, and wake that;
    returns how to stop watching.

    Whoever leaves ``with stream:`` closes it while the widget still reads. The reader would then
    fail as if the network did, or, blocking, sleep until the next byte.
    https://github.com/openai/openai-python/blob/main/src/openai/_streaming.py
    """
    close, aclose = response.close, response.aclose

    def watched_close() -> None:
        if not reads_here():
            closed()
            cut(response)
        close()

    async def watched_aclose() -> None:
        if not reads_here():
            closed()
        await aclose()

    def stop() -> None:
        response.close, response.aclose = close, aclose

    response.close, response.aclose = watched_close, watched_aclose
    return stop
