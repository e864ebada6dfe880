"""Describes Python functions as tools of a model, and reads the arguments of calls.

Pure: nothing is called here.
"""

from __future__ import annotations

import functools
import inspect
import json
import math
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import UsageError
from ..text.surrogates import well_formed_values
from ..validation import Api
from .docstrings import docs_of

Tools = Sequence[Callable[..., Any] | Mapping[str, Any]]
"""What ``tools=`` takes: functions, and descriptions in the form of the API."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_DIGITS = 1000
"""Python cannot print integers of more than 4,300 digits, and reads them slowly
(https://docs.python.org/3/library/stdtypes.html#int-max-str-digits)."""
HINTS = "hint parameters with types that JSON has, a dataclass or a pydantic model"


class ArgumentsError(Exception):
    """Arguments that do not fit the function; the message is for the model."""


class Tool:
    """One function: its name, description and JSON schema, from its signature, type hints and
    docstring.

    >>> def add(a: int, b: int = 1) -> int:
    ...     '''Add two numbers.'''
    >>> tool = Tool(add)
    >>> tool.name, tool.description, tool.json_schema["required"]
    ('add', 'Add two numbers.', ['a'])
    >>> tool.arguments('{"a": "2"}')
    {'a': 2}

    Raises `UsageError` for what cannot be described.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        plain = function.func if isinstance(function, functools.partial) else function
        self.name = _name(plain)
        self.description, about = docs_of(plain)
        self._names: list[str] = []
        self._model = self._made(plain, about)
        self.json_schema = self._described()

    def spec(self, api: Api) -> dict[str, Any]:
        """Its description in a request."""
        said: dict[str, Any] = {"name": self.name, "parameters": self.json_schema}
        if self.description:
            said["description"] = self.description
        if api == "chat":
            return {"type": "function", "function": said}
        # By default this API makes parameters with default values required.
        return {"type": "function", **said, "strict": False}

    def arguments(self, text: str) -> dict[str, Any]:
        """The validated arguments in ``text``, by name, without those that were left out.

        Raises `ArgumentsError`.
        """
        try:
            made = self._model.model_validate(read_arguments(text))
        except ValueError as exc:  # pydantic's error is one
            raise ArgumentsError(f"the arguments do not fit: {_problems(exc)}") from None
        places = {f"p{number}": name for number, name in enumerate(self._names)}
        fields = [field for field in places if field in made.model_fields_set]
        return {places[field]: getattr(made, field) for field in fields}

    def _made(self, plain: Callable[..., Any], about: Mapping[str, str]) -> Any:
        """A pydantic model of the parameters. Its fields are numbered, since not every parameter's
        name can be a field's; the names are their aliases."""
        import pydantic  # with openai; takes long to import

        hints = _hints(plain, self.name)
        fields: dict[str, Any] = {}
        for parameter in inspect.signature(self.function).parameters.values():
            _check_kind(parameter, self.name)
            options: dict[str, Any] = {"alias": parameter.name}
            if parameter.name in about:
                options["description"] = about[parameter.name]
            if parameter.default is not parameter.empty:
                options.update(_default(parameter.default))
            hint = hints.get(parameter.name, Any)
            fields[f"p{len(self._names)}"] = (hint, pydantic.Field(**options))
            self._names.append(parameter.name)
        # A string such as "nan" would become a number.
        config = pydantic.ConfigDict(
            extra="forbid", arbitrary_types_allowed=False, allow_inf_nan=False
        )
        try:
            return pydantic.create_model(self.name, __config__=config, **fields)
        except (pydantic.errors.PydanticUserError, TypeError) as exc:
            raise self._refused(exc) from None

    def _described(self) -> dict[str, Any]:
        import pydantic

        try:
            schema: dict[str, Any] = self._model.model_json_schema(schema_generator=_untitled())
        except pydantic.errors.PydanticUserError as exc:
            raise self._refused(exc) from None
        schema.pop("title", None)
        schema.setdefault("properties", {})
        return schema

    def _refused(self, exc: Exception) -> UsageError:
        return UsageError(
            f"the tool {self.name} cannot be described: {str(exc).split('. ')[0]}; {HINTS}"
        )


class Toolbox:
    """The value of ``tools=``: functions, which nbstream calls, and dicts, which go to the server
    unchanged.

    Raises `UsageError` for anything else, and for a name that comes twice.
    """

    def __init__(self, tools: Sequence[Any]) -> None:
        if not isinstance(tools, (list, tuple)):
            raise UsageError(f"tools takes a list of functions or dicts, not {_kind(tools)}")
        self._given = [tool if isinstance(tool, Mapping) else Tool(tool) for tool in tools]
        self.functions = {tool.name: tool for tool in self._given if isinstance(tool, Tool)}
        self.others = {_name_in(tool) for tool in self._given if isinstance(tool, Mapping)}
        self.others.discard("")
        names = [tool.name for tool in self._given if isinstance(tool, Tool)] + [*self.others]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise UsageError(f"two tools are called {min(twice)}: give each its own name")

    def specs(self, api: Api) -> list[dict[str, Any]]:
        """The parameter ``tools`` of the request."""
        return [tool.spec(api) if isinstance(tool, Tool) else dict(tool) for tool in self._given]


def read_arguments(text: str) -> dict[str, Any]:
    """The arguments in ``text``. For a function without parameters, services write an empty object,
    ``null``, or nothing.

    Raises `ArgumentsError` for anything that two JSON parsers could read differently: the function
    must get the arguments that were checked and approved.

    >>> read_arguments('{"city": "Oslo"}'), read_arguments("null"), read_arguments(" ")
    ({'city': 'Oslo'}, {}, {})
    >>> read_arguments('{"path": "a", "path": "b"}')
    Traceback (most recent call last):
    nbstream.tools.definition.ArgumentsError: the arguments have the key 'path' twice: give it once
    """
    try:
        given = json.loads(
            text.strip() or "{}",
            object_pairs_hook=_unique,
            parse_constant=_not_a_number,
            parse_float=_finite,
            parse_int=_printable,
        )
        if "\\u" in text:
            given = well_formed_values(given)
    except RecursionError:
        raise ArgumentsError("the arguments are nested too deeply") from None
    except ValueError as exc:
        raise ArgumentsError(f"the arguments are not valid JSON: {exc}") from None
    if given is None:
        return {}
    if isinstance(given, str):  # JSON in a string of JSON: written twice by some gateways
        return read_arguments(given)
    if not isinstance(given, dict):
        raise ArgumentsError("the arguments are not a JSON object")
    return given


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ArgumentsError(f"the arguments have the key {name[:100]!r} twice: give it once")
        found[name] = value
    return found


def _not_a_number(word: str) -> Any:
    raise ArgumentsError(f"the arguments have {word}, which is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ArgumentsError(f"the arguments have the number {digits[:20]}, which is too large")
    return number


def _printable(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ArgumentsError(f"the arguments have a number of {len(digits):,} digits: too many")
    return int(digits)


def _name(function: Any) -> str:
    is_function = callable(function) and not inspect.isclass(function)
    name = getattr(function, "__name__", "")
    if not is_function or not name:
        raise UsageError(f"tools takes a list of functions or dicts, not one of {_kind(function)}")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"a tool cannot be called {name!r}: give it a name of letters, digits and"
            " underscores, 64 at most, with def"
        )
    return str(name)


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if inspect.isclass(value) else type(value).__name__


def _name_in(spec: Mapping[str, Any]) -> str:
    """The name in a dict of either API."""
    inner = spec.get("function", spec.get("custom", spec))
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return name if isinstance(name, str) else ""


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, SyntaxError) as exc:
        raise UsageError(
            f"a type hint of the tool {name} cannot be resolved: {exc}; define it at the top"
            " level, before the function"
        ) from None


def _check_kind(parameter: inspect.Parameter, tool: str) -> None:
    kinds: dict[Any, str] = {
        parameter.POSITIONAL_ONLY: f"{parameter.name} by its place only (before /)",
        parameter.VAR_POSITIONAL: f"*{parameter.name}",
        parameter.VAR_KEYWORD: f"**{parameter.name}",
    }
    if what := kinds.get(parameter.kind):
        raise UsageError(
            f"the tool {tool} takes {what}, and a model gives arguments by name: wrap it in a"
            " function whose parameters all have names"
        )


def _default(value: Any) -> dict[str, Any]:
    """The options that give a field this default; the model does not see one that JSON cannot
    hold."""
    import pydantic_core

    try:
        json.dumps(pydantic_core.to_jsonable_python(value), allow_nan=False)
    except ValueError:  # pydantic's error is one
        return {"default_factory": lambda: value}
    return {"default": value}


@functools.cache
def _untitled() -> Any:
    """Makes schemas without titles, which only repeat the names."""
    from pydantic.json_schema import GenerateJsonSchema

    class Untitled(GenerateJsonSchema):
        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

    return Untitled


def _problems(exc: Any) -> str:
    """Everything that is wrong, without the input, which the model knows."""
    found = [(".".join(map(str, one["loc"])), one["msg"]) for one in exc.errors()]
    return "; ".join(f"{place}: {words}" if place else words for place, words in found[:8])
