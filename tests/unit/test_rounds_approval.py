"""Who approves calls, and what happens to those that are declined."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nbstream.tools.approval import Approval, Decision
from tests.support.fakes import begin, ended, until
from tests.support.rounds import SUNNY, calls, double, run, tooled
from tests.support.tools import CALLED, KEY, called


async def test_a_person_approves_and_declines() -> None:
    first = [
        called("double", {"number": 1}, "c1", 0),
        called("double", {"number": 2}, "c2", 1),
        called("double", {"number": "x"}, "c3", 2),
        CALLED,
    ]
    session, _, handed = tooled(first, SUNNY, tools=[double], approve="ask")
    begin(session)
    words = "waiting for your approval of double (2)"
    await until(lambda: session.reason == words)
    # What could not be called is not asked about.
    statuses = ["awaiting_approval", "awaiting_approval", "failed"]
    assert [made.status for made in calls(session)] == statuses
    assert session.status == "queued"
    assert await asyncio.to_thread(session.decide, Decision(True), part="tool:0")
    assert session.decide(Decision(False, "too small"), call_id="c2")
    assert not session.decide(Decision(True), call_id="c2")
    await ended(session)
    assert handed.results[:2] == ["2", "Error: the call was declined: too small"]
    assert [made.status for made in calls(session)] == ["completed", "declined", "failed"]
    assert not session.decide(Decision(True), call_id="c1")


async def test_where_nobody_can_be_asked_calls_are_declined() -> None:
    first = [called("double", {"number": 1}), CALLED]
    approval = Approval("ask", nobody=True)
    session, _, handed = await run(first, SUNNY, tools=[double], approve=approval)
    assert session.status == "completed"
    assert handed.results[0].startswith("Error: the call was declined: nobody can be asked")


async def test_where_nothing_is_shown_it_is_said_how_to_decide(
    capsys: pytest.CaptureFixture[str],
) -> None:
    approval = Approval("ask")
    approval.is_seen = lambda: False
    first = [called("double", {"number": 1}), CALLED]
    session, _, _ = tooled(first, SUNNY, tools=[double], approve=approval)
    begin(session)
    await until(lambda: session.decide(Decision(True), call_id="c1"))
    await ended(session)
    said = "nbstream: double({\"number\": 1}) waits for w.approve('c1') or w.decline('c1')\n"
    assert capsys.readouterr().err == said


async def approve_late(call: Any) -> bool:
    await asyncio.sleep(0)
    return bool(call.name == "double" and call.arguments == '{"number": 1}')


@pytest.mark.parametrize("approve", [approve_late, lambda call: '"number": 1' in call.arguments])
async def test_a_function_approves(approve: Any) -> None:
    first = [
        called("double", {"number": 1}, "c1", 0),
        called("double", {"number": 2}, "c2", 1),
        CALLED,
    ]
    _, _, handed = await run(first, SUNNY, tools=[double], approve=approve)
    assert handed.results == ["2", "Error: the call was declined"]


async def test_an_approval_that_fails_declines() -> None:
    def approve(call: Any) -> bool:
        raise ValueError(KEY)

    first = [called("double", {"number": 1}), CALLED]
    _, _, handed = await run(first, SUNNY, tools=[double], approve=approve)
    why = "the function that approves failed: ValueError('[redacted]')"
    assert handed.results == [f"Error: the call was declined: {why}"]
