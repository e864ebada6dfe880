"""Finds the strings in JSON, complete or not, and where in its text they stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r'"(?P<string>[^"\\]*(?:\\.[^"\\]*)*)"?|(?P<mark>[{}\[\],:])|[^\s"{}\[\],:]+', re.DOTALL
)
_CHARACTER = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LABELS = ("index", "output_index", "content_index", "summary_index", "item_id")
_DEEPEST = 32
"""The innermost levels that a path names: more would cost the square of the depth."""

Path = tuple[str | int, ...]
Labels = tuple[tuple[str, str], ...]


class JsonString(NamedTuple):
    """One string: the ``path`` to it, such as ``("choices", 0, "delta", "content")``, what the
    objects around it say of which text it belongs to, and where its contents begin and end."""

    path: Path
    labels: Labels
    start: int
    end: int


@dataclass(slots=True)
class _Container:
    """An object or a list; ``place`` is the name or the number of its current member."""

    place: str | int
    awaits_name: bool
    labels: list[tuple[str, str]] = field(default_factory=list)


def json_strings(text: str) -> list[JsonString]:
    """The strings in ``text``, one or more JSON values, without the names of members. The last may
    be cut anywhere.

    >>> text = '{"a": ["x", {"index": 2, "b": "y'
    >>> [(one.path, one.labels, text[one.start : one.end]) for one in json_strings(text)]
    [(('a', 0), (), 'x'), (('a', 1, 'b'), (('index', '2'),), 'y')]
    """
    found: list[tuple[Path, list[_Container], int, int]] = []
    stack: list[_Container] = []
    for token in _TOKEN.finditer(text):
        top = stack[-1] if stack else None
        mark, string = token["mark"], token["string"]
        if mark is not None:
            if mark in "{[":
                stack.append(_Container("", True) if mark == "{" else _Container(0, False))
            elif mark in "}]" and stack:
                stack.pop()
            elif mark == "," and top is not None:
                _next_member(top)
        elif top is not None and top.awaits_name and string is not None:
            top.place, top.awaits_name = string, False
        else:
            if top is not None and (top.place in _LABELS or (top.place, len(stack)) == ("type", 1)):
                top.labels.append((str(top.place), string or token[0]))
            if string is not None:
                around = stack[-_DEEPEST:]
                path = tuple(one.place for one in around)
                found.append((path, around, *token.span("string")))
    # A label may follow what it is for.
    return [
        JsonString(path, tuple(label for one in around for label in one.labels), start, end)
        for path, around, start, end in found
    ]


def _next_member(container: _Container) -> None:
    if isinstance(container.place, int):
        container.place += 1
    else:
        container.awaits_name = True


def unescaped(text: str, start: int, end: int) -> tuple[str, Sequence[int]]:
    """The string whose contents stand there, and for each of its characters where it is written;
    ``end`` follows. Halves of surrogate pairs are characters of their own.

    >>> unescaped('"a\\\\u0062c"', 1, 9)
    ('abc', [1, 2, 8, 9])
    """
    if "\\" not in text[start:end]:
        return text[start:end], range(start, end + 1)
    matches = list(_CHARACTER.finditer(text, start, end))
    characters = "".join(_character(match[0]) for match in matches)
    return characters, [*(match.start() for match in matches), end]


def _character(written: str) -> str:
    if len(written) == 6:
        return chr(int(written[2:], 16))
    return _ESCAPES.get(written[-1], written[-1]) if len(written) == 2 else written
