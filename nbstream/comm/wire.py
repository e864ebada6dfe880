"""One stream's side of the wire: numbers its frames, answers the front end. No Jupyter."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from ..session.generation import Generation
from ..session.session import Session
from ..tools.approval import Decision
from ..transcript.transcript import Append
from .coalesce import Held
from .frames import facts, lasting, part_state
from .messages import (
    AssetName,
    Frame,
    Message,
    OutputsMessage,
    SnapshotFrame,
    StatusFrame,
    message,
    outputs_message,
)
from .requests import Request
from .ticker import Hub, hub_of

OPENING = 1
"""The number of the snapshot that the comm is opened with."""

REPEATS = (0.5, 1.0, 2.0)
"""Seconds until all text is sent again while no page has said hello. A page that comes late misses
the first messages, and hosts such as marimo hold back what it asks for while a cell waits."""


class Wire:
    """The sink of a session: frames with contiguous ``seq``, given after coalescing.

    ``send`` puts one message on the wire, ``send_asset`` a heavy part of the front end,
    ``send_image`` the image of a part, ``send_inspection`` what came on the wire,
    ``outputs`` gives what the notebook's outputs are in the end, by display id, ``observe`` is
    called when text or status changed, and ``renewed`` when the stream continues after an end.
    Requests to stop every stream and to continue call ``cancel_all`` and ``go_on``.
    """

    def __init__(
        self,
        stream: str,
        *,
        label: str,
        model: str,
        note: str | None,
        send: Callable[[Message | OutputsMessage], None],
        send_asset: Callable[[AssetName], None],
        send_image: Callable[[str], None],
        send_inspection: Callable[[str], None],
        outputs: Callable[[], dict[str, dict[str, Any]]],
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
        self.seq = OPENING
        self.pages: frozenset[str] = frozenset()
        self.has_comm = False
        """Whether a page may hear what is sent."""
        self.send = send
        self._send_asset = send_asset
        self._send_image = send_image
        self._send_inspection = send_inspection
        self._outputs = outputs
        self._observe = observe
        self._cancel_all = cancel_all
        self._released = released
        self._renewed = renewed
        self._go_on = go_on
        self._session: Session | None = None
        self._hub: Hub | None = None
        # A subshell's thread also reads the state of a widget.
        self._lock = threading.Lock()
        self._held = Held()
        self._sent: dict[str, int] = {}  # part -> characters that frames up to seq have
        self._told: dict[str, Any] = {"model": model}  # the lasting facts that frames have
        self._is_asked = False
        self._has_news = False
        self._repeats = iter(REPEATS)
        self._is_repeating = False
        self._repeat_timer: asyncio.TimerHandle | None = None

    def open(self, session: Session) -> None:
        """Begin to tell of ``session``; before its request is sent."""
        self._session = session

    # -- Sink ---------------------------------------------------------------------------------

    def appended(self, append: Append) -> None:
        """Hold text for the next tick."""
        if self._hub is None:
            assert self._session is not None
            assert self._session.loop is not None
            self._hub = hub_of(self._session.loop)
        with self._lock:
            self._held.append(append)
        self._has_news = True
        self._hub.text(self)

    def changed(self, generation: Generation) -> None:
        """A change of state goes out at once, behind the text that came before it."""
        with self._lock:
            self._held.frame(self._status(generation))
        self._hold_urgent()
        self.flushed()
        self._observe("status")

    def restored(self, generation: Generation) -> None:
        """A snapshot, which takes the place of all text that was told."""
        self._has_news = True
        self._hold_snapshot(generation)

    def renewed(self, generation: Generation) -> None:
        """A snapshot, which takes the place of an ending and of all that belonged to it."""
        self._hub = None  # it may continue in another loop
        self._hold_snapshot(generation)
        self._renewed()
        self._observe("status")

    def _hold_snapshot(self, generation: Generation) -> None:
        parts = generation.transcript.parts
        with self._lock:
            self._held = Held()
            self._told = {}
            self._sent = {key: len(part.text) for key, part in parts.items()}
        snapshot = self.snapshot()
        assert snapshot is not None
        with self._lock:
            # In its place: pieces that arrive before it can be sent follow it.
            self._held.frame(snapshot)
        self._hold_urgent()

    def _hold_urgent(self) -> None:
        session = self._session
        assert session is not None
        if session.loop is None or session.loop.is_closed():
            # Nothing runs there that could do it later.
            self.send(message(*self.take()))
        elif self.has_comm:
            hub_of(session.loop).hold(self, urgent=True)
        else:
            hub_of(session.loop).drop(self)

    # -- Lane ---------------------------------------------------------------------------------

    def take(self) -> list[Frame]:
        """The frames of what is held."""
        with self._lock:
            frames = self._held.take(self.stream, self.seq + 1)
            self.seq += len(frames)
            for frame in frames:
                for op in frame["ops"] if frame["kind"] == "delta" else ():
                    part = op.get("part", "text")
                    self._sent[part] = self._sent.get(part, 0) + len(op["text"])
            is_asked, self._is_asked = self._is_asked, False
        snapshot = self.snapshot() if is_asked else None
        return [*frames, snapshot] if snapshot else frames

    def flushed(self) -> None:
        """Tell observers of the text."""
        if self._has_news:
            self._has_news = False
            self._observe("text")
            if self.has_comm and not self.pages and not self._is_repeating:
                self._is_repeating = True
                self._repeat_later()

    # -- frames -------------------------------------------------------------------------------

    def _status(self, generation: Generation) -> StatusFrame:
        found = facts(generation)
        told, self._told = self._told, lasting(found)
        news = {name: value for name, value in found.items() if told.get(name) != value}
        frame: StatusFrame = {
            "kind": "status",
            "stream": self.stream,
            "seq": 0,
            "status": generation.status,
            **news,  # type: ignore[typeddict-item]  # Facts is a part of StatusFrame
        }
        if generation.is_done:
            frame["lengths"] = generation.transcript.lengths
        return frame

    def snapshot(self) -> SnapshotFrame | None:
        """Everything that was sent so far: text that is still held is not in it. Any thread."""
        session = self._session
        if session is None:
            return None
        with self._lock:
            seq, sent = self.seq, dict(self._sent)
        parts = session.transcript.parts
        frame: SnapshotFrame = {
            "kind": "snapshot",
            "stream": self.stream,
            "seq": seq,
            "label": self.label,
            "created": self.created,
            "status": session.status,
            "parts": [part_state(parts[part], length) for part, length in sent.items()],
            **facts(session.generation),  # type: ignore[typeddict-item]  # Facts is a part of SnapshotFrame
        }
        if session.is_done:
            # What is still held is missing: the page can tell.
            frame["lengths"] = session.transcript.lengths
        frame.setdefault("model", self.model)
        if self.note:
            frame["note"] = self.note
        return frame

    # -- requests -----------------------------------------------------------------------------

    def handle(self, request: Request) -> None:
        """Do what a front end asks for. Any thread: handlers may run in a subshell's thread
        with another event loop, so everything but a cancel or a decision moves to the session's
        loop."""
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
        if request["kind"] == "decide":
            if request["stream"] == self.stream:
                session.decide(Decision(request["approved"]), part=request["part"])
            return
        if session.is_done or session.loop is None or session.loop.is_closed():
            self._answer(session, request)
        else:
            session.loop.call_soon_threadsafe(
                self._answer, session, request, context=session.context
            )

    def _answer(self, session: Session, request: Request) -> None:
        if request["kind"] == "hello":
            have = request["have"].get(self.stream)
            # One that was there from the opening on hears all since, or sees a gap and asks.
            hears_all = have == OPENING and request["page"] not in self.pages
            self.pages |= {request["page"]}
            if have != self.seq and (session.is_done or not hears_all):
                self._send_snapshot(session)
        elif request.get("stream") != self.stream:
            return
        elif request["kind"] == "resync":
            self._send_snapshot(session)
        elif request["kind"] == "released":
            self._released()
        elif request["kind"] == "outputs":
            self.send(outputs_message(self.stream, self._outputs()))
        elif request["kind"] == "image":
            self._send_image(request["part"])
        elif request["kind"] == "inspect":
            self._send_inspection(request["front_end"])
        elif request["kind"] == "asset":
            self._send_asset(request["name"])

    def _send_snapshot(self, session: Session) -> None:
        """With the next message, or by one of its own where no loop may be running."""
        if session.is_done or session.loop is None or session.loop.is_closed():
            snapshot = self.snapshot()
            if snapshot is not None:
                self.send(message(snapshot))
            return
        self._is_asked = True
        hub_of(session.loop).hold(self, urgent=True)

    def _repeat_later(self) -> None:
        session, delay = self._session, next(self._repeats, None)
        if session is None or session.loop is None or session.loop.is_closed() or delay is None:
            return
        self._repeat_timer = session.loop.call_later(delay, self._repeat, session.loop)

    def _repeat(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.pages:
            self._is_asked = True
            hub_of(loop).hold(self, urgent=True)
            self._repeat_later()

    def detached(self) -> None:
        """The comm was closed: no page can be reached by it."""
        self.pages = frozenset()
        if self._repeat_timer is not None:  # it would keep all of the stream until then
            self._repeat_timer.cancel()
        if self._hub is not None:
            self._hub.drop(self)
