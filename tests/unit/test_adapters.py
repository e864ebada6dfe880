"""Chunks of every format, as dicts and as the SDK's objects, become events."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.adapters import pick
from nbstream.adapters.chat import ChatAdapter
from nbstream.adapters.helper import HelperAdapter
from nbstream.adapters.responses import ResponsesAdapter
from nbstream.adapters.text import TextAdapter
from nbstream.transcript.events import Delta, Event, Extra, Failure, Finish, Logprobs, Meta, Usage
from tests.support.fakes import chat
from tests.support.shapes import FOREIGN, Shape, as_dict, as_namespace, as_sdk

SHAPES = {"dict": as_dict, "namespace": as_namespace, "sdk": as_sdk, **FOREIGN}


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def shape(request: pytest.FixtureRequest) -> Shape:
    made: Shape = request.param
    return made


def events(adapter: Any, *chunks: Any) -> list[Event]:
    return [event for chunk in chunks for event in adapter.feed(chunk)]


def without_meta(found: list[Event]) -> list[Event]:
    return [event for event in found if not isinstance(event, Meta)]


# -- chat.completions -----------------------------------------------------------------------------


def test_chat_text(shape: Shape) -> None:
    chunks = [shape(chat("", role="assistant")), shape(chat("Hel")), shape(chat("lo", "stop"))]
    assert events(ChatAdapter(), *chunks) == [
        Meta("served-model", "chatcmpl-1"),
        Delta("text", "text", "Hel"),
        Delta("text", "text", "lo"),
        Finish("stop"),
    ]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_chat_reasoning(shape: Shape, name: str) -> None:
    chunk = shape(chat(None, **{name: "hm"}))
    found = without_meta(events(ChatAdapter(), chunk))
    assert found == [Delta("reasoning", "reasoning", "hm")]


def test_reasoning_under_both_names_counts_once(shape: Shape) -> None:
    chunk = shape(chat(None, reasoning="hm", reasoning_content="hm"))
    assert len(without_meta(events(ChatAdapter(), chunk))) == 1


def test_chat_refusal(shape: Shape) -> None:
    found = without_meta(events(ChatAdapter(), shape(chat(None, refusal="No."))))
    assert found == [Delta("refusal", "refusal", "No.")]


@pytest.mark.parametrize("choices", [[], None])
def test_chat_without_choices(shape: Shape, choices: Any) -> None:
    chunk = shape({**chat(), "choices": choices})
    assert without_meta(events(ChatAdapter(), chunk)) == []


@pytest.mark.parametrize("missing", ["delta", "finish_reason"])
def test_chat_choice_with_a_field_of_null(shape: Shape, missing: str) -> None:
    chunk = chat("x")
    chunk["choices"][0][missing] = None
    found = without_meta(events(ChatAdapter(), shape(chunk)))
    assert found == ([] if missing == "delta" else [Delta("text", "text", "x")])


def test_every_choice(shape: Shape) -> None:
    chunk = chat("mine")
    chunk["choices"].append({"index": 1, "delta": {"content": "other"}, "finish_reason": "stop"})
    assert without_meta(events(ChatAdapter(), shape(chunk))) == [
        Delta("text", "text", "mine"),
        Delta("1.text", "text", "other"),
        Finish("stop", 1),
    ]


@pytest.mark.parametrize("content", [None, 7, [None, 5, {}], {"text": 3}, {"type": "image_url"}])
def test_content_without_text(content: Any) -> None:
    chunk = chat()
    chunk["choices"][0]["delta"]["content"] = content
    assert without_meta(events(ChatAdapter(), chunk)) == []


def test_chat_usage(shape: Shape) -> None:
    usage = {
        "prompt_tokens": 11,
        "completion_tokens": 5,
        "total_tokens": 16,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    chunk = shape({**chat(), "choices": [], "usage": usage})
    assert without_meta(events(ChatAdapter(), chunk)) == [Usage(11, 5, 16, 2, 3)]


def test_every_usage_is_reported_in_order(shape: Shape) -> None:
    # Some services send running counts with each chunk: the last one counts.
    first = shape({**chat("a"), "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
    last = shape({**chat("b"), "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    found = [e for e in events(ChatAdapter(), first, last) if isinstance(e, Usage)]
    assert found == [Usage(1, 1, 2), Usage(1, 2, 3)]


@pytest.mark.parametrize(
    "usage", [None, {}, {"prompt_tokens": None}, {"prompt_tokens": "3"}, {"prompt_tokens": True}]
)
def test_usage_without_counts(usage: Any) -> None:
    assert without_meta(events(ChatAdapter(), {**chat(), "usage": usage})) == []


def test_half_a_usage() -> None:
    chunk = {**chat(), "usage": {"completion_tokens": 4}}
    assert without_meta(events(ChatAdapter(), chunk)) == [Usage(0, 4, 4)]


def test_meta_only_when_it_changes(shape: Shape) -> None:
    other = {**chat("b"), "model": "other"}
    found = events(ChatAdapter(), *map(shape, (chat("a"), chat("a"), other)))
    metas = [event for event in found if isinstance(event, Meta)]
    assert metas == [Meta("served-model", "chatcmpl-1"), Meta("other", "chatcmpl-1")]


def test_chat_flat_error(shape: Shape) -> None:
    chunk = shape({"type": "error", "message": "overloaded", "code": 529, "choices": None})
    adapter = ChatAdapter()
    assert without_meta(events(adapter, chunk)) == [Failure("error", "overloaded", "529")]


@pytest.mark.parametrize("adapter", [ChatAdapter, ResponsesAdapter])
def test_an_error_that_early_sdks_wrap(shape: Shape, adapter: type[Any]) -> None:
    error = {"type": "error", "message": "overloaded", "code": 529}
    chunk = shape({"event": "error", "data": error, "choices": None})
    assert without_meta(events(adapter(), chunk)) == [Failure("error", "overloaded", "529")]


def test_chat_nested_error() -> None:
    chunk = {"error": {"type": "server_error", "message": "boom", "code": None}, "choices": []}
    found = without_meta(events(ChatAdapter(), chunk))
    assert found == [Failure("server_error", "boom", None)]
    found = without_meta(events(ChatAdapter(), {"error": "just words"}))
    assert found == [Failure("error", "just words", None)]


def test_the_events_of_the_helper_count_once() -> None:
    first = {"type": "chunk", "chunk": chat("Hello", "stop"), "snapshot": {}}
    made_of_it = [{"type": "content.delta", "delta": "Hello"}, {"type": "content.done"}]
    found = without_meta(events(HelperAdapter(), first, *made_of_it))
    assert found == [Delta("text", "text", "Hello"), Finish("stop")]


def test_ping_and_unknown_chunks_give_nothing() -> None:
    found = events(ChatAdapter(), {"type": "ping"}, {"type": "response.future", "delta": "?"}, 5)
    assert without_meta(found) == []


# -- other services and packages ------------------------------------------------------------------


@pytest.mark.parametrize("beside", ["", "Hi"])
def test_text_beside_the_delta_is_the_same_text(shape: Shape, beside: str) -> None:
    chunk = chat("Hi")
    chunk["choices"][0].update(text=beside, seed=None)
    adapter = pick(shape(chunk))
    assert without_meta(events(adapter, shape(chunk))) == [Delta("text", "text", "Hi")]


def test_text_beside_a_delta_that_says_something_else(shape: Shape) -> None:
    chunk = chat(None, reasoning="hm")
    chunk["choices"][0]["text"] = "hm"
    found = without_meta(events(ChatAdapter(), shape(chunk)))
    assert found == [Delta("reasoning", "reasoning", "hm")]


def test_text_beside_an_empty_delta_is_the_text(shape: Shape) -> None:
    chunks = [chat(""), chat(None), chat(None)]
    for chunk in chunks[1:]:
        chunk["choices"][0]["text"] = "a"
    found = without_meta(events(ChatAdapter(), *map(shape, chunks)))
    assert found == [Delta("text", "text", "a")] * 2


def test_the_legacy_api_begins_without_text(shape: Shape) -> None:
    chunk = {"id": "c", "object": "text_completion", "choices": [], "model": "m"}
    texts = [{**chunk, "choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]}]
    adapter = pick(shape(chunk))
    found = without_meta(events(adapter, shape(chunk), *map(shape, texts)))
    assert found == [Delta("text", "text", "a"), Finish("stop")]


def test_the_log_probabilities_of_the_legacy_api(shape: Shape) -> None:
    logprobs = {"tokens": ["a", "b"], "token_logprobs": [-0.5, -1.0]}
    choice = {"index": 0, "text": "ab", "logprobs": logprobs}
    (text, found) = without_meta(events(ChatAdapter(), shape({"choices": [choice]})))
    assert text == Delta("text", "text", "ab")
    assert isinstance(found, Logprobs)
    assert found.tokens == [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.0}]


def test_chunks_inside_of_events(shape: Shape) -> None:
    """As in Mistral's own SDK."""
    chunk = shape({"data": chat("Hi", "stop")})
    found = without_meta(events(pick(chunk), chunk))
    assert found == [Delta("text", "text", "Hi"), Finish("stop")]


def test_a_string_before_the_chunks() -> None:
    adapter = pick("")
    assert adapter is not None
    found = events(adapter, "", {"type": "ping"}, chat("Hi", "stop"), None)
    assert without_meta(found)[1:] == [Delta("text", "text", "Hi"), Finish("stop")]
    assert adapter.ends_with_finish_reason


@pytest.mark.parametrize("choices", [5, "text", {"index": 0}, True, [None], [7], ["x"], [[]]])
def test_choices_that_are_none(choices: Any) -> None:
    assert without_meta(events(ChatAdapter(), {**chat(), "choices": choices})) == []


@pytest.mark.parametrize("name", ["dict", "sdk", "namespace", "pydantic extras", "mappings"])
def test_what_is_unknown_in_an_object_is_kept(name: str) -> None:
    chunk = SHAPES[name]({**chat("Hi"), "provider": "A"})
    assert Extra({"provider": "A"}) in events(ChatAdapter(), chunk)


# -- Responses ------------------------------------------------------------------------------------


RESPONSE = {
    "id": "resp_1",
    "model": "served-model",
    "usage": {
        "input_tokens": 11,
        "output_tokens": 5,
        "total_tokens": 16,
        "input_tokens_details": {"cached_tokens": 3},
        "output_tokens_details": {"reasoning_tokens": 2},
    },
}
META = Meta("served-model", "resp_1")
USAGE = Usage(11, 5, 16, 2, 3)


def delta(kind: str, text: str, output: int = 0, **index: int) -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "delta": text, "output_index": output, **index}


def test_responses_text(shape: Shape) -> None:
    found = events(
        ResponsesAdapter(),
        shape({"type": "response.created", "response": RESPONSE}),
        shape(delta("output_text", "Hel", 1, content_index=0)),
        shape(delta("output_text", "lo", 1, content_index=0)),
        shape({"type": "response.completed", "response": RESPONSE}),
    )
    assert found == [
        META,
        Delta("text:1/0", "text", "Hel"),
        Delta("text:1/0", "text", "lo"),
        META,
        USAGE,
        Finish("stop"),
    ]


@pytest.mark.parametrize(
    ("kind", "index", "name", "type_"),
    [
        ("reasoning_text", "content_index", "reasoning", "reasoning"),
        ("reasoning_summary_text", "summary_index", "summary", "reasoning"),
        ("refusal", "content_index", "refusal", "refusal"),
    ],
)
def test_other_parts(kind: str, index: str, name: str, type_: Any) -> None:
    found = events(ResponsesAdapter(), delta(kind, "x", 2, **{index: 3}))
    assert found == [Delta(f"{name}:2/3", type_, "x")]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("max_output_tokens", "length"),
        ("content_filter", "content_filter"),
        (None, "incomplete"),
    ],
)
def test_responses_incomplete(shape: Shape, reason: str | None, finish: str) -> None:
    response = {**RESPONSE, "incomplete_details": {"reason": reason}}
    chunk = shape({"type": "response.incomplete", "response": response})
    assert events(ResponsesAdapter(), chunk) == [META, USAGE, Finish(finish)]


def test_responses_failed(shape: Shape) -> None:
    response = {**RESPONSE, "error": {"code": "server_error", "message": "boom"}}
    chunk = shape({"type": "response.failed", "response": response})
    expected = Failure("server_error", "boom", "server_error")
    assert events(ResponsesAdapter(), chunk) == [META, USAGE, expected]


def test_responses_failed_without_a_reason() -> None:
    found = events(ResponsesAdapter(), {"type": "response.failed", "response": {}})
    assert found == [Meta(), Failure("response.failed", "the server gave no reason", None)]


def test_responses_error_event(shape: Shape) -> None:
    chunk = shape({"type": "error", "message": "boom", "code": "rate_limit_exceeded"})
    expected = [Failure("error", "boom", "rate_limit_exceeded")]
    assert events(ResponsesAdapter(), chunk) == expected


def test_responses_unknown_events() -> None:
    unknown = ({"type": "response.future"}, {"type": None}, {}, None, "text", {"type": "ping"})
    assert events(ResponsesAdapter(), *unknown) == []


# -- choice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chunk", "adapter"),
    [
        ("text", TextAdapter),
        ("", TextAdapter),
        (chat("x"), ChatAdapter),
        ({"choices": None}, ChatAdapter),
        ({"object": "chat.completion.chunk"}, ChatAdapter),
        ({"type": "chunk", "chunk": chat("x")}, HelperAdapter),
        (as_sdk(chat("x")), ChatAdapter),
        (as_sdk({"choices": [], "object": ""}), ChatAdapter),
        ({"type": "response.created"}, ResponsesAdapter),
        (as_sdk(delta("output_text", "x")), ResponsesAdapter),
        ({"type": "error", "message": "x"}, ResponsesAdapter),
    ],
)
def test_pick(chunk: Any, adapter: type) -> None:
    assert type(pick(chunk)) is adapter


PINGS: tuple[Any, ...] = (
    *(None, 5, True, [], {}, b"bytes", object()),
    *({"type": "ping"}, {"type": "keepalive"}, {"object": "ping"}, {"type": "codex.rate_limits"}),
    *({"event": "ping", "data": {}}, {"data": None}, {"type": 7, "object": None}),
)


@pytest.mark.parametrize("chunk", PINGS)
def test_what_does_not_say_the_format(chunk: Any) -> None:
    assert pick(chunk) is None


def test_a_chunk_says_its_format_whatever_its_class(shape: Shape) -> None:
    assert type(pick(shape(chat("x")))) is ChatAdapter
    assert type(pick(shape({"type": "chunk", "chunk": chat("x")}))) is HelperAdapter
    assert type(pick(shape({"type": "response.created"}))) is ResponsesAdapter


@pytest.mark.parametrize("kind", ["chunk", "error", "response.chunk"])
def test_a_chunk_with_choices_is_chat_whatever_it_is_called(kind: str) -> None:
    assert type(pick({**chat("x"), "type": kind})) is ChatAdapter


def test_text() -> None:
    assert events(TextAdapter(pick), "a", None, 7, {}, "b") == [
        Delta("text", "text", "a"),
        Delta("text", "text", "7"),
        Delta("text", "text", "b"),
    ]
    assert not TextAdapter.ends_with_finish_reason
    assert ChatAdapter.ends_with_finish_reason
    assert ResponsesAdapter.ends_with_finish_reason


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        ("response.created", 0, False),
        ("response.queued", 1, False),
        ("response.in_progress", 2, False),
        ("response.output_text.delta", 7, True),
        ("response.completed", 9, True),
        ("keepalive", 3, True),
        ("response.output_text.delta", None, False),
        ("error", 99, False),
    ],
)
def test_where_a_stream_of_responses_was_taken_up(
    kind: str, number: int | None, expected: bool
) -> None:
    adapter = pick({"type": kind, "sequence_number": number})
    assert adapter.lacks_beginning is expected
    # Another response in the same stream has its beginning.
    list(adapter.feed({"type": "response.created", "response": {}}))
    assert not adapter.lacks_beginning
