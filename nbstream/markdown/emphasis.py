"""Finds the runs of ``*``, ``_`` and ``~`` that open and close spans, by the rules of the live view
(`js/src/markdown/inlines/emphasis.ts`)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Span = Literal["em", "strong", "del"]


class Sides(NamedTuple):
    can_open: bool
    can_close: bool


@dataclass(slots=True)
class Run:
    """A run of delimiters."""

    at: int
    character: str
    length: int
    can_open: bool
    can_close: bool
    left: int
    """How many of its characters are still text."""
    opens: list[Span] = field(default_factory=list)
    closes: list[Span] = field(default_factory=list)
    """The spans that it opens and closes, in the order in which they were found."""


# Hangul, and wide characters other than emoji, with their selectors, as in the CJK-friendly
# amendments to CommonMark: https://github.com/tats-u/markdown-cjk-friendly
_CJK = re.compile(
    "(?:[\u1100-\u11ff\u20a9\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\ua4cf\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe6f\uff01-\uffee\U00016fe0-\U0001b2ff"
    "\U0001d300-\U0001d376\U0001f200\U0001f202-\U0001f219\U0001f21b-\U0001f22e"
    "\U0001f230\U0001f231\U0001f237\U0001f23b-\U0001f24f\U0001f252-\U0001f265"
    "\U00020000-\U0003fffd\U000e0100-\U000e01ef]|[\u2018-\u201d]\ufe01)"
)
_SELECTORS = "\ufe00-\ufe0e"
_LAST = re.compile(f".?[{_SELECTORS}]?\\Z", re.DOTALL)


def _is_space(character: str) -> bool:
    return not character or character.isspace() or character == "\ufeff"


def _is_mark(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in "PS"


def sides(character: str, before: str, after: str, *, cjk: bool = True) -> Sides:
    """Whether a run of ``character`` between these two texts can open and close a span; ``cjk``
    applies the amendments."""
    last = _LAST.search(before)
    beside = last[0] if last else ""
    space_before, space_after = _is_space(beside if len(beside) < 2 else "x"), _is_space(after[:1])
    mark_before, mark_after = _is_mark(beside[:1]), _is_mark(after[:1])
    if not cjk:
        mark_before = _is_mark(before[-1:])
    wide = cjk and bool(_CJK.search(beside) or _CJK.match(after[:1]))
    left = not space_after and (not mark_after or space_before or mark_before or wide)
    right = not space_before and (not mark_before or space_after or mark_after or wide)
    if character != "_":
        return Sides(left, right)
    return Sides(left and (not right or mark_before), right and (not left or mark_after))


def scan_run(text: str, at: int, end: int) -> Run:
    character, length = text[at], end - at
    can_open, can_close = sides(character, text[max(0, at - 3) : at], text[end : end + 1])
    fits = character != "~" or length == 2
    return Run(at, character, length, fits and can_open, fits and can_close, length)


def match_runs(runs: list[Run], bottom: int) -> None:
    """Matches the runs from number ``bottom`` on, and removes them."""
    closers = runs[bottom:]
    del runs[bottom:]
    openers: list[Run] = []
    # Where a search for an opener failed: the next search of the same sort stops there.
    floors: dict[tuple[str, int, bool], int] = {}
    for closer in closers:
        character, length = closer.character, closer.length
        sort = (character, length if character == "~" else length % 3, closer.can_open)
        while closer.can_close and closer.left:
            floor = floors.get(sort, -1)
            index = len(openers) - 1
            while index >= 0 and openers[index].at > floor and not _fits(openers[index], closer):
                index -= 1
            if index < 0 or openers[index].at <= floor:
                floors[sort] = openers[-1].at if openers else -1
                break
            opener = openers[index]
            del openers[index + 1 :]
            count = 2 if opener.left > 1 and closer.left > 1 else 1
            kind: Span = "del" if character == "~" else "strong" if count > 1 else "em"
            opener.opens.append(kind)
            closer.closes.append(kind)
            opener.left -= count
            closer.left -= count
            if not opener.left:
                openers.pop()
        if closer.can_open and closer.left:
            openers.append(closer)


def _fits(opener: Run, closer: Run) -> bool:
    if opener.character != closer.character:
        return False
    if closer.character == "~":
        return opener.length == closer.length
    length = closer.length
    return (
        (not opener.can_close and not closer.can_open)
        or length % 3 == 0
        or (opener.length + length) % 3 != 0
    )
