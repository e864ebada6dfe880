"""What a response says twice, or under other numbers and ids, is shown once; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nbstream.adapters import pick
from nbstream.transcript.events import Restored
from nbstream.transcript.transcript import Transcript

Event = dict[str, Any]
TEXT, HALF = "The sky is blue.", "The sky "


def read(*events: Any) -> Transcript:
    transcript, adapter = Transcript(), None
    for event in events:
        adapter = adapter or pick(event)
        for found in adapter.feed(event) if adapter is not None else ():
            if transcript.apply(found) is None and isinstance(found, Restored):
                transcript.restore(found)
    for found in adapter.end(has_end=False) if adapter is not None else ():
        transcript.apply(found)
    return transcript


def message(*texts: str, id_: str = "m") -> Event:
    contents = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    return {"id": id_, "type": "message", "status": "completed", "content": contents}


def call(arguments: str, call_id: str, id_: str = "f") -> Event:
    found = {"id": id_, "type": "function_call", "name": "clock", "call_id": call_id}
    return {**found, "arguments": arguments}


def delta(text: str, kind: str = "output_text", **where: Any) -> Event:
    at = {"item_id": "m", "output_index": 0, "content_index": 0, **where}
    return {"type": f"response.{kind}.delta", "delta": text, **at}


def done(text: str, **where: Any) -> Event:
    at = {"item_id": "m", "output_index": 0, "content_index": 0, **where}
    return {"type": "response.output_text.done", "text": text, **at}


def item(what: str, value: Event, output_index: int = 0) -> Event:
    return {"type": f"response.output_item.{what}", "output_index": output_index, "item": value}


def end(*output: Event, **fields: Any) -> Event:
    response = {"id": "r", "status": "completed", "output": list(output), **fields}
    return {"type": "response.completed", "response": response}


CREATED = {"type": "response.created", "response": {"id": "r"}}
ELSEWHERE: list[Event] = [
    {"content_index": 1},
    {"output_index": 3},
    {"item_id": "other"},
    {"item_id": "other", "output_index": 2, "content_index": 5},
    {"item_id": None},
]


@pytest.mark.parametrize("streamed", [TEXT, HALF, TEXT + "\n"], ids=["whole", "half", "with space"])
@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_text_that_is_finished_under_other_numbers(where: Event, streamed: str) -> None:
    tellings: list[list[Event]] = [
        [done(TEXT), end()],
        [item("done", message(TEXT)), end()],
        [end(message(TEXT))],
        [done(TEXT), item("done", message(TEXT)), end(message(TEXT))],
        [item("done", message(TEXT, id_="third"), 7), end(message(TEXT, id_="fourth"))],
    ]
    for telling in tellings:
        found = read(CREATED, delta(streamed, **where), *telling)
        assert found.text.strip() == TEXT
        assert len(found.parts) == 1


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_text_whose_item_was_announced(where: Event) -> None:
    announced = item("added", message(id_="m"))
    found = read(CREATED, announced, delta(TEXT, **where), end(message(TEXT)))
    assert found.text == TEXT


@pytest.mark.parametrize("first", [0, 1, 4])
def test_several_texts_of_one_item(first: int) -> None:
    texts = ("One. ", "Two. ", "One. ")
    deltas = [delta(text, content_index=first + at) for at, text in enumerate(texts)]
    found = read(CREATED, *deltas, item("done", message(*texts)), end(message(*texts)))
    assert found.text == "".join(texts)


@pytest.mark.parametrize("where", [0, 3])
def test_an_item_that_is_finished_twice(where: int) -> None:
    twice = [item("done", message(TEXT)), item("done", message(TEXT), where)]
    assert read(CREATED, *twice, end(message(TEXT))).text == TEXT


def test_what_was_not_streamed_is_not_lost() -> None:
    both = [message("One. ", id_="a"), message("Two.", id_="b")]
    streamed = delta("One. ", item_id="a")
    assert read(CREATED, streamed, end(*both)).text == "One. Two."
    assert (
        read(CREATED, delta("One. ", item_id="x", content_index=3), end(*both)).text == "One. Two."
    )
    in_parts = read(CREATED, streamed, item("done", message("One. ", "Two.", id_="a")), end())
    assert in_parts.text == "One. Two."
    thought = {"id": "t", "type": "reasoning", "summary": [{"text": "Hm."}]}
    found = read(CREATED, delta("Hm.", "reasoning_summary_text", item_id="t"), end(thought, *both))
    assert (found.reasoning, found.text) == ("Hm.", "One. Two.")


@pytest.mark.parametrize(
    "streamed", [["The sky", " is blue."], [TEXT], ["The ", "sky is ", "blue."]]
)
@pytest.mark.parametrize(
    "finished", [["The sky", " is blue."], [TEXT], ["The", " sky is", " blue."]]
)
@pytest.mark.parametrize("rest", ["", " So is the sea."])
def test_texts_that_are_divided_otherwise(
    streamed: list[str], finished: list[str], rest: str
) -> None:
    deltas = [delta(text, content_index=at) for at, text in enumerate(streamed)]
    whole = message(*finished[:-1], finished[-1] + rest)
    assert read(CREATED, *deltas, end(whole)).text == TEXT + rest
    assert read(CREATED, *deltas, item("done", whole), end(whole)).text == TEXT + rest


@pytest.mark.parametrize("lost", range(3))
def test_a_delta_that_was_lost(lost: int) -> None:
    pieces = ["The ", "sky is ", "blue."]
    deltas = [delta(text) for at, text in enumerate(pieces) if at != lost]
    for last in ([done(TEXT)], [item("done", message(TEXT))], [end(message(TEXT))]):
        assert read(CREATED, *deltas, *last, end(message(TEXT))).text == TEXT


def test_parts_that_carry_their_text() -> None:
    def part(what: str, text: str) -> Event:
        place = {"item_id": "m", "output_index": 0, "content_index": 0}
        found = {"type": "output_text", "text": text}
        return {"type": f"response.content_part.{what}", **place, "part": found}

    assert read(CREATED, part("added", HALF), delta("is blue."), end()).text == f"{HALF}is blue."
    assert read(CREATED, part("added", ""), delta(TEXT), part("done", TEXT), end()).text == TEXT
    assert read(CREATED, part("done", TEXT), end()).text == TEXT
    assert read(CREATED, delta(TEXT, "text"), end()).text == TEXT
    assert read(CREATED, delta(TEXT, "reasoning"), end()).reasoning == TEXT


def test_a_text_that_was_finished_in_other_words_stays_as_it_was_streamed() -> None:
    found = read(CREATED, delta("The sky", content_index=1), end(message("A sky is blue.")))
    assert found.text == "The sky"


@pytest.mark.parametrize("name", ["summary_index", "output_index", "item_id"])
def test_a_summary_that_is_finished_under_other_numbers(name: str) -> None:
    where = {name: "x" if name == "item_id" else 2}
    streamed = [delta(t, "reasoning_summary_text", **where) for t in ("Let me", " see.")]
    thought = {"id": "m", "type": "reasoning", "summary": [{"text": "Let me see."}]}
    for telling in ([end(thought)], [item("done", thought), end(thought)]):
        found = read(CREATED, *streamed, *telling)
        assert found.reasoning == "Let me see."


BEGINNINGS: dict[str, Callable[[list[Event]], list[Event]]] = {
    "before": lambda events: [*events[:2], CREATED, *events[2:]],
    "after the first": lambda events: [events[0], CREATED, *events[1:]],
    "never": lambda events: events,
    "twice": lambda events: [CREATED, CREATED, *events],
    "unknown events first": lambda events: [
        {"type": "response.vendor.hello", "sequence_number": 0},
        {"type": "vendor.status"},
        *events,
    ],
}


@pytest.mark.parametrize("begun", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize("first", [None, 0, 1])
def test_where_the_response_is_said_to_begin(
    begun: Callable[[list[Event]], list[Event]], first: int | None
) -> None:
    events = begun([delta(HALF), delta("is "), delta("blue."), end(message(TEXT))])
    numbered = [
        event if first is None else {**event, "sequence_number": first + at}
        for at, event in enumerate(events)
    ]
    found = read(*numbered)
    assert (found.text, found.finish_reason) == (TEXT, "stop")
    adapter = pick(numbered[0])
    assert adapter is None or not adapter.lacks_beginning


def test_the_last_event_alone() -> None:
    found = read(end(message(TEXT), call("{}", "c1"), message("More.")))
    assert found.text == TEXT + "More."
    assert [part.info.get("call_id") for part in found.parts.values() if part.type == "tool"] == [
        "c1"
    ]
    assert read(end({**message(), "content": TEXT})).text == TEXT


def test_responses_that_follow_each_other_without_a_beginning() -> None:
    one = [delta("One. "), end(message("One. "))]
    two = [delta("Two."), end(message("Two."), id="r2")]
    assert read(CREATED, *one, *two).text == "One. Two."
    assert read(CREATED, *one, *one[1:], *two[1:], *two[1:]).text == "One. Two."


# -- items that share a number ---------------------------------------------------------------------


def calls_of(found: Transcript) -> list[tuple[str | None, str]]:
    return [(p.info.get("call_id"), p.text) for p in found.parts.values() if p.type == "tool"]


CALLS = [("c1", '{"a": 1}'), ("c2", '{"b": 2}')]


def streamed_call(call_id: str, arguments: str, id_: str, at: int = 0) -> list[Event]:
    middle = len(arguments) // 2
    pieces = [
        delta(piece, "function_call_arguments", item_id=id_, output_index=at)
        for piece in (arguments[:middle], arguments[middle:])
    ]
    return [
        item("added", call("", call_id, id_), at),
        *pieces,
        item("done", call(arguments, call_id, id_), at),
    ]


@pytest.mark.parametrize("ids", [("f1", "f2"), ("f", "f"), ("", "")])
@pytest.mark.parametrize("places", [(0, 0), (0, 1)])
@pytest.mark.parametrize("is_listed", [True, False])
def test_calls_that_share_a_number_or_an_id(
    ids: tuple[str, str], places: tuple[int, int], is_listed: bool
) -> None:
    events = [
        event
        for (call_id, arguments), id_, at in zip(CALLS, ids, places, strict=True)
        for event in streamed_call(call_id, arguments, id_, at)
    ]
    output = [call(arguments, call_id, "x") for call_id, arguments in CALLS] if is_listed else []
    assert calls_of(read(CREATED, *events, end(*output))) == CALLS


def test_calls_that_share_a_number_and_come_at_the_same_time() -> None:
    one, two = (streamed_call(*made, id_) for made, id_ in zip(CALLS, "ab", strict=True))
    events = [event for pair in zip(one, two, strict=True) for event in pair]
    assert calls_of(read(CREATED, *events, end())) == CALLS


def test_messages_that_share_a_number() -> None:
    events = [
        event
        for id_, text in (("a", "One. "), ("b", "Two."))
        for event in (
            item("added", message(id_=id_)),
            delta(text, item_id=id_),
            item("done", message(text, id_=id_)),
        )
    ]
    both = [message("One. ", id_="a"), message("Two.", id_="b")]
    found = read(CREATED, *events, end(*both))
    assert [part.text for part in found.parts.values()] == ["One. ", "Two."]


# -- how it ended ----------------------------------------------------------------------------------

EVENTS = ["completed", "incomplete", "failed", "done", "cancelled", "in_progress", "vendor_end"]


@pytest.mark.parametrize("event", ["completed", "incomplete", "done", "vendor_end"])
@pytest.mark.parametrize(
    ("details", "word"),
    [
        ({"reason": "max_output_tokens"}, "length"),
        ({"reason": "content_filter"}, "content_filter"),
        ("max_output_tokens", "length"),
        ({"reason": "stop"}, "incomplete"),
        ({}, "incomplete"),
        (None, "incomplete"),
    ],
)
def test_a_status_of_incomplete_whatever_the_event(event: str, details: Any, word: str) -> None:
    last = {**end(status="incomplete", incomplete_details=details), "type": f"response.{event}"}
    assert read(CREATED, delta(TEXT), last).finish_reason == word


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("error", [{"code": "server_error", "message": "GPU fell"}, "GPU fell"])
def test_a_status_of_failed_whatever_the_event(event: str, error: Any) -> None:
    last = {**end(status="failed", error=error), "type": f"response.{event}"}
    found = read(CREATED, delta(TEXT), last)
    assert found.failure is not None
    assert "GPU fell" in found.failure.message
    assert found.text == TEXT


@pytest.mark.parametrize("event", EVENTS)
def test_a_status_of_cancelled_whatever_the_event(event: str) -> None:
    last = {**end(status="cancelled"), "type": f"response.{event}"}
    assert read(CREATED, delta(TEXT), last).finish_reason == "cancelled"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"status": "expired"}, "expired"),
        ({"status": "moon_phase"}, "moon_phase"),
        ({"incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"output": [{**message(TEXT), "status": "incomplete"}]}, "incomplete"),
        ({"output": [{**call("{}", "a"), "status": "incomplete"}]}, "incomplete"),
    ],
)
def test_an_end_that_is_called_completed_and_is_not(fields: Event, word: str) -> None:
    last = {"type": "response.completed", "response": {"status": "completed", **fields}}
    assert read(CREATED, delta(TEXT), last).finish_reason == word


def test_the_details_of_a_failed_status() -> None:
    details = {"type": "failed", "error": {"message": "No room."}}
    last = {"type": "response.done", "response": {"status": "failed", "status_details": details}}
    failure = read(CREATED, delta(TEXT), last).failure
    assert failure is not None
    assert failure.message == "No room."


def test_an_end_that_is_told_twice_stays_the_worse_one() -> None:
    cut = {**end(status="incomplete"), "type": "response.incomplete"}
    assert read(CREATED, delta(TEXT), cut, end()).finish_reason == "incomplete"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "message": "too busy", "code": 429},
        {"type": "error", "error": {"message": "too busy"}},
        {"type": "error", "error": "too busy"},
        {"type": "error", "error": ["too busy"]},
        {"type": "error", "error": [{"detail": "too busy"}]},
        {"type": "error", "detail": "too busy"},
        {"type": "response.error", "error": {"msg": "too busy"}},
        {"type": "response.failed", "error": {"message": "too busy"}},
        {"type": "response.failed", "response": {"error": ["too busy"]}},
        {"event": "error", "data": {"message": "too busy"}},
        {"event": "error", "data": "too busy"},
        {"error": {"message": "too busy"}},
    ],
)
def test_an_error_in_every_shape(event: Event) -> None:
    failure = read(CREATED, event).failure
    assert failure is not None
    assert failure.message == "too busy"


@pytest.mark.parametrize("error", [None, {}, [], "", {"code": None}])
def test_an_error_without_words(error: Any) -> None:
    failure = read(CREATED, {"type": "error", "error": error}).failure
    assert failure is not None
    assert failure.message == "the server gave no reason"
