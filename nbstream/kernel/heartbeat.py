"""Wakes an event loop regularly while somebody waits on it, and hands over what the page sends
meanwhile: one timer, however many wait."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Iterator

from .comm_priority import deliver_comms

INTERVAL = 0.05
"""Seconds between two wake-ups of a loop on which a cell waits.

An interrupt of a cell that awaits is only acted on when the loop wakes next, because tornado's
``add_callback`` from a signal handler does not wake it:
https://github.com/ipython/ipykernel/issues/881
"""


class _Heart:
    def __init__(self) -> None:
        self.waiting = 0
        self.timer: asyncio.TimerHandle | None = None

    def beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self.timer = loop.call_later(INTERVAL, self.beat, loop)
        deliver_comms()


_hearts: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Heart] = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def beating() -> Iterator[None]:
    """Keep the running loop awake inside the block: it wakes at least every `INTERVAL` seconds."""
    loop = asyncio.get_running_loop()
    heart = _hearts.setdefault(loop, _Heart())
    heart.waiting += 1
    if heart.timer is None:
        heart.beat(loop)
    try:
        yield
    finally:
        heart.waiting -= 1
        if heart.waiting == 0 and heart.timer is not None:
            heart.timer.cancel()
            heart.timer = None
