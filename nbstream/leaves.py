"""Reads which lines of a Markdown text are what, as the live view does
(`js/src/markdown/blocks.ts`): paragraphs, headings and cells, formulas on lines of their own, folds
and footnotes.

Only looks depend on it: whatever it finds, `safe_markdown` makes the result harmless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from . import markers
from .markers import Cursor
from .structure import Fold, Footnote, Leaf, Structure

MAX_DEPTH = 64


@dataclass
class _Container:
    kind: Literal["quote", "item", "details", "footnote"]
    padding: int = 0
    empty: bool = True
    fold: Fold | None = None


def read(lines: Sequence[str]) -> Structure:
    """The structure of a text."""
    return _Reader(lines).read()


class _Reader:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._found = Structure()
        self._number = 0
        self._containers: list[_Container] = []
        self._matched = 0  # how many of the containers the line continues
        self._state: Literal["", "paragraph", "fence", "math", "table", "indented"] = ""
        self._leaf = Leaf("text")
        self._closer = ""  # of an open fence or formula
        # Up to which line no formula is closed by this.
        self._unclosed: dict[str, int] = {}

    def read(self) -> Structure:
        for number, line in enumerate(self._lines):
            self._number = number
            self._line(Cursor(line))
        if self._state == "fence" and not self._in_footnote():
            opening = self._lines[self._found.fences[-1][0]]
            before = opening[: opening.index(self._closer)]
            self._found.open_fence = re.sub(r"[^>\t]", " ", before) + self._closer
        self._number = len(self._lines)
        self._pop(0)
        self._close()
        return self._found

    def _close(self) -> None:
        """Ends the open leaf."""
        if self._state == "math":
            self._leaf.kind = "text"  # a formula that nothing closed
        self._state = ""

    def _pop(self, depth: int) -> None:
        """Ends the containers from `depth` on, and what they hold."""
        if len(self._containers) > depth:
            self._close()
        while len(self._containers) > depth:
            fold = self._containers.pop().fold
            if fold:
                fold.end = self._number

    def _begin(self) -> None:
        """Ends what the line does not continue, as it begins something else."""
        self._pop(self._matched)
        self._close()

    @property
    def _inside(self) -> bool:
        """The line continues all containers."""
        return self._matched == len(self._containers)

    def _line(self, cursor: Cursor) -> None:
        self._matched = 0
        for container in self._containers:
            if not _continues(container, cursor):
                break
            self._matched += 1
        if self._in_footnote():
            line = self._lines[self._number]
            self._found.footnotes[-1].lines.append((self._number, markers.indentation(line)))
        if self._inside and self._state in ("fence", "math") and self._raw(cursor):
            return
        if cursor.blank:
            if self._state != "indented":
                self._close()
            self._pop(self._matched)
            return
        for container in self._containers[: self._matched]:
            container.empty = False
        if not self._open(cursor):
            self._text(cursor)

    def _raw(self, cursor: Cursor) -> bool:
        """A line of an open fence or formula; False if that ends before the line."""
        text = cursor.line[cursor.at :].strip(" \t")
        if self._state == "fence":
            self._found.fences[-1] = (self._found.fences[-1][0], self._number)
            run = self._closer
            if cursor.indent < 4 and text.startswith(run) and not text.strip(run[0]):
                self._state = ""
            return True
        if cursor.blank:
            return False
        self._leaf.pieces.append((self._number, cursor.next, len(cursor.line)))
        if text.endswith(self._closer):
            self._state = ""
        return True

    def _open(self, cursor: Cursor) -> bool:
        """Opens what the line begins with; True if that takes the whole line."""
        while True:
            if cursor.indent > 3:
                if self._state == "paragraph":
                    return False
                self._begin()
                self._state = "indented"
                return True
            if self._fold(cursor) or self._open_leaf(cursor):
                return True
            container = None
            if len(self._containers) < MAX_DEPTH:
                container = self._container(cursor)
            if container is None:
                return False
            self._begin()
            self._containers.append(container)
            self._matched += 1
            if container.fold or cursor.blank:
                return True
            container.empty = False

    def _start(self, kind: Literal["text", "cell", "math"]) -> Leaf:
        quoted = any(one.kind == "quote" for one in self._containers)
        self._leaf = Leaf(kind, quoted=quoted)
        self._found.leaves.append(self._leaf)
        return self._leaf

    def _open_leaf(self, cursor: Cursor) -> bool:
        line, start, number = cursor.line, cursor.next, self._number
        fence, math = markers.FENCE.match(line, start), markers.MATH.match(line, start)
        if fence:
            self._begin()
            self._state, self._closer = "fence", fence["run"]
            self._found.fences.append((number, number))
            return True
        closer = markers.closer_of(math) if math else ""
        if closer and not self._is_closed(closer):
            closer = ""  # to the live view, too, it is text in the end
        if closer or markers.HEADING.match(line, start):
            self._begin()
            self._start("math" if closer else "text").pieces.append((number, start, len(line)))
            if closer:
                self._state, self._closer = "math", closer
            return True
        if self._state == "paragraph" and self._inside:
            if markers.UNDERLINE.match(line, start):
                self._close()
                return True
            if self._open_table(line, start):
                return True
        if markers.RULE.match(line, start):
            self._begin()
            return True
        return False

    def _is_closed(self, closer: str) -> bool:
        """Whether a line ends with `closer` before the next blank one."""
        if self._number < self._unclosed.get(closer, 0):
            return False
        for number in range(self._number + 1, len(self._lines)):
            line = self._lines[number].rstrip(" \t")
            if line.endswith(closer):
                return True
            if not line:
                break
        else:
            number = len(self._lines)
        self._unclosed[closer] = number
        return False

    def _open_table(self, line: str, start: int) -> bool:
        if not markers.DELIMITERS.match(line, start):
            return False
        number, above, end = self._leaf.pieces[-1]
        columns = len(markers.cells(line, start, len(line)))
        if len(markers.cells(self._lines[number], above, end)) != columns:
            return False
        if columns == 1 and "|" not in line:
            return False
        self._leaf.pieces.pop()
        self._row(number, above)
        self._state = "table"
        return True

    def _row(self, number: int, start: int) -> None:
        line = self._lines[number]
        for cell in markers.cells(line, start, len(line)):
            self._start("cell").pieces.append((number, *cell))

    def _container(self, cursor: Cursor) -> _Container | None:
        """The container that the line opens; takes its marker off the line."""
        line, start = cursor.line, cursor.next
        details = markers.DETAILS.match(line, start)
        # On a line of its own, so that no other marker stands before it.
        if details and not line[:start].strip(" ") and not self._in_footnote():
            number = self._number
            opened = details["open"] is not None
            fold = Fold(number, number, line[:start], opened, details["summary"])
            self._found.folds.append(fold)
            return _Container("details", fold=fold)
        footnote = markers.FOOTNOTE.match(line, start) if not self._matched else None
        if footnote:
            cursor.take(footnote.end())
            note = Footnote(footnote["label"], [(self._number, footnote.end())])
            self._found.footnotes.append(note)
            return _Container("footnote", 4)
        if line[start] == ">":
            cursor.take(start + 1)
            cursor.skip(1)
            return _Container("quote")
        marker = markers.MARKER.match(line, start)
        if marker is None:
            return None
        if self._state == "paragraph" and self._inside:
            rest = line[marker.end() :].strip(" \t")
            if not rest or marker["number"] not in (None, "1"):
                return None
        offset = cursor.indent
        cursor.take(marker.end())
        gap = cursor.indent
        gap = gap if 1 <= gap <= 4 and not cursor.blank else 1
        cursor.skip(gap)
        return _Container("item", offset + marker.end() - start + gap)

    def _in_footnote(self) -> bool:
        return bool(self._containers[: self._matched]) and self._containers[0].kind == "footnote"

    def _fold(self, cursor: Cursor) -> bool:
        """The end of a fold, or the summary on the line after its beginning."""
        line, start = cursor.line, cursor.next
        folds = [n for n in range(self._matched) if self._containers[n].fold]
        if not folds or line[:start].strip(" "):
            return False
        fold = self._containers[folds[-1]].fold
        assert fold is not None
        if markers.END_DETAILS.match(line, start):
            self._pop(folds[-1])
            fold.closed = True
            return True
        summary = markers.SUMMARY.match(line, start)
        fresh = fold is self._found.folds[-1] and fold.summary is None and self._inside
        between = self._lines[fold.last + 1 : self._number] if summary and fresh else ["-"]
        if summary is None or any(line.strip() for line in between):
            return False
        fold.last, fold.summary = self._number, summary["summary"]
        return True

    def _text(self, cursor: Cursor) -> None:
        line, start, number = cursor.line, cursor.next, self._number
        if self._state == "table" and self._inside:
            self._row(number, start)
            return
        if self._state != "paragraph":
            self._begin()
            self._start("text")
            self._state = "paragraph"
        elif not self._matched and self._containers and self._containers[0].kind == "footnote":
            self._found.footnotes[-1].lines.append((number, 0))  # a lazy continuation
        self._leaf.pieces.append((number, start, len(line)))


def _continues(container: _Container, cursor: Cursor) -> bool:
    """Whether the line goes on with a container; takes what belongs to it off the line."""
    if container.kind == "details":
        return True
    if container.kind == "quote":
        if cursor.indent > 3 or cursor.blank or cursor.line[cursor.next] != ">":
            return False
        cursor.take(cursor.next + 1)
        cursor.skip(1)
        return True
    if cursor.blank:
        return not container.empty
    if cursor.indent < container.padding:
        return False
    cursor.skip(container.padding)
    return True
