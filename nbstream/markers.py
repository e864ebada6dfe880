"""What lines of Markdown begin and end with, as the live view reads them
(`js/src/markdown/markers.ts`, `line.ts` and `table.ts`)."""

from __future__ import annotations

import re

FENCE = re.compile(r"(?P<run>`{3,}(?=[^`]*\Z)|~{3,})")
HEADING = re.compile(r"#{1,6}(?=[ \t]|\Z)")
UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*\Z")
RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
MARKER = re.compile(r"(?:[-*+]|(?P<number>\d{1,9})[.)])(?=[ \t]|\Z)")
DELIMITERS = re.compile(r"[|:\- \t]*-[|:\- \t]*\Z")
FOOTNOTE = re.compile(r"\[\^(?P<label>[^\s\[\]]{1,100})\]:[ \t]*")
MATH = re.compile(
    r"(?P<dollars>\$\$)(?!.*\$\$)|(?P<bracket>\\\[)(?!.*\\\])"
    r"|\\begin\{(?P<name>[a-z]+\*?)\}(?!.*\\end\{)"
)
DETAILS = re.compile(
    r"<details(?P<open> open)?>[ \t]*(?:<summary>(?P<summary>.*)</summary>[ \t]*)?\Z", re.IGNORECASE
)
SUMMARY = re.compile(r"<summary>(?P<summary>.*)</summary>[ \t]*\Z", re.IGNORECASE)
END_DETAILS = re.compile(r"</details>[ \t]*\Z", re.IGNORECASE)


class Cursor:
    """A place in a line; counts columns, so that tabs reach to the next multiple of four."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self._column = 0

    def _measure(self) -> tuple[int, int]:
        """(columns of white space from here, where what follows begins)."""
        column, at = self._column, self.at
        while at < len(self.line) and self.line[at] in " \t":
            column += 1 if self.line[at] == " " else 4 - column % 4
            at += 1
        return column - self._column, at

    @property
    def indent(self) -> int:
        return self._measure()[0]

    @property
    def next(self) -> int:
        return self._measure()[1]

    @property
    def blank(self) -> bool:
        return self.next == len(self.line)

    def skip(self, columns: int) -> None:
        end = self._column + columns
        while self._column < end and self.at < len(self.line) and self.line[self.at] in " \t":
            self._column += 1 if self.line[self.at] == " " else 4 - self._column % 4
            self.at += 1

    def take(self, end: int) -> None:
        """Goes to `end`, behind characters that are one column wide."""
        indent, start = self._measure()
        self._column += indent + end - start
        self.at = end


def cells(line: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the cells of a table's row are."""
    found: list[tuple[int, int]] = []
    while start < end and line[start] in " \t":
        start += 1
    at = start = start + (line[start : start + 1] == "|")
    while at < end:
        if line[at] == "|":
            found.append((start, at))
            start = at + 1
        at += 1 + (line[at] == "\\")
    if line[start:end].strip():
        found.append((start, end))
    return found


def closer_of(math: re.Match[str]) -> str:
    """What closes the formula that `MATH` has found."""
    if math["name"]:
        return f"\\end{{{math['name']}}}"
    return "$$" if math["dollars"] else "\\]"


def indentation(line: str) -> int:
    """How much of a line's white space a footnote's indentation is."""
    cursor = Cursor(line)
    cursor.skip(4)
    return cursor.at
