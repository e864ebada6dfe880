"""The clocks of one stream: its limits, and when things happened. Times are seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

LOOK = 1.0
"""Seconds between two looks at the clocks, at most."""


@dataclass(frozen=True)
class Clocks:
    """Limits in seconds; None means no limit."""

    stall_after: float = 10.0
    """A stream without a token for this long is called stalled, also before the first one."""
    first_token_timeout: float | None = None
    """Fail when no token came for this long after the start, or after tools had run."""
    idle_timeout: float | None = None
    """Fail when no token came for this long after the last one."""
    silence_timeout: float | None = None
    """Fail when no byte came for this long: nothing that would keep a connection alive, either."""

    def exceeded(self, timing: Timing, is_silent: bool = False) -> str | None:
        """Which limit is exceeded, in words; ``is_silent``: that of `Silence`.

        >>> Clocks(idle_timeout=3.0).exceeded(Timing(0.0, first=1.0, last=1.0, now=lambda: 5.0))
        'no next token arrived within 3 s'
        """
        limit = self._limit(timing)
        if limit is not None and timing.silence >= limit:
            return (
                f"no {'first' if timing.awaits_first else 'next'} token arrived within {limit:g} s"
            )
        if is_silent:
            return f"the server sent nothing at all for {self.silence_timeout:g} s"
        return None

    def is_stalled(self, timing: Timing) -> bool:
        """Whether no token came for so long that people want to know."""
        return timing.silence >= self.stall_after

    def next_look(self, timing: Timing) -> float:
        """Seconds until one of the answers above may change; at most one."""
        silence = timing.silence
        limits = [limit for limit in (self._limit(timing), self.stall_after) if limit is not None]
        ahead = [limit - silence for limit in limits if limit > silence]
        # A token that comes meanwhile starts the silence anew.
        often = self.idle_timeout or LOOK, (self.silence_timeout or 4 * LOOK) / 4
        return max(0.01, min([LOOK, *often, *limits, *ahead]))

    def _limit(self, timing: Timing) -> float | None:
        return self.first_token_timeout if timing.awaits_first else self.idle_timeout


class Silence:
    """Whether no byte came for ``limit`` seconds, as far as each look shows; None means no limit.

    A look counts for a quarter of them at most: a blocked loop that could not read is not silence.

    >>> silence = Silence(8.0)
    >>> [silence.is_too_long((1, 512), now) for now in (0.0, 1.0, 300.0, 302.0, 304.0, 306.0)]
    [False, False, False, False, False, True]
    >>> silence.is_too_long((2, 512), 308.0)  # another request
    False
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._seconds = 0.0
        self._received: object = None
        self._looked = 0.0

    def is_too_long(self, received: object, now: float) -> bool:
        """``received``: what grows with each byte; None if none can come."""
        if self._limit is None:
            return False
        passed = min(now - self._looked, self._limit / 4)
        is_silent = received is not None and received == self._received
        self._seconds = self._seconds + passed if is_silent else 0.0
        self._received, self._looked = received, now
        return self._seconds >= self._limit


@dataclass
class Timing:
    """When things happened, in seconds of the session's clock; read through its properties."""

    started: float
    first: float | None = None
    last: float | None = None
    ended: float | None = None
    waited: float = float("-inf")
    """When it last waited for something before a request: a connection, the local model, tools."""
    paused: float = 0.0
    """Seconds between replies, while tools ran."""
    now: Callable[[], float] = time.monotonic

    @property
    def elapsed(self) -> float:
        """Seconds from the start until the end, or until now."""
        return (self.now() if self.ended is None else self.ended) - self.started

    @property
    def silence(self) -> float:
        """Seconds since the last token; before the first of a reply, since its request could be
        sent."""
        last = self.started if self.last is None else self.last
        return self.now() - max(last, self.waited)

    @property
    def awaits_first(self) -> bool:
        """Whether no token of the reply has come yet."""
        return self.last is None or self.waited > self.last

    @property
    def first_token(self) -> float | None:
        """Seconds from the start to the first token; None before it."""
        return None if self.first is None else self.first - self.started

    def __repr__(self) -> str:
        first = "none yet" if self.first_token is None else f"{self.first_token:.2f} s"
        return f"Timing(elapsed={self.elapsed:.2f} s, first_token={first})"
