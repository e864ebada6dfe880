"""The clocks of a generation that runs: it is silent, takes too long, or is held open."""

from __future__ import annotations

import asyncio

from ..errors import ErrorInfo
from .reading import Reading
from .timing import Clocks, Silence

TIMEOUT_HINT = "Run the cell again, or raise the limit (%nbstream config)."
SILENCE_HINT = "Run the cell again, or pass your own client with another limit (client=...)."


class Watching(Reading):
    """Looks at the clocks of one generation; knows its loop, and no task."""

    loop: asyncio.AbstractEventLoop | None = None
    _clocks: Clocks
    _silence: Silence
    _watch: asyncio.TimerHandle | None = None

    def _end_task(self) -> None:
        """End the generation."""
        raise NotImplementedError

    def _end_reading(self) -> None:
        """Close the stream that is being read; the generation may continue."""
        raise NotImplementedError

    def _check_clocks(self) -> None:
        if self.is_done or self.loop is None:
            return
        if self.status == "queued" and self.reason is not None:
            self.timing.waited = self._clock()  # for a connection, or for the local model
        is_silent = self._silence.is_too_long(self._received, self._clock())
        exceeded = self._clocks.exceeded(self.timing, is_silent)
        if self.status == "cancelling":
            pass
        elif self._is_held_open(is_limit=exceeded is not None):
            is_new, self._is_left = not self._is_left, True
            if self._rounds is None:
                self._end_task()
                return
            if is_new:
                self._end_reading()  # its reader wakes; tools may follow
        elif exceeded:
            hint = SILENCE_HINT if is_silent else TIMEOUT_HINT
            self._timeout = ErrorInfo("Timeout", exceeded, hint)
            self._end_task()
            return
        # One that says what it waits for (a model that is being fetched) is not silent.
        waits = self.status == "queued" and self.reason is None
        if (waits or self.status == "in_progress") and self._clocks.is_stalled(self.timing):
            self._move("stalled")
        pause = min(self._clocks.next_look(self.timing), self._finish.next_look)
        self._watch = self.loop.call_later(pause, self._check_clocks)

    def _is_held_open(self, *, is_limit: bool) -> bool:
        """Whether the answer is over, and its server only keeps the body open."""
        if self._opened is None:
            return False
        has_end = self.attempts.latest.has_end
        now = self._clock()
        return self._finish.is_over(self._received, now, has_end=has_end, is_limit=is_limit)

    @property
    def _received(self) -> tuple[int, int] | None:
        """The attempt, and the bytes of its response so far; None while nothing can come."""
        if self.status == "retrying" or (self.status == "queued" and self.reason is not None):
            return None
        return self.attempts.latest.number, getattr(self.response, "num_bytes_downloaded", 0)

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
