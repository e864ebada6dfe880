"""Which call a fragment of chat's ``tool_calls`` belongs to, however services number them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from nbstream.adapters.chat import ChatAdapter
from nbstream.adapters.responses import ResponsesAdapter
from nbstream.transcript.choices import choice
from nbstream.transcript.transcript import Transcript
from tests.support.fakes import DONE, chat
from tests.support.growth import check_linear, undisturbed
from tests.support.tools import CALLED

OSLO, BERN = '{"town": "Oslo"}', '{"town": "Bern"}'
Call = tuple[str, str, str]


def part(number: Any = 0, id_: Any = None, name: Any = None, arguments: Any = None) -> Any:
    """A fragment as a service sends it; what is None is not there."""
    function = {"name": name, "arguments": arguments}
    whole = {"index": number, "id": id_, "type": "function" if name else None}
    found = {key: value for key, value in whole.items() if value is not None}
    return {**found, "function": {k: v for k, v in function.items() if v is not None}}


def calls(*fragments: Any, number: int = 0) -> list[Call]:
    """The calls in chunks: each has one fragment, or a list of them."""
    chunks = [chat(tool_calls=one if isinstance(one, list) else [one]) for one in fragments]
    return read(*chunks, CALLED, number=number)


def read(*chunks: Any, number: int = 0) -> list[Call]:
    adapter, transcript = ChatAdapter(), Transcript()
    for chunk in chunks:
        for event in adapter.feed(chunk):
            transcript.apply(event)
    for event in adapter.end(has_end=False):
        transcript.apply(event)
    found = choice(transcript, number).tool_calls
    return [(call.call_id, call.name, call.arguments) for call in found]


def pieces(number: Any, id_: Any, name: Any, arguments: str, *, repeat: bool = False) -> list[Any]:
    """A call in three fragments, of which each or only the first has id and name."""
    cut = [arguments[:4], arguments[4:9], arguments[9:]]
    heads = [(id_, name)] * 3 if repeat else [(id_, name), (None, None), (None, None)]
    return [part(number, *head, piece) for head, piece in zip(heads, cut, strict=True)]


@pytest.mark.parametrize("id_", [None, "", "same"])
@pytest.mark.parametrize("number", [0, None, 3, "0"])
def test_parallel_calls_that_look_alike_but_for_what_they_say(id_: Any, number: Any) -> None:
    found = calls(
        part(number, id_, "weather", OSLO),
        part(number, id_, "weather", BERN),
        part(number, id_, "clock", "{}"),
    )
    assert found == [
        (id_ or "", "weather", OSLO),
        (id_ or "", "weather", BERN),
        (id_ or "", "clock", "{}"),
    ]


@pytest.mark.parametrize("id_", [None, "", "same"])
@pytest.mark.parametrize("repeat", [False, True])
def test_they_may_come_in_pieces(id_: Any, repeat: bool) -> None:
    found = calls(
        *pieces(0, id_, "weather", OSLO, repeat=repeat),
        *pieces(0, id_, "weather", BERN, repeat=repeat),
        *pieces(0, id_, "tide", OSLO, repeat=repeat),
    )
    assert [call[1:] for call in found] == [("weather", OSLO), ("weather", BERN), ("tide", OSLO)]


def test_members_of_one_list_are_different_calls() -> None:
    found = calls([part(0, "", "clock", ""), part(0, "", "clock"), part(0, "", "moon", "")])
    assert [call[1] for call in found] == ["clock", "clock", "moon"]
    found = calls([part(0, "", "weather", OSLO), part(0, "", "weather", OSLO)])
    assert [call[2] for call in found] == [OSLO, OSLO]


def test_fragments_of_one_call_may_share_a_chunk() -> None:
    assert calls([part(0, "a", "weather", ""), part(0, None, None, OSLO)]) == [
        ("a", "weather", OSLO)
    ]
    assert calls(pieces(0, "a", "weather", OSLO, repeat=True)) == [("a", "weather", OSLO)]


def test_calls_without_parameters_and_without_ids() -> None:
    found = calls(part(0, "", "clock", ""), part(0, "", "weather", OSLO), part(0, "", "moon"))
    assert [call[1:] for call in found] == [("clock", ""), ("weather", OSLO), ("moon", "")]


def test_interleaved_calls_go_by_number_or_by_id() -> None:
    ab = [pieces(0, "a", "weather", OSLO), pieces(1, "b", "weather", BERN)]
    assert calls(*(one for pair in zip(*ab, strict=True) for one in pair)) == [
        ("a", "weather", OSLO),
        ("b", "weather", BERN),
    ]
    # All have the number 0, or none: ids tell them apart.
    for number in (0, None):
        heads = [part(number, "a", "weather", ""), part(number, "b", "weather", "")]
        rest = [
            part(number, id_, None, text)
            for at in (0, 8)
            for id_, text in (("a", OSLO[at : at + 8]), ("b", BERN[at : at + 8]))
        ]
        assert calls(*heads, *rest) == [("a", "weather", OSLO), ("b", "weather", BERN)]


def test_the_same_id_under_two_numbers_is_two_calls() -> None:
    found = calls(
        part(0, "x", "weather", ""),
        part(1, "x", "weather", ""),
        part(0, None, None, OSLO),
        part(1, None, None, BERN),
    )
    assert found == [("x", "weather", OSLO), ("x", "weather", BERN)]


def test_a_number_that_is_used_again() -> None:
    found = calls(
        *pieces(0, "a", "weather", OSLO),
        part(1, "b", "clock", ""),
        *pieces(0, "c", "weather", BERN),
    )
    assert found == [("a", "weather", OSLO), ("b", "clock", ""), ("c", "weather", BERN)]


def test_another_id_with_each_fragment() -> None:
    fragments = [
        part(0, f"id{n}", one["function"].get("name"), one["function"]["arguments"])
        for n, one in enumerate(pieces(0, "a", "weather", OSLO))
    ]
    assert calls(*fragments, part(0, "id9", None, "")) == [("id0", "weather", OSLO)]
    without = [{key: one[key] for key in one if key != "index"} for one in fragments]
    assert calls(*without) == [("id0", "weather", OSLO)]


def test_numbers_that_count_fragments() -> None:
    fragments = pieces(0, "a", "weather", OSLO)
    assert calls(*({**one, "index": n} for n, one in enumerate(fragments))) == [
        ("a", "weather", OSLO)
    ]


def test_an_id_or_a_name_that_comes_late() -> None:
    assert calls(part(0, None, "weather", ""), part(0, "a", None, OSLO)) == [("a", "weather", OSLO)]
    assert calls(part(0, "a"), part(0, None, "weather", OSLO)) == [("a", "weather", OSLO)]
    # The first fragment has no number.
    assert calls(part(None, "a", "weather", ""), part(0, None, None, OSLO)) == [
        ("a", "weather", OSLO)
    ]


@pytest.mark.parametrize(
    "names", [("wea", "ther"), ("weather", "weather"), ("wea", "weather"), ("weather", None)]
)
def test_names_in_pieces_and_repeated_ones(names: Any) -> None:
    first, second = names
    head = part(0, "a", first, "")
    for next_ in (part(0, None, second), part(0, "a", second)):
        assert calls(head, next_, part(0, None, None, OSLO)) == [("a", "weather", OSLO)]


@pytest.mark.parametrize("empty", ["{}", "null", " {} ", "{ }", "[]", {}])
@pytest.mark.parametrize("rest", [[OSLO], [OSLO[:3], OSLO[3:]], ["", OSLO], ["{}", OSLO]])
def test_an_empty_object_before_the_real_arguments(empty: Any, rest: list[str]) -> None:
    head = part(0, "a", "weather", empty)
    assert calls(head, *(part(0, None, None, one) for one in rest)) == [("a", "weather", OSLO)]
    # Also where the heads of all calls come first.
    found = calls(
        head,
        part(1, "b", "weather", empty),
        *(part(number, None, None, one) for number in (0, 1) for one in rest),
    )
    assert [call[2] for call in found] == [OSLO, OSLO]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [("{}", "{}"), ("null", "null"), ({}, "{}"), ("", ""), (" ", ""), (None, ""), ([], "[]")],
)
def test_arguments_that_say_nothing(arguments: Any, told: str) -> None:
    assert calls(part(0, "a", "clock", arguments)) == [("a", "clock", told)]


@pytest.mark.parametrize(
    "fragment",
    [
        {"id": "a", "name": "weather", "arguments": OSLO},
        {"id": "a", "type": "tool_use", "name": "weather", "input": json.loads(OSLO)},
        {"id": "a", "function": {"name": "weather", "parameters": json.loads(OSLO)}},
        {"id": "a", "function": {"name": "weather", "args": OSLO}},
    ],
)
@pytest.mark.parametrize("name", ["tool_calls", "toolCalls", "tool_call", "toolcalls"])
def test_names_of_other_apis(name: str, fragment: Any) -> None:
    for given in (fragment, [fragment], [None, fragment]):
        assert read(chat(**{name: given}), CALLED) == [("a", "weather", OSLO)]
    beside = chat()
    beside["choices"][0]["toolCalls"] = [fragment]
    assert read(beside, CALLED) == [("a", "weather", OSLO)]
    called = {"name": "weather", "args": json.loads(OSLO)}
    assert read(chat(functionCall=called), CALLED) == [("", "weather", OSLO)]


def test_all_of_the_call_so_far_each_time() -> None:
    whole = [part(0, "a", "weather", OSLO[:size]) for size in (1, 6, 12, len(OSLO), len(OSLO))]
    assert calls(*whole) == [("a", "weather", OSLO)]


def test_a_message_at_the_end_repeats_the_deltas() -> None:
    head = part(0, None, "weather", OSLO)
    for text, again, shown in (("Hm.", "Hm.", "Hm."), ("Hm", "Hm. ", "Hm. "), ("Hm.", "H", "Hm.")):
        message = {"role": "assistant", "content": again, "tool_calls": [head]}
        last = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        for start in ([chat(text), chat(tool_calls=[head])], [chat(text)]):
            assert read(*start, last) == [("", "weather", OSLO)]
        adapter, transcript = ChatAdapter(), Transcript()
        for chunk in (chat(text), last):
            for event in adapter.feed(chunk):
                transcript.apply(event)
        assert transcript.text == shown


def test_arguments_as_objects() -> None:
    assert calls(part(0, "a", "weather", {"town": "Ös"})) == [("a", "weather", '{"town": "Ös"}')]


def test_what_is_said_again_at_the_end_counts_once() -> None:
    spaced = json.dumps(json.loads(OSLO), indent=1)
    for again in (OSLO, spaced):
        for head in ((None, None), ("a", "weather"), (None, "weather")):
            found = calls(*pieces(0, "a", "weather", OSLO), part(0, *head, again))
            assert found == [("a", "weather", OSLO)]


@pytest.mark.parametrize("empty", ["{}", "null", "", None])
def test_an_item_of_responses_that_begins_with_an_empty_object(empty: Any) -> None:
    item = {"type": "function_call", "id": "f", "call_id": "a", "name": "weather"}
    at = {"output_index": 0, "item_id": "f"}
    adapter, transcript = ResponsesAdapter(), Transcript()
    for chunk in (
        {
            "type": "response.output_item.added",
            **at,
            "item": {**item, "arguments": empty, "status": "in_progress"},
        },
        {"type": "response.function_call_arguments.delta", **at, "delta": OSLO},
        {
            "type": "response.output_item.done",
            **at,
            "item": {**item, "arguments": OSLO, "status": "completed"},
        },
    ):
        for event in adapter.feed(chunk):
            transcript.apply(event)
    (call,) = choice(transcript, 0).tool_calls
    assert (call.name, call.arguments) == ("weather", OSLO)


def test_a_custom_tool_takes_any_text() -> None:
    def custom(number: int, id_: Any, name: Any, text: str) -> Any:
        return {"index": number, "id": id_, "custom": {"name": name, "input": text}}

    assert calls(
        custom(0, "a", "shell", "{}"), custom(0, "a", "shell", " ls"), custom(0, "b", "shell", "x")
    ) == [("a", "shell", "{} ls"), ("b", "shell", "x")]


def test_legacy_functions() -> None:
    def legacy(name: Any, arguments: Any) -> Any:
        return chat(function_call={"name": name, "arguments": arguments})

    assert read(legacy("weather", ""), legacy(None, OSLO), CALLED) == [("", "weather", OSLO)]
    assert read(legacy("weather", OSLO), legacy("clock", None), CALLED) == [
        ("", "weather", OSLO),
        ("", "clock", ""),
    ]
    # Some say the same in both ways.
    both = chat(tool_calls=[part(0, "a", "weather", OSLO)])
    both["choices"][0]["delta"]["function_call"] = {"name": "weather", "arguments": OSLO}
    assert read(both, CALLED) == [("a", "weather", OSLO)]


def test_each_answer_has_calls_of_its_own() -> None:
    other = chat(tool_calls=[part(0, "b", "weather", BERN)])
    other["choices"][0]["index"] = 1
    chunks = [chat(tool_calls=[part(0, "a", "weather", OSLO)]), other, CALLED]
    assert read(*chunks) == [("a", "weather", OSLO)]
    assert read(*chunks, number=1) == [("b", "weather", BERN)]


@pytest.mark.parametrize(
    "broken",
    [
        {"tool_calls": {"id": "a", "function": {"name": "f"}}},
        {"tool_calls": [None, 5, "x"]},
        {"tool_calls": [{"index": [0], "function": {"name": 5, "arguments": 7}}]},
    ],
)
def test_shapes_that_no_service_should_send(broken: Any) -> None:
    read(chat(**broken), DONE)


def test_a_cut_stream_keeps_what_came() -> None:
    assert read(chat(tool_calls=[part(0, "a", "clock", "{}")])) == [("a", "clock", "{}")]


def test_names_with_each_fragment_cost_no_more_than_the_text() -> None:
    def seconds(count: int) -> float:
        value = json.dumps({"x": "}" * count})
        fragments = [part(0, None, "f", character) for character in value]
        begun = time.process_time()
        assert calls(*fragments) == [("", "f", value)]
        return time.process_time() - begun

    seconds(100)
    with undisturbed():
        assert seconds(20_000) < 0.1 + 50 * seconds(2_000)


@pytest.mark.parametrize(
    "head", [{"number": 0}, {"number": None}, {"number": None, "id_": "c", "name": "f"}]
)
def test_long_arguments_in_small_fragments_take_linear_time(head: dict[str, Any]) -> None:
    def take(text: str) -> None:
        arguments = ['{"a": [', *(text[at : at + 4] for at in range(0, len(text), 4))]
        found = calls(part(0, "c", "f"), *(part(**head, arguments=one) for one in arguments))
        assert found == [("c", "f", "".join(arguments))]

    check_linear(take, ['{"b": {}}, ', '"}{", '], size=100_000)


def test_arguments_told_again_in_other_words_are_those_of_the_call() -> None:
    again = json.dumps(json.loads(OSLO), indent=1)
    told = [part(0, "a", "weather", OSLO), part(0, "a", "weather", OSLO)]
    assert calls(*told, part(0, "a", "weather", again)) == [("a", "weather", OSLO)]
