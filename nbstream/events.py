"""Normalised stream events: what every wire format is turned into by its adapter.

Nothing here does anything. A chunk of any service becomes zero or more of these events. What
comes with each token is a tuple, which is made several times faster than a frozen dataclass.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

PartType = Literal["text", "reasoning", "refusal"]


class Delta(NamedTuple):
    """Text to append to one part. ``part`` names the part within its stream."""

    part: str
    type: PartType
    text: str


class Meta(NamedTuple):
    """Who answers: the model's name and the response's id as the server gives them."""

    model: str | None = None
    response_id: str | None = None


@dataclass(frozen=True)
class Usage:
    """Token counts as the server reports them. The last report of a stream counts."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None

    def to_wire(self) -> dict[str, int]:
        """The counts that are known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Finish:
    """The server says that the answer is over.

    ``finish_reason`` is chat's word; the Responses API's ``completed`` is given as ``stop`` and
    its ``max_output_tokens`` as ``length``.
    """

    finish_reason: str


@dataclass(frozen=True)
class Failure:
    """The server reports an error inside the stream."""

    type: str
    message: str
    code: str | None = None


Event = Delta | Meta | Usage | Finish | Failure
