"""Accumulates events into parts, without loss and in time linear in the text."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import NamedTuple

from .events import Delta, Event, Failure, Finish, Meta, PartType, Usage


def utf16_length(text: str) -> int:
    """The length of ``text`` in UTF-16 code units, as JavaScript counts.

    >>> utf16_length("a😀")
    3
    """
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


class Append(NamedTuple):
    """One append to one part; ``offset`` is its length before, in UTF-16 code units."""

    part: str
    type: PartType
    offset: int
    text: str


@dataclass
class Part:
    """A run of text of one type. ``length`` is in UTF-16 code units."""

    key: str
    type: PartType
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    _joining: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def append(self, text: str) -> int:
        """Append ``text`` and return the length before."""
        offset = self.length
        self.pieces.append(text)
        self.length += utf16_length(text)
        return offset

    @property
    def text(self) -> str:
        """All text so far; joining is paid once per growth, not once per read. Any thread."""
        with self._joining:
            # Another thread may append meanwhile: only what was joined is replaced.
            count = len(self.pieces)
            if count > 1:
                self.pieces[:count] = ["".join(self.pieces[:count])]
            return self.pieces[0] if count else ""


class Transcript:
    """What a stream has given so far.

    >>> transcript = Transcript()
    >>> transcript.apply(Delta("text", "text", "Hi"))
    Append(part='text', type='text', offset=0, text='Hi')
    >>> transcript.text
    'Hi'
    """

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.model: str | None = None
        self.response_id: str | None = None
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.failure: Failure | None = None

    def apply(self, event: Event) -> Append | None:
        """Take one event; for a delta with text, return what was appended where."""
        if isinstance(event, Delta):
            return self._append(event)
        if isinstance(event, Usage):
            self.usage = event
        elif isinstance(event, Finish):
            self.finish_reason = event.finish_reason
        elif isinstance(event, Meta):
            self.model = event.model or self.model
            self.response_id = event.response_id or self.response_id
        else:
            self.failure = event
        return None

    def _append(self, delta: Delta) -> Append | None:
        if not delta.text:
            return None
        part = self.parts.get(delta.part)
        if part is None:
            part = self.parts[delta.part] = Part(delta.part, delta.type)
        return Append(part.key, part.type, part.append(delta.text), delta.text)

    @property
    def text(self) -> str:
        """The answer's text: all text parts, one after the other."""
        return self.joined("text")

    @property
    def reasoning(self) -> str:
        """What the model shows of its reasoning; empty if nothing."""
        return self.joined("reasoning")

    @property
    def refusal(self) -> str:
        """The refusal in the model's words; empty if it did not refuse."""
        return self.joined("refusal")

    def joined(self, type_: PartType) -> str:
        """All parts of one type, one after the other."""
        return "".join(part.text for part in self.parts.values() if part.type == type_)

    @property
    def lengths(self) -> dict[str, int]:
        """Each part's length in UTF-16 code units."""
        return {part.key: part.length for part in self.parts.values()}
