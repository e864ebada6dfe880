"""One stream's side of the wire: numbers its frames, answers the front end. No Jupyter."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from .hub import hub_of
from .protocol import (
    AssetName,
    Facts,
    Frame,
    Message,
    OpenedFrame,
    Request,
    SnapshotFrame,
    StatusFrame,
    message,
)
from .session import Session
from .states import TERMINAL
from .transcript import Append

Send = Callable[[Message], None]


class Wire:
    """The sink of a session: frames with contiguous ``seq``, given after coalescing.

    ``send`` puts one message on the wire, ``send_asset`` a heavy part of the front end,
    ``observe`` is told when text or status changed, and ``renewed`` when the stream goes on after
    an end. ``cancel_all`` and ``go_on`` are what requests to stop every stream and to go on call.
    """

    def __init__(
        self,
        stream: str,
        *,
        label: str,
        model: str,
        note: str | None,
        send: Send,
        send_asset: Callable[[AssetName], None],
        observe: Callable[[str], None],
        cancel_all: Callable[[str], Any],
        released: Callable[[], None],
        renewed: Callable[[], None],
        go_on: Callable[[], None],
    ) -> None:
        self.stream = stream
        self.label = label
        self.model = model
        self.note = note
        self.created = time.time()
        self.seq = 0
        self._send = send
        self._send_asset = send_asset
        self._observe = observe
        self._cancel_all = cancel_all
        self._released = released
        self._renewed = renewed
        self._go_on = go_on
        self._session: Session | None = None

    def open(self, session: Session) -> None:
        """Announce the stream; before its request is sent."""
        self._session = session
        frame: OpenedFrame = {
            "kind": "opened",
            "stream": self.stream,
            "seq": self._next(),
            "label": self.label,
            "model": self.model,
            "created": self.created,
        }
        if self.note:
            frame["note"] = self.note
        self._send(message(frame))

    # -- Sink ---------------------------------------------------------------------------------

    def appended(self, session: Session, append: Append) -> None:
        """Hold text for the next tick."""
        assert session.loop is not None
        hub_of(session.loop).add(self._flush, append)

    def changed(self, session: Session) -> None:
        """A change of state goes out at once, behind the text that came before it."""
        held = hub_of(session.loop).take(self._flush) if session.loop is not None else []
        frames: list[Frame] = [self._delta(held)] if held else []
        frames.append(self._status(session))
        self._send(message(*frames))
        if held:
            self._observe("text")
        self._observe("status")

    def renewed(self, session: Session) -> None:
        """A snapshot, which takes the place of an ending and of all that belonged to it."""
        frame = self.snapshot()
        if frame is not None:
            frame["seq"] = self._next()
            self._send(message(frame))
        self._renewed()
        self._observe("status")

    def _flush(self, appends: list[Append]) -> None:
        self._send(message(self._delta(appends)))
        self._observe("text")

    # -- frames -------------------------------------------------------------------------------

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _delta(self, appends: list[Append]) -> Frame:
        return {
            "kind": "delta",
            "stream": self.stream,
            "seq": self._next(),
            "ops": [
                {"part": a.part, "type": a.type, "offset": a.offset, "text": a.text}
                for a in appends
            ],
        }

    def _status(self, session: Session) -> StatusFrame:
        frame: StatusFrame = {
            "kind": "status",
            "stream": self.stream,
            "seq": self._next(),
            "status": session.status,
            **facts(session),  # type: ignore[typeddict-item]  # Facts is a part of StatusFrame
        }
        if session.status in TERMINAL:
            frame["lengths"] = session.transcript.lengths
        return frame

    def snapshot(self) -> SnapshotFrame | None:
        """Everything that was sent so far: text that is still held is not in it."""
        session = self._session
        if session is None:
            return None
        if session.loop is not None and not session.is_done:
            held = hub_of(session.loop).take(self._flush)
            if held:
                self._flush(held)
        frame: SnapshotFrame = {
            "kind": "snapshot",
            "stream": self.stream,
            "seq": self.seq,
            "label": self.label,
            "created": self.created,
            "status": session.status,
            "parts": [
                {"part": part.key, "type": part.type, "text": part.text}
                for part in session.transcript.parts.values()
            ],
            **facts(session),  # type: ignore[typeddict-item]  # Facts is a part of SnapshotFrame
        }
        frame.setdefault("model", self.model)
        if self.note:
            frame["note"] = self.note
        return frame

    # -- requests -----------------------------------------------------------------------------

    def handle(self, request: Request) -> None:
        """Do what a front end asks for. Any thread: handlers may run in a subshell's thread
        with another event loop, so everything but a cancel moves to the session's loop."""
        session = self._session
        if session is None:
            return
        if request["kind"] == "cancel":
            if request["stream"] == "*":
                self._cancel_all(request["reason"])
            elif request["stream"] == self.stream:
                session.cancel(request["reason"])
            return
        if request["kind"] == "continue":
            if request["stream"] == self.stream:
                self._go_on()
            return
        if session.is_done or session.loop is None or session.loop.is_closed():
            self._answer(request)
        else:
            session.loop.call_soon_threadsafe(self._answer, request, context=session.context)

    def _answer(self, request: Request) -> None:
        if request["kind"] == "released":
            self._released()
            return
        if request["kind"] == "asset":
            if request["stream"] == self.stream:
                self._send_asset(request["name"])
            return
        if request["kind"] == "hello":
            if request["have"].get(self.stream) == self.seq:
                return
        elif request["kind"] != "resync" or request["stream"] != self.stream:
            return
        frame = self.snapshot()
        if frame is not None:
            self._send(message(frame))


def facts(session: Session) -> Facts:
    """What is known beside the status, as the front end shows it."""
    transcript, timing = session.transcript, session.timing
    times = {
        "elapsed": timing.elapsed,
        "first_token": timing.first_token,
        "since_last": None if timing.last is None else timing.now() - timing.last,
        "tokens_per_second": session.tokens_per_second if session.is_done else None,
    }
    retry = session.retry if session.status == "retrying" else None
    found: dict[str, Any] = {
        "reason": session.reason,
        "error": session.error.to_wire() if session.error else None,
        "retry": retry.to_wire() if retry else None,
        "finish_reason": transcript.finish_reason,
        "usage": transcript.usage.to_wire() if transcript.usage else None,
        "timing": {name: round(value, 3) for name, value in times.items() if value is not None},
        "model": transcript.model,
        "request_id": session.request_id,
        "offer": session.offer,
    }
    return cast(Facts, {name: value for name, value in found.items() if value is not None})
