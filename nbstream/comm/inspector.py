"""What the inspector of a page is sent: an inspection as a message. Pure."""

from __future__ import annotations

from ..inspection import report
from ..inspection.inspection import Inspection
from ..transport.recording import RawEvent
from .messages import PROTOCOL_VERSION, InspectionMessage, WireEvent

LONGEST = 2000
"""Characters of an event that a page gets; in Python there is more of it."""

_TEXTS = ("event", "data", "event_id", "retry", "comment", "other")


def message(stream: str, found: Inspection) -> InspectionMessage:
    """What a page shows; it asks again while the stream runs."""
    last = found.attempts[-1]
    return {
        "v": PROTOCOL_VERSION,
        "kind": "inspection",
        "stream": stream,
        "attempt": last.number,
        "facts": list(report.facts(found).items()),
        "headers": list(last.headers.items()),
        "events": [_event(event) for event in last.events],
        "left_out": last.left_out,
        "note": found.note,
        "report": found.report(),
    }


def _event(event: RawEvent) -> WireEvent:
    wire: WireEvent = {"number": event.number}
    if event.at is not None and event.gap is not None:
        wire["at"], wire["gap"] = round(event.at, 4), round(event.gap, 4)
    missing = event.missing
    for name in _TEXTS:
        text: str | None = getattr(event, name)
        if text is not None:
            wire[name] = text[:LONGEST]  # type: ignore[literal-required]  # one of its texts
            missing += len(text[LONGEST:].encode("utf-8", "replace"))
    if missing:
        wire["missing"] = missing
    if not event.is_complete:
        wire["open"] = True
    return wire
