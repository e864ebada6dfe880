"""The options of ``%%stream``: parsed, checked, explained."""

from __future__ import annotations

import argparse
import json
import keyword
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from ..errors import UsageError
from ..loops import LoopName
from ..validation import Api, suggest

MAX_ROUNDS = 10
"""Requests at most while the model calls tools."""


@dataclass
class Arguments:
    """What stands on the magic's line."""

    model: str | None = None
    system: str | None = None
    name: str | None = None
    bg: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    max_tokens: int | None = None
    base_url: str | None = None
    api: Api | None = None
    chat: str | None = None
    persist: str | None = None
    loop: LoopName | None = None
    schema: str | None = None
    until: str | None = None
    tools: list[str] | None = None
    approve: Literal["ask", "all"] | None = None
    max_rounds: int | None = None
    inspect: bool | None = None
    first_token_timeout: float | None = None
    idle_timeout: float | None = None

    def settings(self) -> dict[str, Any]:
        """What was given of the settings that a chat remembers."""
        found = {name: getattr(self, name) for name in _REMEMBERED}
        return {name: value for name, value in found.items() if value not in (None, {})}


_REMEMBERED = (
    *("model", "base_url", "api", "system", "max_tokens", "params"),
    *("tools", "approve", "max_rounds"),
)
"""The settings of the request. Those that concern one cell alone (what it shows, how it waits, the
form of its answer) are not remembered."""


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"%%stream: {message}; see %%stream?")


def _named(kind: str) -> Callable[[str], tuple[str, Any]]:
    def parse(text: str) -> tuple[str, Any]:
        key, separator, value = text.partition("=")
        if not separator or not key.isidentifier():
            raise argparse.ArgumentTypeError(f"{kind} takes KEY=JSON, not {text!r}")
        try:
            return key, json.loads(value)
        except (ValueError, RecursionError):  # a number may have too many digits
            shown = value if len(value) <= 60 else f"{value[:59]}…"
            raise argparse.ArgumentTypeError(
                f"{shown!r} is not JSON: write numbers and true/false as they are, and text"
                f" in quotes, as in {kind} '{key}=\"...\"'"
            ) from None

    return parse


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds; 0 means no limit")
    return seconds


def _temperature(text: str) -> float:
    try:
        temperature = float(text)
    except ValueError:
        temperature = math.nan
    if not math.isfinite(temperature):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return temperature


def _variable(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid variable name")
    return text


def _variables(text: str) -> list[str]:
    if not text.strip():
        return []  # a chat then calls no functions any more
    return [_variable(name.strip()) for name in text.split(",")]


def build_parser() -> argparse.ArgumentParser:
    """The parser; its help is the magic's."""
    parser = _Parser("%%stream", add_help=False, allow_abbrev=False)
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help="the model; default: NBStream.model")
    add("--system", metavar="TEXT", help="instructions that come before the prompt")
    add("--as", dest="name", type=_variable, metavar="NAME", help="bind the stream to NAME")
    add("--bg", action="store_true", help="return at once; the stream continues")
    add(
        "-p",
        dest="params",
        action="append",
        type=_named("-p"),
        default=[],
        metavar="KEY=JSON",
        help="any other API parameter; one that the SDK does not know is sent unchanged",
    )
    add("--temperature", type=_temperature, metavar="T", help="randomness, 0 to 2")
    add("--max-tokens", type=int, metavar="N", help="limit of the answer, in tokens")
    add("--first-token-timeout", type=_seconds, metavar="S", help="fail without a token for S s")
    add("--idle-timeout", type=_seconds, metavar="S", help="fail if a token takes more than S s")
    add("--base-url", metavar="URL", help="an OpenAI-compatible server")
    add("--api", choices=("chat", "responses"), help="which API to call")
    chat = "a conversation: it remembers its turns, model, server, --system, parameters and tools"
    add("--chat", metavar="NAME", help=chat)
    schema = "a class or a JSON schema that the answer must fit: w.partial, w.parsed"
    add("--schema", type=_variable, metavar="NAME", help=schema)
    add("--until", metavar="PATTERN", help="end the stream where this regular expression matches")
    tools = "functions that the model may call, or lists of them"
    add("--tools", type=_variables, metavar="NAME,NAME", help=tools)
    approve = "ask: you approve each call in its card; all: every call runs (default)"
    add("--approve", choices=("ask", "all"), help=approve)
    rounds = f"requests at most while the model calls tools ({MAX_ROUNDS})"
    add("--max-rounds", type=int, metavar="N", help=rounds)
    add("--loop", choices=("kernel", "thread"), help="thread: keep streaming while cells compute")
    add("--inspect", action="store_true", default=None, help="record the raw events")
    add("--persist", choices=("markdown", "widget"), help="what the finished output keeps")
    return parser  # fmt: skip


def parse(line: str) -> Arguments:
    """The arguments of ``line``.

    >>> parse("gpt-5-mini --temperature 0.2 --as answer").name
    'answer'

    Raises `UsageError` that names what is wrong and what was perhaps meant.
    """
    parser = build_parser()
    found, extra = parser.parse_known_args(split(line))
    if extra:
        raise UsageError(_too_much(parser, extra))
    values = vars(found)
    params = dict(values.pop("params"))
    for name, option in (("max_tokens", "--max-tokens"), ("max_rounds", "--max-rounds")):
        if name in params:
            raise UsageError(f"%%stream: {name} has its own option: {option} N")
        if values[name] is not None and values[name] < 1:
            raise UsageError(f"%%stream: {option} takes a number above 0")
    temperature = values.pop("temperature")
    if temperature is not None:
        params["temperature"] = temperature
    return Arguments(params=params, **values)


def _too_much(parser: argparse.ArgumentParser, extra: list[str]) -> str:
    """What to do about words that no option takes."""
    if not extra[0].startswith("-"):
        return (
            f"%%stream: {' '.join(extra)!r} does not belong on this line: put the prompt on the"
            " next line, and a value that contains spaces in quotes"
        )
    options = [option for action in parser._actions for option in action.option_strings]
    return (
        f"%%stream: unknown option {extra[0]!r}{suggest(extra[0], options)}: other parameters go as"
        " -p KEY=JSON, and %%stream? lists all options"
    )


_PIECE = re.compile(
    r"""
      (?P<space>\s+)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:\\.|[^"\\])*)"
    | \\(?P<quote>["'])
    | (?P<joins>\\\s+(?=\S))
    | (?P<opens>["'])
    | (?P<plain>[^\s"'\\]+|\\)
    """,
    re.VERBOSE | re.DOTALL,
)


def split(line: str) -> list[str]:
    r"""The words of ``line``. Quotes of either kind hold a word together. A backslash stays a
    backslash, as patterns and paths need it; only outside single quotes, and before a quote, it
    makes that quote a character like any other.

    >>> split(r"--until word\d --system 'C:\temp' --as x")
    ['--until', 'word\\d', '--system', 'C:\\temp', '--as', 'x']

    Raises `UsageError` for a quote that stays open, and for a backslash before a space, which
    joins words in a shell.
    """
    words: list[str] = []
    begins = True
    for piece in _PIECE.finditer(line):
        kind = str(piece.lastgroup)
        if kind == "opens":
            rest = line[piece.start() :]
            raise UsageError(
                f"%%stream: a quote on the line stays open: {rest[:40]}: close it, or write a"
                r" backslash before it (\") if it is part of the text; a text that ends in a"
                " backslash goes into single quotes"
            )
        if kind == "joins":
            raise UsageError(
                "%%stream: a backslash does not join two words: put the value into quotes, as in"
                " --system 'two words'"
            )
        if kind != "space":
            text = piece[kind].replace(r"\"", '"') if kind == "double" else piece[kind]
            if begins:
                words.append("")
            words[-1] += text
        begins = kind == "space"
    return words


def is_background(line: str) -> bool:
    """Whether ``line`` asks for ``--bg``; False for a line that does not parse."""
    try:
        return parse(line).bg
    except UsageError:
        return False
