"""Answers of a given structure: what is asked for, partial objects, the validated one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from .checks import Api
from .errors import NbstreamError, UsageError
from .partial_json import PartialJson


class SchemaError(NbstreamError):
    """The answer does not have the structure that was asked for."""


class Structure:
    """What ``schema=`` asks for: a pydantic model, a dataclass, any other type that pydantic knows
    (``list[str]``), or a JSON schema as a dict.

    Raises `UsageError` for something that is no schema.
    """

    def __init__(self, schema: Any) -> None:
        self._adapter: Any = None
        if isinstance(schema, Mapping):
            self.json_schema = dict(schema)
            self.name = _name(str(schema.get("title", "answer")))
        else:
            self._adapter, self.json_schema = _adapted(schema)
            self.name = _name(getattr(schema, "__name__", "answer"))

    def params(self, api: Api) -> dict[str, Any]:
        """The parameters of the request that ask for it."""
        asked = {"name": self.name, "schema": strict(self.json_schema), "strict": True}
        if api == "responses":
            return {"text": {"format": {"type": "json_schema", **asked}}}
        return {"response_format": {"type": "json_schema", "json_schema": asked}}

    def parse(self, text: str) -> Any:
        """The validated object in ``text``. Raises `SchemaError` if it does not fit."""
        parser = PartialJson()
        parser.feed(text)
        parser.finish()
        if parser.is_broken or not parser.is_complete:
            raise SchemaError(f"the answer is no complete JSON: {_shown(text)}")
        if self._adapter is None:
            return _validated(parser.value, self.json_schema)
        try:
            return self._adapter.validate_json(text)
        except ValueError as exc:  # pydantic's error is one
            raise SchemaError(f"the answer does not fit {self.name}: {_first(exc)}") from None


class Growing:
    """The partial object of a growing answer. Each delta is read once, however often it is asked
    for.

    >>> growing = Growing()
    >>> growing.value(["[1, 2"]), growing.value(["[1, 2", "[3, 4"], start=1)
    ([1], [3])
    """

    def __init__(self) -> None:
        self._parser = PartialJson()
        self._read = self._start = 0

    def value(self, deltas: list[str], start: int = 0) -> Any:
        """The object as far as the ``deltas`` from ``start`` on go; None if nothing is certain."""
        if start != self._start:
            self._parser, self._read, self._start = PartialJson(), start, start
        count = len(deltas)
        self._parser.feed("".join(deltas[self._read : count]))
        self._read = count
        return self._parser.value


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` as strict servers want it: objects take no other keys, and need all of theirs
    (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).

    >>> strict({"type": "object", "properties": {"a": {"type": "string", "default": "x"}}})
    {'type': 'object', 'properties': {'a': {'type': 'string'}}, 'additionalProperties': False, \
'required': ['a']}
    """

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        made = {key: walk(value) for key, value in node.items() if key != "default"}
        if isinstance(node.get("properties"), dict):
            # A property may be called "default".
            made["properties"] = {key: walk(value) for key, value in node["properties"].items()}
            made.setdefault("additionalProperties", False)
            made["required"] = list(node["properties"])
        return made

    found: dict[str, Any] = walk(schema)
    return found


def _adapted(schema: Any) -> tuple[Any, dict[str, Any]]:
    import pydantic  # with openai; takes long to import

    try:
        adapter = pydantic.TypeAdapter(schema)
        return adapter, adapter.json_schema()
    except (pydantic.errors.PydanticUserError, TypeError, AttributeError) as exc:
        what = "an object" if dataclasses.is_dataclass(schema) else repr(schema)[:60]
        raise UsageError(
            "schema takes a pydantic model, a dataclass, a type or a JSON schema, not"
            f" {what}: {str(exc).splitlines()[0]}"
        ) from None


def _validated(value: Any, schema: dict[str, Any]) -> Any:
    try:
        import jsonschema  # type: ignore[import-untyped]  # with Jupyter; else nothing is checked
    except ImportError:
        return value
    try:
        jsonschema.validate(value, schema)
    except jsonschema.ValidationError as exc:
        raise SchemaError(f"the answer does not fit the schema: {exc.message}") from None
    except jsonschema.SchemaError as exc:
        raise UsageError(f"schema is no JSON schema: {exc.message}") from None
    return value


def _name(title: str) -> str:
    """A name that the API takes: letters, digits, underscores and dashes, 64 at most."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", title)[:64].strip("_") or "answer"


def _first(exc: ValueError) -> str:
    errors: list[Any] = getattr(exc, "errors", list)()
    if not errors:
        return str(exc)
    place = ".".join(str(step) for step in errors[0].get("loc", ()))
    return f"{place}: {errors[0].get('msg')}" if place else str(errors[0].get("msg"))


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:79]}…"
