"""Structured answers: the request for one, partial objects, and the validated one."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

from ..adapters.partial_json import PartialJson
from ..errors import NbstreamError, UsageError
from ..validation import Api

VALUE = "value"
"""The key of the object that wraps a value that is not an object."""


class SchemaError(NbstreamError):
    """The answer does not have the structure that was asked for."""


class Structure:
    """What ``schema=`` asks for: a pydantic model, a dataclass, any other type that pydantic knows
    (``list[str]``), or a JSON schema as a dict.

    Raises `UsageError` for anything else.
    """

    def __init__(self, schema: Any) -> None:
        self._adapter: Any = None
        if isinstance(schema, Mapping):
            self.json_schema = dict(schema)
            self.name = _name(str(schema.get("title", "answer")))
        else:
            self._adapter, self.json_schema = _adapted(schema)
            self.name = _name(getattr(schema, "__name__", "answer"))
        self._is_in_object = self._adapter is not None and not _is_object(self.json_schema)

    def params(self, api: Api) -> dict[str, Any]:
        """The parameters of the request. A value that is not an object is wrapped in one, since
        servers accept no other schemas. A JSON schema of the user's is sent unchanged."""
        schema = self.json_schema
        if self._is_in_object:
            inner = {key: value for key, value in schema.items() if key != "$defs"}
            defs = {key: value for key, value in schema.items() if key == "$defs"}
            schema = {"type": "object", "properties": {VALUE: inner}, "required": [VALUE], **defs}
        made = strict(schema)
        sent = schema if self._adapter is None or made is None else made
        asked = {"name": self.name, "schema": sent, "strict": sent == made}
        if api == "responses":
            return {"text": {"format": {"type": "json_schema", **asked}}}
        return {"response_format": {"type": "json_schema", "json_schema": asked}}

    def value_in(self, value: Any) -> Any:
        """The wanted value in ``value``, the answer so far."""
        is_in_object = self._is_in_object and isinstance(value, dict) and {*value} <= {VALUE}
        return value.get(VALUE) if is_in_object else value

    def parse(self, text: str) -> Any:
        """The validated object in ``text``. Raises `SchemaError` if it does not fit."""
        parser = PartialJson()
        parser.feed(text)
        parser.finish()
        if parser.is_broken or not parser.is_complete:
            raise SchemaError(f"the answer is not complete JSON: {_shown(text)}")
        if self._adapter is None:
            return _validated(parser.value, self.json_schema)
        value = self.value_in(parser.value)
        if value is not parser.value:
            text = json.dumps(value)
        try:
            return self._adapter.validate_json(text)
        except ValueError as exc:  # pydantic's error is one
            raise SchemaError(f"the answer does not fit {self.name}: {_first(exc)}") from None


class Growing:
    """The partial object of a growing answer. Each delta is parsed once, however often it is asked
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


def strict(schema: dict[str, Any]) -> dict[str, Any] | None:
    """``schema`` as strict servers want it
    (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas): objects allow no
    other keys and require all of theirs, nothing stands beside a reference, and unsupported
    keywords are left out. None if that would change the meaning, if the root is not an object, or
    if it is nested too deep: then no strict server accepts it.

    >>> strict({"type": "object", "properties": {"a": {"type": "string", "default": "x"}}})
    {'type': 'object', 'properties': {'a': {'type': 'string'}}, 'additionalProperties': False, \
'required': ['a']}
    >>> strict({"type": "object", "additionalProperties": {"type": "integer"}})
    """
    try:
        return _strict_root(schema)
    except (_InexpressibleError, AttributeError, TypeError):  # or it is not a schema at all
        return None


_ABOUT = ("title", "description")
_PLAIN = (
    *(*_ABOUT, "type", "enum", "pattern", "format", "multipleOf", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"),
)
_FORMATS = (
    *("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"),
    None,
)
_CHANGE_MEANING = frozenset(
    (
        *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "prefixItems"),
        *("patternProperties", "propertyNames", "contains", "unevaluatedProperties"),
    )
)
_MOST_LEVELS = 10
"""Servers that follow OpenAI's rules refuse objects that are nested deeper."""
_LOOKS_AROUND = re.compile(r"\(\?[=!<]")


class _InexpressibleError(Exception):
    """No strict schema has the same meaning."""


def _strict_root(schema: dict[str, Any]) -> dict[str, Any]:
    defs = schema.get("$defs", {})
    target = defs.get(str(schema.get("$ref", "")).removeprefix("#/$defs/"), {})
    rest = {key: value for key, value in schema.items() if key not in ("$defs", "$ref")}
    found = _strict_node({**target, **rest})
    if defs:
        found["$defs"] = {name: _strict_node(node) for name, node in defs.items()}
    if not _is_object(found) or _levels(found) > _MOST_LEVELS:
        raise _InexpressibleError
    return found


def _levels(node: Any) -> int:
    """How many objects are nested in ``node``, itself included."""
    if not isinstance(node, dict):
        return 0
    inner = [*node.get("properties", {}).values(), *node.get("anyOf", ()), node.get("items")]
    inner += node.get("$defs", {}).values()
    return ("properties" in node) + max(map(_levels, inner), default=0)


def _strict_node(node: Any) -> dict[str, Any]:
    if not isinstance(node, dict) or not _CHANGE_MEANING.isdisjoint(node):
        raise _InexpressibleError
    if "$ref" in node:
        beside = {key: node[key] for key in node if key in _ABOUT}
        reference = {"$ref": node["$ref"]}
        return {"anyOf": [reference], **beside} if beside else reference
    if len(node.get("allOf", ())) == 1:
        (only,) = node["allOf"]
        rest = {key: value for key, value in node.items() if key != "allOf"}
        return _strict_node({**only, **rest})
    if "allOf" in node:
        raise _InexpressibleError
    made = {key: node[key] for key in node if key in _PLAIN}
    if "const" in node:
        made["enum"] = [node["const"]]
    if choices := node.get("anyOf") or node.get("oneOf"):
        made["anyOf"] = [_strict_node(choice) for choice in choices]
    elif "enum" not in made and "type" not in made:
        raise _InexpressibleError
    kinds = made.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "object" in kinds:
        _strict_object(node, made)
    if "array" in kinds:
        made["items"] = _strict_node(node.get("items"))
    if made.get("format") not in _FORMATS:
        made.pop("format", None)
    if _LOOKS_AROUND.search(made.get("pattern", "")):
        del made["pattern"]
    return made


def _strict_object(node: dict[str, Any], made: dict[str, Any]) -> None:
    properties, others = node.get("properties"), node.get("additionalProperties")
    if isinstance(others, dict) or (not isinstance(properties, dict) and others is not False):
        raise _InexpressibleError
    properties = properties or {}
    made["properties"] = {key: _strict_node(value) for key, value in properties.items()}
    made["additionalProperties"] = False
    made["required"] = list(properties)


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
        raise UsageError(f"schema is not a valid JSON schema: {exc.message}") from None
    return value


def _is_object(schema: dict[str, Any]) -> bool:
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    found = schema.get("$defs", {}).get(name, schema)
    return found.get("type") == "object" and "anyOf" not in found


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
