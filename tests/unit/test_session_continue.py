"""Going on after a cut, and trying again, with scripted streams."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.session.session import Session
from nbstream.session.timing import Clocks
from nbstream.transcript.status import TERMINAL
from nbstream.transport.retry import RetryPolicy
from tests.support.fakes import (
    DONE,
    ApiError,
    Gate,
    ReadError,
    Ticking,
    begin,
    chat,
    ended,
    make,
    run,
    until,
)

CUT = [chat("Streams carry an ans"), ReadError("cut")]


async def go_on(session: Session) -> None:
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.status not in TERMINAL)
    await ended(session)


@pytest.mark.parametrize(
    "pieces",
    [
        ["wer piece ", "by piece"],
        ["carry an answer piece ", "by piece"],
        ["Streams ", "carry an ", "answer piece by piece"],
        list("an answer piece by piece"),
    ],
)
async def test_the_text_goes_on_and_what_is_repeated_is_taken_once(pieces: list[str]) -> None:
    session, sink = await run(CUT, [chat(), *map(chat, pieces), DONE])
    assert (session.status, session.generation.offer) == ("failed", "continue")
    await go_on(session)
    text = session.transcript.text
    if pieces[0] == "a":  # too little is repeated to be no chance
        assert text == "Streams carry an ansan answer piece by piece"
    else:
        assert text == "Streams carry an answer piece by piece"
    assert (session.status, session.error, session.generation.offer) == ("completed", None, None)
    assert session.source.continued_from == ["Streams carry an ans"]
    assert "".join(session.generation.deltas) == text
    assert "".join(append.text for append in sink.appends) == text
    assert sink.statuses == ["in_progress", "failed", "renewed", "in_progress", "completed"]


async def test_another_thread_continues_at_the_very_end() -> None:
    session, _ = make(CUT, [chat("wer"), DONE])
    loop, ends = asyncio.get_running_loop(), list[str]()

    def press() -> None:
        # The task has ended, and its callbacks are next.
        thread = threading.Thread(target=session.go_on, args=(asyncio.new_event_loop,))
        thread.start()
        thread.join()
        session.done.add_done_callback(lambda _: ends.append(session.status))

    session.done.add_done_callback(lambda _: loop.call_soon(press))
    begin(session)
    await until(lambda: bool(ends))
    assert ends == ["completed"], "the end that it waits for is the new one"
    assert session.transcript.text == "Streams carry an answer"


@pytest.mark.parametrize(
    ("before", "opening"), [("hm</think>", ""), ("<think>hm</think>", "<think>")]
)
@pytest.mark.parametrize("pieces", [["wer piece"], ["carry an answer", " piece"]])
async def test_reasoning_before_a_continuation(
    before: str, opening: str, pieces: list[str]
) -> None:
    thoughts = [f"{opening}Let ", "me ", "see.</think>"]
    cut = [chat(f"{before}Streams carry an ans"), ReadError("cut")]
    session, _ = await run(cut, [*map(chat, [*thoughts, *pieces]), DONE])
    await go_on(session)
    assert session.transcript.text == "Streams carry an answer piece"
    assert session.transcript.reasoning == "hmLet me see."
    assert (session.status, session.error) == ("completed", None)


@pytest.mark.parametrize("more", ["me see.", "Let me see.", "see."])
async def test_an_answer_that_was_cut_in_its_reasoning(more: str) -> None:
    pieces = [*more.removesuffix("."), ".</think>", "Blue ", "sky."]
    session, _ = await run([chat("Let me "), ReadError("cut")], [*map(chat, pieces), DONE])
    await go_on(session)
    said = "Let me Let me see." if more.startswith("Let") else f"Let me {more}"
    assert (session.transcript.reasoning, session.transcript.text) == (said, "Blue sky.")
    assert (session.status, session.error) == ("completed", None)


async def test_the_first_of_several_answers_goes_on() -> None:
    def both(first: str, second: str) -> dict[str, Any]:
        chunk = chat(first)
        chunk["choices"].append({"index": 1, "delta": {"content": second}})
        return chunk

    cut = [both("Streams carry an ans", "Another"), ReadError("cut")]
    session, _ = await run(cut, [both("wer piece", "?"), chat(" by piece"), DONE])
    await go_on(session)
    parts = {key: part.text for key, part in session.transcript.parts.items()}
    assert parts == {"text": "Streams carry an answer piece by piece", "1.text": "Another?"}


@pytest.mark.parametrize("has_deltas", [True, False])
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("said", ["wer piece", "carry an answer piece"])
async def test_a_response_goes_on_at_any_place(said: str, place: int, has_deltas: bool) -> None:
    def event(kind: str, **fields: Any) -> dict[str, Any]:
        return {"type": f"response.{kind}", **fields}

    def delta(text: str, index: int) -> dict[str, Any]:
        return event("output_text.delta", output_index=index, content_index=0, delta=text)

    message = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": said}]}
    response = {"status": "completed", "output": [*[{"type": "reasoning"}] * place, message]}
    session, _ = await run(
        [event("created"), delta("Streams carry an ans", 0), ReadError("cut")],
        [
            event("created"),
            *([delta(said[:4], place), delta(said[4:], place)] if has_deltas else []),
            event("output_item.done", output_index=place, item=message),
            event("completed", response=response),
        ],
    )
    await go_on(session)
    assert session.transcript.text == "Streams carry an answer piece"
    assert (session.status, "".join(session.generation.deltas)) == (
        "completed",
        session.transcript.text,
    )


async def test_a_continuation_keeps_all_sources() -> None:
    def cited(text: str, *names: str) -> dict[str, Any]:
        urls = [f"https://{name}.example" for name in names]
        return chat(text, annotations=[{"type": "url_citation", "url": url} for url in urls])

    cut = [cited("Streams carry an ans", "a", "b"), ReadError("cut")]
    session, _ = await run(cut, [cited("wer ", "b", "c"), cited("piece", "d"), DONE])
    await go_on(session)
    (part,) = session.transcript.parts.values()
    assert part.text == "Streams carry an answer piece"
    assert [source["url"][8] for source in part.info["sources"]] == list("abcd")


async def test_a_continuation_that_only_repeats_adds_nothing() -> None:
    session, _ = await run(CUT, [chat("Streams carry an ans"), DONE])
    await go_on(session)
    assert (session.status, session.transcript.text) == ("completed", "Streams carry an ans")


@pytest.mark.parametrize("finish", ["length", "stop"])
@pytest.mark.parametrize("later", [0.0, 3.0, 100.0])
async def test_a_cut_answer_can_be_continued_at_any_time(finish: str, later: float) -> None:
    time = 0.0
    gate = Gate()
    first = [chat("a", finish=finish)] + [ReadError("cut")] * (finish == "stop")
    session, _ = await run(first, [gate, chat("b"), DONE], clock=lambda: time)
    time += later
    session.go_on(asyncio.get_running_loop)
    await until(lambda: gate.reached)
    gate.open()
    await ended(session)
    assert (session.status, session.transcript.text) == ("completed", "ab")


async def test_calls_that_were_cut_stay_beside_those_of_the_continuation() -> None:
    def call(arguments: str) -> dict[str, Any]:
        return chat(tool_calls=[{"index": 0, "function": {"arguments": arguments}}])

    session, _ = await run(
        [chat("a"), call('{"b'), ReadError("cut")],
        [chat("c"), call('{"d'), ReadError("cut")],
        [call('{"e": 1}'), DONE],
    )
    await go_on(session)
    await go_on(session)
    parts = [(part.text, part.info.get("status")) for part in session.transcript.parts.values()]
    assert parts == [
        ("ac", None),
        ('{"b', "incomplete"),
        ('{"d', "incomplete"),
        ('{"e": 1}', "completed"),
    ]
    assert len(session.transcript.lengths) == 4


async def test_again_and_again() -> None:
    session, _ = await run(
        [chat("a"), ReadError("cut")], [chat("b"), ReadError("cut")], [chat("c"), DONE]
    )
    await go_on(session)
    assert (session.status, session.transcript.text) == ("failed", "ab")
    await go_on(session)
    assert (session.status, session.transcript.text) == ("completed", "abc")
    assert session.source.continued_from == ["a", "ab"]


async def test_try_again_forgets_what_came_without_text() -> None:
    session, _ = await run(
        [chat(None, reasoning="hm"), ReadError("cut")],
        [chat(None, reasoning="so"), chat("a"), DONE],
    )
    assert session.generation.offer == "again"
    await go_on(session)
    assert (session.transcript.reasoning, session.transcript.text) == ("so", "a")
    assert session.source.continued_from == [""]


async def test_its_clock_and_its_retries_begin_anew() -> None:
    session, sink = await run(CUT, ApiError(503), [chat("wer"), DONE])
    started = session.generation.timing.started
    await go_on(session)
    assert session.generation.timing.started > started
    assert session.status == "completed"
    assert [retry.attempt for retry in sink.retries] == [2]


LIMITS = Clocks(stall_after=0.02, first_token_timeout=50.0, idle_timeout=50.0)
SILENT = Clocks(stall_after=0.02, silence_timeout=50.0)
ENDS: dict[str, tuple[list[Any], Clocks, str]] = {
    "token limit": ([chat("one "), chat(finish="length")], LIMITS, "incomplete"),
    "token limit, held open": ([chat("one "), chat(finish="length"), "gate"], LIMITS, "incomplete"),
    "cut": ([chat("one ")], LIMITS, "incomplete"),
    "error in the stream": ([chat("one "), {"error": {"message": "busy"}}], LIMITS, "failed"),
    "reset": ([chat("one "), ReadError("cut")], LIMITS, "failed"),
    "no next token": ([chat("one "), "gate"], LIMITS, "failed"),
    "no byte": ([chat("one "), "gate"], SILENT, "failed"),
    "no first token": (["gate"], LIMITS, "failed"),
    "failed before the first token": ([ReadError("cut")], LIMITS, "failed"),
    "filtered before the first token": ([chat(finish="content_filter")], LIMITS, "incomplete"),
    "stopped": ([chat("one "), "gate"], LIMITS, "cancelled"),
    "stopped before the first token": (["gate"], LIMITS, "cancelled"),
    "stalled": ([chat("one "), "gate"], LIMITS, "stalled"),
}


@pytest.mark.parametrize("seconds", [0.0, 1.0, 3.0, 30.0, 100.0])
@pytest.mark.parametrize("end", ENDS)
async def test_it_goes_on_whenever_that_is(end: str, seconds: float) -> None:
    steps, clocks, status = ENDS[end]
    clock, gate = Ticking(), Gate()
    first = [gate if step == "gate" else step for step in steps]
    session, _ = make(
        first,
        [chat("two"), DONE],
        clocks=clocks,
        clock=clock,
        retry=RetryPolicy(max_attempts=1),
    )
    begin(session)
    held = "gate" in steps
    if held:
        await until(lambda: gate.reached)
    if status == "cancelled":
        session.cancel()
    elif status == "stalled":
        clock.time += 1.0
        await until(lambda: session.status == "stalled")
    elif held:
        # Each look at the clocks finds some time gone.
        while not session.is_done:
            clock.time += 1.0
            await asyncio.sleep(0.005)
    if status != "stalled":
        await ended(session)
    assert session.status == status
    if status == "stalled":
        clock.time += min(seconds, 40.0)  # then its limit ends it
    else:
        clock.time += seconds
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.status == "completed")
    assert session.transcript.text == ("one two" if "one " in str(steps) else "two")
    assert session.source.opens == 2
    assert session.generation.timing.elapsed < 1.0


async def test_a_stalled_stream_goes_on_without_an_end() -> None:
    gate, clock = Gate(), Ticking()
    scripts = [chat("one "), gate], [chat("two"), DONE]
    session, sink = make(*scripts, clocks=Clocks(0.03), clock=clock)
    begin(session)
    await until(lambda: gate.reached)
    clock.time += 1.0
    await until(lambda: session.status == "stalled")
    assert session.generation.offer == "continue"
    done = session.done
    session.go_on(asyncio.get_running_loop)
    session.go_on(asyncio.get_running_loop)
    await ended(session)
    assert (session.status, session.transcript.text) == ("completed", "one two")
    assert session.done is done, "whoever waits goes on waiting"
    assert session.source.opened[0].closed == 1
    assert session.source.opens == 2
    assert sink.statuses == ["in_progress", "stalled", "renewed", "in_progress", "completed"]


async def test_a_request_that_stalls_is_tried_again() -> None:
    session, _ = make(Gate(), [chat("a"), DONE], clocks=Clocks(0.03))
    begin(session)
    await until(lambda: session.status == "stalled")
    assert session.generation.offer == "again"
    session.go_on(asyncio.get_running_loop)
    await ended(session)
    assert (session.status, session.transcript.text) == ("completed", "a")


async def test_stop_wins() -> None:
    gate, clock = Gate(), Ticking()
    scripts = [chat("one "), gate], [chat("two"), DONE]
    session, sink = make(*scripts, clocks=Clocks(0.03), clock=clock)
    begin(session)
    await until(lambda: gate.reached)
    clock.time += 1.0
    await until(lambda: session.status == "stalled")
    session.go_on(asyncio.get_running_loop)
    session.cancel()
    await ended(session)
    assert (session.status, session.transcript.text) == ("cancelled", "one ")
    assert session.source.opens == 1
    assert "renewed" not in sink.statuses


async def test_a_stopped_stream_can_go_on_and_be_stopped_again() -> None:
    session, _ = make([chat("one "), Gate()], [chat("two"), Gate()])
    begin(session)
    await until(lambda: session.transcript.text == "one ")
    session.cancel()
    await ended(session)
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.transcript.text == "one two")
    assert session.cancel("enough")
    await ended(session)
    assert (session.status, session.reason) == ("cancelled", "enough")


async def test_from_another_thread() -> None:
    session, _ = await run(CUT, [chat("wer"), DONE])
    await asyncio.to_thread(session.go_on, asyncio.new_event_loop)
    await until(lambda: session.status == "completed")


async def test_while_the_cut_stream_is_still_being_closed() -> None:
    session, sink = make(CUT, [chat("wer"), DONE])
    closed = asyncio.Event()
    sink.changed = lambda session: session.status == "failed" and closed.set()
    begin(session)
    await closed.wait()
    session.go_on(asyncio.get_running_loop)
    await asyncio.wrap_future(session.done)
    assert session.status == "completed"


async def test_at_the_very_end_who_waits_waits_for_the_new_one() -> None:
    session, _ = make(CUT, [chat("wer"), DONE])
    session.done.add_done_callback(lambda _: session.go_on(asyncio.get_running_loop))
    begin(session)
    first = session.done
    await asyncio.wrap_future(first)
    assert session.done is not first
    await asyncio.wrap_future(session.done)
    assert session.status == "completed"


async def test_what_closed_the_stopped_stream_leaves_the_new_one_alone() -> None:
    gate = Gate()
    session, _ = make([chat("one "), Gate()], [chat("two"), gate, DONE])
    begin(session)
    await until(lambda: session.transcript.text == "one ")
    stopped = session._run
    assert stopped is not None
    session.cancel()
    session.done.add_done_callback(lambda _: session.go_on(asyncio.get_running_loop))
    await until(lambda: gate.reached)
    await until(lambda: stopped._closer is not None and stopped._closer.done())
    gate.open()
    await ended(session)
    assert (session.status, session.transcript.text) == ("completed", "one two")


@pytest.mark.parametrize(
    ("script", "reopenable"),
    [
        ([chat("a"), DONE], True),
        ([chat("a"), chat(finish="content_filter")], True),
        (ApiError(401), True),
        (ApiError(429, body={"code": "insufficient_quota"}), True),
        (CUT, False),
    ],
    ids=["complete", "filtered", "refused", "no credit", "another's stream"],
)
async def test_where_it_would_not_help_it_is_not_offered(script: Any, reopenable: bool) -> None:
    session, _ = await run(script, reopenable=reopenable)
    assert session.generation.offer is None
    with pytest.raises(UsageError, match="can be continued; this one"):
        session.go_on(asyncio.get_running_loop)


async def test_not_while_it_runs() -> None:
    gate = Gate()
    session, _ = make([chat("a"), gate])
    with pytest.raises(UsageError, match="this one is queued"):
        session.go_on(asyncio.get_running_loop)
    begin(session)
    await until(lambda: gate.reached)
    with pytest.raises(UsageError, match="this one is in_progress"):
        session.go_on(asyncio.get_running_loop)
    session.cancel()
    await ended(session)


def test_after_its_loop_was_closed() -> None:
    async def first() -> Session:
        session, _ = make(CUT, [chat("wer"), DONE])
        await ended(begin(session))
        return session

    session = asyncio.run(first())

    async def second() -> None:
        session.go_on(asyncio.get_running_loop)
        await ended(session)

    asyncio.run(second())
    assert session.transcript.text == "Streams carry an answer"
