"""Random schedules of what can go wrong between the real wire and the real stores."""

from __future__ import annotations

import json
import random
from typing import Any

from nbstream.comm import ticker
from nbstream.comm.coalesce import Pace
from nbstream.comm.requests import parse_request
from nbstream.comm.wire import Wire
from nbstream.session.session import Session
from tests.support.fakes import FakeSource, chat
from tests.support.frames import quiet_wire
from tests.support.pages import Pages, Sent
from tests.support.virtual import VirtualLoop

WORDS = ("a", "word ", "\n\n## Heading\n", "\u00fcber ", "\U0001f600", "\u6f22\u5b57", "x" * 50)


class Schedule:
    """One kernel with some streams and some pages, all decided by ``seed``.

    Everything is virtual but the code under test: `Wire`, `Hub`, and the page's `Store`.
    """

    def __init__(self, seed: int, pages: Pages) -> None:
        self.random = random.Random(seed)
        self.loop = VirtualLoop()
        ticker._hubs[self.loop] = ticker.Hub(self.loop, Pace(), clock=self.loop.time)  # type: ignore[index,arg-type]  # a virtual loop
        self.pages = pages
        self.loss = self.random.choice((0.0, 0.02, 0.1, 0.3, 0.6))
        self.doubles = self.random.choice((0.0, 0.1, 0.3))
        self.delay = self.random.choice((0.0, 0.02, 0.2, 1.5))  # s; what varies is out of order
        self.apart = self.random.random() < 0.15  # each output is a page of its own, as in Colab
        self.number = 0
        self.sent = 0
        self.live: set[str] = set()
        self.wires: dict[str, Wire] = {}
        self.sessions: dict[str, Session] = {}
        self._steps: list[dict[str, Any]] = []

    # -- the kernel ---------------------------------------------------------------------------

    def open_stream(self) -> None:
        name = f"s{len(self.wires)}"
        self.wires[name] = wire = quiet_wire(
            name, lambda message: self.broadcast(name, json.loads(json.dumps(message)))
        )
        self.sessions[name] = session = Session(FakeSource(), wire, clock=self.loop.time)
        session.loop = self.loop  # type: ignore[assignment]  # a virtual loop
        wire.open(session)
        if self.apart or not self.number:
            self.open_page(name)
        else:
            for page in sorted(self.live):
                self.attach(page, name)

    def say(self, name: str) -> None:
        session = self.sessions[name]
        if session.generation.is_ending:
            return
        for _ in range(self.random.randrange(1, 8)):
            word = self.random.choice(WORDS)
            thinks = not session.transcript.text and self.random.random() < 0.3
            session.generation.feed(chat(None, reasoning=word) if thinks else chat(word))
        if session.status == "in_progress" and self.random.random() < 0.05:
            session.generation.move("stalled")

    def end(self, name: str) -> None:
        session = self.sessions[name]
        if not session.is_done:
            if session.status == "stalled":
                session.generation.move("in_progress")
            session.generation.conclude(ValueError("boom") if self.random.random() < 0.2 else None)

    # -- the way there and back -----------------------------------------------------------------

    def broadcast(self, comm: str, message: Any) -> None:
        self.sent += 1
        for page in sorted(self.live):
            self.travel(self.deliver, page, comm, message)

    def travel(self, arrive: Any, *arguments: Any) -> None:
        if self.random.random() < self.loss:
            return
        for _ in range(1 + (self.random.random() < self.doubles)):
            self.loop.call_later(self.random.random() * self.delay, arrive, *arguments)

    def deliver(self, page: str, comm: str, content: Any) -> None:
        if page in self.live:
            self._steps.append({"op": "message", "page": page, "stream": comm, "content": content})

    def answer(self, sent: Sent) -> None:
        request = parse_request(sent.request)
        assert request is not None
        for name in request["have"] if request["kind"] == "hello" else [sent.stream]:
            self.wires[name].handle(request)

    # -- pages --------------------------------------------------------------------------------

    def open_page(self, *streams: str) -> None:
        self.number += 1
        page = f"page{self.number}"
        self.live.add(page)
        for name in streams or tuple(self.wires):
            self.attach(page, name)

    def attach(self, page: str, name: str) -> None:
        """A page asks for a widget's state, which takes its time."""
        snapshot = json.loads(json.dumps(self.wires[name].snapshot()))
        step = {"op": "attach", "page": page, "stream": name, "snapshot": snapshot}

        def arrive() -> None:
            if page in self.live:
                self._steps.append(step)

        self.loop.call_later(self.random.random() * self.delay, arrive)

    def reload(self) -> None:
        if not self.live or self.apart:
            return
        page = self.random.choice(sorted(self.live))
        self.live.discard(page)
        self._steps.append({"op": "unload", "page": page})
        self.loop.call_later(self.random.random() * 2, self.open_page)

    # -- time ---------------------------------------------------------------------------------

    def go(self, seconds: float) -> list[dict[str, Any]]:
        self.loop.go(seconds)
        steps, self._steps = self._steps, []
        sent, states = self.pages.take(
            *steps, {"op": "pass", "ms": seconds * 1000}, {"op": "states"}
        )
        for request in sent:
            self.travel(self.answer, request)
        return states

    def run(self) -> list[dict[str, Any]]:
        """Let it all happen, then let messages through; the pages' states at the end."""
        for _ in range(self.random.randrange(1, 5)):
            self.open_stream()
        for _ in range(self.random.randrange(20, 70)):
            for name in tuple(self.wires):
                if self.random.random() < 0.6:
                    self.say(name)
                if self.random.random() < 0.02:
                    self.end(name)
            event = self.random.random()
            if event < 0.03:
                self.reload()
            elif event < 0.05 and not self.apart:
                self.open_page()  # another tab
            elif event < 0.08 and len(self.wires) < 8:
                self.open_stream()
            self.go(self.random.choice((0.001, 0.01, 0.05, 0.3)))
        for name in self.wires:
            self.say(name)
            if self.random.random() < 0.8:
                self.end(name)
        if not self.apart and self.random.random() < 0.5:
            self.open_page()  # while the last of all streams waits for its turn
        self.go(0.5)
        self.loss = self.delay = 0.0
        for _ in range(45):
            states = self.go(5)
        return states
