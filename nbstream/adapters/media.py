"""Transcriptions and images: streams of events that are not chat answers.

Formats: https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event and
https://platform.openai.com/docs/api-reference/image-streaming
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..transcript.events import Data, Delta, Event, Extra, Finish, Info, Logprobs, PartInfo, Whole
from ._base import Adapter, get, listed, text
from .responses import responses_usage


class TranscriptionAdapter(Adapter):
    """The text of a transcription; who speaks when is kept in ``extra["segments"]``."""

    ends_with_finish_reason = True

    def __init__(self) -> None:
        self._segments: list[Any] = []

    def feed(self, chunk: Any) -> Iterator[Event]:
        kind = text(get(chunk, "type"))
        if tokens := listed(get(chunk, "logprobs")):
            yield Logprobs("text", "text", tokens)
        if kind == "transcript.text.delta":
            yield Delta("text", "text", text(get(chunk, "delta")))
        elif kind == "transcript.text.segment":
            self._segments.append(chunk)
            yield Extra({"segments": self._segments})
        elif kind == "transcript.text.done":
            yield Whole("text", "text", text(get(chunk, "text")))
            usage = responses_usage(get(chunk, "usage"))
            if usage is not None:
                yield usage
            yield Finish("stop")


class ImagesAdapter(Adapter):
    """An image that gets sharper: each frame replaces the one before."""

    ends_with_finish_reason = True

    def feed(self, chunk: Any) -> Iterator[Event]:
        kind = text(get(chunk, "type"))
        last = kind.rpartition(".")[2]
        if last not in ("partial_image", "completed"):
            return
        info: PartInfo = {"status": "completed" if last == "completed" else "generating"}
        for name, key in (("size", "size"), ("output_format", "format")):
            if value := text(get(chunk, name)):
                info[key] = value  # type: ignore[literal-required]  # both are PartInfo's
        yield Info("image:0", "image", info)
        if data := text(get(chunk, "b64_json")):
            yield Data("image:0", "image", data)
        usage = responses_usage(get(chunk, "usage"))
        if usage is not None:
            yield usage
        if last == "completed":
            yield Finish("stop")
