"""One chunk in the shapes in which adapters meet it."""

from __future__ import annotations

import enum
from collections import UserDict, namedtuple
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pydantic
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


def _as_objects(made: Callable[[dict[str, Any]], Any]) -> Shape:
    """The shape in which each object of a chunk is what ``made`` makes of its fields."""

    def shape(chunk: Any) -> Any:
        if isinstance(chunk, dict):
            return made({name: shape(value) for name, value in chunk.items()})
        return [shape(item) for item in chunk] if isinstance(chunk, list) else chunk

    return shape


class Extras(pydantic.BaseModel):
    """All fields are extra ones, as litellm keeps them."""

    model_config = pydantic.ConfigDict(extra="allow")


class Declared(pydantic.BaseModel):
    """Declares what the SDK does not, and the other way round."""

    model_config = pydantic.ConfigDict(extra="allow")
    reasoning_content: Any = None
    reasoning: Any = None
    message: Any = None
    citations: Any = None


class Lazy:
    """Gives its fields only to who asks for them by name."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_fields"][name]
        except KeyError:
            raise AttributeError(name) from None


def slotted(fields: dict[str, Any]) -> Any:
    """An object with slots."""
    cls = type("Slotted", (), {"__slots__": tuple(fields)})
    found = cls()
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def computed(fields: dict[str, Any]) -> Any:
    """An object whose fields are properties, one of which is broken."""

    def broken(_: Any) -> Any:
        raise RuntimeError("not now")

    getters = {name: property(lambda _, value=value: value) for name, value in fields.items()}
    return type("Computed", (), {"refusal": property(broken), **getters})()


def tupled(fields: dict[str, Any]) -> Any:
    """A named tuple: it has methods that are called `index` and `count`."""
    return namedtuple("Tupled", fields)(**fields)


class Reason(enum.Enum):
    """Words that some packages keep in an enumeration."""

    STOP = "stop"
    LENGTH = "length"


def enumerated(fields: dict[str, Any]) -> Any:
    """An object with enumerations for words, and tuples for lists."""
    reasons = [reason.value for reason in Reason]
    made = {name: Reason(v) if v in reasons else v for name, v in fields.items()}
    return SimpleNamespace(
        **{name: tuple(v) if isinstance(v, list) else v for name, v in made.items()}
    )


FOREIGN: dict[str, Shape] = {
    "pydantic extras": _as_objects(lambda fields: Extras(**fields)),
    "other pydantic fields": _as_objects(lambda fields: Declared(**fields)),
    "__getattr__": _as_objects(Lazy),
    "slots": _as_objects(slotted),
    "properties": _as_objects(computed),
    "named tuples": _as_objects(tupled),
    "mappings": _as_objects(UserDict),
    "enumerations": _as_objects(enumerated),
}
"""Chunks of packages other than the SDK."""
