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


CUT = "the connection ended before the answer was complete; run the cell again"
_CUTS = {
    "length": "the answer reached the token limit (finish_reason: length); raise max_tokens",
    "content_filter": "the provider's content filter cut the answer"
    " (finish_reason: content_filter); change the prompt",
    "incomplete": "the server calls the response incomplete; run the cell again",
}


def incomplete_reason(finish_reason: str | None, *, expected: bool) -> str | None:
    """Why an answer that ended without an error is not complete, in words; None if it is.

    ``expected`` says whether the wire format ends every complete answer with a finish reason.

    >>> incomplete_reason(None, expected=True)
    'the connection ended before the answer was complete; run the cell again'
    """
    if finish_reason is None:
        return CUT if expected else None
    return _CUTS.get(finish_reason)
