"""What a function's docstring says of it and of its parameters. Pure.

Google's, NumPy's and reST's ways to write about parameters are understood.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

_GOOGLE = re.compile(r"(Args|Arguments|Parameters):\s*$")
_GOOGLE_ITEM = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s*(.*)")
_NUMPY = re.compile(r"(Other )?Parameters\s*$")
_NUMPY_ITEM = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?$")
_REST = re.compile(r":param\s+(?:[^:]*\s)?(\w+):\s*(.*)")
_REST_FIELD = re.compile(r":\w+(?:\s[^:]*)?:")


def docs_of(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The first paragraph of its docstring, and what it says of which parameter.

    >>> def weather(city, days=1):
    ...     '''The weather of a city.
    ...
    ...     Args:
    ...         city: its name, as in
    ...             "Oslo".
    ...         days (int): how many.
    ...     '''
    >>> docs_of(weather)
    ('The weather of a city.', {'city': 'its name, as in "Oslo".', 'days': 'how many.'})
    """
    lines = (inspect.getdoc(function) or "").splitlines()
    found: dict[str, list[str]] = {}
    for name, words in _items(lines):
        found.setdefault(name, []).append(words)
    said = {name: " ".join(filter(None, words)) for name, words in found.items()}
    return _first_paragraph(lines), {name: words for name, words in said.items() if words}


def _first_paragraph(lines: list[str]) -> str:
    paragraph = []
    for line in lines:
        if not line.strip() or _GOOGLE.match(line) or _REST_FIELD.match(line):
            break
        paragraph.append(line.strip())
    return " ".join(paragraph)


def _items(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Parameters with their words, line by line."""
    for number, line in enumerate(lines):
        if _GOOGLE.match(line):
            yield from _section(lines[number + 1 :], _GOOGLE_ITEM)
        elif _NUMPY.match(line) and set("".join(lines[number + 1 : number + 2]).strip()) == {"-"}:
            yield from _section(lines[number + 2 :], _NUMPY_ITEM)
        elif item := _REST.match(line):
            yield item[1], item[2]
            for more in lines[number + 1 :]:
                if not more.startswith(" "):
                    break
                yield item[1], more.strip()


def _section(lines: list[str], item: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """The items of a section: they stand in its first column, their words further in."""
    names: list[str] = []
    column: int | None = None
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        column = indent if column is None else column
        follows = "".join(lines[number + 1 : number + 2]).strip()
        is_heading = bool(follows) and set(follows) == {"-"}
        if indent < column or is_heading:
            return
        if indent > column:
            for name in names:
                yield name, line.strip()
            continue
        found = item.match(line.strip())
        names = re.split(r"\s*,\s*", found[1]) if found else []
        if found and found.lastindex == 2:
            yield found[1], found[2]
