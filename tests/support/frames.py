"""A front end that keeps the protocol's rules strictly, and a stream on the wire to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nbstream.comm.ticker import hub_of
from nbstream.comm.wire import Wire
from nbstream.session.session import Session
from tests.support.fakes import FakeSource, Gate, ended, until


class Page:
    """A front end that keeps the protocol's rules strictly."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.seq = 1
        self.parts: dict[str, str] = {}
        self.statuses: list[str] = []

    def receive(self, message: Any) -> None:
        assert message["v"] == 1
        self.messages.append(message)
        for frame in message.get("frames", ()):
            self.apply(frame)

    def apply(self, frame: Any) -> None:
        if frame["kind"] == "snapshot":
            assert frame["seq"] >= self.seq
            self.parts = {part["part"]: part["text"] for part in frame["parts"]}
        else:
            assert frame["seq"] == self.seq + 1
        if frame["kind"] == "status":
            self.statuses.append(frame["status"])
        self.seq = frame["seq"]
        for op in frame.get("ops", ()):
            part = op.get("part", "text")
            text = self.parts.get(part, "")
            assert op["offset"] == len(text.encode("utf-16-le")) // 2
            self.parts[part] = text + op["text"]
        for part, length in frame.get("lengths", {}).items():
            assert len(self.parts[part].encode("utf-16-le")) // 2 == length

    @property
    def frames(self) -> list[Any]:
        return [frame for message in self.messages for frame in message["frames"]]


def quiet_wire(name: str, send: Callable[[Any], None], *, note: str | None = None) -> Wire:
    """A wire that sends, and does nothing else."""
    wire = Wire(
        name,
        label="",
        model="m",
        note=note,
        send=send,
        send_asset=lambda asset: None,
        send_image=lambda part: None,
        send_inspection=lambda front_end: None,
        outputs=dict,
        observe=lambda what: None,
        cancel_all=lambda reason: None,
        released=lambda: None,
        renewed=lambda: None,
        go_on=lambda: None,
    )
    wire.has_comm = True
    return wire


class Setup:
    def __init__(self, *scripts: Any, note: str | None = None, **session: Any) -> None:
        self.page = Page()
        self.observed: list[str] = []
        self.cancelled: list[str] = []
        self.assets: list[str] = []
        self.images: list[str] = []
        self.inspections: list[str] = []
        self.released = 0
        self.wire = Wire(
            "s1",
            label="a question",
            model="asked-model",
            note=note,
            send=self.page.receive,
            send_asset=self.assets.append,
            send_image=self.images.append,
            send_inspection=self.inspections.append,
            outputs=lambda: {"s1-d": {"text/plain": "all"}},
            observe=self.observed.append,
            cancel_all=self.cancelled.append,
            released=self.release,
            renewed=lambda: self.observed.append("renewed"),
            go_on=lambda: self.observed.append("go on"),
        )
        self.session = Session(FakeSource(*scripts), self.wire, **session)
        self.wire.has_comm = True
        self.wire.open(self.session)

    def release(self) -> None:
        self.released += 1

    def start(self) -> Setup:
        self.session.start(asyncio.get_running_loop())
        return self


async def run(*scripts: Any) -> Setup:
    setup = Setup(*scripts).start()
    await ended(setup.session)
    await flushed()
    return setup


async def running(*steps: Any) -> tuple[Setup, Gate]:
    gate = Gate()
    setup = Setup([*steps, gate]).start()
    await until(lambda: gate.reached)
    return setup, gate


async def stop(setup: Setup) -> None:
    setup.session.cancel()
    await ended(setup.session)


async def flushed() -> None:
    """Until all that is to be sent from this loop is."""
    await until(lambda: hub_of(asyncio.get_running_loop()).is_idle)


async def ask(setup: Setup, **request: Any) -> list[Any]:
    """The frames of the answer."""
    await flushed()
    before = len(setup.page.messages)
    setup.wire.handle(request)  # type: ignore[arg-type]  # a plain dict, as it comes
    for _ in range(5):
        await asyncio.sleep(0)
    await flushed()
    return [f for m in setup.page.messages[before:] for f in m.get("frames", ())]
