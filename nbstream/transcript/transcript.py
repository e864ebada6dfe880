"""Accumulates events into parts, without loss and in time linear in the text."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..text.surrogates import well_formed, well_formed_values
from .events import (
    Data,
    Delta,
    Event,
    Extra,
    Failure,
    Finish,
    Info,
    Logprobs,
    Meta,
    Moved,
    PartInfo,
    PartType,
    Restored,
    RunsOn,
    Usage,
    Whole,
)
from .halves import Halves

_CHOICE = re.compile(r"(?:\d+/)?(\d+)\.", re.ASCII)


def utf16_length(text: str) -> int:
    """The length of ``text`` in UTF-16 code units, as JavaScript counts.

    >>> utf16_length("a😀")
    3
    """
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def choice_of(part: str) -> int:
    """The number of the answer that ``part`` belongs to; a round's number may stand before it.

    >>> choice_of("2.text"), choice_of("text:0/0"), choice_of("3/2.text")
    (2, 0, 2)
    """
    if "." not in part:
        return 0
    found = _CHOICE.match(part)
    return int(found[1]) if found else 0


class Append(NamedTuple):
    """One append to one part; ``offset`` is its previous length, in UTF-16 code units. ``info``
    holds new facts about the part beside its text."""

    part: str
    type: PartType
    offset: int
    text: str
    info: PartInfo | None = None


@dataclass
class Part:
    """A run of text of one type, and facts about it. ``length`` is in UTF-16 code units."""

    key: str
    type: PartType
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    info: PartInfo = field(default_factory=PartInfo)
    data: list[str] = field(default_factory=list)  # base64: of an image one frame, the last
    logprobs: list[Any] = field(default_factory=list)
    is_aside: bool = False  # of a message that was cut, and that another one continues
    _joining: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def append(self, text: str) -> int:
        """Append ``text`` and return the length before."""
        offset = self.length
        self.pieces.append(text)
        self.length = offset + (len(text) if text.isascii() else utf16_length(text))
        return offset

    def put(self, text: str) -> None:
        """Replace all text by ``text``."""
        with self._joining:
            self.pieces, self.length = [text], utf16_length(text)

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
    """Everything that a stream has sent so far.

    >>> transcript = Transcript()
    >>> transcript.apply(Delta("text", "text", "Hi"))
    Append(part='text', type='text', offset=0, text='Hi', info=None)
    >>> transcript.text
    'Hi'
    """

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.model: str | None = None
        self.response_id: str | None = None
        self.runs_on: RunsOn | None = None
        self.usage: Usage | None = None
        self.finish_reasons: dict[int, str] = {}
        self._meant: dict[int, str] = {}
        self.finishes = 0
        """The number of finish reasons so far: some services send one with each chunk."""
        self.failure: Failure | None = None
        self.extra: dict[str, Any] = {}
        self.halves = Halves()
        """First halves of characters whose second half has not arrived."""
        # Facts about text that has not begun: a part's place is that of its first text.
        self._early: dict[str, PartInfo] = {}

    def apply(self, event: Event) -> Append | None:
        """Take one event; return the text that was appended, or the new facts about a part.
        `restore` and `move` take the events that do more than that."""
        if isinstance(event, Delta):
            if self.halves.held or not event.text.isascii():
                event = self.halves.feed(event)
            key, _, text = event
            part = self.parts.get(key)
            if part is None or not text:
                return self._begin(event) if text else None
            return Append(key, part.type, part.append(text), text)
        if isinstance(event, Whole):
            if not event.text.isascii():
                event = event._replace(text=well_formed(event.text))
            return self._complete(event)
        if isinstance(event, Info):
            return self._inform(Info(event.part, event.type, well_formed_values(event.fields)))
        if isinstance(event, Data):
            return self._hold(event)
        if isinstance(event, Logprobs):
            self._part(event.part, event.type).logprobs += event.tokens
        elif isinstance(event, Usage):
            self.usage = event
        elif isinstance(event, Finish):
            self.finish_reasons[event.choice] = well_formed(event.finish_reason)
            self._meant[event.choice] = well_formed(event.meant or event.finish_reason)
            self.finishes += 1
        elif isinstance(event, Meta):
            self.model = well_formed(event.model or "") or self.model
            self.response_id = well_formed(event.response_id or "") or self.response_id
            self.runs_on = event.runs_on or self.runs_on
        elif isinstance(event, Extra):
            self.extra.update(event.fields)
        elif isinstance(event, Failure):
            self.failure = event
        return None

    def _part(self, key: str, type_: PartType) -> Part:
        part = self.parts.get(key)
        if part is None:
            part = self.parts[key] = Part(key, type_)
            part.info.update(self._early.pop(key, {}))
        return part

    def _begin(self, delta: Delta) -> Append:
        key, type_, text = delta
        early = self._early.get(key)
        return Append(key, type_, self._part(key, type_).append(text), text, early)

    def _complete(self, whole: Whole) -> Append | None:
        known = self.parts[whole.part].text if whole.part in self.parts else ""
        if len(whole.text) <= len(known) or not whole.text.startswith(known):
            return None
        self.halves.forget(whole.part)
        return self.apply(Delta(whole.part, whole.type, whole.text[len(known) :]))

    def _inform(self, info: Info) -> Append | None:
        if info.part not in self.parts and info.type not in ("tool", "image"):
            self._early.setdefault(info.part, {}).update(info.fields)
            return None
        part = self._part(info.part, info.type)
        if all(part.info.get(name) == value for name, value in info.fields.items()):
            return None
        part.info.update(info.fields)
        return Append(part.key, part.type, part.length, "", info.fields)

    def _hold(self, data: Data) -> Append | None:
        part = self._part(data.part, data.type)
        if data.type != "image":
            part.data.append(data.base64)
            return None
        part.data = [data.base64]
        return self._inform(Info(part.key, part.type, {"frame": part.info.get("frame", 0) + 1}))

    def move(self, moved: Moved, after: int = 0) -> bool:
        """Move the text of one part, behind its first ``after`` characters, to another part.

        Returns whether there was any.

        >>> transcript = Transcript()
        >>> _ = transcript.apply(Delta("text", "text", "hm"))
        >>> transcript.move(Moved("text", "reasoning", "reasoning", "hm")), transcript.reasoning
        (True, 'hm')
        """
        part = self.parts.get(moved.part)
        if part is None:
            return False
        self.halves.forget(part.key)
        if after:
            part.put(part.text[:after])
            if moved.to:
                self._part(moved.to, moved.type).append(well_formed(moved.text))
            return True
        known = self.parts.get(moved.to)
        if moved.to and known is None:
            part.key, part.type = moved.to, moved.type
        elif known is not None:
            known.append(part.text)
        kept = (p for key, p in self.parts.items() if key != moved.part or p.key == moved.to)
        self.parts = {p.key: p for p in kept}
        return True

    def restore(self, restored: Restored) -> bool:
        """Take changes that are not appends; returns whether anything changed.

        >>> transcript = Transcript()
        >>> _ = transcript.apply(Delta("text", "text", "lo"))
        >>> transcript.restore(Restored([Whole("text", "text", "Hello")])), transcript.text
        (True, 'Hello')
        """
        before, changed = list(self.parts), False
        for event in restored.events:
            if isinstance(event, Whole):
                changed |= self._replace(event)
            elif isinstance(event, Info) or event.base64 not in self._data(event.part):
                changed |= self.apply(event) is not None
        if restored.is_all:
            first = dict.fromkeys(event.part for event in restored.events)
            self.parts = {key: self.parts[key] for key in first if key in self.parts} | self.parts
        return changed or list(self.parts) != before

    def _replace(self, whole: Whole) -> bool:
        known, text = self.parts.get(whole.part), well_formed(whole.text)
        if not text or (known is not None and known.text == text):
            return False
        self.halves.forget(whole.part)
        self._part(whole.part, whole.type).put(text)
        return True

    def _data(self, key: str) -> list[str]:
        return self.parts[key].data if key in self.parts else []

    def forget(self, prefix: str) -> None:
        """Drop the parts whose names begin with ``prefix``."""
        self.parts = {key: p for key, p in self.parts.items() if not key.startswith(prefix)}

    def set_aside(self, prefix: str) -> None:
        """Rename the calls and images in parts whose names begin with ``prefix``, since new ones
        will come under these names. Those that are half received stay incomplete.

        >>> transcript = Transcript()
        >>> _ = transcript.apply(Delta("tool:0", "tool", '{"ci'))
        >>> transcript.set_aside("")
        >>> transcript.parts["tool:0~"].info
        {'status': 'incomplete'}
        """
        for part in self.parts.values():
            if part.key.startswith(prefix) and part.type in ("tool", "image"):
                part.key += "~"
                part.is_aside = True
                if part.info.get("status") not in ("completed", "failed"):
                    part.info["status"] = "incomplete"
        self.parts = {part.key: part for part in self.parts.values()}

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended; of several, the first one."""
        return self.finish_reasons.get(0)

    @property
    def ending(self) -> str | None:
        """The word to judge the answer by: `finish_reason`, or the model's own word for it."""
        return None if self.finish_reason is None else self._meant[0]

    @property
    def choice_numbers(self) -> list[int]:
        """The numbers of the answers that have begun."""
        return sorted({0, *self.finish_reasons, *map(choice_of, self.parts)})

    @property
    def is_finished(self) -> bool:
        """Whether every answer that has begun has a finish reason."""
        return len(self.finish_reasons) == len(self.choice_numbers)

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
        return "".join(part.text for part in self.of_choice(0) if part.type == type_)

    def of_choice(self, choice: int) -> list[Part]:
        """The parts of one answer of several: their names begin with its number, but for the
        first answer's."""
        return [part for part in self.parts.values() if choice_of(part.key) == choice]

    @property
    def lengths(self) -> dict[str, int]:
        """The length of each part in UTF-16 code units."""
        return {part.key: part.length for part in self.parts.values()}
