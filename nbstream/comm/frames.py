"""The facts about a generation that a page gets beside text, as fields of frames. No Jupyter."""

from __future__ import annotations

from typing import Any, cast

from ..session.generation import Generation
from ..transcript.transcript import Part
from .messages import Facts, PartState

# The page keeps these when a status arrives without them: `withStatus` in js/src/store/reduce.ts.
_LASTING = frozenset({"finish_reason", "usage", "model", "request_id"})


def part_state(part: Part, length: int) -> PartState:
    """The first ``length`` characters of ``part``, and what is known of it."""
    state: PartState = {"part": part.key, "type": part.type, "text": part.text[:length]}
    if part.info:
        # Later than the text, perhaps: what follows says the same again.
        state["info"] = part.info.copy()
    return state


def facts(generation: Generation) -> Facts:
    """What is known beside the status, as the front end shows it."""
    transcript, timing = generation.transcript, generation.timing
    is_silent = generation.status == "stalled"
    times = {
        "elapsed": timing.elapsed,
        "first_token": timing.first_token,
        "since_last": timing.now() - timing.last if is_silent and timing.last is not None else None,
        "tokens_per_second": generation.tokens_per_second if generation.is_done else None,
    }
    retry = generation.retry if generation.status == "retrying" else None
    found: dict[str, Any] = {
        "reason": generation.reason,
        "error": generation.error.to_wire() if generation.error else None,
        "retry": retry.to_wire() if retry else None,
        "finish_reason": transcript.finish_reason,
        "usage": transcript.usage.to_wire() if transcript.usage else None,
        "timing": {name: round(value, 3) for name, value in times.items() if value is not None},
        "model": transcript.model,
        "request_id": generation.request_id,
        "offer": generation.offer,
    }
    return cast(Facts, {name: value for name, value in found.items() if value is not None})


def lasting(found: Facts) -> dict[str, Any]:
    """The facts that a page keeps when the status changes: they are sent once."""
    return {name: value for name, value in found.items() if name in _LASTING}
