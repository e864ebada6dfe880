"""Rounds of replies and calls, with scripted streams: order, names, results, ends."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from nbstream.transcript.choices import ToolCall, choices
from nbstream.transcript.events import Usage
from tests.support.fakes import DONE, ReadError, chat
from tests.support.patience import PATIENCE
from tests.support.rounds import SUNNY, calls, double, run
from tests.support.tools import CALLED, KEY, called


async def test_a_call_its_result_and_the_next_reply() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    first = [chat("Let me see."), called("double", {"number": 4}), {**CALLED, "usage": usage}]
    second = [chat("It is 8."), {**DONE, "usage": usage}]
    session, sink, handed = await run(first, second, tools=[double])
    assert (session.status, session.reason) == ("completed", None)
    assert (
        session.transcript.text == "".join(session.generation.deltas) == "Let me see.\n\nIt is 8."
    )
    assert session.generation.reply_text == "It is 8."
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
    both = threading.Barrier(2, timeout=PATIENCE)
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
        ("double", '{"number": 1', "the arguments are not valid JSON: Expecting ',' delimiter"),
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
        ("a\0b\ud800", "a\ufffdb\ufffd"),
        ({"a": "\ud83d\ude00\ud83d"}, '{"a":"😀\ufffd"}'),
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
    assert (session.status, session.generation.offer) == ("incomplete", None)
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


async def test_ids_that_a_model_repeats_are_made_unique() -> None:
    """In one reply and across replies: a decision on one call does not decide another."""
    asked: list[str] = []

    def approve(call: ToolCall) -> bool:
        asked.append(call.call_id)
        return call.arguments != '{"number": 2}'

    first = [called("double", {"number": n}, "same", n) for n in (1, 2)]
    second = [called("double", {"number": 3}, "same"), called("double", {"number": 4}, "", 1)]
    scripts = ([*first, CALLED], [*second, CALLED], SUNNY)
    session, _, handed = await run(*scripts, tools=[double], approve=approve)
    ids = [made.call_id for made in calls(session)]
    assert ids == asked
    assert ids[0] == "same"
    assert len(set(ids)) == 4
    assert handed.results == ["6", "8"]
    for turn, count in zip(handed.turns, (2, 2), strict=True):
        said = [call["id"] for call in turn[0]["tool_calls"]]
        assert said == [answer["tool_call_id"] for answer in turn[1:]]
        assert len(said) == count
    assert [made.error for made in calls(session)] == ["", "the call was declined", "", ""]


async def test_calls_that_look_alike_get_their_own_signatures_back() -> None:
    first = []
    for number in (1, 2):
        call = called("double", {"number": number}, "")
        signature = {"google": {"thought_signature": f"s{number}"}}
        call["choices"][0]["delta"]["tool_calls"][0]["extra_content"] = signature
        first.append(call)
    session, _, handed = await run([*first, CALLED], SUNNY, tools=[double])
    said = handed.turns[0][0]["tool_calls"]
    signatures = [call["extra_content"]["google"]["thought_signature"] for call in said]
    assert signatures == ["s1", "s2"]
    assert [made.result for made in calls(session)] == ["2", "4"]


async def test_only_the_calls_of_the_answer_that_was_asked_for_are_made() -> None:
    made: list[int] = []

    def note(number: int) -> None:
        made.append(number)

    other = called("note", {"number": 2}, "c2")
    other["choices"][0] |= {"index": 1, "finish_reason": "tool_calls"}
    first = [called("note", {"number": 1}), other, CALLED]
    session, _, handed = await run(first, SUNNY, tools=[note])
    assert made == [1]
    assert len(handed.turns[0]) == 2
    mine, theirs = choices(session.transcript)
    assert [call.status for call in mine.tool_calls] == ["completed"]
    assert [call.status for call in theirs.tool_calls] == ["not_run"]
    # Not even if there are no others.
    session, _, handed = await run([other, DONE], SUNNY, tools=[note])
    assert (made, handed.turns, session.status) == ([1], [], "completed")
    assert [call.status for call in choices(session.transcript)[1].tool_calls] == ["not_run"]


@pytest.mark.parametrize(
    ("arguments", "words", "handed_back"),
    [
        ("null", "", "{}"),
        ("", "", "{}"),
        (" ", "", "{}"),
        ("{}", "", "{}"),
        ('"{}"', "", "{}"),
        ('{"a": 1, "a": 1}', "the arguments have the key 'a' twice: give it once", "{}"),
        ('{"a": NaN}', "the arguments have NaN, which is not a JSON number", "{}"),
        ('{"a": 1e999}', "the arguments have the number 1e999, which is too large", "{}"),
        ("[" * 100_000, "the arguments are nested too deeply", "{}"),
        ('{"a": ' * 300 + "1" + "}" * 300, "the arguments do not fit: a: Extra inputs", None),
    ],
)
async def test_what_goes_back_is_an_object(arguments: str, words: str, handed_back: Any) -> None:
    def clock() -> str:
        return "noon"

    first = [called("clock", arguments), CALLED]
    session, _, handed = await run(first, SUNNY, tools=[clock])
    (made,) = calls(session)
    assert made.error.startswith(words) if words else made.result == "noon"
    said = handed.turns[0][0]["tool_calls"][0]["function"]["arguments"]
    assert said == (arguments if handed_back is None else handed_back)
    assert session.status == "completed"


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
