"""Normalised stream events: what every wire format is turned into by its adapter.

Nothing here does anything. A chunk of any service becomes zero or more of these events. What
comes with each token is a tuple, which is made several times faster than a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, TypedDict

PartType = Literal["text", "reasoning", "refusal", "tool", "audio", "image"]
"""What a part's text is: of a ``tool`` its arguments (or code, or a patch), of ``audio`` the
transcript; an ``image`` has none."""


class Delta(NamedTuple):
    """Text to append to one part. ``part`` names the part within its stream."""

    part: str
    type: PartType
    text: str


class Whole(NamedTuple):
    """The complete text of one part, as services repeat it at the end; what is missing is
    appended."""

    part: str
    type: PartType
    text: str


class CitedSource(TypedDict, total=False):
    """A source that the text cites: a page or a file."""

    url: str
    title: str
    quote: str


class PartInfo(TypedDict, total=False):
    """What is known of a part beside its text; what is not known is absent."""

    kind: str  # of a tool: function, custom, mcp_call, web_search_call, ...
    name: str
    call_id: str
    server: str  # an MCP server's label
    status: str
    result: str  # what the tool gave, as text
    error: str
    phase: str  # of a text: commentary or final_answer
    seconds: float
    sources: list[CitedSource]
    size: str  # of an image: 1024x1024
    format: str  # png, webp or jpeg
    frame: int  # how many frames of an image have come; each replaces the one before


class Info(NamedTuple):
    """Something became known of one part: fields that replace those of the same names."""

    part: str
    type: PartType
    fields: PartInfo


class Data(NamedTuple):
    """Base64 of an image, which replaces the frame before it, or of audio, which continues it."""

    part: str
    type: PartType
    base64: str


class Restored(NamedTuple):
    """Parts that a stream that was joined in its middle repeats from the beginning: they replace
    what came of these parts. ``is_all``: these are all parts, in their order."""

    events: Sequence[Whole | Info | Data]
    is_all: bool = False


class Moved(NamedTuple):
    """All ``text`` of ``part`` so far belongs to the part ``to``, of another type. Without ``to``
    it is there already, and is dropped."""

    part: str
    to: str
    type: PartType
    text: str


class Logprobs(NamedTuple):
    """Log probabilities of tokens of ``part``, each as the server gives it."""

    part: str
    type: PartType
    tokens: list[Any]


class Extra(NamedTuple):
    """Fields beside the answer that no API documents: a gateway's name, timings, filters."""

    fields: dict[str, Any]


RunsOn = Literal["response", "run", "session"]
"""What keeps running at the server when nobody reads: a background response, an Assistants run, an
agent session."""


class Meta(NamedTuple):
    """Who answers: the model's name and the response's id as the server gives them, and what keeps
    running when the connection is closed."""

    model: str | None = None
    response_id: str | None = None
    runs_on: RunsOn | None = None


@dataclass(frozen=True)
class Usage:
    """Token counts as the server reports them. The last report of a stream counts."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None

    def plus(self, other: Usage | None) -> Usage:
        """Both together; what only one has counts."""
        known = self.to_wire()
        for name, value in other.to_wire().items() if other is not None else ():
            known[name] = known.get(name, 0) + value
        return Usage(**known)

    def to_wire(self) -> dict[str, int]:
        """The counts that are known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Finish:
    """The server says that the answer is over.

    ``finish_reason`` is chat's word; the Responses API's ``completed`` is given as ``stop`` and
    its ``max_output_tokens`` as ``length``. ``choice`` is the number of the answer that ended,
    where several were asked for. ``meant`` is the model's own word where it says more than the
    gateway's.
    """

    finish_reason: str
    choice: int = 0
    meant: str | None = None


@dataclass(frozen=True)
class Failure:
    """The server reports an error inside the stream."""

    type: str
    message: str
    code: str | None = None


Event = (
    Delta
    | Whole
    | Info
    | Data
    | Restored
    | Moved
    | Logprobs
    | Extra
    | Meta
    | Usage
    | Finish
    | Failure
)
