"""Finds fenced code blocks in Markdown, and writes them so that every parser finds the same.

A fence is *irregular* if parsers may disagree about where it starts or ends: indented too far,
in a block quote inside a list, with lines that leave their list item, not closed, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .hazards import code_is_dangerous, holds_fence, info_is_dangerous, reaches_out

FENCE = re.compile(
    r"(?P<prefix>(?:[ \t]|>|(?:[-*+]|\d{1,9}[.)])[ \t])*)"
    r"(?P<run>`{3,}(?=[^`]*\Z)|~{3,})(?P<info>.*)"
)
_MARKER = re.compile(r"(?P<indent> *)(?P<mark>[-*+]|(?P<number>\d{1,9})[.)])(?P<gap> +)(?=\S)")
_RULE = re.compile(r" {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})\Z")
_QUOTES = re.compile(r" {0,3}>(?: {0,4}>)* ?")
_INFO = re.compile(r"[A-Za-z0-9_+#.-]+")


@dataclass
class Fence:
    """One fenced block. `lines` as found; `body` without the prefix of its container."""

    lines: list[str]
    prefix: str  # of the opening line: list markers, quote marks, spaces
    column: int  # where its container's content starts
    run: str
    info: str
    irregular: bool
    closed: bool = False
    body: list[str] = field(default_factory=list)

    @property
    def quoted(self) -> bool:
        return ">" in self.prefix

    @property
    def dangerous(self) -> bool:
        if info_is_dangerous(self.info):
            return True
        code = "\n".join(self.body)
        return code_is_dangerous(code) or any(holds_fence(line) for line in self.body)

    @property
    def closer(self) -> str:
        """The line that closes it."""
        blank = re.sub(r"[^>\t]", " ", self.prefix)
        return blank + self.run


def scan(lines: Sequence[str]) -> list[Fence | list[str]]:
    """Splits lines into fenced blocks and runs of other lines; their lines together are `lines`."""
    blocks: list[Fence | list[str]] = []
    containers = _Containers()
    fence: Fence | None = None
    for line in lines:
        if fence is not None:
            if fence.quoted and not _marks(fence, line):
                # The quote has ended, and the fence with it; an outer quote may continue.
                fence.irregular |= ">" in line[:4]
                fence = None
            elif _add(fence, line):
                fence = None
                continue
            else:
                continue
        containers.see(line)
        found = FENCE.match(line)
        if found is not None:
            column, regular = containers.fence(found["prefix"])
            info = found["info"].strip()
            fence = Fence([line], found["prefix"], column, found["run"], info, not regular)
            blocks.append(fence)
        elif blocks and isinstance(blocks[-1], list):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _marks(fence: Fence, line: str) -> re.Match[str] | None:
    """The marks of the quotes that the fence is in, if the line has them all."""
    return re.match(rf"(?: {{0,3}}> ?){{{fence.prefix.count('>')}}}", line)


def _add(fence: Fence, line: str) -> bool:
    """Adds a line to an open fence; True if it closes it."""
    fence.lines.append(line)
    inner = line
    if fence.quoted:
        quotes = _marks(fence, line)
        inner = line[quotes.end() :] if quotes else line.lstrip(" >")
    indent = len(inner) - len(inner.lstrip(" "))
    start = 0 if fence.quoted else len(fence.prefix)
    stripped = inner.strip(" \t")
    run = fence.run
    if indent <= start + 3 and stripped.startswith(run) and not stripped.strip(run[0]):
        fence.closed = True
        if indent < fence.column or indent > fence.column + 3 or inner.endswith((" ", "\t")):
            fence.irregular = True
        return True
    if stripped and indent < fence.column and not fence.quoted:
        fence.irregular = True
    fence.body.append(inner[min(indent, start) :] if stripped else "")
    return False


def write(fence: Fence, length: int, out: list[str], *, before_blank: bool) -> None:
    """Appends the fence's lines in a form that parsers agree on.

    `length` is longer than any run of backticks in the text, the info string is never empty, the
    block is closed, and no line of it leaves its container. An irregular one goes to the margin
    between blank lines, where it is a fence for everybody; one in a list also gets blank lines,
    and so does one that holds math, because no formula goes over a blank line in JupyterLab (if it
    stands in a quote or on the line of a list marker, it goes to the margin for that).
    `before_blank`: a blank line follows already, or nothing.
    """
    marked = bool(fence.prefix.strip())  # behind a quote mark or a list marker
    at_margin = fence.irregular or (marked and reaches_out(fence.body))
    word = _INFO.match(fence.info)
    info = word[0] if word and not info_is_dangerous(fence.info) else "text"
    opening = "" if at_margin else fence.prefix
    prefix = "" if at_margin else re.sub(r"[^>]", " ", fence.prefix)
    if not at_margin and not fence.quoted:
        prefix = " " * fence.column
        if not fence.prefix.strip():
            opening = prefix
    apart = at_margin or ((fence.column > 0 or reaches_out(fence.body)) and not fence.quoted)
    if apart and not opening.strip() and out and out[-1].strip():
        out.append("")
    out.append(f"{opening}{'`' * length}{info}")
    out.extend((prefix + line).rstrip(" ") if not line else prefix + line for line in fence.body)
    out.append(prefix + "`" * length)
    if apart and not before_blank:
        out.append("")


class _Containers:
    """Which list items are open, as far as that is certain."""

    def __init__(self) -> None:
        self._columns: list[int] = []
        self._after_blank = True
        self._on_marker = 0  # the content column of a marker on the line last seen

    def see(self, line: str) -> None:
        """Takes in a line outside fences."""
        self._on_marker = 0
        if not line.strip():
            self._after_blank = True
            return
        indent = len(line) - len(line.lstrip(" "))
        in_list = bool(self._columns)
        while self._columns and indent < self._columns[-1]:
            self._columns.pop()
        position = 0
        # Deeper than ten nobody nests; what is left uncertain is written at the margin.
        for _ in range(10):
            if _RULE.match(line, position):
                break
            marker = _MARKER.match(line, position)
            if marker is None:
                break
            top = self._columns[-1] if self._columns else 0
            mark = marker.start("mark")
            starts = self._after_blank or in_list or position or marker["number"] in (None, "1")
            if not starts or not 0 <= mark - top <= 3:
                break
            gap = len(marker["gap"])
            column = marker.end("mark") + (gap if gap <= 4 else 1)
            self._columns.append(column)
            position = column
            self._on_marker = column
            if gap > 4:
                break
        self._after_blank = False

    def fence(self, prefix: str) -> tuple[int, bool]:
        """The content column for a fence after `prefix`, and whether all is certain."""
        top = self._columns[-1] if self._columns else 0
        if not prefix.strip():
            return top, "\t" not in prefix and 0 <= len(prefix) - top <= 3
        if ">" in prefix:
            plain = _QUOTES.fullmatch(prefix) is not None
            return 0, plain and not self._columns
        return top, self._on_marker == top == len(prefix) and "\t" not in prefix
