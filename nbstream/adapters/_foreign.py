"""Reads objects of other packages' classes as dicts."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence, Set
from enum import Enum
from typing import Any

_PLAIN = frozenset((str, int, float, bool, type(None), dict, list))


class Foreign(dict[str, Any]):
    """The fields of an object: attributes, pydantic's extra ones, and anything else that it has by
    name (slots, properties, `__getattr__`). A field that raises counts as missing.

    >>> from types import SimpleNamespace
    >>> Foreign(SimpleNamespace(delta=SimpleNamespace(content="Hi")))["delta"].content
    'Hi'
    """

    __slots__ = ("_object",)

    def __init__(self, found: object) -> None:
        super().__init__(_listed(found))
        self._object = found

    def get(self, name: str, default: Any = None) -> Any:
        """The field ``name`` as a JSON value, or as an object to read further."""
        if name not in self:
            try:
                self[name] = getattr(self._object, name, default)
            except Exception:  # a property may do anything
                self[name] = default
        return plain(self[name])

    def __bool__(self) -> bool:
        # It may have fields that cannot be listed.
        return True


def readable(value: Any) -> dict[str, Any]:
    """``value`` as a dict; empty if it has no fields."""
    if isinstance(value, dict):
        return value
    if value.__class__ in _PLAIN:
        return {}
    return dict(value) if isinstance(value, Mapping) else Foreign(value)


def plain(value: Any) -> Any:
    """``value`` as JSON would have it: an enum member becomes its value, a sequence a list, and a
    method None."""
    if value.__class__ in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if inspect.isroutine(value):
        return None
    is_list = isinstance(value, (Sequence, Set)) and not isinstance(value, (str, bytes))
    return list(value) if is_list and not hasattr(value, "_fields") else value


def _listed(found: object) -> dict[str, Any]:
    """The public fields that ``found`` lists."""
    known = [getattr(found, name, None) for name in ("__dict__", "__pydantic_extra__")]
    return {
        name: value
        for part in known
        if isinstance(part, dict)
        for name, value in part.items()
        if not name.startswith("_")
    }
