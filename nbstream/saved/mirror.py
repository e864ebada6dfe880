"""Rewrites Markdown so that JupyterLab shows it as the live view did: formulas, other dollars,
folds, footnotes, images that are not loaded, and markup that other readers of Markdown read
differently. Everything that all readers show alike stays unchanged.

This makes nothing safe; `safe_markdown` does, with the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..markdown import markers
from ..markdown.blocks import Block, Document
from ..markdown.links import fold_label
from . import inlines
from .addresses import is_allowed, plain_definition
from .formulas import DOLLAR, environment, formula
from .inlines import ESCAPED_DOLLAR, RAW_DOLLAR, Names

_DOLLARS = re.compile(f"([{RAW_DOLLAR}{ESCAPED_DOLLAR}])")
# Placeholders for a blank line: unless there is one already, and only if a dollar follows.
_BLANK, _LEAVE = "\x03", "\x04"
# Text that JupyterLab takes for the beginning of a formula, even in code.
_MATH = re.compile(r"\$|\\\\[(\[]|\\begin\{")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*\Z")
_BARE_PIPE = re.compile(r"(?<!\\)\|")
_PIPE = re.compile(r"(\\[^|])|\\(?=\|)")


def live_form(lines: list[str]) -> list[str]:
    """``lines``, which have no control characters, in a form that JupyterLab shows alike."""
    return _Form(lines).form()


class _Form:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._document = Document(lines)
        numbers: dict[str, int] = {}
        for number, note in enumerate(self._document.footnotes, 1):
            numbers.setdefault(fold_label(note.info or ""), number)
        self._names = Names(numbers, self._document.definitions)
        # The new lines for a line that changes, and new lines before a line.
        self._new: dict[int, list[str]] = {}
        self._before: dict[int, list[str]] = {}
        self._moved: list[str] = []  # definitions that would be text where they are
        self._fences: list[Block] = []
        self._folds: list[Block] = []

    def form(self) -> list[str]:
        document = self._document
        if document.definitions:
            self._find_uses(document.root)
        self._walk(document.root, quoted=False)
        self._leave_fences()
        for fold in reversed(self._folds):
            self._fold(fold)
        notes: list[str] = []
        for number, note in enumerate(document.footnotes, 1):
            notes += self._footnote(number, note)
        end = len(self._lines)
        after = self._before.pop(end, [])
        if notes:
            # Not a rule: Sphinx allows none in a cell's output, or at the end of a document.
            # https://docutils.sourceforge.io/docs/ref/doctree.html#transition
            after += [_BLANK, "———", "", *notes]
        if self._moved:
            after += [_BLANK, *self._moved]
        if after and document.open_fence:
            fence = document.open_fence
            after.insert(0, self._prefix(fence) + fence.fence)
        out: list[str] = []
        for number in range(end):
            out += self._before.get(number, [])
            out += self._line(number)
        return _settle(out + after)

    def _line(self, number: int) -> list[str]:
        return self._new.get(number, self._lines[number : number + 1])

    def _find_uses(self, block: Block) -> None:
        """Finds which definitions are used, and which may stay."""
        document, names = self._document, self._names
        for leaf in _leaves(block):
            if leaf.kind == "row":
                text = document.text_of(leaf)
                for start, end in markers.cells(text, leaf.columns):
                    names.parse(_PIPE.sub(r"\1", text[start:end]).strip(" \t"))
            elif leaf.kind == "details":
                names.parse(leaf.info or "")
            else:
                names.parse(document.text_of(leaf)[leaf.rest :].rstrip(" \t"))
            text = document.text_of(leaf) if leaf.definitions else ""
            for definition in leaf.definitions:
                label = fold_label(definition.label)
                source = text[definition.start : definition.end - 1]
                plain = plain_definition.match(source) and is_allowed(definition.href)
                if plain and document.definitions[label] is definition:
                    names.kept.add(label)

    def _walk(self, block: Block, quoted: bool) -> None:
        kind = block.kind
        if kind in ("paragraph", "heading"):
            self._text(block, quoted)
        elif kind == "math":
            self._math(block, quoted)
        elif kind == "row":
            self._row(block)
        elif kind == "code" and block.fence:
            self._fences.append(block)
            self._code(block)
        elif kind == "details":
            self._folds.append(block)
        for child in block.children:
            self._walk(child, quoted or kind == "quote")

    def _text(self, block: Block, quoted: bool) -> None:
        pieces, unused = self._define(block) if block.definitions else (block.pieces, 0)
        parts = [self._lines[line][start:end] for line, start, end in pieces]
        # An unused definition is text, and refers to nothing itself.
        rest = [_UNDERLINE.sub(r"\\\g<0>", part) if unused else part for part in parts[unused:]]
        shown = [part.replace("[", "&#91;") for part in parts[:unused]] + rest
        new = inlines.rewrite("\n".join(shown), self._names, quoted=quoted)
        if unused:
            new = new.replace("&#91;", "&lbrack;" if "\\]" in new else "\\[")
        if new != "\n".join(parts):
            self._replace(pieces, new)

    def _define(self, block: Block) -> tuple[list[tuple[int, int, int]], int]:
        """Handles the definitions at the beginning of a block. Returns the pieces that remain as
        text, and how many of them are definitions."""
        text = self._document.text_of(block)
        lines = list(block.pieces)
        kept: list[tuple[int, int, int]] = []
        at = 0
        for definition in block.definitions:
            size = text[definition.start : definition.end - 1].count("\n") + 1
            pieces, at = lines[at : at + size], at + size
            label = fold_label(definition.label)
            if label not in self._names.used:
                kept += pieces
                continue
            stays = label in self._names.kept and label in self._names.linked
            if stays and not kept:
                continue
            if stays:
                self._moved.append(text[definition.start : definition.end - 1])
            for line, start, _ in pieces:
                prefix = self._lines[line][:start].rstrip()
                self._new[line] = [prefix] if prefix else []
        return kept + lines[at:], len(kept)

    def _replace(self, pieces: list[tuple[int, int, int]], new: str) -> None:
        parts = new.split("\n")
        for (line, start, _), part in zip(pieces, parts, strict=False):
            self._new[line] = [self._lines[line][:start] + part]
        # A formula over several lines may be on one line now.
        for line, _, _ in pieces[len(parts) :]:
            self._new[line] = []

    def _math(self, block: Block, quoted: bool) -> None:
        text = self._document.text_of(block).strip(" \t")
        if text.startswith("\\begin"):
            new = environment(text, one_line=quoted)
        else:
            new = formula(text[2:-2], display=True, one_line=quoted)
        # No reader continues a formula over a blank line.
        new = "\n".join(line for line in new.split("\n") if line.strip(" \t"))
        if new != text:
            self._replace(block.pieces, new)

    def _row(self, block: Block) -> None:
        line, start, end = block.pieces[0]
        text = self._lines[line][start:end]
        out, at = "", 0
        for first, last in markers.cells(text, block.columns):
            cell = text[first:last]
            inner = cell.strip(" \t")
            first += cell.index(inner)
            plain = _PIPE.sub(r"\1", inner)
            # Not all readers remove the backslash before a pipe in code.
            bare = _BARE_PIPE.search(inner) is not None
            new = inlines.rewrite(plain, self._names, in_cell=True, html_code=bare)
            new = new.replace("|", "\\|")
            out += text[at:first] + new
            at = first + len(inner)
        out += text[at:]
        if out != text:
            self._new[line] = [self._lines[line][:start] + out]

    def _code(self, block: Block) -> None:
        """Writes a fence so that all readers end it where the live view does, with its language."""
        first, run = block.line, block.fence
        bare = re.compile(rf" {{0,3}}{run[0]}{{{len(run)},}}[ \t]*\Z")
        inner = [len(line.strip(" \t")) for line in block.lines if bare.match(line)]
        longer = run[0] * (max(inner) + 1) if inner else run
        info = block.info or ""
        name = info if markers.PLAIN_INFO.match(info) else markers.language(info)
        if longer != run or name != info:
            self._new[first] = [self._lines[first][: block.start] + longer + name]
        if block.last >= 0 and (block.stray or longer != run):
            self._new[block.last] = [self._prefix(block) + longer]

    def _prefix(self, block: Block) -> str:
        """The text before each line of fenced code."""
        return re.sub(r"[^>\t]", " ", self._lines[block.line][: block.start])

    def _leave_fences(self) -> None:
        """Separates indented fences from a later dollar by a blank line. JupyterLab does not
        recognise indented fences, so a dollar in one would begin a formula that ends there."""
        for block in self._fences:
            first, last = block.line, block.last
            if last < 0 or self._lines[first].startswith(("`", "~")):
                continue
            if any(_MATH.search(line) for line in self._lines[first + 1 : last]):
                self._new[last] = [*self._line(last), _LEAVE]

    def _fold(self, fold: Block) -> None:
        before = self._lines[fold.line][: fold.start]
        if before.strip():
            return  # other readers know no folds in a quote, or on the line of a list's marker
        tag = "<details open>" if fold.level else "<details>"
        summary = inlines.rewrite((fold.info or "").strip() or "…", self._names, html=True)
        for number in range(fold.line, fold.last + 1):
            self._new[number] = []
        self._new[fold.line] = [_BLANK, f"{before}{tag}<summary>{summary}</summary>", _BLANK]
        closing = [_BLANK, f"{before}</details>", _BLANK]
        if fold.closed:
            self._new[fold.end] = closing
        else:
            self._before.setdefault(fold.end, []).extend(closing)

    def _footnote(self, number: int, note: Block) -> Iterator[str]:
        """An item of the list at the end; removes its lines from where they were."""
        marker = f"{number}. "
        out: list[str] = []
        for line, cut in note.cuts:
            was = self._lines[line]
            for new in self._line(line):
                # A rewritten line begins behind the indentation.
                out.append(new[cut:] if new[:cut] == was[:cut] else new.lstrip())
            self._new[line] = []
        while len(out) > 1 and not out[-1].strip(" \t"):
            out.pop()
        for index, text in enumerate(out):
            yield ((" " * len(marker) if index else marker) + text).rstrip(" ")


def _leaves(block: Block) -> Iterator[Block]:
    if block.kind in ("paragraph", "heading", "row", "details"):
        yield block
    for child in block.children:
        yield from _leaves(child)


def _settle(lines: list[str]) -> list[str]:
    """Replaces the placeholders: by blank lines where they are needed, and by dollars, as they were
    written if they are the only ones, else in a form that cannot pair.

    JupyterLab continues formulas over everything but blank lines.
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
