"""Hands over comm messages that wait behind a cell that waits for a stream.

ipykernel 6 takes one message after the other: a click on Stop would be read when the cell has
ended. Version 7.4 hands comm messages over while a cell awaits, and so does this, for version 6:
https://github.com/ipython/ipykernel/blob/v6.30.1/ipykernel/kernelbase.py (``dispatch_queue``).
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from typing import Any

from .frontend import kernel

_COMM_MESSAGES = ("comm_open", "comm_msg", "comm_close")


def deliver_comms() -> None:
    """Handle the comm messages that wait, in their order; everything else keeps its place.

    Does nothing where there is no such queue, or on another loop than the kernel's.
    """
    running = kernel()
    queue = getattr(running, "msg_queue", None)
    if queue is None or not queue.qsize() or not _is_on_its_loop(running):
        return
    waiting = [queue.get_nowait() for _ in range(queue.qsize())]
    comms = [item for item in waiting if _is_comm(running, item)]
    for item in waiting:
        if item not in comms:
            queue.put_nowait(item)
    for _, _, (frames,) in comms:
        _handle(running, frames)


def _is_on_its_loop(running: Any) -> bool:
    return getattr(running.io_loop, "asyncio_loop", None) is asyncio.get_running_loop()


def _is_comm(running: Any, item: Any) -> bool:
    _, dispatch, arguments = item
    if dispatch != running.dispatch_shell:
        return False
    # Only looked at: what has been deserialized once is refused the second time, as a replay.
    _, frames = running.session.feed_identities(arguments[0], copy=False)
    return running.session.unpack(frames[1].bytes).get("msg_type") in _COMM_MESSAGES


def _handle(running: Any, frames: Any) -> None:
    identities, frames = running.session.feed_identities(frames, copy=False)
    try:
        message = running.session.deserialize(frames, content=True, copy=False)
    except ValueError:  # a wrong signature: the kernel ignores such messages, too
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
        # The idle was the message's. The cell goes on: people and idle-timers want to know.
        running._publish_status("busy", "shell")

    # What is printed later belongs to the cell that waits, not to the message.
    contextvars.copy_context().run(handle)
