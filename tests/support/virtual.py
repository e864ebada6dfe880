"""An event loop of which the time only passes when a test says so: callbacks, no tasks."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any


class Timer:
    """What `VirtualLoop.call_later` returns."""

    def __init__(self, run: Callable[[], Any]) -> None:
        self.run: Callable[[], Any] | None = run

    def cancel(self) -> None:
        self.run = None


class VirtualLoop:
    """As much of an event loop as a hub and a wire use. ``now`` is in seconds."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self._numbers = itertools.count()
        self._timers: list[tuple[float, int, Timer]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, run: Callable[..., Any], *args: Any) -> Timer:
        timer = Timer(lambda: run(*args))
        heapq.heappush(self._timers, (self.now + max(0.0, delay), next(self._numbers), timer))
        return timer

    def call_soon_threadsafe(
        self, run: Callable[..., Any], *args: Any, context: Any = None
    ) -> Timer:
        return self.call_later(0, run, *args)

    def is_closed(self) -> bool:
        return False

    def go(self, seconds: float) -> None:
        """Let time pass, and run what falls due on the way."""
        end = self.now + seconds
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self.now = max(self.now, when)
            if timer.run is not None:
                timer.run()
        self.now = end
