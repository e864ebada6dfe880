"""Decides when an answer is over although its stream is still open. Pure.

``data: [DONE]`` and the end of the connection say so. A finish reason alone does not: some services
send one with every chunk, and some run tools of their own after it and then continue.
"""

from __future__ import annotations

from ..transcript.transcript import Transcript
from .timing import Silence

DONE_GRACE = 1.0
"""Seconds that a server gets to end the body after ``[DONE]``, so that the connection can be used
again. openai before 2.54 reads on until then."""

FINISH_GRACE = 10.0
"""Seconds without a byte after which an answer is over whose only finish reason came at its end:
the usage may follow late."""

UNSURE_GRACE = 600.0
"""The same if an earlier finish reason did not end the answer, or one came with its first piece."""

ERROR_GRACE = 2.0
"""Seconds without a byte after an error that was reported inside the stream."""


class FinishWatch:
    """Watches one reply from its first finish reason or error on."""

    def __init__(self) -> None:
        self.is_withdrawn = False
        """Whether output without a finish reason has followed the last one."""
        self._is_finished = self._is_unsure = False
        self._length = self._finishes = 0
        self._grace: float | None = None
        self._silence = Silence(None)
        self._ended_at: float | None = None

    def look(self, transcript: Transcript, *, began: bool) -> None:
        """Take a chunk: the first with a finish reason or an error, and each later one.
        ``began`` says whether there was output before it."""
        length = sum(part.length for part in transcript.parts.values())
        continues = self._is_finished and length > self._length
        if transcript.finishes > self._finishes:
            self.is_withdrawn = False
            self._is_unsure |= continues or not (self._is_finished or began)
        elif continues:
            self.is_withdrawn = self._is_unsure = True
        self._length, self._finishes = length, transcript.finishes
        self._is_finished = transcript.is_finished
        self._grace = self._grace_of(transcript)
        self._silence = Silence(self._grace)

    def _grace_of(self, transcript: Transcript) -> float | None:
        if transcript.failure is not None:
            return ERROR_GRACE
        if not self._is_finished:
            return None
        return UNSURE_GRACE if self._is_unsure else FINISH_GRACE

    @property
    def next_look(self) -> float:
        """The most seconds that may pass before the next call of `is_over`."""
        return float("inf") if self._grace is None else self._grace / 4

    def is_over(self, received: object, now: float, *, has_end: bool, is_limit: bool) -> bool:
        """Whether the answer is over, and only the body is held open.

        ``received`` grows with each byte; ``has_end`` says whether ``[DONE]`` has come,
        ``is_limit`` whether a time limit of the stream is exceeded.
        """
        if has_end:
            self._ended_at = now if self._ended_at is None else self._ended_at
            return now - self._ended_at >= DONE_GRACE
        if self._grace is None:
            return False
        return self._silence.is_too_long(received, now) or is_limit
