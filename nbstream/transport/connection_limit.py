"""How many connections streams keep open at once; the others wait in line, and say so."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from .source import Opened, RequestSource

MOST = 500
"""Connections of one event loop. The SDK's own pool has 1,000 and lets the rest time out."""

WAITING = "waiting for a free connection"


def connections() -> int:
    """How many a process should open: half of its file descriptors, and never more than `MOST`.

    macOS gives a process 256, of which a kernel needs some for itself.
    """
    try:
        import resource
    except ImportError:  # Windows, and Python in a browser, have none
        return MOST

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if limit == resource.RLIM_INFINITY else max(1, min(MOST, limit // 2))


_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)


class QueuedRequestSource(RequestSource):
    """Sends its request when a connection is free; first come, first served.

    ``announce`` is called with words while it waits, and with None afterwards. ``prepare`` is
    awaited before the first request.
    """

    announce: Callable[[str | None], None] = staticmethod(lambda words: None)
    prepare: Callable[[], Awaitable[None]] | None = None

    async def open(self) -> Opened:
        if self.prepare is not None:
            await self.prepare()
            self.prepare = None
        loop = asyncio.get_running_loop()
        slots = _slots.get(loop)
        if slots is None:
            slots = _slots[loop] = asyncio.Semaphore(connections())
        if slots.locked():
            self.announce(WAITING)
            await slots.acquire()
            self.announce(None)
        else:
            await slots.acquire()
        release = _once(slots.release)
        try:
            opened = await super().open()
        except BaseException:
            release()
            raise

        async def close() -> None:
            try:
                await opened.close()
            finally:
                release()

        return replace(opened, close=close)


def _once(run: Callable[[], Any]) -> Callable[[], None]:
    """``run``, which later calls do not repeat."""
    left = [run]

    def run_once() -> None:
        if left:
            left.pop()()

    return run_once
