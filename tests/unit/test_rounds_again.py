"""Retries in a later round, and going on after one was cut."""

from __future__ import annotations

import asyncio
from typing import Any

from nbstream.transport.retry import RetryPolicy
from tests.support.fakes import DONE, ApiError, ReadError, chat, until
from tests.support.rounds import SUNNY, calls, double, run
from tests.support.tools import CALLED, called

FIRST = [chat("Let me see."), called("double", {"number": 4}), CALLED]


async def test_a_request_of_a_later_round_is_sent_again() -> None:
    session, sink, handed = await run(
        FIRST, ApiError(503, "busy"), [chat("It is 8."), DONE], tools=[double]
    )
    assert session.status == "completed"
    assert session.transcript.text == "Let me see.\n\nIt is 8."
    assert len(handed.turns) == 1
    assert [retry.attempt for retry in sink.retries] == [2]


async def test_one_that_fails_for_good_can_be_tried_again_without_calling_twice() -> None:
    script: list[Any] = [FIRST, ApiError(503, "busy"), [chat("It is 8."), DONE]]
    session, _, handed = await run(*script, tools=[double], retry=RetryPolicy(1, 0.001))
    assert (session.status, session.generation.offer) == ("failed", "again")
    assert session.transcript.text == "Let me see."
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.status == "completed")
    assert session.transcript.text == "Let me see.\n\nIt is 8."
    assert session.transcript.usage is None
    assert len(handed.turns) == 1


async def test_a_later_reply_that_was_cut_goes_on() -> None:
    cut = [chat(reasoning="hm"), chat("Streams carry an ans"), ReadError("cut")]
    last = [chat("wer piece"), called("double", {"number": 1}, "c2"), CALLED]
    session, sink, handed = await run(FIRST, cut, last, SUNNY, tools=[double])
    assert (session.status, session.generation.offer) == ("failed", "continue")
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.status == "completed")
    assert session.source.continued_from == ["Streams carry an ans"]  # type: ignore[attr-defined]  # a FakeSource
    assert session.transcript.text == "Let me see.\n\nStreams carry an answer piece\n\nSunny."
    assert handed.turns[1][0]["content"] == "Streams carry an answer piece"
    assert "renewed" in sink.statuses


async def test_a_cut_call_is_forgotten_when_it_is_asked_for_again() -> None:
    cut = [called("double", '{"numb', "c9"), ReadError("cut")]
    again = [called("double", {"number": 1}, "c2"), CALLED]
    session, _, handed = await run(FIRST, cut, again, SUNNY, tools=[double])
    assert session.generation.offer == "again"
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.status == "completed")
    assert [(made.call_id, made.result) for made in calls(session)] == [("c1", "8"), ("c2", "2")]
    assert len(handed.turns) == 2
