"""The raw events of one response: a bounded record of what came on the wire. Pure."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .sse import KEPT, Block, EventReader

MOST_EVENTS = 200
"""Events that are kept of the beginning of a response, and of its end."""
MOST_BYTES = 256 * 1024
"""Bytes of these, at the beginning and at the end; those of a long event count as far as kept."""


@dataclass(frozen=True)
class RawEvent:
    """One event as it came, its number from 1. A field that did not come is None.

    ``at`` is seconds since the request, ``gap`` since the event before; None where the stream was
    not recorded while it ran. ``size`` counts bytes on the wire, of which ``missing`` were not
    kept; ``last`` names the field that was cut by that. Of anything else than a server-sent event,
    ``data`` is the chunk as JSON and ``event`` its type.
    """

    number: int
    at: float | None
    gap: float | None
    event: str | None = None
    data: str | None = None
    event_id: str | None = None
    retry: str | None = None
    comment: str | None = None
    other: str | None = None
    size: int = 0
    missing: int = 0
    is_complete: bool = True
    last: str | None = None

    def __str__(self) -> str:
        """All of it on one line.

        >>> str(RawEvent(1, 0.5, 0.5, "ping", data="{}", event_id="7", comment="hello"))
        'ping  : hello  id: 7  {}'
        """
        words = [self.event] if self.event else []
        words += [f": {self.comment}"] if self.comment is not None else []
        words += [f"id: {self.event_id}"] if self.event_id is not None else []
        words += [f"retry: {self.retry}"] if self.retry is not None else []
        words += [text for text in (self.other, self.data) if text is not None]
        if self.missing:
            words.append(f"[{self.missing:,} bytes more]")
        if not self.is_complete:
            words.append("[not complete]")
        return "  ".join(" ".join(word.split()) for word in words)


class Recording:
    """The raw events of one attempt: the first and the last `MOST_EVENTS`, the rest counted.

    Events are added on one thread; any may read them.
    """

    def __init__(self, clock: Callable[[], float], started: float) -> None:
        self._clock = clock
        self._started = started
        self._before = 0.0
        self._reader = EventReader()
        self._lock = threading.Lock()
        self._head: list[RawEvent] = []
        self._tail: deque[RawEvent] = deque()
        self._head_bytes = self._tail_bytes = 0
        self._number = 0
        self.saw_bytes = False
        self.left_out = 0
        """Events between the first and the last that are not kept."""
        self.bytes_left_out = 0

    def read(self, data: bytes) -> None:
        """Take what one read of the response gave."""
        with self._lock:
            self.saw_bytes = True
            for block in self._reader.feed(data):
                self._add(block)

    def chunk(self, chunk: Any) -> None:
        """Take one chunk of a stream whose bytes are not seen."""
        if not self.saw_bytes:
            with self._lock:
                self._add(block_of(chunk))

    @property
    def events(self) -> list[RawEvent]:
        """The events so far; a last one that is not complete says so."""
        with self._lock:
            rest = self._reader.rest()
            events = [*self._head, *self._tail]
            return [*events, self._event(rest, is_complete=False)] if rest else events

    def _event(self, block: Block, *, is_complete: bool = True) -> RawEvent:
        at = self._clock() - self._started
        return raw_event(self._number + 1, block, at, at - self._before, is_complete=is_complete)

    def _add(self, block: Block) -> None:
        event = self._event(block)
        self._number += 1
        assert event.at is not None
        self._before = event.at
        size = event.size - event.missing
        if not self._tail and _fits(len(self._head) + 1, self._head_bytes + size):
            self._head.append(event)
            self._head_bytes += size
            return
        self._tail.append(event)
        self._tail_bytes += size
        while not _fits(len(self._tail), self._tail_bytes):
            gone = self._tail.popleft()
            self._tail_bytes -= gone.size - gone.missing
            self.left_out += 1
            self.bytes_left_out += gone.size


def _fits(events: int, size: int) -> bool:
    return events <= MOST_EVENTS and size <= MOST_BYTES


def raw_event(
    number: int,
    block: Block,
    at: float | None = None,
    gap: float | None = None,
    *,
    is_complete: bool = True,
) -> RawEvent:
    """``block`` with its number and time."""
    return RawEvent(number, at, gap, is_complete=is_complete, **vars(block))


def block_of(chunk: Any) -> Block:
    """A chunk that is not a server-sent event, as one: its type, and itself as JSON.

    >>> block_of({"type": "note", "n": 1}).data
    '{"type":"note","n":1}'
    """
    text = _text_of(chunk)
    name = _field(chunk, "type") or _field(chunk, "event") or type(chunk).__name__
    size = len(text.encode("utf-8", "replace"))
    kept = text[:KEPT]
    missing = size - len(kept.encode("utf-8", "replace"))
    return Block(event=name, data=kept, size=size, missing=missing, last="data")


def _field(chunk: Any, name: str) -> str | None:
    found = chunk.get(name) if isinstance(chunk, dict) else getattr(chunk, name, None)
    return found if isinstance(found, str) else None


def _text_of(chunk: Any) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        if hasattr(chunk, "model_dump_json"):
            # What came, without the fields that the SDK adds, and without its doubts about them.
            try:
                return str(chunk.model_dump_json(exclude_unset=True, warnings=False))
            except ValueError:  # pydantic's error is one: a string with half a character
                chunk = chunk.model_dump(mode="json", exclude_unset=True, warnings=False)
        if isinstance(chunk, (dict, list)):
            return json.dumps(chunk, ensure_ascii=False, separators=(",", ":"), default=repr)
        return repr(chunk)
    except Exception as exc:  # anybody's class
        return f"<{type(chunk).__name__}, which cannot be shown: {type(exc).__name__}>"
