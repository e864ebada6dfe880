"""When an answer is over: `[DONE]`, the end of the connection, a finish reason and silence."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.adapters import pick
from nbstream.session.finish_watch import (
    DONE_GRACE,
    ERROR_GRACE,
    FINISH_GRACE,
    UNSURE_GRACE,
    FinishWatch,
)
from nbstream.session.timing import Clocks
from nbstream.transcript.transcript import Transcript
from tests.support.fakes import DONE, Gate, ReadError, Ticking, begin, chat, ended, make, run, until
from tests.support.rounds import double, tooled
from tests.support.rounds import run as run_rounds
from tests.support.tools import CALLED, called

USAGE = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
ERROR = {"type": "error", "message": "overloaded", "choices": None}


def grace_after(*chunks: Any) -> float | None:
    """Seconds of silence after which the answer is over, once these chunks have come."""
    transcript, watch = Transcript(), FinishWatch()
    adapter = pick(chunks[0])
    pieces = 0
    for chunk in chunks:
        before = pieces
        for event in adapter.feed(chunk):
            pieces += transcript.apply(event) is not None
        if transcript.finish_reasons or transcript.failure:
            watch.look(transcript, began=before > 0)
    return watch._grace


def choice(number: int, content: str | None = None, finish: str | None = None) -> dict[str, Any]:
    chunk = chat(content, finish)
    chunk["choices"][0]["index"] = number
    return chunk


@pytest.mark.parametrize(
    ("chunks", "grace"),
    [
        ([chat("a"), chat("b")], None),
        ([chat("a"), DONE], FINISH_GRACE),
        ([chat("a"), chat("b", "stop")], FINISH_GRACE),
        ([chat("a"), DONE, USAGE], FINISH_GRACE),
        ([chat("a"), DONE, DONE], FINISH_GRACE),
        ([chat(""), DONE], UNSURE_GRACE),
        ([chat("a", "stop")], UNSURE_GRACE),
        ([chat("", "stop")], UNSURE_GRACE),
        ([chat("a", "stop"), chat("b", "stop")], UNSURE_GRACE),
        ([chat("a"), chat(finish="tool_calls"), chat("b")], UNSURE_GRACE),
        ([chat("a"), chat(finish="tool_calls"), chat("b"), DONE], UNSURE_GRACE),
        ([choice(0, "a"), choice(1, "b"), choice(0, finish="stop")], None),
        ([choice(0, "a"), choice(1, "b"), choice(0, finish="stop"), choice(1, "c")], None),
        ([choice(0, "a"), choice(1, "b"), choice(0, finish="stop"), choice(1, finish="stop")], 10),
        ([chat("a"), ERROR], ERROR_GRACE),
        ([chat("a"), DONE, ERROR], ERROR_GRACE),
    ],
)
def test_how_long_a_finish_reason_waits(chunks: list[Any], grace: float | None) -> None:
    assert grace_after(*chunks) == grace


def watching(*chunks: Any) -> FinishWatch:
    transcript, watch = Transcript(), FinishWatch()
    adapter = pick(chunks[0])
    for chunk in chunks:
        for event in adapter.feed(chunk):
            transcript.apply(event)
        if transcript.finish_reasons:
            watch.look(transcript, began=True)
    return watch


def test_silence_counts_from_the_last_byte() -> None:
    watch = watching(chat("a"), DONE)

    def over(received: int, now: float) -> bool:
        return watch.is_over(received, now, has_end=False, is_limit=False)

    assert not any(over(100, second) for second in range(10))
    assert not any(over(100 + second, second) for second in range(10, 60))  # keep-alive comments
    assert [over(200, second) for second in range(60, 72)] == [False] * 10 + [True] * 2


def test_time_in_which_nothing_was_read_is_not_silence() -> None:
    watch = watching(chat("a"), DONE)
    over = [watch.is_over(1, now, has_end=False, is_limit=False) for now in (0.0, 1.0, 500.0)]
    assert over == [False, False, False]


def test_done_is_waited_for_once() -> None:
    watch = FinishWatch()
    over = [watch.is_over(n, float(n), has_end=True, is_limit=False) for n in range(2)]
    assert over == [False, True]
    assert DONE_GRACE == 1


def test_a_limit_ends_an_answer_that_is_finished() -> None:
    assert watching(chat("a", "stop")).is_over(1, 0.0, has_end=False, is_limit=True)
    assert not FinishWatch().is_over(1, 0.0, has_end=False, is_limit=True)


# -- streams ----------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", [3.0, 30.0, 120.0])
async def test_no_finish_reason_ends_an_answer_that_goes_on(pause: float) -> None:
    clock, gate = Ticking(), Gate()
    steps = [chat("Blue ", "stop"), gate, chat("sky.", "stop")]
    session, _ = make(steps, clocks=Clocks(stall_after=0.01), clock=clock)
    begin(session)
    await until(lambda: gate.reached)
    silence = session.generation.finish._silence
    while clock.time < pause:  # in steps: what is not looked at is not silence
        clock.time += 1.0
        await until(lambda: silence._looked == clock.time)
    gate.open()
    await ended(session)
    assert (session.status, session.transcript.text) == ("completed", "Blue sky.")


async def test_a_body_that_is_held_open_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbstream.session.finish_watch.FINISH_GRACE", 0.05)
    session, _ = await run([chat("a"), DONE, USAGE, Gate()])
    assert (session.status, session.reason) == ("completed", None)
    assert session.transcript.usage is not None
    assert session.source.opened[0].closed


async def test_a_time_limit_does_not_fail_an_answer_that_is_finished() -> None:
    session, _ = await run([chat("a", "stop"), Gate()], clocks=Clocks(idle_timeout=0.05))
    assert (session.status, session.error) == ("completed", None)


@pytest.mark.parametrize("finish", ["stop", "tool_calls"])
async def test_text_after_the_finish_reason_can_be_cut(finish: str) -> None:
    session, _ = await run([chat("a"), chat(finish=finish), chat("b")])
    assert (session.status, session.transcript.text) == ("incomplete", "ab")
    assert session.reason is not None
    assert "connection ended" in session.reason


@pytest.mark.parametrize("between", [[], [USAGE], [chat("")]])
async def test_a_cut_is_not_taken_back_without_text(between: list[Any]) -> None:
    session, _ = await run([chat("a", "length"), *between, DONE])
    assert (session.status, session.transcript.finish_reason) == ("incomplete", "length")
    session, _ = await run([chat("a", "length"), *between, chat("b"), DONE])
    assert (session.status, session.transcript.finish_reason) == ("completed", "stop")


async def test_a_finish_reason_that_comes_again_is_the_end() -> None:
    session, _ = await run([chat("a"), chat(finish="tool_calls"), chat("b"), DONE])
    assert (session.status, session.transcript.finish_reason) == ("completed", "stop")


async def test_reasoning_tags_are_read_though_every_chunk_says_stop() -> None:
    pieces = ["<thi", "nk>hm", "</think>", "Blue."]
    session, _ = await run([chat(piece, "stop") for piece in pieces])
    assert (session.transcript.reasoning, session.transcript.text) == ("hm", "Blue.")


async def test_a_call_is_made_whole_though_every_chunk_says_stop() -> None:
    def fragment(arguments: str, **first: Any) -> dict[str, Any]:
        function = {"arguments": arguments, **({"name": "double"} if first else {})}
        return chat(finish="stop", tool_calls=[{"index": 0, "function": function, **first}])

    first = [fragment('{"num', id="c1", type="function"), fragment('ber": 4}')]
    session, _, handed = await run_rounds(first, [chat("8"), DONE], tools=[double])
    assert (session.status, session.transcript.text) == ("completed", "8")
    assert handed.results == ["8"]


async def test_text_that_was_held_back_goes_to_the_model_with_the_results() -> None:
    first = [chat("<thi"), called("double", {"number": 4}), CALLED]
    session, _, handed = await run_rounds(first, [chat("8"), DONE], tools=[double])
    assert session.status == "completed"
    assert handed.turns[0][0]["content"] == "<thi"


async def test_a_server_that_fails_after_the_answer_fails_it_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What its reader raises once we have left is our doing."""
    monkeypatch.setattr("nbstream.session.finish_watch.FINISH_GRACE", 0.05)
    session, _, _ = tooled([chat("a"), DONE, Gate(), ReadError("closed")], tools=[double])
    await ended(begin(session))
    assert (session.status, session.error) == ("completed", None)
