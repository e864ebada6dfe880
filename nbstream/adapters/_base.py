"""What all adapters share."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Protocol

from ..events import Event


class Adapter(Protocol):
    """Turns the chunks of one stream into events. One instance serves one stream."""

    ends_with_finish_reason: bool
    """Whether a stream of this format that ends without a finish reason was cut off."""

    lacks_beginning: bool = False
    """Whether the stream was taken up in its middle, and has not said yet what came before."""

    def feed(self, chunk: Any) -> Iterable[Event]:
        """The events of ``chunk``. Unknown chunks give none; nothing is raised."""
        ...

    def end(self) -> Iterable[Event]:
        """The events of what was held back, if anything: no more chunks will come."""
        return ()


def get(value: Any, name: str) -> Any:
    """``name`` of an SDK object or of a plain dict, or None.

    The SDK's models keep fields that they do not know (``reasoning_content``) as attributes.
    """
    if isinstance(value, dict):
        return value.get(name)
    return getattr(value, name, None)


def extras(value: Any) -> Any:
    """Where `get` finds the fields of ``value`` that the SDK does not know: asking its models for
    one that is not there costs more than everything else that is done with a chunk."""
    return getattr(value, "__pydantic_extra__", value)


_NONE: dict[str, Any] = {}


def fields(value: Any) -> dict[str, Any]:
    """The fields that a chunk, or something in it, has; those that the SDK does not know are in
    `extras`. Reading many of them is faster so than by `get`, most of all those that are not there.
    """
    return value if isinstance(value, dict) else getattr(value, "__dict__", _NONE)


def both(value: Any) -> tuple[dict[str, Any], Any]:
    """`fields` and `extras` of ``value``, by one call."""
    if isinstance(value, dict):
        return value, value
    return getattr(value, "__dict__", _NONE), getattr(value, "__pydantic_extra__", value)


def unwrapped(chunk: Any) -> Any:
    """The event itself where openai hands out ``{"event": name, "data": event}``: early 1.x does
    so with those that it does not know
    (https://github.com/openai/openai-python/blob/v1.66.3/src/openai/_streaming.py)."""
    data = get(chunk, "data")
    return data if data is not None and text(get(chunk, "event")) else chunk


def text(value: Any) -> str:
    """``value`` if it is a string, else nothing: services send null, lists and numbers too."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """``value`` if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def unknown(value: Any, known: Container[str]) -> dict[str, Any]:
    """The fields of ``value`` that are not ``known`` and have a value."""
    found = getattr(value, "__pydantic_extra__", None)
    return {
        name: field
        for name, field in (fields(value) if found is None else found).items()
        if field is not None and name not in known and not name.startswith("_")
    }
