"""Hands over comm messages that wait behind a cell that waits for a stream.

Before version 7.4 ipykernel takes one message of a shell after the other: a click on Stop would be
read when the cell has ended. 7.4 hands comm messages over while a cell awaits, and so does this:
https://github.com/ipython/ipykernel/blob/v7.4.0/ipykernel/kernelbase.py (``shell_main``).
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import sys
from collections.abc import Awaitable, Iterator
from typing import Any

from .environment import kernel

_COMM_MESSAGES = ("comm_open", "comm_msg", "comm_close")


def _is_on_its_loop(running: Any) -> bool:
    loop = getattr(getattr(running, "io_loop", None), "asyncio_loop", None)
    return loop is asyncio.get_running_loop()


def _is_comm(running: Any, frames: Any) -> bool:
    try:
        # Only looked at: what has been deserialized is refused the second time, as a replay.
        _, frames = running.session.feed_identities(frames, copy=False)
        return running.session.unpack(frames[1].bytes).get("msg_type") in _COMM_MESSAGES
    except (ValueError, IndexError):  # no message: the kernel wakes itself with such
        return False


# -- version 6: a queue ---------------------------------------------------------------------------


def deliver_comms() -> None:
    """Handle the comm messages that wait, in their order; everything else keeps its place.

    Does nothing where there is no such queue, or on another loop than the kernel's.
    """
    running = kernel()
    queue = getattr(running, "msg_queue", None)
    if queue is None or not queue.qsize() or not _is_on_its_loop(running):
        return
    comms = []
    for item in [queue.get_nowait() for _ in range(queue.qsize())]:
        _, dispatch, arguments = item
        if dispatch == running.dispatch_shell and _is_comm(running, arguments[0]):
            comms.append(arguments[0])
        else:
            queue.put_nowait(item)
    for frames in comms:
        _handle(running, frames)


def _handle(running: Any, frames: Any) -> None:
    identities, frames = running.session.feed_identities(frames, copy=False)
    try:
        message = running.session.deserialize(frames, content=True, copy=False)
    except ValueError:  # a wrong signature: the kernel also ignores such messages
        return
    cell, cell_identities = running.get_parent("shell"), running._parent_ident["shell"]

    def handle() -> None:
        running.set_parent(identities, message, channel="shell")
        running._publish_status("busy", "shell")
        handler = running.shell_handlers[message["header"]["msg_type"]]
        with contextlib.suppress(Exception):  # logged by ipykernel's comm manager
            handler(running.shell_stream, identities, message)
        running._publish_status("idle", "shell")
        running.set_parent(cell_identities, cell, channel="shell")
        # The idle was the message's. The cell is still running, as people and idle-timers want to
        # know.
        running._publish_status("busy", "shell")

    # What is printed later belongs to the cell that waits, not to the message.
    contextvars.copy_context().run(handle)


# -- versions 7.0 to 7.3: a lock ------------------------------------------------------------------


@contextlib.contextmanager
def comms_first() -> Iterator[None]:
    """Let comm messages pass the lock under which the kernel runs its cells.

    Does nothing where there is no such lock, or on another loop than the kernel's.
    """
    running = kernel()
    lock = getattr(running, "_main_asyncio_lock", None)
    if lock is None or _passes_itself(running) or not _is_on_its_loop(running):
        yield
        return
    first = lock if isinstance(lock, _CommsFirst) else _CommsFirst(running, lock)
    running._main_asyncio_lock = first
    first.waiting += 1
    try:
        yield
    finally:
        first.waiting -= 1
        if not first.waiting:
            running._main_asyncio_lock = first.lock


@functools.cache
def _passes_itself(running: Any) -> bool:
    return "concurrent" in inspect.signature(running.dispatch_shell).parameters


class _CommsFirst:
    """Stands in for the lock: ``async with`` of a frame that has a comm message in ``msg`` enters
    at once. Their handlers do not await, so that nothing else runs meanwhile."""

    def __init__(self, running: Any, lock: asyncio.Lock) -> None:
        self.lock = lock
        self.waiting = 0
        self._running = running
        self._passed: dict[int, tuple[Any, tuple[Any, Any] | None]] = {}

    def __aenter__(self) -> Awaitable[Any]:
        frames = sys._getframe(1).f_locals["msg"]
        if not _is_comm(self._running, frames):
            return self.lock.__aenter__()
        running, cell = self._running, None
        if hasattr(running, "_shell_context"):
            # From 7.1 on all messages share a context, which is also that of the cell.
            identities = running._get_shell_context_var(running._shell_parent_ident)
            cell = (identities, running.get_parent("shell"))
        self._passed[id(frames)] = (running.saved_sigint_handler, cell)
        return _nothing()

    def __aexit__(self, *exc: Any) -> Awaitable[Any]:
        before = self._passed.pop(id(sys._getframe(1).f_locals["msg"]), None)
        if before is None:
            return self.lock.__aexit__(*exc)
        self._running.saved_sigint_handler, cell = before
        if cell is not None:
            # What is printed later belongs to the cell that waits, not to the message.
            self._running.set_parent(*cell, channel="shell")
            self._running._publish_status("busy", "shell")
        return _nothing()


async def _nothing() -> None:
    pass
