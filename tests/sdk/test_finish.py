"""The real SDK over the loopback server: when an answer is over."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.settings import Settings
from tests.support.fakes import until
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, APIS, end_of, stream
from tests.support.server import Server

FIRST = DEFAULT_TEXT[0]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbstream.settings._source", lambda: Settings(stall_after=0.3))
    monkeypatch.setattr("nbstream.session.finish_watch.FINISH_GRACE", 0.05)


@pytest.mark.parametrize("done", [True, False])
async def test_a_pause_after_a_finish_reason_that_every_chunk_has(
    server: Server, either: Any, done: bool
) -> None:
    server.enqueue(Scenario(finish_each=True, done=done, gates=frozenset({"deltas"})))
    w = stream(either)
    request = await server.until_request()
    request.release()
    await until(lambda: w.text == FIRST)
    await until(lambda: w.status == "stalled")  # by then a finish reason alone would have ended it
    request.release(len(DEFAULT_TEXT))
    await end_of(w)
    assert (w.status, w.text, w.finish_reason) == ("completed", ANSWER, "stop")


async def test_usage_may_come_late(
    server: Server, either: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbstream.session.finish_watch.FINISH_GRACE", 10.0)
    server.enqueue(Scenario(gates=frozenset({"usage"})))
    w = stream(either)
    request = await server.until_request()
    await until(lambda: w.finish_reason == "stop")
    await until(lambda: w.status == "stalled")
    assert w.usage is None
    request.release()
    await end_of(w)
    assert w.status == "completed"
    assert w.usage is not None


@APIS
async def test_a_body_that_is_held_open_is_left(server: Server, either: Any, api: Any) -> None:
    server.enqueue(Scenario(done=False, hold_open=True))
    w = await end_of(stream(either, api=api))
    assert (w.status, w.text) == ("completed", ANSWER)
    await server.requests[0].until_left()


@pytest.mark.parametrize("size", [None, 1, 7])
async def test_done_without_a_finish_reason(server: Server, either: Any, size: int | None) -> None:
    server.enqueue(Scenario(finish="", write_size=size))
    w = await end_of(stream(either))
    assert (w.status, w.text, w.finish_reason, w.reason) == ("completed", ANSWER, None, None)


async def test_neither_done_nor_a_finish_reason(server: Server, either: Any) -> None:
    server.enqueue(Scenario(finish="", done=False))
    w = await end_of(stream(either))
    assert (w.status, w.text) == ("incomplete", ANSWER)
