"""What all adapters share."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from typing import Any, Protocol

from ..transcript.events import Event
from ._foreign import readable


class Adapter(Protocol):
    """Turns the chunks of one stream into events. One instance serves one stream."""

    ends_with_finish_reason: bool
    """Whether a stream of this format that ends without a finish reason was cut off."""

    lacks_beginning: bool = False
    """Whether the stream was joined in its middle, and the part before is still missing."""

    def feed(self, chunk: Any) -> Iterable[Event]:
        """The events in ``chunk``. Unknown chunks have none; nothing is raised."""
        ...

    def end(self, *, has_end: bool) -> Iterable[Event]:
        """The events that were held back: no more chunks will come. ``has_end`` says whether the
        server ended the stream with ``[DONE]``. May be called more than once."""
        return ()


_SDK: set[type] = set()
"""The SDK's classes seen so far: their fields are read where pydantic keeps them."""


def get(value: Any, name: str) -> Any:
    """The field ``name`` of an object of any class or of a dict, or None.

    The SDK's models keep fields that they do not know (``reasoning_content``) beside the others.
    Their ``__getattr__`` is slow for a missing field, so it is not used.
    """
    if isinstance(value, dict):
        return value.get(name)
    if type(value) in _SDK or is_sdk(type(value)):
        found = value.__dict__.get(name)
        return value.__pydantic_extra__.get(name) if found is None else found
    return readable(value).get(name)


def extras(value: Any) -> Any:
    """The fields of ``value`` that the SDK does not know, to be read with `get`."""
    return both(value)[1]


def fields(value: Any) -> dict[str, Any]:
    """The fields of a chunk, or of something in it, without `extras`. To read several of them this
    is faster than `get`, above all for missing ones."""
    return both(value)[0]


def both(value: Any) -> tuple[dict[str, Any], Any]:
    """`fields` and `extras` of ``value`` in one call."""
    if type(value) in _SDK:
        return value.__dict__, value.__pydantic_extra__
    if is_sdk(type(value)):
        return both(value)
    found = readable(value)
    return found, found


def is_sdk(cls: type) -> bool:
    """Whether ``cls`` is one of the SDK's own models. Subclasses in other packages may keep their
    fields elsewhere."""
    found = cls.__module__.partition(".")[0] == "openai" and hasattr(cls, "__pydantic_extra__")
    if found:
        _SDK.add(cls)
    return found


def unwrapped(chunk: Any) -> Any:
    """The event in ``{"event": name, "data": event}``, else ``chunk``. Early openai 1.x wraps
    unknown events like this
    (https://github.com/openai/openai-python/blob/v1.66.3/src/openai/_streaming.py), and Mistral's
    SDK wraps all of them, without a name
    (https://github.com/mistralai/client-python/blob/23200187b7f876baacf91d1041c3d84af6a9d7f7/src/mistralai/models/completionevent.py).
    """
    data = get(chunk, "data")
    is_event = bool(text(get(chunk, "event"))) or get(data, "choices") is not None
    return data if data is not None and is_event else chunk


def text(value: Any) -> str:
    """``value`` if it is a string, else "": services also send null, lists and numbers."""
    return value if isinstance(value, str) else ""


def listed(value: Any) -> list[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def json_text(value: Any) -> str:
    """``value``, which may be one of the SDK's models, as JSON."""
    dump = getattr(value, "model_dump", None)
    # Fields that a service fills with values of other types are dumped as they are.
    plain = value if dump is None else dump(mode="json", exclude_none=True, warnings=False)
    return json.dumps(plain, ensure_ascii=False, default=str)


def count(value: Any) -> int | None:
    """``value`` if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def unknown(found: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """The fields among ``found`` that are not ``known`` and have a value."""
    return {
        name: field
        for name, field in found.items()
        if field is not None and name not in known and not name.startswith("_")
    }
