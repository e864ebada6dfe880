"""What all adapters share."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from typing import Any, Protocol

from ..events import Event
from ._foreign import readable


class Adapter(Protocol):
    """Turns the chunks of one stream into events. One instance serves one stream."""

    ends_with_finish_reason: bool
    """Whether a stream of this format that ends without a finish reason was cut off."""

    lacks_beginning: bool = False
    """Whether the stream was taken up in its middle, and has not said yet what came before."""

    def feed(self, chunk: Any) -> Iterable[Event]:
        """The events of ``chunk``. Unknown chunks give none; nothing is raised."""
        ...

    def end(self, *, has_end: bool) -> Iterable[Event]:
        """The events of what was held back, if anything: no more chunks will come. ``has_end``
        says whether the server ended the stream explicitly, with ``[DONE]``. Called once or more.
        """
        return ()


_SDK: set[type] = set()
"""The SDK's own classes that have come: their fields are read where pydantic keeps them."""


def get(value: Any, name: str) -> Any:
    """``name`` of an object of any class or of a dict, or None.

    The SDK's models keep fields that they do not know (``reasoning_content``) beside the others.
    To ask them for a field that is not there costs more than everything else that is done with it.
    """
    if isinstance(value, dict):
        return value.get(name)
    if type(value) in _SDK or is_sdk(type(value)):
        found = value.__dict__.get(name)
        return value.__pydantic_extra__.get(name) if found is None else found
    return readable(value).get(name)


def extras(value: Any) -> Any:
    """Where `get` finds the fields of ``value`` that the SDK does not know."""
    return both(value)[1]


def fields(value: Any) -> dict[str, Any]:
    """The fields that a chunk, or something in it, has; those that the SDK does not know are in
    `extras`. Reading many of them is faster so than by `get`, most of all those that are not there.
    """
    return both(value)[0]


def both(value: Any) -> tuple[dict[str, Any], Any]:
    """`fields` and `extras` of ``value``, by one call."""
    if type(value) in _SDK:
        return value.__dict__, value.__pydantic_extra__
    if is_sdk(type(value)):
        return both(value)
    found = readable(value)
    return found, found


def is_sdk(cls: type) -> bool:
    """Whether ``cls`` is one of the SDK's models. Where other packages keep a field is up to them,
    even in models that inherit from the SDK's."""
    found = cls.__module__.partition(".")[0] == "openai" and hasattr(cls, "__pydantic_extra__")
    if found:
        _SDK.add(cls)
    return found


def unwrapped(chunk: Any) -> Any:
    """The event itself where it comes as ``{"event": name, "data": event}``: early openai 1.x does
    so with those that it does not know
    (https://github.com/openai/openai-python/blob/v1.66.3/src/openai/_streaming.py), and Mistral's
    SDK, without a name, with all
    (https://github.com/mistralai/client-python/blob/main/src/mistralai/models/completionevent.py).
    """
    data = get(chunk, "data")
    is_event = bool(text(get(chunk, "event"))) or get(data, "choices") is not None
    return data if data is not None and is_event else chunk


def text(value: Any) -> str:
    """``value`` if it is a string, else nothing: services send null, lists and numbers too."""
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
