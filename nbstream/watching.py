"""The clocks of a generation that runs: it is silent, takes too long, or is held open."""

from __future__ import annotations

import asyncio

from .errors import ErrorInfo
from .reading import Reading
from .timing import Clocks, Silence

FINISH_GRACE = 2.0
"""Seconds that a server gets to end the body after the finish reason or an error came.

Some keep it open, and openai before 2.54 goes on reading after ``[DONE]``.
"""

TIMEOUT_HINT = "Run the cell again, or raise the limit (%nbstream config)."
SILENCE_HINT = "Run the cell again, or have a client of your own, with another limit (client=...)."


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
        """Close what is read now; the generation may go on."""
        raise NotImplementedError

    def _check_clocks(self) -> None:
        if self.is_done or self.loop is None:
            return
        if self.status == "queued" and self.reason is not None:
            self.timing.waited = self._clock()  # for a connection, or for the local model
        is_silent = self._silence.is_too_long(self._received, self._clock())
        exceeded = self._clocks.exceeded(self.timing, is_silent)
        if exceeded and self.status != "cancelling":
            hint = SILENCE_HINT if is_silent else TIMEOUT_HINT
            self._timeout = ErrorInfo("Timeout", exceeded, hint)
            self._end_task()
            return
        if self._finished_at is not None and self._clock() - self._finished_at >= FINISH_GRACE:
            self._is_left = True
            if self._rounds is None or self._opened is None:
                self._end_task()
                return
            # Its reader wakes; tools may follow.
            self._finished_at = None
            self._end_reading()
        # One that says what it waits for (a model that is being fetched) is not silent.
        waits = self.status == "queued" and self.reason is None
        if (waits or self.status == "in_progress") and self._clocks.is_stalled(self.timing):
            self._move("stalled")
        self._watch = self.loop.call_later(self._clocks.next_look(self.timing), self._check_clocks)

    @property
    def _received(self) -> tuple[int, int] | None:
        """The attempt, and the bytes of its response so far; None while nothing can come."""
        if self.status == "retrying" or (self.status == "queued" and self.reason is not None):
            return None
        return self.attempts.latest.number, getattr(self.response, "num_bytes_downloaded", 0)

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
