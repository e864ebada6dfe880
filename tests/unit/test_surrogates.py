"""Half a character in one piece and half in the next, wherever text comes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from nbstream.adapters import pick
from nbstream.errors import UsageError
from nbstream.inspection.inspection import inspect
from nbstream.text.redact import redactor
from nbstream.text.surrogates import well_formed, well_formed_values
from nbstream.transcript.choices import choice
from nbstream.transcript.events import Delta, Failure, Finish, Info, Meta, PartType, Restored, Whole
from nbstream.transcript.halves import Halves
from nbstream.transcript.stop_condition import Ending
from nbstream.transcript.transcript import Transcript
from nbstream.transport.recording import block_of
from nbstream.widget.displays import text_bundle
from tests.support.fakes import DONE, ReadError, chat, ended, make, run
from tests.support.rounds import SUNNY, calls
from tests.support.rounds import run as run_tools
from tests.support.shapes import as_sdk
from tests.support.tools import CALLED, called

HIGH, LOW, FACE, LOST = "\ud83d", "\ude00", "😀", "\ufffd"
PIECES = [
    ([f"a{HIGH}", f"{LOW}b"], f"a{FACE}b"),
    ([HIGH, LOW], FACE),
    ([HIGH, "", LOW], FACE),
    ([f"{HIGH}{LOW}"], FACE),
    ([f"{FACE}{HIGH}", LOW], FACE * 2),
    ([HIGH, HIGH, LOW, LOW], f"{LOST}{FACE}{LOST}"),
    ([HIGH, "a"], f"{LOST}a"),
    (["a", LOW, "b"], f"a{LOST}b"),
    (["a", HIGH], f"a{LOST}"),
    (["\udcff", "é"], f"{LOST}é"),
]


def sendable(value: Any) -> None:
    """What a comm and a notebook can hold."""
    json.dumps(value, ensure_ascii=False, default=str).encode()


@pytest.mark.parametrize(("text", "whole"), [("".join(pieces), whole) for pieces, whole in PIECES])
def test_well_formed_text(text: str, whole: str) -> None:
    assert well_formed(text) == whole
    assert well_formed_values({text: [text, 1, None]}) == {whole: [whole, 1, None]}


def test_other_text_stays_the_object_that_it_is() -> None:
    for text in ("", "plain", f"né {FACE}"):
        assert well_formed(text) is text


@pytest.mark.parametrize(("pieces", "whole"), PIECES)
@pytest.mark.parametrize("type_", ["text", "reasoning", "refusal", "tool", "audio"])
def test_parts_have_whole_characters(pieces: list[str], whole: str, type_: PartType) -> None:
    transcript, told = Transcript(), ""
    for piece in pieces:
        append = transcript.apply(Delta("part", type_, piece))
        # Another part meanwhile has nothing to do with it.
        transcript.apply(Delta("other", "text", "x"))
        told += append.text if append else ""
    for half in transcript.halves.end():
        append = transcript.apply(half)
        told += append.text if append else ""
    part = transcript.parts["part"]
    assert part.text == told == whole
    assert part.length == len(whole.encode("utf-16-le")) // 2
    assert transcript.parts["other"].text == "x" * len(pieces)


def test_what_is_said_whole_completes_a_half() -> None:
    transcript = Transcript()
    transcript.apply(Delta("text", "text", f"a{HIGH}"))
    transcript.apply(Whole("text", "text", f"a{HIGH}{LOW}b"))
    assert (transcript.text, transcript.halves.end()) == (f"a{FACE}b", [])
    transcript.apply(Delta("text", "text", HIGH))
    transcript.restore(Restored([Whole("text", "text", f"b{LOW}")]))
    assert (transcript.text, transcript.halves.end()) == (f"b{LOST}", [])


def test_what_is_known_beside_text_is_well_formed() -> None:
    transcript = Transcript()
    sources: Any = [{"url": "https://a.example", "title": f"a{HIGH}"}]
    transcript.apply(Delta("text", "text", "x"))
    transcript.apply(Info("text", "text", {"sources": sources}))
    transcript.apply(Info("tool:0", "tool", {"name": f"f{HIGH}", "result": f"{HIGH}{LOW}"}))
    transcript.apply(Meta(f"m{HIGH}", f"r{LOW}"))
    transcript.apply(Finish(f"stop{HIGH}"))
    assert choice(transcript, 0).sources[0]["title"] == f"a{LOST}"
    (call,) = choice(transcript, 0).tool_calls
    assert (call.name, call.result) == (f"f{LOST}", FACE)
    assert (transcript.model, transcript.response_id) == (f"m{LOST}", f"r{LOST}")
    assert transcript.finish_reason == f"stop{LOST}"


async def test_a_session_tells_nothing_that_cannot_be_sent() -> None:
    chunks = [
        *(chat(None, reasoning_content=piece) for piece in (f"hm{HIGH}", LOW)),
        *map(chat, (f"a{HIGH}", f"{LOW}b", HIGH)),
        chat(None, refusal=HIGH),
        chat(finish=f"odd{HIGH}"),
    ]
    session, sink = await run([{**chunk, f"x{HIGH}": HIGH} for chunk in chunks])
    assert session.transcript.text == "".join(session.generation.deltas) == f"a{FACE}b{LOST}"
    assert (session.transcript.reasoning, session.transcript.refusal) == (f"hm{FACE}", LOST)
    sendable([sink.appends, session.generation.deltas, session.reason])
    sendable(text_bundle(session.generation, "asked"))


async def test_a_cut_or_stopped_stream() -> None:
    session, _ = await run([chat(f"a{HIGH}"), ReadError("cut")])
    assert session.transcript.text == f"a{LOST}"
    session, _ = make([chat(f"a{HIGH}"), DONE])
    session.start(asyncio.get_running_loop())
    session.generation.listen(lambda: session.cancel(f"enough{HIGH}"))
    await ended(session)
    assert (session.transcript.text, session.reason) == ("a", f"enough{LOST}")


async def test_an_early_end_and_a_continuation_see_whole_characters() -> None:
    session, _ = make([*map(chat, ("one ", HIGH, f"{LOW} two")), DONE], ending=Ending(FACE))
    session.start(asyncio.get_running_loop())
    await ended(session)
    assert session.transcript.text == f"one {FACE}"
    cut = [chat("Streams carry an answer"), ReadError("cut")]
    session, _ = await run(cut, [*map(chat, ("an answer ", HIGH, LOW, HIGH)), DONE])
    session.go_on(asyncio.get_running_loop)
    await ended(session)
    assert session.transcript.text == f"Streams carry an answer {FACE}{LOST}"


@pytest.mark.parametrize("record", [False, True])
async def test_errors_and_the_inspector(record: bool) -> None:
    error = {"error": {"message": f"no{HIGH}", "type": f"bad{HIGH}", "code": HIGH}, "choices": []}
    session, _ = await run([as_sdk(chat(f"a{HIGH}")), error], record=record, keep_chunks=True)
    assert session.error is not None
    assert (session.error.type, session.error.code) == (f"bad{LOST}", LOST)
    assert session.error.message.endswith(f"no{LOST}")
    found = inspect(session.generation)
    sendable([found.report(), [str(event) for event in found.events], str(found.error)])
    assert f'"a{LOST}"' in (found.events[0].data or "")
    session, _ = await run([ValueError(f"no{HIGH}")])
    assert f"no{LOST}" in str(session.error)


def test_a_chunk_of_the_sdk_as_json() -> None:
    data = block_of(as_sdk(chat(HIGH))).data
    assert json.loads(redactor()(data or ""))["choices"][0]["delta"]["content"] == LOST


async def test_calls_and_what_is_handed_back() -> None:
    given: list[str] = []

    def note(text: str) -> str:
        given.append(text)
        return text[0] + HIGH

    def part(arguments: str) -> dict[str, Any]:
        return chat(tool_calls=[{"index": 0, "function": {"arguments": arguments}}])

    in_two = [called("note", '{"text": "'), part(HIGH), part(f'{LOW}"}}')]
    escaped = called("note", r'{"text": "\ud83d\ude00\ud83d"}', "c2", 1)
    thought = chat(None, reasoning_content=f"hm{HIGH}")
    first = [thought, chat(None, reasoning_content=f"{LOW}{HIGH}"), *in_two, escaped, CALLED]
    session, _, handed = await run_tools(first, SUNNY, tools=[note])
    assert given == [FACE, f"{FACE}{LOST}"]
    assert [call.result for call in calls(session)] == [f"{FACE}{LOST}"] * 2
    sendable(handed.turns)
    said = handed.turns[0][0]
    assert said["reasoning_content"] == f"hm{FACE}{LOST}"
    arguments = [call["function"]["arguments"] for call in said["tool_calls"]]
    assert [json.loads(one) for one in arguments] == [{"text": text} for text in given]


@pytest.mark.parametrize(
    "chunks",
    [
        [f"a{HIGH}", LOW],
        [{"choices": [{"index": 0, "text": text}]} for text in (f"a{HIGH}", LOW)],
        [
            {"type": "response.output_text.delta", "delta": text, "output_index": 0}
            for text in (f"a{HIGH}", LOW)
        ],
        [{"type": "transcript.text.delta", "delta": text} for text in (f"a{HIGH}", LOW)],
        [
            {
                "event": "thread.message.delta",
                "data": {
                    "id": HIGH,
                    "delta": {"content": [{"index": 0, "type": "text", "text": {"value": text}}]},
                },
            }
            for text in (f"a{HIGH}", LOW)
        ],
    ],
    ids=["str", "completions", "responses", "transcription", "assistant"],
)
def test_every_format(chunks: list[Any]) -> None:
    adapter, transcript = pick(chunks[0]), Transcript()
    assert adapter is not None
    for chunk in chunks:
        for event in adapter.feed(chunk):
            transcript.apply(event)
    assert transcript.text == f"a{FACE}"
    sendable(list(transcript.parts))


def test_a_failure_in_words() -> None:
    transcript = Transcript()
    transcript.apply(Failure("error", HIGH))
    assert redactor()(transcript.failure.message if transcript.failure else "") == LOST


def test_halves_that_nothing_follows() -> None:
    halves = Halves()
    assert halves.feed(Delta("text", "text", HIGH)).text == ""
    assert halves.end() == [Delta("text", "text", LOST)]
    assert halves.end() == []


def test_a_prompt_with_half_a_character_is_refused() -> None:
    from nbstream.validation import check_prompt

    with pytest.raises(UsageError, match="the prompt has a lone surrogate"):
        check_prompt(f"Hi{HIGH}")
