"""The markers at the beginning and end of Markdown lines, as the live view reads them
(`js/src/markdown/blocks/markers.ts`, `line.ts` and `table.ts`)."""

from __future__ import annotations

import re
from typing import NamedTuple

FENCE = re.compile(r"(?P<run>`{3,}(?=[^`]*\Z)|~{3,})")
MARKDOWN = re.compile(r"(?:md|markdown)\b", re.IGNORECASE)
PLAIN_INFO = re.compile(r"[\w+#.-]*(?:[ \t][\w \t+#.:,=/{}()\[\]-]*)?\Z")
_LANGUAGE = re.compile(r"\{?\.?([^\s:,;={}\"'(]+)")
HEADING = re.compile(r"#{1,6}(?=[ \t]|\Z)")
UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*\Z")
RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_MARKER = re.compile(r"(?:[-*+]|(?P<number>\d{1,9})[.)])(?=[ \t]|\Z)")
_DELIMITERS = re.compile(r"[|:\- \t]*-[|:\- \t]*\Z")
_DELIMITER = re.compile(r":?-+:?\Z")
FOOTNOTE = re.compile(r"\[\^(?P<label>[^\s\[\]]{1,100})\]:[ \t]*")
MATH = re.compile(
    r"(?:(?P<dollars>\$\$)(?!.*\$\$)|(?P<bracket>\\\[)(?!.*\\\])"
    r"|\\begin\{(?P<name>[a-z]+\*?)\}(?!.*\\end\{(?P=name)\}))[ \t]*(?P<rest>.*)"
)
LONGEST = 100
"""The most lines of a formula. One that is open for longer is text."""
DETAILS = re.compile(
    r"<details(?P<open> open)?>[ \t]*(?:<summary>(?P<summary>.*)</summary>[ \t]*)?\Z", re.IGNORECASE
)
SUMMARY = re.compile(r"<summary>(?P<summary>.*)</summary>[ \t]*\Z", re.IGNORECASE)
END_DETAILS = re.compile(r"</details>[ \t]*\Z", re.IGNORECASE)
COLUMNS = 500
"""The most columns of a table; a table with more is text."""


class Line:
    """A line of text and how far it has been read; a tab reaches to the next multiple of four."""

    __slots__ = ("_column", "_pending", "at", "blank", "indent", "next", "text")

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at
        self._column = 0
        self._pending = 0  # columns left over from a tab
        self._look()

    def _look(self) -> None:
        text, at = self.text, self.at
        column = self._column + self._pending
        size = len(text)
        while at < size:
            if text[at] == " ":
                column += 1
            elif text[at] == "\t":
                column += 4 - column % 4
            else:
                break
            at += 1
        self.next = at
        self.indent = column - self._column
        self.blank = at == size

    def skip(self, columns: int) -> None:
        """Reads at most ``columns`` columns of white space."""
        left = columns
        while left > 0:
            if self._pending:
                count = min(self._pending, left)
                self._pending -= count
                self._column += count
                left -= count
            elif self.text[self.at : self.at + 1] == " ":
                self.at += 1
                self._column += 1
                left -= 1
            elif self.text[self.at : self.at + 1] == "\t":
                self.at += 1
                self._pending = 4 - self._column % 4
            else:
                break
        self._look()

    def take(self, count: int) -> None:
        """Reads the white space and so many characters after it."""
        self._column += self.indent + count
        self._pending = 0
        self.at = self.next + count
        self._look()

    def take_quote(self) -> None:
        self.take(1)
        self.skip(1)

    def rest(self) -> str:
        return " " * self._pending + self.text[self.at :]


class Marker(NamedTuple):
    """The marker of a list item."""

    sort: str
    padding: int


def take_marker(line: Line, after_text: bool) -> Marker | None:
    found = _MARKER.match(line.text, line.next)
    if not found:
        return None
    empty = not line.text[found.end() :].strip(" \t")
    if after_text and (empty or found["number"] not in (None, "1")):
        return None
    offset, width = line.indent, found.end() - line.next
    line.take(width)
    space = 1 if empty or line.indent > 4 else line.indent
    line.skip(space)
    return Marker(found[0][-1], offset + width + space)


def heading(text: str, start: int) -> tuple[int, int]:
    """The place of a heading's text, which begins behind its marks."""
    begin, end = start, len(text.rstrip(" \t"))
    while begin < end and text[begin] in " \t":
        begin += 1
    closing = end
    while closing > begin and text[closing - 1] == "#":
        closing -= 1
    cut = len(text[:closing].rstrip(" \t"))
    if closing < end and (cut < closing or closing <= begin):
        return begin, max(begin, cut)
    return begin, max(begin, end)


_CELL = re.compile(r"((?:\\.|[^|])*)(?:\||\Z)", re.DOTALL)
# A cell whose code and formulas may contain pipes.
_WHOLE = re.compile(r"((?:(`+).*?\2|\$\S[^$]*(?<!\s)\$|\\\(.*?\\\)|\\.|[^|])*)(?:\||\Z)", re.DOTALL)
_LONG = 2000


def cells(text: str, columns: int) -> list[tuple[int, int]]:
    """The places of the cells in a table's row, which should have at most ``columns``."""
    text = text.rstrip(" \t")
    start = len(text) - len(text.lstrip(" \t"))
    start += text[start : start + 1] == "|"

    def found(pattern: re.Pattern[str]) -> list[tuple[int, int]]:
        return [match.span(1) for match in pattern.finditer(text, start)][:-1]

    plain = found(_CELL)
    return found(_WHOLE) if len(plain) > columns and len(text) < start + _LONG else plain


def columns(text: str, start: int) -> int:
    """The number of columns if this line can stand below a table's head, else 0."""
    if not _DELIMITERS.match(text, start):
        return 0
    row = text[start:]
    found = [row[begin:end].strip(" \t") for begin, end in cells(row, COLUMNS)]
    valid = all(_DELIMITER.match(cell) for cell in found)
    return len(found) if valid and len(found) <= COLUMNS else 0


def language(info: str) -> str:
    """The language that a fence names.

    >>> language('py title="a.py"'), language("ts,ignore"), language("{.python .wide}")
    ('py', 'ts', 'python')
    """
    found = _LANGUAGE.match(info)
    return found[1] if found else ""


def closer_of(math: re.Match[str]) -> str:
    """The mark that closes the formula that `MATH` found."""
    if math["name"]:
        return f"\\end{{{math['name']}}}"
    return "$$" if math["dollars"] else "\\]"


def indentation(line: str) -> int:
    """The length of the white space that is a footnote's indentation."""
    cursor = Line(line)
    cursor.skip(4)
    return cursor.at
