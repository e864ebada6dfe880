"""One chunk in the shapes in which adapters meet it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from openai.types.chat import ChatCompletionChunk
from openai.types.responses import (
    ResponseCompletedEvent,
    ResponseCreatedEvent,
    ResponseErrorEvent,
    ResponseFailedEvent,
    ResponseIncompleteEvent,
    ResponseTextDeltaEvent,
)

Shape = Callable[[dict[str, Any]], Any]

RESPONSES_CLASSES = {
    "response.created": ResponseCreatedEvent,
    "response.completed": ResponseCompletedEvent,
    "response.incomplete": ResponseIncompleteEvent,
    "response.failed": ResponseFailedEvent,
    "response.output_text.delta": ResponseTextDeltaEvent,
    "error": ResponseErrorEvent,
}


def as_dict(chunk: dict[str, Any]) -> Any:
    return chunk


def as_namespace(chunk: Any) -> Any:
    if isinstance(chunk, dict):
        return SimpleNamespace(**{key: as_namespace(value) for key, value in chunk.items()})
    return [as_namespace(item) for item in chunk] if isinstance(chunk, list) else chunk


def as_sdk(chunk: dict[str, Any]) -> Any:
    """As the SDK builds it from the wire, without validation."""
    cls: Any = RESPONSES_CLASSES.get(chunk.get("type", ""), ChatCompletionChunk)
    return cls.construct(**chunk)
