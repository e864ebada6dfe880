"""The clocks of one stream: its limits, and when things happened. Times are seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clocks:
    """Limits in seconds; None is no limit."""

    stall_after: float = 10.0
    """A running stream without a token for this long is called stalled."""
    first_token_timeout: float | None = None
    """Fail when no token came for this long after the start."""
    idle_timeout: float | None = None
    """Fail when no token came for this long after the last one."""


@dataclass
class Timing:
    """When things happened, in seconds of the session's clock; read through its properties."""

    started: float
    first: float | None = None
    last: float | None = None
    ended: float | None = None
    now: Callable[[], float] = time.monotonic

    @property
    def elapsed(self) -> float:
        """Seconds from the start until the end, or until now."""
        return (self.now() if self.ended is None else self.ended) - self.started

    @property
    def first_token(self) -> float | None:
        """Seconds from the start to the first token; None before it."""
        return None if self.first is None else self.first - self.started

    def __repr__(self) -> str:
        first = "none yet" if self.first_token is None else f"{self.first_token:.2f} s"
        return f"Timing(elapsed={self.elapsed:.2f} s, first_token={first})"
