r"""Values in prompts: ``{{expr}}`` becomes the value of a Python expression.

Single braces are literal, so code, f-strings, JSON and ``{% %}`` need no care. ``\{{`` is a literal
``{{`` (LaTeX such as ``\frac{{a}}{b}`` is written ``\frac\{{a}}{b}``), and so is a ``{{`` without
its ``}}`` on the same line. ``{{expr!r}}`` inserts the repr; format specifications are not read:
``{{round(x, 2)}}`` does that. Of three braces the inner two count: ``{{{x}}}`` is a value in braces
(an expression that starts with a brace needs a space before it).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..answer import Facts
from ..errors import TemplateError
from ..validation import check_no_stream

LIMIT = 4000
_ROWS = 20
_OPEN = re.compile(r"\\?\{\{(?!\{)")


@dataclass(frozen=True)
class _Field:
    """An expression and where it stands; `line` counts from 1."""

    expression: str
    conversion: str
    line: int


def render(text: str, lookup: Callable[[str], object], *, limit: int = LIMIT) -> str:
    r"""The text with each ``{{expr}}`` replaced by its value, at most `limit` characters of each.

    Strings stand as they are; streams that have ended as the whole text of their answers; lists
    and dicts as JSON where possible; tables (anything with ``to_markdown``, or a ``head`` and a
    ``shape``) by their first rows; other objects by their repr, but none of nbstream's own. What
    is left out is said in the text. `lookup` evaluates one expression.

    Raises:
        TemplateError: expressions are not valid or fail; it names all of them with their lines.

    >>> render("Sum {{a}} and {b} in \\{{c}}.", {"a": 3}.__getitem__)
    'Sum 3 and {b} in {{c}}.'
    """
    problems: list[str] = []
    out: list[str] = []
    for piece in _parse(text):
        if isinstance(piece, str):
            out.append(piece)
            continue
        try:
            value = _evaluate(piece, lookup)
            out.append(_within(value, limit, piece))
        except Exception as error:
            what = piece.expression or "(nothing)"
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            problems.append(f"{{{{{what}}}}} in line {piece.line}: {reason}")
    if problems:
        fails = "a value fails" if len(problems) == 1 else f"{len(problems)} values fail"
        hint = r"write \{{ for two braces that are meant as text"
        raise TemplateError(f"{fails}, nothing was sent: {'; '.join(problems)} ({hint})")
    return "".join(out)


def _evaluate(field: _Field, lookup: Callable[[str], object]) -> object:
    if not field.expression:
        raise ValueError("an expression is missing")
    # Checked here, so that a lookup never sees a statement.
    ast.parse(field.expression.strip(), mode="eval")
    value = lookup(field.expression)
    return repr(value) if field.conversion == "r" else value


def _within(value: object, limit: int, field: _Field) -> str:
    """The value for a prompt, cut at `limit` characters with a remark on what is missing."""
    name = field.expression
    if isinstance(value, Facts):
        return _answer_of(value, name)
    text, rest = _text_of(_with_answers(value))
    check_no_stream("its value", text)
    if len(text) > limit:
        missing = len(text) - limit
        cut = text[:limit].rstrip()
        return f"{cut}\n… [{missing:,} more characters of {name} left out]"
    if rest:
        return f"{text}\n… [{rest:,} more rows of {name} left out]"
    return text


def _answer_of(stream: Facts, name: str = "it") -> str:
    """The text of a stream that has ended. Raises `ValueError` where there is none to insert."""
    if not stream.is_done:
        raise ValueError(
            f"its answer is still being written ({stream.status}): wait for it (await {name}), or"
            f" insert {name}.text for the text so far"
        )
    if stream.error is not None:
        raise ValueError(
            f"its answer failed ({stream.error.type}): insert {name}.text for the text before that"
        )
    if not stream.text:
        raise ValueError(f"its answer has no text; it is {stream.status}")
    return stream.text


def _with_answers(value: Any, holders: tuple[int, ...] = ()) -> Any:
    """``value`` with the texts of streams in their place, in lists and dicts at any depth. Raises
    `ValueError` for other objects of nbstream's: their repr is not for a model."""
    if isinstance(value, Facts):
        return _answer_of(value)
    if _is_ours(value):
        raise ValueError(
            f"it is an nbstream {type(value).__name__}, not text: insert a field of it"
        )
    if not isinstance(value, (dict, list, tuple, set, frozenset)) or id(value) in holders:
        return value
    holders += (id(value),)
    items: list[Any] = [*(value.values() if isinstance(value, dict) else value)]
    texts = [_with_answers(item, holders) for item in items]
    if all(text is item for text, item in zip(texts, items, strict=True)):
        return value
    return dict(zip(value, texts, strict=True)) if isinstance(value, dict) else texts


def _is_ours(value: object) -> bool:
    return any(base.__module__.partition(".")[0] == "nbstream" for base in type(value).__mro__)


def _text_of(value: object) -> tuple[str, int]:
    """The text of a value, and how many rows of a table it leaves out."""
    if isinstance(value, str):
        return value, 0
    if isinstance(value, (dict, list, tuple)):
        return _json(value), 0
    if _is_table(value):
        return _table(value)
    return (str(value) if isinstance(value, (bool, int, float, complex)) else repr(value)), 0


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, indent=None if _is_small(value) else 2)
    except (TypeError, ValueError, RecursionError):
        # Imported when needed: pprint costs more than the rest of this module.
        from pprint import pformat

        return pformat(value, width=100, compact=True)


def _is_small(value: object) -> bool:
    return len(repr(value)) <= 80


def _is_table(value: object) -> bool:
    """A DataFrame or Series of pandas, polars and their likes, without importing any."""
    shape = getattr(value, "shape", None)
    return (
        not isinstance(value, type)
        and isinstance(shape, tuple)
        and len(shape) in (1, 2)
        and callable(getattr(value, "head", None))
    )


def _table(value: Any) -> tuple[str, int]:
    rows = int(value.shape[0])
    head = value.head(_ROWS) if rows > _ROWS else value
    return _markdown(head), max(0, rows - _ROWS)


def _markdown(table: Any) -> str:
    """As Markdown if the library can (pandas needs another package for it), else as it prints."""
    for method in ("to_markdown", "to_string"):
        make = getattr(table, method, None)
        if callable(make):
            try:
                return str(make())
            except (ImportError, TypeError):
                continue
    return str(table)


def _parse(text: str) -> list[str | _Field]:
    pieces: list[str | _Field] = []
    position, line = 0, 1
    while (opening := _OPEN.search(text, position)) is not None:
        before = text[position : opening.start()]
        pieces.append(before)
        line += before.count("\n")
        if opening[0].startswith("\\"):
            pieces.append("{{")
            position = opening.end()
            continue
        end = text.find("\n", opening.end())
        source = text[opening.end() : end if end >= 0 else len(text)]
        length = _closing(source)
        if length is None:
            pieces.append("{{")
            position = opening.end()
            continue
        expression, conversion = source[:length].strip(), ""
        if expression.endswith("!r"):
            expression, conversion = expression[:-2].rstrip(), "r"
        pieces.append(_Field(expression, conversion, line))
        position = opening.end() + length + 2
    pieces.append(text[position:])
    return pieces


def _closing(source: str) -> int | None:
    """Where the ``}}`` of an expression starts: the first behind which it is valid Python.

    ``{{d["}}"]}}`` and ``{{ {"a": {}}["a"] }}`` hold braces of their own. If none makes it valid,
    it is the first of all, so that the error names what the user meant.
    """
    first: int | None = None
    position, tries = source.find("}}"), 0
    while position >= 0 and tries < 20:
        if first is None:
            first = position
        expression = source[:position].strip().removesuffix("!r").rstrip()
        try:
            ast.parse(expression, mode="eval")
            return position
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            position, tries = source.find("}}", position + 1), tries + 1
    return first
