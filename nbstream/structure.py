"""What a Markdown text consists of, by the numbers of its lines; see `leaves`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Leaf:
    """Text that is read as one: pieces of lines, (line, start, end)."""

    kind: Literal["text", "cell", "math"]
    pieces: list[tuple[int, int, int]] = field(default_factory=list)
    quoted: bool = False  # in a block quote, whose marks stand between the pieces


@dataclass
class Fold:
    """A ``<details>`` with the lines that it begins and ends on, and its summary's."""

    first: int
    last: int  # of the beginning: the summary's line
    indent: str
    expanded: bool
    summary: str | None
    end: int = -1
    closed: bool = False  # `end` is its ``</details>``; else the line before which it ends


@dataclass
class Footnote:
    """A definition: its lines, with the columns to leave out of each."""

    label: str
    lines: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Structure:
    """What a text consists of."""

    leaves: list[Leaf] = field(default_factory=list)
    folds: list[Fold] = field(default_factory=list)
    footnotes: list[Footnote] = field(default_factory=list)
    fences: list[tuple[int, int]] = field(default_factory=list)  # first and last line, fences too
    open_fence: str = ""  # the line that would close the one that is open at the end
