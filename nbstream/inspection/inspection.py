"""What `StreamWidget.inspect` gives: the attempts of a stream and its raw events, secrets redacted.

Built on request; a stream that nobody inspects pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from ..errors import ErrorInfo
from ..session.generation import Generation
from ..text.redact import Redact
from ..transport.attempts import Attempt
from ..transport.recording import MOST_EVENTS, RawEvent, block_of, raw_event
from . import report
from .split_keys import without_split_keys

Seen = Literal["bytes", "chunks", "kept", "nothing"]
"""Where the events are from: the bytes of the response; the chunks, as they came; the chunks that
`show` keeps, afterwards; or nowhere, since the stream was not recorded."""

_HOW = "inspect=True, %%stream --inspect or %config NBStream.inspect = True"
NOTES: dict[Seen, str] = {
    "bytes": "",
    "chunks": "The bytes of this stream cannot be seen: its chunks are shown instead.",
    "kept": f"The chunks, without their times: only streams with {_HOW} are recorded.",
    "nothing": f"The events were not recorded: ask for that with {_HOW}.",
}
"""One sentence on what is missing."""

_CUT = 2048
"""How long the last word of a text that was cut may be: it may be half a key, and is not shown."""


@dataclass(frozen=True)
class InspectedAttempt:
    """One request: when it was sent (``at``, seconds since the first one), and what came back.

    ``headers`` are those of the response that are on a list of harmless ones. Of many ``events``
    the first and the last are kept; ``left_out`` counts those between, ``bytes_left_out`` their
    size.
    """

    number: int
    at: float
    status_code: int | None = None
    request_id: str | None = None
    host: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    events: Sequence[RawEvent] = field(default=(), repr=False)
    left_out: int = 0
    bytes_left_out: int = 0


@dataclass(frozen=True, repr=False)
class Inspection:
    """One stream as it was when it was inspected. Nothing in it holds a key.

    >>> found = w.inspect()                                  # doctest: +SKIP
    >>> found.request_id, found.status_code, found.headers   # doctest: +SKIP
    >>> [event.gap for event in found.events]                # doctest: +SKIP
    >>> print(found.report())                                # doctest: +SKIP
    """

    model: str
    status: str
    reason: str | None
    error: ErrorInfo | None
    elapsed: float
    """Seconds from the start until the end, or until now."""
    first_token: float | None
    seen: Seen
    attempts: Sequence[InspectedAttempt]
    """The latest attempts, oldest first; there is at least one."""
    front_end: str = ""
    """What page has asked for it, where one has."""

    @property
    def events(self) -> Sequence[RawEvent]:
        """The raw events of the last attempt."""
        return self.attempts[-1].events

    @property
    def request_id(self) -> str | None:
        """The server's id of the last request."""
        return self.attempts[-1].request_id

    @property
    def status_code(self) -> int | None:
        """The HTTP status of the last response; None before one came."""
        return self.attempts[-1].status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the last response that are on a list of harmless ones."""
        return self.attempts[-1].headers

    @property
    def note(self) -> str:
        """One sentence on what is missing, and how to have it; empty if nothing is."""
        return NOTES[self.seen]

    def report(self) -> str:
        """A bug report in Markdown: versions, what happened, headers, the first and last events.

        Keys are redacted, and what the API repeats of the prompt is left out; the events hold the
        answer. It says so, and asks to be read before it is posted.
        """
        return report.report(self)

    def __repr__(self) -> str:
        return report.table(self)


def inspect(generation: Generation, model: str = "", front_end: str = "") -> Inspection:
    """What is known of ``generation`` now. ``model`` is the one that was asked for."""
    kept = generation.attempts.kept
    seen = _seen(generation)
    attempts = [_attempt(generation, attempt) for attempt in kept]
    if seen == "kept":
        attempts[-1] = replace(attempts[-1], **_of_chunks(generation, kept[-1]))
    if not attempts[-1].request_id and generation.request_id:
        attempts[-1] = replace(attempts[-1], request_id=generation.request_id)
    return Inspection(
        model=generation.redact(generation.transcript.model or model),
        status=generation.status,
        reason=generation.reason and generation.redact(generation.reason),
        error=generation.error,
        elapsed=generation.timing.elapsed,
        first_token=generation.timing.first_token,
        seen=seen,
        attempts=attempts,
        front_end=generation.redact(front_end),
    )


def _seen(generation: Generation) -> Seen:
    recording = generation.attempts.latest.recording
    if recording is not None:
        return "chunks" if recording.events and not recording.saw_bytes else "bytes"
    return "kept" if generation.chunks else "nothing"


def _attempt(generation: Generation, attempt: Attempt) -> InspectedAttempt:
    recording = attempt.recording
    clean = generation.redact | attempt.hide
    is_over = attempt.is_over or generation.is_done
    return InspectedAttempt(
        number=attempt.number,
        at=attempt.at,
        status_code=attempt.status_code,
        request_id=attempt.request_id and clean(attempt.request_id),
        host=attempt.host and clean(attempt.host),
        headers={name: clean(value)[:500] for name, value in attempt.headers.items()},
        error=attempt.error and clean(attempt.error),
        events=_cleaned(recording.events, clean, is_over=is_over) if recording else (),
        left_out=recording.left_out if recording else 0,
        bytes_left_out=recording.bytes_left_out if recording else 0,
    )


def _of_chunks(generation: Generation, attempt: Attempt) -> dict[str, Any]:
    """The events of what `show` keeps: the first and the last."""
    chunks = generation.chunks or []
    count = len(chunks)
    tail = max(MOST_EVENTS, count - MOST_EVENTS)
    places = [*range(min(count, MOST_EVENTS)), *range(tail, count)]
    events = [raw_event(n + 1, block_of(chunks[n])) for n in places]
    clean = generation.redact | attempt.hide
    is_over = attempt.is_over or generation.is_done
    return {"events": _cleaned(events, clean, is_over=is_over), "left_out": count - len(places)}


def _cleaned(events: Sequence[RawEvent], clean: Redact, *, is_over: bool) -> list[RawEvent]:
    whole = without_split_keys(events, clean, is_over=is_over)
    return [_clean(event, clean) for event in whole]


def _clean(event: RawEvent, clean: Redact) -> RawEvent:
    """``event`` without secrets."""
    texts: dict[str, Any] = {}
    for name, text in _texts(event):
        texts[name] = clean(text)
        if name == event.last and (event.missing or not event.is_complete):
            texts[name] = without_last_word(texts[name])
    return replace(event, **texts)


def _texts(event: RawEvent) -> Iterator[tuple[str, str]]:
    for one in fields(event):
        text = getattr(event, one.name)
        if isinstance(text, str):
            yield one.name, text


def without_last_word(text: str) -> str:
    """A text that was cut, without what may be the first half of a key.

    >>> without_last_word('{"said":"the key hunter')
    '{"said":"the key …'
    """
    start = max(0, len(text) - _CUT)
    place = max(text.rfind(mark, start) for mark in " \n\"'\\<>") + 1
    return text[: max(place, start)] + "…"
