"""A transcript as an application reads it: answers, tool calls, images."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from .events import CitedSource
from .transcript import Part, Transcript


@dataclass(frozen=True)
class ToolCall:
    """A call that the model makes, or that the server made for it.

    ``kind`` is ``function`` or ``custom`` for tools of the caller's, and the Responses API's name
    of the item (``web_search_call``) for those of the server. ``arguments`` is text: JSON, but for
    custom tools, code, commands, queries and patches. ``seconds`` is how long it ran. What is not
    known is "", or None.
    """

    name: str
    arguments: str
    call_id: str = ""
    kind: str = "function"
    status: str = ""
    result: str = ""
    error: str = ""
    server: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Image:
    """An image, or the last of its partial frames that came; ``frame`` counts them from 1.

    >>> Image(b"", "png", "", 1)._repr_mimebundle_()
    {'image/png': b''}
    """

    data: bytes = field(repr=False)
    format: str = "png"
    size: str = ""
    frame: int = 1

    def _repr_mimebundle_(self, **_: Any) -> dict[str, bytes]:
        return {f"image/{self.format}": self.data}


@dataclass(frozen=True)
class Choice:
    """One of the answers that were asked for (``n > 1``). ``logprobs`` has an entry per token, as
    the server gives it; ``audio`` is the transcript of what is spoken."""

    index: int
    text: str
    reasoning: str
    refusal: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    audio: str
    sources: tuple[CitedSource, ...]
    logprobs: tuple[Any, ...]


def choices(transcript: Transcript) -> list[Choice]:
    """All answers, by their numbers."""
    return [choice(transcript, number) for number in transcript.choice_numbers]


def choice(transcript: Transcript, number: int) -> Choice:
    """One answer; of a number that did not come, an empty one."""
    parts = transcript.of_choice(number)

    def joined(type_: str) -> str:
        return "".join(part.text for part in parts if part.type == type_)

    return Choice(
        index=number,
        text=joined("text"),
        reasoning=joined("reasoning"),
        refusal=joined("refusal"),
        tool_calls=tuple(tool_call(part) for part in parts if part.type == "tool"),
        finish_reason=transcript.finish_reasons.get(number),
        audio=joined("audio"),
        sources=tuple(source for part in parts for source in part.info.get("sources", ())),
        logprobs=tuple(token for part in parts for token in part.logprobs),
    )


def images(transcript: Transcript) -> list[Image]:
    """The images so far, each as sharp as it is by now."""
    found = [image_of(transcript, part) for part in transcript.parts]
    return [image for image in found if image is not None]


def image_of(transcript: Transcript, part: str) -> Image | None:
    """The image in the part of this name, if one has arrived."""
    held = transcript.parts.get(part)
    if held is None or held.type != "image" or not held.data:
        return None
    try:
        data = base64.b64decode(held.data[0], validate=True)
    except binascii.Error:
        return None
    info = held.info
    return Image(data, info.get("format", "png"), info.get("size", ""), info.get("frame", 1))


def tool_call(part: Part) -> ToolCall:
    """The call that a part shows."""
    info = part.info
    return ToolCall(
        name=info.get("name", ""),
        arguments=part.text,
        call_id=info.get("call_id", ""),
        kind=info.get("kind", ""),
        status=info.get("status", ""),
        result=info.get("result", ""),
        error=info.get("error", ""),
        server=info.get("server", ""),
        seconds=info.get("seconds"),
    )
