"""Rewrites Markdown so that JupyterLab shows it as the live view did: formulas, dollars that are
none, folds, footnotes, images that are not loaded. What both show alike stays as it is written.

It makes nothing safe; `safe_markdown` does, with what this makes of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import inlines, leaves
from .code_spans import code_spans, escaped_code
from .formulas import DOLLAR, environment, formula
from .inlines import ESCAPED_DOLLAR, RAW_DOLLAR, Names
from .structure import Fold, Footnote, Leaf

_DOLLARS = re.compile(f"([{RAW_DOLLAR}{ESCAPED_DOLLAR}])")
# Lines that stand for a blank one if there is none already, and if a dollar follows.
_BLANK, _LEAVE = "\x03", "\x04"
# What JupyterLab takes for the beginning of a formula, and does not know to be in code.
_MATH = re.compile(r"\$|\\\\[(\[]|\\begin\{")
_STYLED = (
    (re.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*(?=\S)([^*]+)(?<=\S)\*"), r"<em>\1</em>"),
)


def live_form(lines: list[str]) -> list[str]:
    """The lines of a text (without control characters) as JupyterLab shows them alike."""
    return _Form(lines).form()


class _Form:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._found = leaves.read(lines)
        numbers: dict[str, int] = {}
        for number, note in enumerate(self._found.footnotes, 1):
            numbers.setdefault(inlines.fold_label(note.label), number)
        self._names = Names(numbers, inlines.addresses(lines))
        # What becomes of a line if it does not stay as it is, and what comes before it.
        self._new: dict[int, list[str]] = {}
        self._before: dict[int, list[str]] = {}

    def form(self) -> list[str]:
        for leaf in self._found.leaves:
            self._leaf(leaf)
        self._leave_fences()
        for fold in reversed(self._found.folds):
            self._fold(fold)
        notes: list[str] = []
        for number, note in enumerate(self._found.footnotes, 1):
            notes += self._footnote(number, note)
        end = len(self._lines)
        after = self._before.pop(end, [])
        if notes:
            after += [_BLANK, "---", "", *notes]
        if after and self._found.open_fence:
            after.insert(0, self._found.open_fence)
        out: list[str] = []
        for number in range(end):
            out += self._before.get(number, [])
            out += self._line(number)
        return _settle(out + after)

    def _line(self, number: int) -> list[str]:
        return self._new.get(number, self._lines[number : number + 1])

    def _leaf(self, leaf: Leaf) -> None:
        pieces = leaf.pieces
        text = "\n".join(self._lines[line][start:end] for line, start, end in pieces)
        in_cell, quoted = leaf.kind == "cell", leaf.quoted
        if leaf.kind == "math":
            text = text.rstrip(" \t")
            if text.startswith("\\begin"):
                new = environment(text, one_line=quoted)
            else:
                new = formula(text[2:-2], display=True, one_line=quoted)
        else:
            new = inlines.rewrite(text, self._names, in_cell=in_cell, quoted=quoted)
        if new == text:
            return
        if in_cell:
            self._cell(*pieces[0], new)
            return
        parts = new.split("\n")
        for (line, start, _), part in zip(pieces, parts, strict=False):
            self._new[line] = [self._lines[line][:start] + part]
        # What was a formula over several lines may be on one now.
        for line, _, _ in pieces[len(parts) :]:
            self._new[line] = []

    def _cell(self, line: int, start: int, end: int, new: str) -> None:
        was = self._lines[line]
        now = self._line(line)[0]
        # Cells come from left to right: from this one on the row is as it was.
        kept = len(now) - len(was) + start
        self._new[line] = [now[:kept] + new + was[end:]]

    def _leave_fences(self) -> None:
        """JupyterLab knows no fence that is indented: a dollar in one would begin a formula that
        ends with a dollar behind it, if no blank line is between them."""
        for first, last in self._found.fences:
            if self._lines[first].startswith(("`", "~")):
                continue
            if any(_MATH.search(line) for line in self._lines[first + 1 : last]):
                self._new[last] = [*self._line(last), _LEAVE]

    def _fold(self, fold: Fold) -> None:
        tag = "<details open>" if fold.expanded else "<details>"
        summary = self._summary((fold.summary or "").strip() or "…")
        for number in range(fold.first, fold.last + 1):
            self._new[number] = []
        self._new[fold.first] = [_BLANK, f"{fold.indent}{tag}<summary>{summary}</summary>", _BLANK]
        closing = [_BLANK, f"{fold.indent}</details>", _BLANK]
        if fold.closed:
            self._new[fold.end] = closing
        else:
            self._before.setdefault(fold.end, []).extend(closing)

    def _summary(self, text: str) -> str:
        """A summary's Markdown as HTML: nobody reads Markdown on the line of an HTML block."""
        out: list[str] = []
        for piece, is_code in code_spans(text):
            if is_code:
                out.append(escaped_code(piece))
                continue
            rewritten = inlines.rewrite(piece, self._names)
            for pattern, replacement in _STYLED:
                rewritten = pattern.sub(replacement, rewritten)
            out.append(rewritten)
        return "".join(out)

    def _footnote(self, number: int, note: Footnote) -> Iterator[str]:
        """An item of the list at the end; its lines go from where they were."""
        marker = f"{number}. "
        out: list[str] = []
        for line, cut in note.lines:
            was = self._lines[line]
            for new in self._line(line):
                # What was rewritten begins behind the indentation.
                out.append(new[cut:] if new[:cut] == was[:cut] else new.lstrip())
            self._new[line] = []
        while len(out) > 1 and not out[-1].strip(" \t"):
            out.pop()
        for index, text in enumerate(out):
            yield ((" " * len(marker) if index else marker) + text).rstrip(" ")


def _settle(lines: list[str]) -> list[str]:
    """Puts blank lines where they are wanted and dollars back: as they were written if nothing
    pairs with them, else so that nothing can.

    JupyterLab reads formulas over everything but blank lines.
    """
    out: list[str] = []  # from the end
    dollar = False  # whether one follows before the next blank line
    wanted = False  # whether a blank line has to be next
    for line in reversed(lines):
        if line == _LEAVE:
            wanted = wanted or dollar
        elif line == _BLANK:
            wanted = True
        else:
            if not line.strip(" \t"):
                dollar = wanted = False
            elif wanted:
                if out and out[-1].strip(" \t"):
                    out.append("")
                dollar = wanted = False
            line, dollar = _dollars(line, dollar)
            out.append(line)
    return out[::-1]


def _dollars(line: str, later: bool) -> tuple[str, bool]:
    """The line with its dollars put back, and whether it holds one; `later`: one follows."""
    pieces = _DOLLARS.split(line)
    for place in range(len(pieces) - 2, 0, -2):
        beside = pieces[place - 1].endswith("$") or (place > 1 and not pieces[place - 1])
        raw = "$" if pieces[place] == RAW_DOLLAR else "\\$"
        pieces[place] = DOLLAR if later or beside or "$" in pieces[place + 1] else raw
        later = True
    return "".join(pieces), later or "$" in line
