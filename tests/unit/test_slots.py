"""More streams than connections: they wait in line, say so, and all get their turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nbstream.session.session import Session
from nbstream.session.timing import Clocks
from nbstream.transport import connection_limit
from nbstream.transport.connection_limit import WAITING, QueuedRequestSource
from tests.support.fakes import FakeStream, Gate, RecordingSink, chat, ended, until

DONE = chat(finish="stop")


@pytest.fixture(autouse=True)
def two_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limit, "connections", lambda: 2)


class Stream:
    def __init__(self, *steps: Any, **options: Any) -> None:
        self.gate = Gate()
        self.opened = 0
        self._steps = steps or (self.gate, chat("a"), DONE)
        source = QueuedRequestSource(self._send)
        self.session = Session(source, RecordingSink(), **options)
        source.announce = self.session.announce
        self.session.start(asyncio.get_running_loop())

    async def _send(self) -> Any:
        self.opened += 1
        if isinstance(self._steps[0], Exception):
            raise self._steps[0]
        return FakeStream(self._steps)


async def test_first_come_first_served() -> None:
    streams = [Stream() for _ in range(5)]
    await until(lambda: all(s.session.reason == WAITING for s in streams[2:]))
    assert [s.opened for s in streams] == [1, 1, 0, 0, 0]
    assert [s.session.status for s in streams] == ["queued"] * 5
    for place, stream in enumerate(streams):
        stream.gate.open()
        await ended(stream.session)
        assert stream.session.status == "completed"
        for following in streams[place + 1 : place + 3]:
            await until(lambda following=following: following.opened)  # type: ignore[misc]  # mypy infers no lambda with defaults
            assert following.session.reason is None


async def test_whoever_ends_gives_its_connection_back() -> None:
    failing, stopped, queued, last = Stream(ValueError("no")), Stream(), Stream(), Stream()
    await until(lambda: queued.opened)
    await until(lambda: last.session.reason == WAITING)
    queued.session.cancel()
    stopped.session.cancel()
    await until(lambda: last.opened)
    last.session.cancel()
    for stream in (failing, stopped, queued, last):
        await ended(stream.session)
    again = [Stream() for _ in range(2)]
    await until(lambda: all(s.opened for s in again))
    for stream in again:
        stream.session.cancel()
        await ended(stream.session)


async def test_a_stream_in_line_can_be_stopped() -> None:
    streams = [Stream() for _ in range(3)]
    await until(lambda: streams[2].session.reason == WAITING)
    streams[2].session.cancel("stopped by you")
    await ended(streams[2].session)
    assert (streams[2].session.status, streams[2].opened) == ("cancelled", 0)
    for stream in streams[:2]:
        stream.gate.open()
        await ended(stream.session)


async def test_the_clock_to_the_first_token_stands_in_the_line() -> None:
    blocking = [Stream(), Stream()]
    await until(lambda: all(s.opened for s in blocking))
    waiting = Stream(clocks=Clocks(first_token_timeout=0.05))
    await until(lambda: waiting.session.reason == WAITING)
    started = waiting.session.generation.timing.started
    await until(lambda: waiting.session.generation.timing.now() - started > 0.2)
    assert waiting.session.status == "queued"
    blocking[0].gate.open()
    await until(lambda: waiting.opened)
    await ended(waiting.session)
    assert waiting.session.status == "failed"
    assert waiting.session.error is not None
    assert "no first token arrived within 0.05 s" in waiting.session.error.message
    blocking[1].gate.open()
    await ended(blocking[1].session)


def test_half_of_the_file_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    resource = pytest.importorskip("resource")
    for limit, expected in ((256, 128), (20_000, 500), (resource.RLIM_INFINITY, 500)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert connection_limit.connections() == expected
