"""Removes keys that are split between events from them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from .record import RawEvent
from .redact import Redact

MOST_PIECES = 64
"""The most events that one key may be spread over: a key has about so many tokens."""

_HIDDEN = "[redacted]"
_Path = tuple[str | int, ...]


def without_split_keys(events: Sequence[RawEvent], clean: Redact) -> list[RawEvent]:
    """``events``, already cleaned one by one with ``clean``, without keys that several form
    together.

    Text that continues from event to event stands at the same place in each, such as
    ``choices[0].delta.content``.
    """
    found = list(events)
    for pieces in _pieces(events).values():
        values = [value for _, value in pieces]
        if clean("".join(values)) == "".join(map(clean, values)):
            continue
        for first, last in _windows(values, clean):
            for index, value in pieces[first:last]:
                found[index] = _hidden(found[index], value)
    return found


def _pieces(events: Sequence[RawEvent]) -> dict[_Path, list[tuple[int, str]]]:
    """The strings in the data of events by their places, each with the event's index."""
    pieces: dict[_Path, list[tuple[int, str]]] = {}
    for index, event in enumerate(events):
        for path, value in _strings(event.data):
            pieces.setdefault(path, []).append((index, value))
    return pieces


def _strings(data: str | None) -> Iterator[tuple[_Path, str]]:
    try:
        value = json.loads(data or "null")
    except (ValueError, RecursionError):
        value = data
    todo: list[tuple[_Path, Any]] = [((), value)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            todo += [((*path, name), member) for name, member in value.items()]
        elif isinstance(value, list):
            todo += [((*path, place), member) for place, member in enumerate(value)]


def _windows(values: Sequence[str], clean: Redact) -> Iterator[tuple[int, int]]:
    """The runs of ``values`` that form a key together, as (first, behind the last)."""

    def is_key(first: int, last: int) -> bool:
        run = values[first:last]
        return clean("".join(run)) != "".join(map(clean, run))

    for first in range(len(values)):
        ends = range(first + 2, min(first + MOST_PIECES, len(values)) + 1)
        last = next((end for end in ends if is_key(first, end)), None)
        if last is None or is_key(first + 1, last):
            continue
        # What looks like a key may continue.
        while last < len(values) and _continues(values[first:last], values[last], clean):
            last += 1
        yield first, last


def _continues(run: Sequence[str], piece: str, clean: Redact) -> bool:
    together = "".join(run)
    return clean(together + piece) != clean(together) + clean(piece)


def _hidden(event: RawEvent, value: str) -> RawEvent:
    data = event.data or ""
    for written in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        if written in data:
            # Also where it stands elsewhere: which of them is the piece is not known here.
            return replace(event, data=data.replace(written, f'"{_HIDDEN}"'))
    return replace(event, data=_HIDDEN)
