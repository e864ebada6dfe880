"""Reasoning in every shape is shown once, as reasoning, and never as the answer."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import pytest

from nbstream.adapters import pick
from nbstream.adapters._think import ThinkTags
from nbstream.transcript.events import Moved, Restored
from nbstream.transcript.transcript import Transcript
from tests.support.fakes import DONE, chat, run
from tests.support.growth import undisturbed
from tests.support.rounds import double
from tests.support.rounds import run as run_tools
from tests.support.shapes import as_dict, as_namespace, as_sdk
from tests.support.tools import CALLED, called

THOUGHT, ANSWER = "Let me see.", "Blue sky."


def read(*chunks: Any) -> Transcript:
    adapter, transcript = pick(chunks[0]), Transcript()
    assert adapter is not None

    def take(events: Any) -> None:
        for event in events:
            if isinstance(event, Moved):
                transcript.move(event)
            elif isinstance(event, Restored):
                transcript.restore(event)
            else:
                transcript.apply(event)

    for chunk in chunks:
        take(adapter.feed(chunk))
    take(adapter.end(has_end=True))
    return transcript


def both(*chunks: Any) -> tuple[str, str]:
    found = read(*chunks)
    return found.reasoning, found.text


def written(text: str, size: int = 0) -> tuple[str, str]:
    """What becomes of text that comes in pieces of so many characters."""
    size = size or len(text)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return both(*map(chat, pieces), DONE)


# -- beside the text ------------------------------------------------------------------------------

SHAPES: list[Any] = [
    {"reasoning_content": THOUGHT},
    {"reasoning": THOUGHT},
    {"thinking": THOUGHT},
    {"reasoning_text": THOUGHT},
    {"reasoning_content": {"text": THOUGHT}},
    {"reasoning_content": [THOUGHT]},
    {"reasoning_content": [{"type": "text", "text": "Let me "}, {"type": "text", "text": "see."}]},
    {"reasoning": {"content": THOUGHT}},
    {"reasoning": {"summary": [{"type": "summary_text", "text": THOUGHT}]}},
    {"thinking": {"thinking": THOUGHT, "signature": "s"}},
    {"thinking_blocks": [{"type": "thinking", "thinking": THOUGHT, "signature": "s"}]},
    {"reasoning_content": {"reasoningText": {"text": THOUGHT, "signature": "s"}}},
    {"reasoning_details": [{"type": "reasoning.text", "text": THOUGHT}]},
    {"reasoning_details": [{"type": "reasoning.summary", "summary": THOUGHT}]},
    {"reasoning_details": {"type": "reasoning.text", "text": THOUGHT}},
    {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}], "reasoning": THOUGHT},
    {"content": [{"type": "thinking", "thinking": THOUGHT}]},
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]},
    {"content": [{"type": "reasoning", "text": THOUGHT}]},
    {"content": [{"type": "reasoning", "reasoning": THOUGHT}]},
    {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT}]}]},
    {"content": [{"type": "reasoning", "content": [{"type": "reasoning_text", "text": THOUGHT}]}]},
    {"content": [{"type": "reasoning.text", "text": THOUGHT}]},
    {"content": [{"reasoningContent": {"reasoningText": {"text": THOUGHT}}}]},
    {"content": [{"text": THOUGHT, "thought": True}]},
    {"content": {"type": "thinking", "thinking": THOUGHT}},
    {"content": {"parts": [{"text": THOUGHT, "thought": True}]}},
    {"content": THOUGHT, "thought": True},
    {"content": THOUGHT, "extra_content": {"google": {"thought": True}}},
    {"content": THOUGHT, "channel": "analysis"},
    {"reasoningContent": THOUGHT},
    {"reasoning_summary": THOUGHT},
    {"thought": THOUGHT},
    {"thoughts": [THOUGHT]},
    {"chain_of_thought": THOUGHT},
]


@pytest.mark.parametrize("delta", SHAPES, ids=str)
@pytest.mark.parametrize("shape", [as_dict, as_namespace, as_sdk])
def test_every_shape(shape: Any, delta: dict[str, Any]) -> None:
    answers = [ANSWER, [{"type": "text", "text": ANSWER}], [ANSWER], {"text": ANSWER}]
    for answer in answers:
        chunks = (chat(**{"text": None, **delta}), chat(answer), DONE)
        assert both(*map(shape, chunks)) == (THOUGHT, ANSWER)


@pytest.mark.parametrize("content", [None, "", ANSWER])
def test_reasoning_beside_a_delta(content: str | None) -> None:
    for name in ("reasoning", "reasoning_content", "thought"):
        first = chat(content)
        first["choices"][0][name] = THOUGHT
        expected = (THOUGHT, ANSWER if content else "")
        assert both(first, DONE) == both(as_sdk(first), DONE) == expected


def test_marked_content_may_have_tags_as_well() -> None:
    thought = {"extra_content": {"google": {"thought": True}}}
    pieces = (chat("<thought>Let ", **thought), chat("me see.", **thought), chat("</thought>Blue"))
    assert both(*pieces, DONE) == ("Let me see.", "Blue")


def test_both_in_one_list() -> None:
    parts = [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": ANSWER}]
    assert both(chat(parts), DONE) == (THOUGHT, ANSWER)


@pytest.mark.parametrize(
    "nothing",
    [None, "", {}, [], 5, True, [None, 7, {"type": "reasoning.encrypted", "data": "x"}], [[[]]]],
)
def test_reasoning_without_words(nothing: Any) -> None:
    chunk = chat(None, reasoning_content=nothing, thinking=nothing, reasoning_details=nothing)
    assert both(chunk, chat(ANSWER), DONE) == ("", ANSWER)


def test_nesting_has_a_bound() -> None:
    deep: Any = THOUGHT
    for _ in range(500):
        deep = [{"content": deep}]
    assert both(chat(None, reasoning_content=deep), chat(ANSWER), DONE) == ("", ANSWER)


def test_what_is_more_than_words_is_kept() -> None:
    signed = {"text": THOUGHT, "signature": "s"}
    found = read(chat(None, reasoning_content=signed), chat(ANSWER), DONE)
    assert found.extra["reasoning_content"] == signed
    details = [{"type": "reasoning.encrypted", "data": str(n)} for n in range(3)]
    found = read(*(chat(None, reasoning_details=[one]) for one in details), DONE)
    assert found.extra["reasoning_details"] == details
    assert "reasoning" not in read(chat(None, reasoning=THOUGHT), DONE).extra


# -- told twice -----------------------------------------------------------------------------------


def fields(**named: str) -> dict[str, Any]:
    """A delta with reasoning under these names, in the shape that each usually has."""
    lists = {
        "reasoning_details": lambda text: [{"type": "reasoning.text", "text": text}],
        "thinking_blocks": lambda text: [{"type": "thinking", "thinking": text}],
    }
    return chat(None, **{name: lists.get(name, str)(text) for name, text in named.items()})


PIECES = ["Let me ", "see.", "\n\n", "Yes, ", "it is."]
WHOLE = "".join(PIECES)


@pytest.mark.parametrize(
    "names",
    [
        ("reasoning", "reasoning_content"),
        ("reasoning", "reasoning_details"),
        ("reasoning_content", "reasoning", "reasoning_details"),
        ("thinking_blocks", "reasoning_content"),
    ],
)
def test_the_same_under_several_names_is_shown_once(names: tuple[str, ...]) -> None:
    at_once = [fields(**dict.fromkeys(names, piece)) for piece in PIECES]
    in_turn = [fields(**{name: piece}) for piece in PIECES for name in names]
    later = [fields(**{name: piece}) for name in names for piece in PIECES]
    first, *rest = names
    at_the_end = [*(fields(**{first: one}) for one in PIECES), fields(**dict.fromkeys(rest, WHOLE))]
    behind = [
        fields(**{first: piece, **dict.fromkeys(rest, before)})
        for piece, before in zip([*PIECES, ""], ["", *PIECES], strict=True)
    ]
    half_way = [
        *(fields(**{first: one}) for one in PIECES[:3]),
        fields(**dict.fromkeys(rest, WHOLE)),
        *(fields(**{first: one}) for one in PIECES[3:]),
    ]
    for chunks in (at_once, in_turn, later, at_the_end, behind, half_way):
        assert both(*chunks, chat(ANSWER), DONE) == (WHOLE, ANSWER)


def test_other_white_space_is_no_other_thought() -> None:
    chunks = [fields(reasoning="Let me see. "), fields(reasoning="Yes.")]
    again = fields(reasoning_content="Let me see.\nYes.\n")
    assert both(*chunks, again, DONE)[0] == "Let me see. Yes."


def test_different_thoughts_are_both_shown() -> None:
    assert both(fields(reasoning="One.", reasoning_content="Two."), DONE)[0] in (
        "One.Two.",
        "Two.One.",
    )
    chunks = [
        fields(reasoning="One. "),
        fields(reasoning_content="Two. "),
        fields(reasoning="Three."),
    ]
    assert both(*chunks, DONE)[0] == "One. Two. Three."
    # What two thoughts begin with alike is not lost.
    chunks = [fields(reasoning="The sky."), fields(thinking="The "), fields(thinking="sea.")]
    assert both(*chunks, DONE)[0] == "The sky.The sea."


def test_a_repeated_thought_of_one_name_stays() -> None:
    assert both(fields(reasoning="ha"), fields(reasoning="ha"), DONE)[0] == "haha"


def test_each_answer_has_its_own() -> None:
    chunks = [fields(reasoning="One."), fields(reasoning_content="One.")]
    for chunk in chunks[1:]:
        chunk["choices"][0]["index"] = 1
    found = read(*chunks, DONE)
    assert found.reasoning == "One."
    assert found.parts["1.reasoning"].text == "One."


def test_names_at_once_cost_little() -> None:
    def seconds(count: int) -> float:
        chunks = [fields(reasoning=f"{n} ", reasoning_details=f"{n - 1} ") for n in range(count)]
        begun = time.process_time()
        read(*chunks)
        return time.process_time() - begun

    seconds(100)
    with undisturbed():
        assert seconds(20_000) < 0.1 + 50 * seconds(2_000)


# -- tags -----------------------------------------------------------------------------------------

TAGS = [
    ("<think>", "</think>"),
    ("<thought>", "</thought>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<THINK>", "</Think>"),
    ("<think >", "</think >"),
    ("< think>", "</ think>"),
    ('<think time="3" kind=x>', "</think>"),
    ("<thinking\n>", "</thinking>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
]
SIZES = [0, 1, 2, 3, 7]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("begin", "end"), TAGS)
def test_tags_however_they_are_cut(begin: str, end: str, size: int) -> None:
    assert written(f"{begin}{THOUGHT}{end}{ANSWER}", size) == (THOUGHT, ANSWER)
    assert written(f"\n {begin}a < b, <b>c</b>{end}{ANSWER}", size) == ("a < b, <b>c</b>", ANSWER)
    # Several, behind each other and at the beginning of lines.
    text = f"{begin}One.{end}\n{begin}Two.{end}Blue.\n\n{begin}Three.{end}Sky."
    assert written(text, size) == ("One.Two.Three.", "\nBlue.\n\nSky.")
    # Not closed.
    assert written(f"{begin}{THOUGHT}", size) == (THOUGHT, "")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("end", [end for _, end in TAGS if end.startswith("<")])
def test_a_tag_that_the_template_has_opened(end: str, size: int) -> None:
    assert written(f"{THOUGHT}\n{end}\n\n{ANSWER}", size) == (f"{THOUGHT}\n", f"\n\n{ANSWER}")
    assert written(f"{THOUGHT}{end}{ANSWER}", size) == (THOUGHT, ANSWER)
    # It is at its end, or a call follows.
    assert written(f"{THOUGHT}{end}", size) == (THOUGHT, "")
    # The server has told the reasoning already, and left the tag over.
    assert written(f"{end}{ANSWER}", size) == ("", ANSWER)
    assert both(fields(reasoning_content=THOUGHT), chat(f"{end}{ANSWER}"), DONE) == (
        THOUGHT,
        ANSWER,
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "text",
    [
        "Use `<think>` and `</think>`.",
        "It ends with `</think>`, as in `a</think>b`.",
        "```\n</think>\n```\nDone.",
        "~~~html\n<p>\n</think>\n```\n</think>\n~~~\nDone.",
        "- item\n  ```\n  x\n  </think>\n  ```",
        'Models write "</think>" at the end.',
        "Tags: <think>a</think> and <thought>b</thought>.",
        "<div>hm</div>",
        "<thinker>hm</thinker>",
        "<th><td>",
        "a < b and c > d, x << y",
        "<",
        "<think",
        "</think",
        "[THINKING] hm",
        "[think](https://a.example) hm",
        "Yes <think>",
        "< b",
    ],
)
def test_text_that_is_only_about_tags(text: str, size: int) -> None:
    assert written(text, size) == ("", text)


@pytest.mark.parametrize("size", SIZES)
def test_tags_in_code_of_an_answer_behind_reasoning(size: int) -> None:
    code = "Write\n```\n<think>\nx</think>\n```\nor `</think>`."
    assert written(f"<think>{THOUGHT}</think>{code}", size) == (THOUGHT, code)
    assert written(f"{THOUGHT}</think>{code}", size) == (THOUGHT, code)


@pytest.mark.parametrize("size", SIZES)
def test_reasoning_about_tags(size: int) -> None:
    thought = 'I end with `</think>`, or "</think>".'
    assert written(f"<think>{thought}</think>{ANSWER}", size) == (thought, ANSWER)
    # Its last word is in quotes.
    assert written(f'<think>say "hi"</think>{ANSWER}', size) == ('say "hi"', ANSWER)
    assert written('<think>say "hi"</think>', size) == ('say "hi"', "")
    # It was taken for the end, until the end came.
    assert written(f"<think>I write </think> here.</think>{ANSWER}", size) == (
        "I write  here.",
        ANSWER,
    )


@pytest.mark.parametrize("size", SIZES)
def test_an_end_behind_the_answer_is_dropped(size: int) -> None:
    assert written(f"<think>{THOUGHT}</think>{ANSWER}</think>\n", size) == (THOUGHT, f"{ANSWER}\n")


def test_tags_that_repeat_what_is_told_beside_the_text() -> None:
    beside = fields(reasoning_content=THOUGHT)
    for text in (f"<think>\n{THOUGHT}\n</think>{ANSWER}", f"{THOUGHT}\n</think>{ANSWER}"):
        assert both(beside, chat(text), DONE) == (THOUGHT, ANSWER)
    other = both(beside, chat(f"More.</think>{ANSWER}"), DONE)
    assert other == (f"{THOUGHT}More.", ANSWER)


@pytest.mark.parametrize(
    "text", [f"<think>{THOUGHT}</think>{ANSWER}", f"{THOUGHT}</think>{ANSWER}"]
)
def test_tags_of_later_answers(text: str) -> None:
    chunk = chat(text)
    chunk["choices"][0]["index"] = 1
    found = read(chat("Plain."), chunk, DONE)
    assert (found.text, found.reasoning) == ("Plain.", "")
    assert found.parts["1.reasoning"].text == THOUGHT
    assert found.parts["1.text"].text == ANSWER


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("begin", ["<think>", ""])
def test_completions(begin: str, size: int) -> None:
    text = f"{begin}{THOUGHT}</think>{ANSWER}"
    size = size or len(text)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    chunks = [{"choices": [{"index": 0, "text": piece}]} for piece in pieces]
    end = {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
    assert both(*chunks, end) == (THOUGHT, ANSWER)
    beside = {"choices": [{"index": 0, "text": "", "reasoning": THOUGHT}]}
    assert both(beside, {"choices": [{"index": 0, "text": ANSWER}]}, end) == (THOUGHT, ANSWER)


def test_strings_are_text_as_they_are() -> None:
    assert both("<think>hm</think>", "Yes") == ("", "<think>hm</think>Yes")


def test_tags_cost_no_more_than_the_text() -> None:
    for unit in ("<", "`</think>` ", "<think> ", "</think>", "a<b", "\n```\n</think>"):

        def seconds(count: int, unit: str = unit) -> float:
            begun = time.process_time()
            written(unit * count, 40)
            return time.process_time() - begun

        seconds(10)
        with undisturbed():
            assert seconds(20_000) < 0.1 + 50 * seconds(2_000), unit


def test_white_space_before_all_text() -> None:
    blank = ["\n", " "] * 20
    assert both(*map(chat, [*blank, "<th", "ink>hm</think>Yes"]), DONE) == ("hm", "Yes")
    assert both(*map(chat, [*blank, "Yes"]), DONE) == ("", "".join(blank) + "Yes")
    assert both(*map(chat, blank), DONE) == ("", "".join(blank))

    def seconds(count: int) -> float:
        tags = ThinkTags("text", "reasoning")
        begun = time.process_time()
        for _ in range(count):
            tags.feed("\n\n\n\n")
        return time.process_time() - begun

    seconds(10)
    with undisturbed():
        assert seconds(40_000) < 0.1 + 50 * seconds(4_000)


# -- a session ------------------------------------------------------------------------------------


async def test_a_page_is_told_all_again_when_text_turns_out_to_be_reasoning() -> None:
    pieces = ["Let me ", "see.", "</think>", "Blue ", "sky."]
    session, sink = await run([*map(chat, pieces), DONE], clock=count().__next__)
    parts = session.transcript.parts
    assert list(parts) == ["reasoning", "text"]
    assert (session.transcript.reasoning, session.transcript.text) == (THOUGHT, ANSWER)
    assert parts["reasoning"].info["seconds"] > 0
    assert sink.statuses.count("restored") == 1
    assert session.generation.reply_text == ANSWER
    assert "".join(session.generation.deltas[session.generation.reply_from :]) == ANSWER


async def test_reasoning_of_later_rounds_is_moved_in_its_round() -> None:
    second = [chat("It is "), chat("easy.</think>"), chat("8."), DONE]
    first = [chat("Hm.</think>Let me see."), called("double", {"number": 4}), CALLED]
    session, _, handed = await run_tools(first, second, tools=[double])
    parts = {key: part.text for key, part in session.transcript.parts.items()}
    assert parts == {
        "reasoning": "Hm.",
        "text": "Let me see.\n\n",
        "tool:0": '{"number": 4}',
        "2/reasoning": "It is easy.",
        "2/text": "8.",
    }
    assert handed.turns[0][0]["content"] == "Let me see."
    assert session.generation.reply_text == "8."
