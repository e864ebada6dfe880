"""Functions as tools: their schemas, and the arguments that models give."""

from __future__ import annotations

import datetime
import enum
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pydantic
import pytest

from nbstream.errors import UsageError
from nbstream.tools.definition import ArgumentsError, Tool, Toolbox, read_arguments
from nbstream.tools.docstrings import docs_of


@dataclass
class Place:
    name: str
    height: float = 0.0


class Person(pydantic.BaseModel):
    title: str


class Unit(enum.Enum):
    metric = "metric"
    imperial = "imperial"


def weather(
    city: str,
    place: Place,
    guide: Person | None = None,
    unit: Unit = Unit.metric,
    days: Annotated[int, pydantic.Field(ge=1, description="how many")] = 3,
    kind: Literal["short", "long"] = "short",
    *,
    since: datetime.date = datetime.date(2026, 1, 1),
    json: list[int] = [],  # noqa: B006  # a default that JSON has
    _key: Any = object(),  # noqa: B008  # one that it has not
    copy=None,
) -> str:
    """The weather of
    a city.

    More of it.

    Args:
        city: its name,
            as in "Oslo".
        place (Place): where exactly.

    Returns:
        city: nothing of this is of the parameters.
    """
    return city


def test_a_schema_from_hints_defaults_and_docstring() -> None:
    tool = Tool(weather)
    assert (tool.name, tool.description) == ("weather", "The weather of a city.")
    schema = tool.json_schema
    assert schema["required"] == ["city", "place"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert properties["city"] == {"type": "string", "description": 'its name, as in "Oslo".'}
    assert properties["place"] == {"$ref": "#/$defs/Place", "description": "where exactly."}
    assert properties["days"] == {
        **{"type": "integer", "minimum": 1, "default": 3},
        "description": "how many",
    }
    assert properties["kind"]["enum"] == ["short", "long"]
    assert properties["since"]["default"] == "2026-01-01"
    assert properties["_key"] == {}
    assert schema["$defs"]["Person"]["properties"] == {"title": {"type": "string"}}
    json.dumps(schema, allow_nan=False)


def test_what_the_two_apis_are_told() -> None:
    def now() -> str:
        return "noon"

    said = {"name": "now", "parameters": Tool(now).json_schema}
    assert Tool(now).spec("chat") == {"type": "function", "function": said}
    # Without it this API makes all parameters required.
    assert Tool(now).spec("responses") == {"type": "function", **said, "strict": False}


def test_arguments_are_validated_and_converted() -> None:
    text = (
        '{"city": "Oslo", "place": {"name": "x", "height": "2"}, "unit": "imperial", "json": [1]}'
    )
    assert Tool(weather).arguments(text) == {
        "city": "Oslo",
        "place": Place("x", 2.0),
        "unit": Unit.imperial,
        "json": [1],
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"city": "Os', "the arguments are not valid JSON: Unterminated string"),
        ("[" * 100_000, "the arguments are nested too deeply"),
        ("[]", "the arguments are not a JSON object"),
        ('{"city": "a", "city": "b"}', "the arguments have the key 'city' twice: give it once"),
        ('{"city": "a", "c\\u0069ty": "b"}', "have the key 'city' twice"),
        ('{"json": [{"a": 1, "a": 2}]}', "have the key 'a' twice"),
        ('{"json": NaN}', "the arguments have NaN, which is not a JSON number"),
        ('{"json": [-Infinity]}', "have -Infinity, which is not a JSON number"),
        ('{"json": 1e999}', "the arguments have the number 1e999, which is too large"),
        ('{"json": ' + "9" * 1001 + "}", "have a number of 1,001 digits: too many"),
        ('{"city": "a", "place": {"name": "x", "height": "inf"}}', "should be a finite number"),
        ('{"city": "a", "place": {"name": "x", "height": ' + "9" * 400 + "}}", "a valid number"),
        ("", "the arguments do not fit: city: Field required; place: Field required"),
        ('{"city": 1, "place": {"name": "x"}}', "do not fit: city: Input should be a valid string"),
        ('{"city": "a", "place": {}}', "do not fit: place.name: Field required"),
        ('{"city": "a", "place": {"name": "x"}, "town": 1}', "fit: town: Extra inputs"),
        ('{"city": "a", "place": {"name": "x"}, "days": 0}', "fit: days: Input should be greater"),
    ],
)
def test_arguments_that_do_not_fit(text: str, words: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        Tool(weather).arguments(text)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", " \n", "null", "{}", '""', '"{}"', '"null"'])
def test_arguments_of_a_function_without_parameters(text: str) -> None:
    def clock() -> str:
        return "noon"

    assert Tool(clock).arguments(text) == {}


def test_arguments_that_were_written_twice_as_json() -> None:
    assert read_arguments(json.dumps('{"city": "Oslo"}')) == {"city": "Oslo"}


def test_numbers_that_python_can_hold_are_taken() -> None:
    def sum_of(numbers: list[int], factor: float = 1.0) -> None: ...

    text = '{"numbers": [12345678901234567890123, -1], "factor": 1e308}'
    assert Tool(sum_of).arguments(text) == {
        "numbers": [12345678901234567890123, -1],
        "factor": 1e308,
    }


def test_methods_partials_and_decorated_functions() -> None:
    class Shop:
        def price(self, of: str) -> float:
            """What it costs."""
            return 1.0

    @functools.wraps(weather)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return weather(*args, **kwargs)

    assert Tool(Shop().price).json_schema["required"] == ["of"]
    assert Tool(functools.partial(weather, city="Oslo")).json_schema["required"] == ["place"]
    assert Tool(wrapped).spec("chat") == Tool(weather).spec("chat")


def by_place(city: str, /) -> None: ...
def many(*cities: str) -> None: ...
def named(**cities: str) -> None: ...
def unresolved(city: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def undescribed(decoder: json.JSONDecoder) -> None: ...
def unwritten(call: Callable[[], None]) -> None: ...


WRAP = "wrap it in a function whose parameters all have names"
HINT = "hint parameters with types that JSON has, a dataclass or a pydantic model"


@pytest.mark.parametrize(
    ("given", "what", "do"),
    [
        (by_place, "the tool by_place takes city by its place only", WRAP),
        (many, "the tool many takes *cities", WRAP),
        (named, "the tool named takes **cities", WRAP),
        (unresolved, "a type hint of the tool unresolved cannot be resolved", "define it at the"),
        (undescribed, "the tool undescribed cannot be described: Unable to generate", HINT),
        (unwritten, "the tool unwritten cannot be described: Cannot generate", HINT),
        (Place, "not one of the class Place", "a list of functions or dicts"),
        ("weather", "not one of str", "a list of functions or dicts"),
        (lambda: 1, "cannot be called '<lambda>'", "with def"),
    ],
)
def test_what_cannot_be_described(given: Any, what: str, do: str) -> None:
    with pytest.raises(UsageError) as caught:
        Toolbox([given])
    assert what in str(caught.value)
    assert do in str(caught.value)


def test_a_toolbox_keeps_the_order_and_the_dicts() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    search = {"type": "web_search"}
    box = Toolbox([other, weather, search])
    specs = box.specs("chat")
    assert (specs[0], specs[2]) == (other, search)
    assert specs[1]["function"]["name"] == "weather"
    assert (set(box.functions), box.others) == ({"weather"}, {"other"})


@pytest.mark.parametrize("second", [weather, {"type": "function", "name": "weather"}])
def test_two_tools_of_one_name(second: Any) -> None:
    with pytest.raises(UsageError, match="two tools are called weather: give each its own name"):
        Toolbox([weather, second])


@pytest.mark.parametrize("tools", [weather, {"type": "web_search"}, "weather"])
def test_no_list(tools: Any) -> None:
    with pytest.raises(UsageError, match="tools takes a list of functions or dicts, not"):
        Toolbox(tools)


NUMPY = """Do it.

Parameters
----------
a : int
    The first.
b, c : str
    The others,
    both.

Returns
-------
d : int
    Not one.
"""
REST = """Do it.
:param a: The first.
:type a: int
:param str b: The others,
    both.
:param c: The others, both.
:returns: Not one.
"""


@pytest.mark.parametrize("docstring", [NUMPY, REST])
def test_docstrings_of_numpy_and_rest(docstring: str) -> None:
    def function(a: int, b: str, c: str) -> None: ...

    function.__doc__ = docstring
    others = "The others, both."
    assert docs_of(function) == ("Do it.", {"a": "The first.", "b": others, "c": others})


def test_no_docstring() -> None:
    def function() -> None: ...

    assert docs_of(function) == ("", {})
