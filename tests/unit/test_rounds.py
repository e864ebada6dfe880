"""Rounds of replies and calls, with scripted streams: order, names, states, ends."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from nbstream.approval import Approval, Decision
from nbstream.choices import choice, choices
from nbstream.events import Usage
from nbstream.retry import RetryPolicy
from nbstream.running import ToolStopped
from nbstream.session import Session
from nbstream.timing import Clocks
from tests.support.fakes import (
    DONE,
    ApiError,
    Gate,
    ReadError,
    RecordingSink,
    begin,
    chat,
    ended,
    make,
    until,
)
from tests.support.tools import CALLED, KEY, Handed, called, rounds


def tooled(
    *scripts: Any, tools: Any, approve: Any = True, most: int = 10, **options: Any
) -> tuple[Session, RecordingSink, Handed]:
    handed = Handed()
    session, sink = make(*scripts, rounds=rounds(handed, tools, approve, most), **options)
    return session, sink, handed


async def run(*scripts: Any, **options: Any) -> tuple[Session, RecordingSink, Handed]:
    session, sink, handed = tooled(*scripts, **options)
    await ended(begin(session))
    return session, sink, handed


def calls(session: Session) -> Any:
    return choice(session.transcript, 0).tool_calls


def double(number: int) -> int:
    """Twice as much."""
    return 2 * number


def has_waited_since(session: Session, time: float) -> bool:
    return session.timing.waited != time


SUNNY = [chat("Sunny."), DONE]


async def test_a_call_its_result_and_the_next_reply() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    first = [chat("Let me see."), called("double", {"number": 4}), {**CALLED, "usage": usage}]
    second = [chat("It is 8."), {**DONE, "usage": usage}]
    session, sink, handed = await run(first, second, tools=[double])
    assert (session.status, session.reason) == ("completed", None)
    assert session.transcript.text == "".join(session.deltas) == "Let me see.\n\nIt is 8."
    assert session.reply_text == "It is 8."
    assert list(session.transcript.parts) == ["text", "tool:0", "2/text"]
    assert session.transcript.usage == Usage(2, 4, 6)
    assert session.transcript.finish_reasons == {0: "stop"}
    (made,) = calls(session)
    assert (made.name, made.result, made.error, made.status) == ("double", "8", "", "completed")
    assert made.seconds is not None
    function = {"name": "double", "arguments": '{"number": 4}'}
    assert handed.turns == [
        [
            {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [{"id": "c1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "8"},
        ]
    ]
    # Told of: asked for tokens, streaming, calling, called, waiting for the next, streaming, done.
    assert sink.statuses[0] == "in_progress"
    assert sink.statuses[-2:] == ["in_progress", "completed"]
    assert set(sink.statuses[1:-2]) == {"queued"}


async def test_parallel_calls_run_at_the_same_time_and_keep_their_order() -> None:
    both = threading.Barrier(2, timeout=5)
    third = asyncio.Event()

    def blocking(number: int) -> str:
        both.wait()
        return f"thread {number}"

    async def awaiting() -> str:
        third.set()
        return "task"

    async def last() -> str:
        await third.wait()
        return "last"

    first = [
        called("last", {}, "c0", 0),
        called("blocking", {"number": 1}, "c1", 1),
        called("blocking", {"number": 2}, "c2", 2),
        called("awaiting", {}, "c3", 3),
        CALLED,
    ]
    session, _, handed = await run(first, SUNNY, tools=[blocking, awaiting, last])
    assert handed.results == ["last", "thread 1", "thread 2", "task"]
    assert session.transcript.text == "Sunny."


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no such city"), "ValueError: no such city"),
        (ValueError(f"key {KEY}"), "ValueError: key [redacted]"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (StopIteration(), "StopIteration"),
    ],
)
async def test_what_a_tool_raises_is_told(is_async: bool, error: Any, words: str) -> None:
    def broken() -> None:
        raise error

    async def broken_async() -> None:
        broken()

    tool = broken_async if is_async else broken
    session, _, handed = await run([called(tool.__name__, {}), CALLED], SUNNY, tools=[tool])
    if isinstance(error, StopIteration) and is_async:
        words = "RuntimeError: coroutine raised StopIteration"
    assert handed.results == [f"Error: {words}"]
    (made,) = calls(session)
    assert (made.status, made.error, made.result) == ("failed", words, "")
    assert session.status == "completed"


async def test_a_tool_that_is_cancelled_by_somebody_else() -> None:
    async def broken() -> None:
        raise asyncio.CancelledError

    session, _, handed = await run([called("broken", {}), CALLED], SUNNY, tools=[broken])
    assert handed.results == ["Error: asyncio.exceptions.CancelledError"]
    assert session.status == "completed"


async def test_an_error_that_cannot_be_written() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def broken() -> None:
        raise Mute

    _, _, handed = await run([called("broken", {}), CALLED], SUNNY, tools=[broken])
    assert "Mute: <exception str() failed>" in handed.results[0]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("halve", {}, "there is no tool called 'halve'; the tools are: double"),
        ("double", '{"number": 1', "the arguments are no JSON: Expecting ',' delimiter"),
        ("double", {"number": "x"}, "the arguments do not fit: number: Input should be a valid"),
    ],
)
async def test_calls_that_cannot_be_made(name: str, arguments: Any, words: str) -> None:
    session, _, handed = await run([called(name, arguments), CALLED], SUNNY, tools=[double])
    assert handed.results[0].startswith(f"Error: {words}")
    assert calls(session)[0].error.startswith(words)
    # Servers that read the arguments fail at what is no JSON.
    assert handed.turns[0][0]["tool_calls"][0]["function"]["arguments"] in ("{}", '{"number": "x"}')


class Odd:
    def __str__(self) -> str:
        return "odd"


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, "null"),
        ({"a": [1, "ü", Odd()]}, '{"a":[1,"ü","odd"]}'),
        (Usage(1, 2, 3, None, 4), '{"input_tokens":1,"output_tokens":2,"total_tokens":3,'),
        (float("nan"), "NaN"),
        (CIRCLE, "[[...]]"),
        ("a\0b\ud800", "a\ufffdb?"),
        (f"the {KEY}, and sk-learn-tutorial", "the [redacted], and sk-learn-tutorial"),
        ("x" * 20_001, "x\n[cut here: 1 more characters]"),
    ],
)
async def test_results_as_text(value: Any, text: str) -> None:
    def give() -> Any:
        return value

    session, _, handed = await run([called("give", {}), CALLED], SUNNY, tools=[give])
    assert text in handed.results[0]
    assert calls(session)[0].result == handed.results[0]


async def test_ten_rounds_are_the_most() -> None:
    scripts = [[called("double", {"number": n}, f"c{n}"), CALLED] for n in range(20)]
    session, _, handed = await run(*scripts, tools=[double])
    assert session.source.opens == 10  # type: ignore[attr-defined]  # a FakeSource
    assert (session.status, session.offer) == ("incomplete", None)
    assert session.reason == "the model still called tools after 10 requests; raise max_rounds"
    assert len(handed.turns) == 9
    assert [made.status for made in calls(session)] == ["completed"] * 9 + ["not_run"]
    assert list(session.transcript.parts)[-1] == "10/tool:0"


async def test_calls_without_ids_get_some() -> None:
    def now() -> str:
        return "noon"

    first = [called("now", {}, "", 0), called("now", {}, "", 1), CALLED]
    session, _, handed = await run(first, SUNNY, tools=[now])
    assert [made.call_id for made in calls(session)] == ["call_1_0", "call_1_1"]
    assert [turn["tool_call_id"] for turn in handed.turns[0][1:]] == ["call_1_0", "call_1_1"]


async def test_what_services_want_back_with_the_calls() -> None:
    signed = called("double", {"number": 1})
    signature = {"google": {"thought_signature": "s"}}
    signed["choices"][0]["delta"]["tool_calls"][0]["extra_content"] = signature
    first = [
        chat(reasoning_content="Twice "),
        chat(reasoning_content="one.", reasoning_details=[{"type": "x", "data": "1"}]),
        chat(reasoning_details=[{"type": "x", "data": "2"}]),
        *(signed, CALLED),
    ]
    _, _, handed = await run(first, SUNNY, tools=[double])
    message = handed.turns[0][0]
    assert message["content"] is None
    assert message["reasoning_content"] == "Twice one."
    assert [detail["data"] for detail in message["reasoning_details"]] == ["1", "2"]
    assert message["tool_calls"][0]["extra_content"] == signature


@pytest.mark.parametrize(
    "end",
    [[chat(finish="length")], [chat(finish="content_filter")], [], [ReadError("cut")]],
    ids=["length", "filter", "truncated", "cut"],
)
async def test_calls_of_a_reply_that_was_cut_are_not_made(end: Any) -> None:
    ran: list[int] = []

    def note(number: int) -> None:
        ran.append(number)

    session, _, handed = await run([called("note", {"number": 1}), *end], SUNNY, tools=[note])
    assert session.status in ("incomplete", "failed")
    assert not ran
    assert not handed.turns


async def test_calls_that_are_left_to_the_caller_end_the_stream() -> None:
    other = {"type": "function", "function": {"name": "other"}}
    first = [called("double", {"number": 1}, "c1", 0), called("other", {}, "c2", 1), CALLED]
    session, _, handed = await run(first, SUNNY, tools=[double, other])
    assert (session.status, session.transcript.finish_reason) == ("completed", "tool_calls")
    assert [made.result for made in calls(session)] == ["", ""]
    assert not handed.turns


async def test_a_server_that_calls_its_finish_stop() -> None:
    session, _, _ = await run([called("double", {"number": 1}), DONE], SUNNY, tools=[double])
    assert session.transcript.text == "Sunny."


async def test_several_answers_and_rounds_are_told_apart() -> None:
    first = [called("double", {"number": 1}), CALLED]
    other = chat("B")
    other["choices"][0]["index"] = 1
    ends = [DONE, {**DONE, "choices": [{**DONE["choices"][0], "index": 1}]}]
    session, _, _ = await run(first, [chat("A"), other, *ends], tools=[double])
    assert [one.text for one in choices(session.transcript)] == ["A", "B"]


# -- approval ---------------------------------------------------------------------------------


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


# -- stop -------------------------------------------------------------------------------------


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
    await asyncio.wait_for(begun.wait(), 5)
    assert (session.status, session.reason) == ("queued", "calling wait")
    assert session.cancel()
    await ended(session)
    await asyncio.wait_for(cancelled.wait(), 5)
    assert (session.status, session.offer) == ("cancelled", None)
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
        free.wait(10)
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
            await asyncio.to_thread(thread.join, 5)
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


# -- clocks -----------------------------------------------------------------------------------


class Ticking:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


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
        before, clock.time = session.timing.waited, clock.time + 100.0
        await until(partial(has_waited_since, session, before))
    assert session.status == "queued"
    free.set()
    await until(lambda: gate.reached)
    assert (session.status, session.reason) == ("queued", None)
    # The silence of the next reply counts from its request on.
    assert session.timing.silence == 0
    assert session.timing.awaits_first
    clock.time += 0.06
    await until(lambda: session.status == "stalled")
    clock.time += 0.1
    await ended(session)
    assert session.error is not None
    assert session.error.message == "no first token came within 0.1 s"
    assert session.tokens_per_second is None
    assert sink.statuses[-1] == "failed"


async def test_a_server_that_holds_the_body_open_after_a_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nbstream.watching.FINISH_GRACE", 0.01)
    monkeypatch.setattr("nbstream.session.CLOSE_GRACE", 0.01)
    ran = asyncio.Event()

    async def slow(number: int) -> str:
        await until(lambda: session._closer is not None and session._closer.done())
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


# -- retries, and going on -----------------------------------------------------------------------


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
    assert (session.status, session.offer) == ("failed", "again")
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
    assert (session.status, session.offer) == ("failed", "continue")
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.status == "completed")
    assert session.source.continued_from == ["Streams carry an ans"]  # type: ignore[attr-defined]
    assert session.transcript.text == "Let me see.\n\nStreams carry an answer piece\n\nSunny."
    assert handed.turns[1][0]["content"] == "Streams carry an answer piece"
    assert "renewed" in sink.statuses


async def test_a_cut_call_is_forgotten_when_it_is_asked_for_again() -> None:
    cut = [called("double", '{"numb', "c9"), ReadError("cut")]
    again = [called("double", {"number": 1}, "c2"), CALLED]
    session, _, handed = await run(FIRST, cut, again, SUNNY, tools=[double])
    assert session.offer == "again"
    session.go_on(asyncio.get_running_loop)
    await until(lambda: session.status == "completed")
    assert [(made.call_id, made.result) for made in calls(session)] == [("c1", "8"), ("c2", "2")]
    assert len(handed.turns) == 2
