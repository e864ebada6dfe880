"""Answers of a given structure."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pydantic
import pytest
from typing_extensions import TypedDict

from nbstream.errors import UsageError
from nbstream.request.schema import Growing, SchemaError, Structure, strict


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
        (Address, '{"street": "Ma', "not complete JSON"),
        (Address, "Sorry, I cannot.", "not complete JSON: Sorry"),
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


# -- what a strict server takes --------------------------------------------------------------------


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    lives: int = pydantic.Field(default=9, ge=0)


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]


class Owner(pydantic.BaseModel):
    pet: Cat | Dog = pydantic.Field(discriminator="kind", description="who lives there")
    home: Address = pydantic.Field(description="where")
    colour: Colour = pydantic.Field(default=Colour.RED, description="of the door")
    price: Decimal | None = None
    site: pydantic.HttpUrl | None = None
    born: datetime.date | None = None
    names: set[str] = pydantic.Field(default_factory=set)


class Node(pydantic.BaseModel):
    name: str
    children: list[Node] = []
    parent: Node | None = pydantic.Field(default=None, description="above it")


class Partial(TypedDict, total=False):
    x: int


ALLOWED = {
    *("type", "enum", "anyOf", "$ref", "$defs", "properties", "required", "additionalProperties"),
    *("items", "title", "description", "pattern", "format", "multipleOf", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"),
}


def objections(schema: Any, *, root: bool = True) -> list[str]:
    """What a server that keeps OpenAI's published rules refuses."""
    found = [f"{key} is not supported" for key in {*schema} - ALLOWED]
    if root and (schema.get("type") != "object" or "anyOf" in schema):
        found.append("the root is no object")
    if "$ref" in schema and len(schema) > 1:
        found.append("something stands beside a reference")
    if not {"type", "enum", "anyOf", "$ref"} & {*schema}:
        found.append("it has no type")
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            found.append("an object takes other keys")
        if schema.get("required") != [*schema["properties"]]:
            found.append("not all keys are required")
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]
    return found + [one for node in inner for one in objections(node, root=False)]


@pytest.mark.parametrize(
    "schema",
    [
        *(Address, Owner, Node, Point, Partial, list[int], list[Node], int, str, Colour),
        *(Cat | Dog, Address | None, Literal["a", "b"], list[Owner | None]),
    ],
)
def test_a_strict_server_takes_it(schema: Any) -> None:
    asked = Structure(schema).params("chat")["response_format"]["json_schema"]
    assert asked["strict"] is True
    assert objections(asked["schema"]) == []


@pytest.mark.parametrize("schema", [dict[str, int], tuple[int, str], list[Any], dict])
def test_what_strict_schemas_cannot_say_is_asked_for_without(schema: Any) -> None:
    asked = Structure(schema).params("chat")["response_format"]["json_schema"]
    assert asked["strict"] is False
    assert asked["schema"]["type"] == "object"


@pytest.mark.parametrize("is_strict", [True, False])
def test_a_schema_of_the_users_own_stays_as_it_is(is_strict: bool) -> None:
    own: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    if is_strict:
        own |= {"additionalProperties": False, "required": ["a"]}
    asked = Structure(own).params("chat")["response_format"]["json_schema"]
    assert (asked["schema"], asked["strict"]) == (own, is_strict)


@pytest.mark.parametrize(
    "own",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": "string"},
        {"enum": ["a", "b"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
    ],
)
def test_a_schema_of_the_users_own_is_not_strict_unless_it_is_an_object(own: Any) -> None:
    asked = Structure(own).params("chat")["response_format"]["json_schema"]
    assert (asked["schema"], asked["strict"]) == (own, False)


@pytest.mark.parametrize(("levels", "is_strict"), [(10, True), (11, False)])
def test_nesting_has_a_bound(levels: int, is_strict: bool) -> None:
    own: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        properties = {"a": own}
        own = {"type": "object", "properties": properties, "required": ["a"]}
        own["additionalProperties"] = False
    asked = Structure(own).params("chat")["response_format"]["json_schema"]
    assert asked["strict"] is is_strict


@pytest.mark.parametrize("text", ['{"value": [1, 2]}', "[1, 2]"])
def test_what_is_no_object_comes_in_one(text: str) -> None:
    structure = Structure(list[int])
    assert structure.parse(text) == [1, 2]
    assert structure.value_in({"value": [1]}) == [1]
    assert structure.value_in({}) is None
    assert Structure(Address).value_in({"value": 1}) == {"value": 1}
