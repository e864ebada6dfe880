"""Merges deltas between flushes and says when the next flush is due. Pure: time is a parameter."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from .transcript import Append

K = TypeVar("K", bound=Hashable)

BASE_INTERVAL = 0.033
"""Seconds between two flushes: about 30 a second, the most that a reader notices."""

INTERVAL_PER_STREAM = 0.005
"""Seconds that each busy stream adds, so that messages stay below 200 a second in total.

jupyter_server drops comm messages silently above 1,000 a second (`iopub_msg_rate_limit`).
"""


class Coalescer(Generic[K]):
    """Collects appends per stream.

    >>> box = Coalescer()
    >>> box.add("s", Append("text", "text", 0, "Hel"))
    >>> box.add("s", Append("text", "text", 3, "lo"))
    >>> box.take()
    {'s': [Append(part='text', type='text', offset=0, text='Hello')]}
    """

    def __init__(self) -> None:
        self._pending: dict[K, list[tuple[Append, list[str]]]] = {}
        self._last_flush = float("-inf")

    def add(self, key: K, append: Append) -> None:
        """Hold ``append`` back until the next `take`, merged with its direct predecessor."""
        held = self._pending.setdefault(key, [])
        if held and held[-1][0].part == append.part:
            held[-1][1].append(append.text)
        else:
            held.append((append, [append.text]))

    def due_in(self, now: float) -> float | None:
        """Seconds until the next flush is due at ``now``; None if nothing is held."""
        if not self._pending:
            return None
        interval = max(BASE_INTERVAL, INTERVAL_PER_STREAM * len(self._pending))
        return max(0.0, self._last_flush + interval - now)

    def take(self, now: float | None = None) -> dict[K, list[Append]]:
        """Everything held, per stream in order; a flush at ``now``."""
        if now is not None:
            self._last_flush = now
        taken, self._pending = self._pending, {}
        return {key: _merge(held) for key, held in taken.items()}

    def take_one(self, key: K) -> list[Append]:
        """What is held for one stream, for a message that cannot wait for the next flush."""
        return _merge(self._pending.pop(key, []))


def _merge(held: list[tuple[Append, list[str]]]) -> list[Append]:
    return [Append(first.part, first.type, first.offset, "".join(texts)) for first, texts in held]
