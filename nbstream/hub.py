"""One ticker per event loop: collects the deltas of all streams and flushes them together."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable

from .coalesce import Coalescer
from .transcript import Append

Flush = Callable[[list[Append]], None]


class Hub:
    """Holds deltas back until the next tick. On its loop's thread only.

    A tick is only scheduled while something is held: an idle kernel stays idle.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.monotonic
    ) -> None:
        # Not kept alive by its value in `_hubs`, so that a closed loop and its hub can go.
        self._loop = weakref.ref(loop)
        self._clock = clock
        self._box: Coalescer[Flush] = Coalescer()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, flush: Flush, append: Append) -> None:
        """Hand ``append`` to ``flush`` with the next tick, merged with what comes until then."""
        self._box.add(flush, append)
        if self._timer is not None:
            # A cell that blocks the loop while it iterates gets no timer calls.
            if self._box.due_in(self._clock()) == 0:
                self._tick()
            return
        loop = self._loop()
        delay = self._box.due_in(self._clock())
        if loop is not None and delay is not None:
            self._timer = loop.call_later(delay, self._tick)

    def take(self, flush: Flush) -> list[Append]:
        """What is held for ``flush``, for a message that cannot wait."""
        return self._box.take_one(flush)

    def _tick(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        for flush, appends in self._box.take(self._clock()).items():
            flush(appends)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub_of(loop: asyncio.AbstractEventLoop) -> Hub:
    """The one hub of ``loop``."""
    if loop not in _hubs:
        _hubs[loop] = Hub(loop)
    return _hubs[loop]
