"""Clocks do not run while tools do."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from nbstream.session.session import Session
from nbstream.session.timing import Clocks
from tests.support.fakes import DONE, Gate, Ticking, begin, chat, ended, until
from tests.support.rounds import tooled
from tests.support.tools import CALLED, called


def has_waited_since(session: Session, time: float) -> bool:
    return session.generation.timing.waited != time


async def test_nothing_is_stalled_while_a_tool_runs() -> None:
    clock, free, gate = Ticking(), asyncio.Event(), Gate()

    async def wait() -> str:
        await free.wait()
        clock.time += 50.0
        return "there"

    clocks = Clocks(stall_after=0.05, idle_timeout=0.1, first_token_timeout=0.1)
    second = [gate, chat("Hi"), DONE]
    session, sink, _ = tooled(
        [called("wait", {}), CALLED], second, tools=[wait], clocks=clocks, clock=clock
    )
    begin(session)
    await until(lambda: session.reason == "calling wait")
    for _ in range(5):
        before, clock.time = session.generation.timing.waited, clock.time + 100.0
        await until(partial(has_waited_since, session, before))
    assert session.status == "queued"
    free.set()
    await until(lambda: gate.reached)
    assert (session.status, session.reason) == ("queued", None)
    # The silence of the next reply counts from its request on.
    assert session.generation.timing.silence == 0
    assert session.generation.timing.awaits_first
    clock.time += 0.06
    await until(lambda: session.status == "stalled")
    clock.time += 0.1
    await ended(session)
    assert session.error is not None
    assert session.error.message == "no first token arrived within 0.1 s"
    assert session.generation.tokens_per_second is None
    assert sink.statuses[-1] == "failed"


async def test_a_server_that_holds_the_body_open_after_a_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nbstream.session.finish_watch.FINISH_GRACE", 0.01)
    monkeypatch.setattr("nbstream.session.run.CLOSE_GRACE", 0.01)
    ran = asyncio.Event()

    async def slow(number: int) -> str:
        await until(lambda: session._run._closer is not None and session._run._closer.done())
        ran.set()
        return "done"

    first = [called("slow", {"number": 1}), CALLED, Gate()]
    session, _, handed = tooled(
        first, [chat("Sunny."), DONE, Gate()], tools=[slow], clocks=Clocks(stall_after=0.02)
    )
    await ended(begin(session))
    assert ran.is_set()
    assert (session.status, session.transcript.text) == ("completed", "Sunny.")
    assert handed.results == ["done"]
