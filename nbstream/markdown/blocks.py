r"""The block structure of a Markdown text, by the rules of the live view and under their names
(`js/src/markdown/blocks/parser.ts`). `tests/unit/test_structure.py` compares the two.

Only the appearance depends on it: whatever it finds, `safe_markdown` makes the result harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from . import markers
from .links import Definition, fold_label, take_definitions
from .markers import Line

MAX_DEPTH = 64

Kind = Literal[
    "root",
    "quote",
    "list",
    "item",
    "details",
    "footnote",
    "paragraph",
    "heading",
    "code",
    "rule",
    "table",
    "row",
    "math",
]
_CONTAINERS = ("root", "quote", "item", "footnote", "details")


@dataclass(slots=True)
class Block:
    """A block, with the number of its first line."""

    kind: Kind
    line: int
    children: list[Block] = field(default_factory=list)
    pieces: list[tuple[int, int, int]] = field(default_factory=list)
    """A leaf's text: line, start, end."""
    lines: list[str] = field(default_factory=list)
    """Code and formulas: their lines without the prefixes of their containers."""
    level: int = 0
    """Heading: 1 to 6. Details: 1 if open. Code: Markdown fences that are open in it. Formula: 1 if
    it may hold blank lines."""
    fence: str = ""
    """Fenced code: its fence. A formula: its closing mark, or "" once it is closed."""
    info: str | None = None
    """Fenced code: the text after the fence. Details: the summary."""
    offset: int = 0
    padding: int = 0
    marker: str = ""
    columns: int = 0
    """Table: how many."""
    start: int = 0
    """Where its marker, fence or tag begins in its first line."""
    last: int = -1
    """Details: the line that its beginning ends on. Fenced code: the line that closes it, or -1."""
    end: int = -1
    """Details: the line before which it ends, or its closing tag."""
    closed: bool = False
    """Details: by its closing tag."""
    stray: bool = False
    """Fenced code: its closing fence stands where readers of CommonMark do not expect it."""
    definitions: list[Definition] = field(default_factory=list)
    """Paragraphs and headings: the definitions at their beginning."""
    rest: int = 0
    """Where in their text the definitions end."""
    dollars: int = 0
    """Paragraphs: how many ``$$`` are in their first `counted` pieces."""
    counted: int = 0
    cuts: list[tuple[int, int]] = field(default_factory=list)
    """Footnotes: their lines, and where in each their text begins."""


class Document:
    """The blocks of a text.

    >>> [block.kind for block in Document(["# a", "", "- b"]).root.children]
    ['heading', 'list']
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.root = Block("root", -1)
        self.definitions: dict[str, Definition] = {}
        """By folded label; the first of several counts."""
        self.footnotes: list[Block] = []
        self.open_fence: Block | None = None
        """The code that is open at the end, if it is in no footnote."""
        self._source = lines
        self._open = [self.root]
        self._number = -1
        self._matched = 0
        self._literal = False  # the line begins no formula
        for line in lines:
            self._number += 1
            self._process(Line(line), 1)
        tip = self._open[-1]
        if tip.kind == "code" and tip.fence and not self._in_footnote(len(self._open)):
            self.open_fence = tip
        self._number = len(lines)
        self._close_to(0)

    @property
    def _tip(self) -> Block:
        return self._open[-1] if self._open else self.root

    @property
    def _parent(self) -> Block:
        return self._open[self._matched - 1]

    def _in_footnote(self, depth: int) -> bool:
        return depth > 1 and self._open[1].kind == "footnote"

    def text_of(self, block: Block) -> str:
        return "\n".join(self._source[line][start:end] for line, start, end in block.pieces)

    def _push(self, kind: Kind) -> Block:
        while not _holds(self._parent, kind):
            self._matched -= 1
        self._close_to(self._matched)
        block = Block(kind, self._number)
        self._tip.children.append(block)
        self._open.append(block)
        self._matched = len(self._open)
        return block

    def _close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            block = self._open.pop()
            if block.kind == "paragraph":
                self._close_paragraph(block)
            elif block.kind == "math" and block.fence:
                self._reread(block)
            elif block.kind == "details" and block.end < 0:
                block.end = self._number

    def _process(self, line: Line, depth: int) -> None:
        """Reads a line that continues the first ``depth`` open blocks."""
        self._matched = depth
        while self._matched < len(self._open):
            block = self._open[self._matched]
            if _closes(block, line):
                self._end_with(block, line)
                return
            if not _continues(block, line):
                break
            self._matched += 1
        tip = self._tip
        if self._matched < len(self._open) and tip.kind == "code" and _closes(tip, line, True):
            self._matched = len(self._open) - 1
            tip.stray = True
            self._end_with(tip, line)
            return
        if self._in_footnote(self._matched):
            self._note(markers.indentation(self._source[self._number]))
        if self._parent.kind not in ("code", "math"):
            if markers.END_DETAILS.match(line.text, line.next) and self._end_details():
                return
            opened = self._open_block(line)
            while opened == "container":
                opened = self._open_block(line)
            if opened == "line":
                return
        self._add_text(line)

    def _note(self, cut: int) -> None:
        cuts = self._open[1].cuts
        if not cuts or cuts[-1][0] < self._number:
            cuts.append((self._number, cut))

    def _end_with(self, block: Block, line: Line) -> None:
        if self._in_footnote(len(self._open)):
            self._note(markers.indentation(self._source[self._number]))
        if block.kind == "math":
            self._add_rest(block, line)
            block.fence = ""
        block.last = self._number
        self._close_to(self._matched)

    def _end_details(self) -> bool:
        for index in range(self._matched - 1, 0, -1):
            block = self._open[index]
            if block.kind == "details":
                self._close_to(index)
                block.end, block.closed = self._number, True
                return True
        return False

    def _open_block(self, line: Line) -> Literal["container", "line"] | None:
        parent = self._parent
        in_paragraph = parent.kind == "paragraph"
        if line.blank:
            return None
        if line.indent > 3:
            if self._tip.kind == "paragraph":
                return None
            line.skip(4)
            self._add_code(self._push("code"), line)
            return "line"
        if self._open_leaf(line, parent if in_paragraph else None):
            return "line"
        if self._matched >= MAX_DEPTH:
            return None
        if self._open_details(line):
            return "line"
        if self._open_footnote(line):
            return "container"
        if line.text[line.next] == ">":
            line.take_quote()
            self._push("quote")
            return "container"
        return "container" if self._open_item(line, in_paragraph) else None

    def _open_leaf(self, line: Line, paragraph: Block | None) -> bool:
        text, start = line.text, line.next
        heading = markers.HEADING.match(text, start)
        if heading:
            block = self._push("heading")
            block.level = len(heading[0])
            begin, end = markers.heading(text, heading.end())
            block.start = start
            block.pieces.append((self._number, begin, end))
            self._close_to(len(self._open) - 1)
            return True
        fence = markers.FENCE.match(text, start)
        if fence:
            block = self._push("code")
            block.fence, block.offset, block.start = fence["run"], line.indent, start
            block.info = text[fence.end("run") :].strip(" \t")
            return True
        math = None if self._literal else markers.MATH.match(text, start)
        if math and not (paragraph and self._is_in_formula(paragraph)):
            block = self._push("math")
            block.fence = markers.closer_of(math)
            block.level = 1 if math["name"] or not math["rest"] else 0
            self._add_rest(block, line)
            return True
        if paragraph:
            underline = markers.UNDERLINE.match(text, start)
            if underline and self._underline(paragraph, 1 if text[start] == "=" else 2):
                return True
            if self._open_table(paragraph, line):
                return True
        if not markers.RULE.match(text, start):
            return False
        self._push("rule")
        self._close_to(len(self._open) - 1)
        return True

    def _is_in_formula(self, paragraph: Block) -> bool:
        """Whether a formula that begins in the paragraph's text is still open at its end."""
        for line, start, end in paragraph.pieces[paragraph.counted :]:
            paragraph.dollars += self._source[line].count("$$", start, end)
        paragraph.counted = len(paragraph.pieces)
        return paragraph.dollars % 2 == 1

    def _underline(self, paragraph: Block, level: int) -> bool:
        if not self._take_definitions(paragraph):
            return False
        paragraph.kind, paragraph.level = "heading", level
        self._close_to(len(self._open) - 1)
        return True

    def _open_details(self, line: Line) -> bool:
        text, last = line.text, self._parent
        summary = markers.SUMMARY.match(text, line.next)
        if summary and last.kind == "details" and not last.children and not last.info:
            last.info, last.last = summary["summary"].strip(" \t"), self._number
            return True
        details = markers.DETAILS.match(text, line.next)
        if not details:
            return False
        start = line.next
        block = self._push("details")
        block.level = 1 if details["open"] else 0
        block.info = (details["summary"] or "").strip(" \t")
        block.start, block.last = start, self._number
        return True

    def _open_footnote(self, line: Line) -> bool:
        if self._matched > 1 and self._open[1].kind != "paragraph":
            return False
        found = markers.FOOTNOTE.match(line.text, line.next)
        if not found:
            return False
        line.take(found.end() - line.next)
        block = self._push("footnote")
        block.padding, block.info = 4, found["label"]
        block.cuts.append((self._number, found.end()))
        self.footnotes.append(block)
        return True

    def _open_table(self, paragraph: Block, line: Line) -> bool:
        number, start, end = paragraph.pieces[-1]
        header = self._source[number]
        if "|" not in header[start:end] and "|" not in line.text[line.next :]:
            return False
        columns = markers.columns(line.text, line.next)
        cells = markers.cells(header[start:end], columns)
        if not columns or len(cells) != columns:
            return False
        if len(paragraph.pieces) > 1:
            paragraph.pieces.pop()
            self._matched = len(self._open) - 1
            table = self._push("table")
        else:
            paragraph.kind, table = "table", paragraph
            paragraph.pieces = []
        table.columns = columns
        self._add_row(table, number, start)
        return True

    def _add_row(self, table: Block, number: int, start: int) -> None:
        row = Block("row", number, columns=table.columns)
        row.pieces.append((number, start, len(self._source[number])))
        table.children.append(row)

    def _open_item(self, line: Line, in_paragraph: bool) -> bool:
        marker = markers.take_marker(line, in_paragraph)
        if not marker:
            return False
        parent = self._parent
        if parent.kind != "list" or parent.marker != marker.sort:
            self._push("list").marker = marker.sort
        self._push("item").padding = marker.padding
        return True

    def _add_text(self, line: Line) -> None:
        tip = self._tip
        if self._matched < len(self._open) and not line.blank and tip.kind == "paragraph":
            if self._in_footnote(len(self._open)):
                self._note(0)
            self._add_piece(tip, line)
            return
        self._close_to(self._matched)
        block = self._tip
        if block.kind == "code":
            self._add_code(block, line)
        elif block.kind == "math":
            self._add_rest(block, line)
        elif line.blank:
            return
        elif block.kind == "table":
            self._add_row(block, self._number, line.next)
        else:
            paragraph = block if block.kind == "paragraph" else self._push("paragraph")
            self._add_piece(paragraph, line)

    def _add_piece(self, block: Block, line: Line) -> None:
        block.pieces.append((self._number, line.next, len(line.text)))

    def _add_rest(self, block: Block, line: Line) -> None:
        block.pieces.append((self._number, line.at, len(line.text)))

    def _add_code(self, block: Block, line: Line) -> None:
        block.lines.append(line.rest())

    def _close_paragraph(self, block: Block) -> None:
        self._take_definitions(block)
        if not block.pieces:
            self._tip.children.pop()

    def _take_definitions(self, block: Block) -> str:
        text = self.text_of(block)
        if block.definitions or text[:1] != "[":
            return text[block.rest :]
        block.definitions, block.rest = take_definitions(text)
        for definition in block.definitions:
            self.definitions.setdefault(fold_label(definition.label), definition)
        return text[block.rest :]

    def _reread(self, block: Block) -> None:
        """Reads a formula that was never closed again, without its first mark."""
        parent = self._tip
        parent.children.pop()
        depth, state = len(self._open), (self._number, self._matched)
        for index, (number, start, _) in enumerate(block.pieces):
            self._number, self._literal = number, index == 0
            # A line may end the fold that holds the formula.
            depth = min(depth, len(self._open))
            self._process(Line(self._source[number], start), depth)
        self._literal = False
        self._number, self._matched = state


def _holds(parent: Block, kind: Kind) -> bool:
    return kind == "item" if parent.kind == "list" else parent.kind in _CONTAINERS


def _closes(block: Block, line: Line, anywhere: bool = False) -> bool:
    """Whether the line closes the block; ``anywhere``: even if it is indented."""
    if not block.fence:
        return False
    if block.kind == "math":
        return line.text.rstrip(" \t").endswith(block.fence)
    if line.indent > 3 and not anywhere:
        return False
    found = markers.FENCE.match(line.text, line.next)
    if not found or not found["run"].startswith(block.fence):
        return False
    if line.text[found.end("run") :].strip(" \t"):
        if markers.MARKDOWN.match(block.info or ""):
            block.level += 1
        return False
    if block.level:
        block.level -= 1
        return False
    return True


def _continues(block: Block, line: Line) -> bool:
    """Whether the line continues the block; takes the block's prefix off the line."""
    kind = block.kind
    if kind in ("list", "details"):
        return True
    if kind == "quote":
        if line.indent > 3 or line.blank or line.text[line.next] != ">":
            return False
        line.take_quote()
        return True
    if kind in ("item", "footnote"):
        if not block.children if line.blank else line.indent < block.padding:
            return False
        line.skip(line.indent if line.blank else block.padding)
        return True
    if kind == "code":
        if block.fence:
            line.skip(min(block.offset, line.indent))
        elif line.indent < 4 and not line.blank:
            return False
        else:
            line.skip(4)
        return True
    if kind in ("paragraph", "table"):
        return not line.blank
    if kind == "math":
        return len(block.pieces) < markers.LONGEST and (not line.blank or block.level > 0)
    return False
