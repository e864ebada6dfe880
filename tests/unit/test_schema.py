"""Answers of a given structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pydantic
import pytest

from nbstream.errors import UsageError
from nbstream.schema import Growing, SchemaError, Structure, strict


class Address(pydantic.BaseModel):
    street: str
    number: int = 1


@dataclass
class Point:
    x: float
    y: float


SCHEMA = {"title": "A list!", "type": "array", "items": {"type": "integer"}}


def test_what_is_asked_for() -> None:
    params = Structure(Address).params("chat")
    asked = params["response_format"]["json_schema"]
    assert (params["response_format"]["type"], asked["name"]) == ("json_schema", "Address")
    assert asked["strict"] is True
    assert asked["schema"]["required"] == ["street", "number"]
    assert asked["schema"]["additionalProperties"] is False
    form = Structure(SCHEMA).params("responses")["text"]["format"]
    assert (form["type"], form["name"], form["schema"]["type"]) == (
        "json_schema",
        "A_list",
        "array",
    )


def test_strict_keeps_a_property_that_is_called_default() -> None:
    found = strict({"type": "object", "properties": {"default": {"type": "string"}}})
    assert found["required"] == ["default"]


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (Address, '{"street": "Main", "number": 7}', Address(street="Main", number=7)),
        (Point, '{"x": 1, "y": 2.5}', Point(1, 2.5)),
        (list[int], "[1, 2]", [1, 2]),
        (SCHEMA, "[1, 2]", [1, 2]),
    ],
)
def test_an_answer_that_fits(schema: Any, text: str, value: Any) -> None:
    assert Structure(schema).parse(text) == value


@pytest.mark.parametrize(
    ("schema", "text", "said"),
    [
        (Address, '{"number": 7}', "does not fit Address: street"),
        (Address, '{"street": "Ma', "no complete JSON"),
        (Address, "Sorry, I cannot.", "no complete JSON: Sorry"),
        (SCHEMA, '["a"]', "does not fit the schema"),
    ],
)
def test_an_answer_that_does_not(schema: Any, text: str, said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        Structure(schema).parse(text)


@pytest.mark.parametrize("schema", ["Address", 5, object()])
def test_what_is_no_schema(schema: Any) -> None:
    with pytest.raises(UsageError, match="schema takes a pydantic model"):
        Structure(schema)


def test_the_object_so_far_reads_each_delta_once() -> None:
    growing, deltas = Growing(), ['{"a": "x']
    assert growing.value(deltas) == {"a": "x"}
    deltas += ["y", '", "b": [1']
    assert growing.value(deltas) == {"a": "xy", "b": []}
    assert growing.value(deltas) == {"a": "xy", "b": []}
    deltas.append("]}")
    assert growing.value(deltas) == {"a": "xy", "b": [1]}
