"""The states of a stream and the one table of moves between them."""

from __future__ import annotations

from typing import Literal

Status = Literal[
    "queued",
    "in_progress",
    "retrying",
    "stalled",
    "cancelling",
    "completed",
    "incomplete",
    "failed",
    "cancelled",
]

TERMINAL: frozenset[Status] = frozenset(("completed", "incomplete", "failed", "cancelled"))
"""Three of these endings keep a partial answer: somebody stopped it (cancelled), an error ended
it (failed), or the server cut it at a limit or the connection closed early (incomplete)."""

_MOVES: dict[Status, tuple[Status, ...]] = {
    "queued": (
        *("in_progress", "stalled", "retrying", "cancelling"),
        *("completed", "incomplete", "failed"),
    ),
    # Between two replies, while tools run, it is queued again.
    "in_progress": ("queued", "stalled", "cancelling", "completed", "incomplete", "failed"),
    # Stalled before the first token, it may still be retried.
    "stalled": (
        *("in_progress", "queued", "retrying", "cancelling"),
        *("completed", "incomplete", "failed"),
    ),
    "retrying": ("queued", "cancelling", "failed"),
    "cancelling": ("cancelled",),
}


def allowed(old: Status, new: Status) -> bool:
    """Whether a stream may go from ``old`` to ``new``.

    >>> allowed("cancelling", "retrying")
    False
    """
    return new in _MOVES.get(old, ())
