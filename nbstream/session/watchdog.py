"""Looks at the clocks of a run: its stream is silent, takes too long, or is held open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..errors import ErrorInfo
from .generation import Generation
from .stop import DRAINED, Stop
from .timing import Clocks, Silence

TIMEOUT_HINT = "Run the cell again, or raise the limit (%nbstream config)."
SILENCE_HINT = "Run the cell again, or pass your own client with another limit (client=...)."


class Watchdog:
    """Calls ``stop`` when a generation is to end by its clocks. ``is_open`` says whether there is a
    stream whose body a server could hold open."""

    def __init__(
        self,
        generation: Generation,
        clocks: Clocks,
        *,
        is_open: Callable[[], bool],
        stop: Callable[[Stop], None],
    ) -> None:
        self._generation = generation
        self._clocks = clocks
        self._silence = Silence(clocks.silence_timeout)
        self._is_open = is_open
        self._stop = stop
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look, and again from time to time until `cancel`."""
        self._look()
        pause = min(
            self._clocks.next_look(self._generation.timing), self._generation.finish.next_look
        )
        self._timer = loop.call_later(pause, self.start, loop)

    def cancel(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        generation = self._generation
        if generation.is_stopping:
            return
        if generation.status == "queued" and generation.reason is not None:
            # For a connection, or for the local model.
            generation.timing.waited = generation.clock()
        is_silent = self._silence.is_too_long(generation.received, generation.clock())
        exceeded = self._clocks.exceeded(generation.timing, is_silent)
        if self._is_held_open(is_limit=exceeded is not None):
            self._stop(DRAINED)
        elif exceeded:
            hint = SILENCE_HINT if is_silent else TIMEOUT_HINT
            self._stop(Stop("timed_out", error=ErrorInfo("Timeout", exceeded, hint)))
        elif self._is_stalled:
            generation.move("stalled")

    @property
    def _is_stalled(self) -> bool:
        status, reason = self._generation.status, self._generation.reason
        # One that says what it waits for (a model that is being fetched) is not silent.
        waits = status == "queued" and reason is None
        return (waits or status == "in_progress") and self._clocks.is_stalled(
            self._generation.timing
        )

    def _is_held_open(self, *, is_limit: bool) -> bool:
        """Whether the answer is over, and its server only keeps the body open."""
        if not self._is_open():
            return False
        generation = self._generation
        has_end = generation.attempts.latest.has_end
        return generation.finish.is_over(
            generation.received, generation.clock(), has_end=has_end, is_limit=is_limit
        )
