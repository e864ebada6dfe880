"""Removes keys from events that are split between them, or that may be once more events come.
Pure."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from ..text.json_strings import Labels, Path, json_strings, unescaped
from ..text.redact import HIDDEN, Redact, Span
from ..transport.recording import RawEvent

_PENDING = "…"
"""What stands in place of text that may be a part of a key, whose rest is not here."""
_HALF = 6
"""So many characters of a known key at the very end are not shown, though no more come."""
_REPEATED = 12
"""A string of at least this many characters that two events in a row hold is a repeat, not a
continuation."""
_FIELDS = ("data", "comment", "other")
_FIRST_WORD = re.compile(r"[^\s\"']+")
_REPR = re.compile(r"\s*[\w.]+\(")
_ARGUMENT = re.compile(
    r"(?P<name>\w+)=(?:'(?P<single>[^'\\]*(?:\\.[^'\\]*)*)|\"(?P<double>[^\"\\]*(?:\\.[^\"\\]*)*))",
    re.DOTALL,
)


class _Piece(NamedTuple):
    """A string in one event, ``offsets`` being where in its field each character is written."""

    event: int
    field: str
    text: str
    offsets: Sequence[int]


class _Mask(NamedTuple):
    start: int
    end: int
    word: str


def without_split_keys(
    events: Sequence[RawEvent], redact: Redact, *, is_over: bool
) -> list[RawEvent]:
    """``events`` without the keys that several of them form together.

    Unless the stream ``is_over``, what may yet become a key is not shown either, nor is what may
    have been a part of one where events were not kept.

    Text that continues from event to event stands at the same place in each, such as
    ``choices[0].delta.content``, and may have a number or an id there.
    """
    parts = _parts(events)
    masks: dict[tuple[int, str], list[_Mask]] = {}
    for pieces in _texts(events):
        part_of = [parts[piece.event] for piece in pieces]
        for part, run in groupby(range(len(pieces)), part_of.__getitem__):
            places = list(run)
            text = "".join(pieces[place].text for place in places)
            found = [_Mask(*span, HIDDEN) for span in redact.spans(text)]
            if part > 0 and not _is_repeated(pieces, places[0]):
                first = _FIRST_WORD.match(text)
                found += [_Mask(*first.span(), _PENDING)] if first else []
            if not _is_repeated(pieces, places[-1]):
                start = _pending(text, redact, is_over=is_over and part == parts[-1])
                found += [_Mask(start, len(text), _PENDING)]
            for piece, mask in _in_pieces(found, pieces[places[0] : places[-1] + 1]):
                masks.setdefault((piece.event, piece.field), []).append(mask)
    cleaned = list(events)
    for (event, field), ones in masks.items():
        masked = _masked(getattr(events[event], field), ones)
        cleaned[event] = replace(cleaned[event], **{field: masked})  # type: ignore[arg-type]  # all are texts
    return cleaned


def _parts(events: Sequence[RawEvent]) -> list[int]:
    """For each event the number of the part that it belongs to: between two parts something was not
    kept."""
    gaps = (one.missing > 0 or two.number != one.number + 1 for one, two in pairwise(events))
    return list(accumulate(gaps, initial=0)) if events else []


def _texts(events: Sequence[RawEvent]) -> Iterator[list[_Piece]]:
    """The pieces of each text that events may form together: by their places, and by their names
    and what the events say of the text that they continue."""
    pieces: list[_Piece] = []
    texts: dict[object, list[int]] = {}
    for number, (field, path, labels, piece) in enumerate(_pieces(events)):
        pieces.append(piece)
        texts.setdefault((field, path), []).append(number)
        names = tuple(name for name in path if isinstance(name, str))
        texts.setdefault((field, names, "labels", labels), []).append(number)
    for numbers in set(map(tuple, texts.values())):  # most are the same by both
        yield [pieces[number] for number in numbers]


def _pieces(events: Sequence[RawEvent]) -> Iterator[tuple[str, Path, Labels, _Piece]]:
    for number, event in enumerate(events):
        for field in _FIELDS:
            text: str | None = getattr(event, field)
            if not text:
                continue
            is_json = text.lstrip()[:1] in ("{", "[", '"')
            if is_json:
                for path, labels, start, end in json_strings(text):
                    piece = _Piece(number, field, *unescaped(text, start, end))
                    yield field, path, labels, piece
            elif _REPR.match(text):
                for name, place, span in _arguments(text):
                    piece = _Piece(number, field, *unescaped(text, *span))
                    yield field, ("repr", name, place), (), piece
            if not (is_json and _is_complete(text)):
                yield field, (), (), _Piece(number, field, text, range(len(text) + 1))


def _arguments(text: str) -> Iterator[tuple[str, int, Span]]:
    """The strings in the ``repr`` of an object: the name, which of that name, and where it is."""
    count: dict[str, int] = {}
    for match in _ARGUMENT.finditer(text):
        name = match["name"]
        count[name] = count.get(name, 0) + 1
        yield name, count[name], match.span("double" if match["single"] is None else "single")


def _is_complete(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_repeated(pieces: Sequence[_Piece], place: int) -> bool:
    """Whether the string repeats the one before, as the id of an answer does."""
    text = pieces[place].text
    if len(text) < _REPEATED:
        return len(text) > 3 and len(pieces) > 1 and all(text == one.text for one in pieces)
    beside = [*pieces[max(0, place - 1) : place], *pieces[place + 1 : place + 2]]
    return any(text == one.text for one in beside)


def _pending(text: str, redact: Redact, *, is_over: bool) -> int:
    """Where the end of ``text`` begins that is not shown."""
    if not is_over:
        return redact.begun(text)
    start = redact.half_known(text)
    return start if len(text) - start >= _HALF else len(text)


def _in_pieces(masks: Iterable[_Mask], pieces: Sequence[_Piece]) -> Iterator[tuple[_Piece, _Mask]]:
    """``masks`` of the text of all ``pieces`` as masks of their fields."""
    starts = list(accumulate((len(piece.text) for piece in pieces), initial=0))
    for start, end, word in masks:
        place = bisect_right(starts, start) - 1
        while place < len(pieces) and starts[place] < end:
            piece, before = pieces[place], starts[place]
            first, last = max(start - before, 0), min(end - before, len(piece.text))
            if first < last:
                yield piece, _Mask(piece.offsets[first], piece.offsets[last], word)
            place += 1


def _masked(text: str, masks: list[_Mask]) -> str:
    merged: list[_Mask] = []
    for mask in sorted(masks):
        if merged and mask.start < merged[-1].end:
            before = merged.pop()
            word = HIDDEN if HIDDEN in (before.word, mask.word) else _PENDING
            mask = _Mask(before.start, max(before.end, mask.end), word)
        merged.append(mask)
    for start, end, word in reversed(merged):
        text = f"{text[:start]}{word}{text[end:]}"
    return text
