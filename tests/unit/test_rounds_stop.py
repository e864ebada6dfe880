"""Stop while tools run, or wait for approval."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from nbstream.tools.approval import Decision
from nbstream.tools.invoke import ToolStopped
from tests.support.fakes import Gate, begin, ended, until
from tests.support.patience import PATIENCE
from tests.support.rounds import SUNNY, calls, tooled
from tests.support.tools import CALLED, called


async def test_stop_cancels_a_task() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    session, sink, handed = tooled([called("wait", {}), CALLED], SUNNY, tools=[wait])
    begin(session)
    await asyncio.wait_for(begun.wait(), PATIENCE)
    assert (session.status, session.reason) == ("queued", "calling wait")
    assert session.cancel()
    await ended(session)
    await asyncio.wait_for(cancelled.wait(), PATIENCE)
    assert (session.status, session.generation.offer) == ("cancelled", None)
    assert calls(session)[0].status == "stopped"
    assert session.source.opens == 1  # type: ignore[attr-defined]  # a FakeSource
    assert not handed.turns
    assert sink.statuses[-2:] == ["cancelling", "cancelled"]


async def test_stop_raises_in_a_thread() -> None:
    begun, stopped = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        try:
            while True:
                stopped.wait(0.001)
        except ToolStopped:
            stopped.set()
            raise

    session, _, handed = tooled([called("work", {}), CALLED], SUNNY, tools=[work])
    begin(session)
    await until(begun.is_set)
    await asyncio.to_thread(session.cancel)
    await ended(session)
    await until(stopped.is_set)
    assert (session.status, calls(session)[0].status) == ("cancelled", "stopped")
    assert not handed.turns


async def test_a_thread_that_cannot_be_stopped_is_left_alone() -> None:
    begun, free = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        free.wait(PATIENCE)
        return "late"

    session, _, _ = tooled([called("work", {}), CALLED], SUNNY, tools=[work])
    begin(session)
    await until(begun.is_set)
    session.cancel()
    await ended(session)
    made = calls(session)[0]
    free.set()
    for thread in threading.enumerate():
        if thread.name == "nbstream-tool":
            await asyncio.to_thread(thread.join, PATIENCE)
    assert (made.status, calls(session)[0].result) == ("stopped", "")


async def test_stop_while_a_call_waits_for_approval() -> None:
    ran: list[int] = []

    def note() -> None:
        ran.append(1)

    first = [called("note", {}), CALLED]
    session, _, _ = tooled(first, SUNNY, tools=[note], approve="ask")
    begin(session)
    await until(lambda: session.reason is not None)
    session.cancel()
    await ended(session)
    assert not session.decide(Decision(True), call_id="c1")
    assert (calls(session)[0].status, ran) == ("not_run", [])


async def test_a_whole_call_that_a_stop_overtook_was_not_made() -> None:
    gate, ran = Gate(), []

    def note() -> None:
        ran.append(1)

    session, sink, _ = tooled([called("note", {}), CALLED, gate], SUNNY, tools=[note])
    begin(session)
    await until(lambda: gate.reached)
    session.cancel()
    await ended(session)
    assert (session.status, calls(session)[0].status, ran) == ("cancelled", "not_run", [])
    assert sink.statuses[-1] == "cancelled", "what became of the call is said before the end"


async def test_no_tool_starts_and_no_request_goes_out_once_it_was_stopped() -> None:
    """From another thread, of which the loop hears later."""
    ran: list[int] = []

    def note() -> None:
        ran.append(1)

    async def approve(call: Any) -> bool:
        thread = threading.Thread(target=session.cancel)
        thread.start()
        thread.join()
        return True

    session, _, _ = tooled([called("note", {}), CALLED], SUNNY, tools=[note], approve=approve)
    await ended(begin(session))
    assert (session.status, calls(session)[0].status, ran) == ("cancelled", "not_run", [])

    again, _, handed = tooled([called("note", {}), CALLED], SUNNY, tools=[note])

    def stop_then(said: Any, results: Any) -> None:
        thread = threading.Thread(target=again.cancel)
        thread.start()
        thread.join()

    handed.hand_back = stop_then  # type: ignore[method-assign]  # just before the next request
    await ended(begin(again))
    assert again.status == "cancelled"
    assert again.source.opens == 1  # type: ignore[attr-defined]  # a FakeSource


async def test_an_unfinished_tool_that_ignores_stop_tells_nothing_more() -> None:
    begun, gone = asyncio.Event(), asyncio.Event()

    async def stubborn() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            gone.set()
        return "late"

    session, _, _ = tooled([called("stubborn", {}), CALLED], SUNNY, tools=[stubborn])
    begin(session)
    await begun.wait()
    session.cancel()
    await ended(session)
    await gone.wait()
    await asyncio.sleep(0)
    assert (calls(session)[0].status, calls(session)[0].result) == ("stopped", "")
