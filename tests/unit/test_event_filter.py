"""What the SDK gets to read of any bytes, wherever the pieces that they come in end."""

from __future__ import annotations

import json
from collections import deque
from itertools import repeat
from typing import Any

import pytest

from nbstream.errors import StreamError
from nbstream.transport import event_filter
from nbstream.transport.event_filter import EventFilter

A, B, DONE = b'data: {"n":1}\n\n', b'data: {"n":2}\n\n', b"data: [DONE]\n\n"
BOM = b"\xef\xbb\xbf"


def clean(stream: bytes, size: int | None = None) -> bytes:
    events = EventFilter()
    size = size or max(1, len(stream))
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    return b"".join([*map(events.feed, pieces), events.end()])


def read(stream: bytes) -> list[Any]:
    """The data of the events that come out, as JSON."""
    blocks = clean(stream).split(b"\n\n")[:-1]
    return [json.loads(block.removeprefix(b"data: ")) for block in blocks]


def error_of(stream: bytes) -> Any:
    (event,) = read(stream)
    return event["error"]["message"]


SIZES = [1, 2, 3, 5, 7, 1000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "stream",
    [
        A + B + DONE,
        BOM + A + B + DONE,
        BOM + b"\n" + A + b": between\n" + B + DONE,
        b"retry: 1500\n\n" + A + b"retry: 10\nretry: 20\n\n" + B + DONE,
        b"id: 1\n" + A + b": ping\n\n: pong\n\nid\n\nid: 7\n: x\n\n" + B + DONE,
        A + b"event: ping\n\nevent: ping\ndata:\n\ndata\n\ndata: \ndata:  \n\n" + B + DONE,
        A + b"x-unknown: 1\n\nfoo\n\n" + B + DONE,
        b"\n\n\n" + A + b"\n\n" + B + b"\n" + DONE,
        (A + B + DONE).replace(b"\n", b"\r\n"),
        (A + b": x\n\n" + B + DONE).replace(b"\n", b"\r"),
        A[:-2] + b"\r\n\n" + B[:-2] + b"\n\r" + DONE,
        A.replace(b"data: ", b"data:") + B + DONE,
        b'data: {"n":1}\nid: 1\nretry: 3\n\n' + B + b"data:[DONE]\n\n",
        b" " + A + b"Data : " + B[6:] + DONE,
        A[:-1] + B[:-1] + DONE,
        A[:-1] + b"data" + B[4:-1] + b"data: [DONE]",
        b"data: " + A + b"data: \n\n" + b"data: data: " + B[6:] + b"data: data: [DONE]\n\n",
        b"event: ping\ndata: 12:30\n\n" + A + b"data: keep-alive\n\ndata: PING\n\n" + B + DONE,
        A + B + b'data: "[Done]" \n\n',
        A + B + b"data: [DONE]",
        A + B + b"data:  [DONE] \n",
    ],
)
def test_what_is_given(stream: bytes, size: int) -> None:
    assert clean(stream, size).replace(b"data:{", b"data: {") == A + B + DONE


@pytest.mark.parametrize("size", SIZES)
def test_events_by_name_and_data_of_several_lines(size: int) -> None:
    stream = b'id: 1\nevent: note\ndata: {\ndata: "n": "caf\xc3\xa9 \xe2\x80\xa8"}\n\n'
    assert clean(stream, size) == stream.removeprefix(b"id: 1\n")


def test_what_is_well_formed_passes_as_it_is() -> None:
    events = EventFilter()
    for piece in (A, A + B, b"event: a\n" + A + b"event: b\ndata:{}\n\n"):
        assert events.feed(piece) is piece


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("end", [b"\n\n", b"\nid: 1\n\n"], ids=["plain", "with an id"])
@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("né 😀".encode(), "né 😀"),
        (b"caf\xe9 \xf0\x9f\x98", "caf\ufffd \ufffd"),
        (b"\xed\xa0\xbd", "\ud83d"),
        (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
        (b"\xed\xa0\xbd\xff", "\ufffd" * 4),
    ],
)
def test_bytes_that_are_not_utf_8(said: bytes, text: str, end: bytes, size: int) -> None:
    found = clean(b'data: {"n":"' + said + b'"}' + end + A, size)
    first, second, _ = found.split(b"\n\n")
    assert json.loads(first.removeprefix(b"data: ").decode()) == {"n": text}
    assert second + b"\n\n" == A


def test_the_last_event_without_its_empty_line() -> None:
    assert clean(A + b'data: {"n":2}') == A + B
    assert clean(A + b'data: {"n":2}\n') == A + B
    assert clean(A + b'data: {"n":') == A, "half an event does not count"
    assert clean(A + b'data: {\ndata: "n":\n') == A, "not even one that is cut between its lines"


def test_the_end_of_the_body() -> None:
    events = EventFilter()
    events.feed(A + DONE)
    assert not events.has_ended
    events.end()
    assert events.has_ended


# -- failures outside of the format ---------------------------------------------------------------


@pytest.mark.parametrize("before", [b"", A, b"event: x\n" + A + b": comment\n\n"])
@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b'{"error": {"message": "No room.", "type": "t", "code": "c"}}\n', "No room."),
        (b'{"error": {"message": "No room."}}', "No room."),
        (b'{\n "error": {\n\n  "message": "No room."\n }\n}\n\n', "No room."),
        (b'[{"error": {"code": 429, "message": "No room."}}]\n\n', "No room."),
        (b'{"detail": "No room."}\n\n', "No room."),
        (b'{"code": 503, "message": "No room."}\n\n', "No room."),
        (b'{"status": "error", "msg": "No room."}\n\n', "No room."),
        (b"error: No room.\n\n", "No room."),
        (b'error: {"code": 500, "message": "No room."}\n\n', "No room."),
        (b"Error: No room.", "No room."),
        (b"event: error\ndata: No room.\n\n", "No room."),
        (b'event: error\ndata: "No room."\n\n', "No room."),
        (b'event: exception\ndata: {"detail": "No room."}\n\n', "No room."),
        (b"event: error\ndata: No room.", "No room."),
        (b'event: stream_error\ndata: {"reason": "No room."}\n\n', "No room."),
        (b'event: UpstreamException\ndata: {"type": "t", "detail": "No room."}\n\n', "No room."),
        (b"event: failed\ndata: No room.\n\n", "No room."),
        (b'data: {"error": true, "message": "No room."}\n\n', "No room."),
        (b'data: {"error": {"code": 500}, "detail": "No room."}\n\n', "No room."),
        (b'data: [{"error": {"message": "No room."}}]\n\n', "No room."),
        (b"RuntimeError: no room\n\n", "RuntimeError: no room"),
    ],
)
def test_failures(said: bytes, words: str, before: bytes) -> None:
    given = clean(before + said)
    event = json.loads(given.split(b"\n\n")[-2].removeprefix(b"data: "))
    assert event["error"]["message"].strip('"') == words
    for size in SIZES:
        assert clean(before + said, size) == given


@pytest.mark.parametrize("error", [b'"No room."', b'{"message":"No room."}', b'["No room."]'])
def test_a_failure_beside_choices_keeps_them(error: bytes) -> None:
    chunk, failure = read(
        b'data: {"choices":[{"delta":{"content":"a"}}],"error":' + error + b"}\n\n"
    )
    assert chunk["choices"] == [{"delta": {"content": "a"}}]
    assert failure["error"]["message"] == "No room."


def test_events_without_empty_lines_come_at_once() -> None:
    events = EventFilter()
    assert events.feed(A[:-1]) == b""
    assert events.feed(B[:-1]) == A
    assert events.feed(b"event: x\n") == B
    assert events.feed(A) == b"event: x\n" + A


def test_a_list_of_chunks() -> None:
    chunks = b'[{"choices": []},\n {"choices": [1]}]'
    for body in (chunks, b"data: " + chunks.replace(b"\n", b"") + b"\n\n"):
        assert read(body) == [{"choices": []}, {"choices": [1]}]


def test_a_failure_keeps_its_type_and_code() -> None:
    (event,) = read(b'error: {"message": "No.", "type": "overloaded_error", "code": 529}\n\n')
    assert event["error"] == {
        "message": "No.",
        "type": "overloaded_error",
        "code": 529,
        "param": None,
    }


@pytest.mark.parametrize("said", [b"error:\n\n", b"error: null\n\n", b"error: false\n\n"])
def test_no_failure(said: bytes) -> None:
    assert clean(said + A) == A


@pytest.mark.parametrize("data", [b'{"error": {"message": "x"}}', b'{"type": "error"}'])
def test_errors_that_are_understood_pass(data: bytes) -> None:
    event = b"event: error\ndata: " + data + b"\n\n"
    assert clean(event) == event


def test_words_are_kept_for_the_end() -> None:
    events = EventFilter()
    assert events.feed(b"upstream request timeout") == b""
    assert events.end() == b""
    assert events.words == "upstream request timeout"
    events = EventFilter()
    assert events.feed(A + b"x-note: 5\nfoo\nInternal Server Error\n\n" + B) == A + B
    assert events.words == "Internal Server Error", "unknown fields are left out"
    events = EventFilter()
    events.feed(b"<html><title>Hi</title>\n\n<p>a: b\n\n</html>")
    events.end()
    assert events.words.startswith("<html><title>Hi</title>\n")


# -- answers that are not streamed ----------------------------------------------------------------

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_a_whole_answer_of_chat() -> None:
    message = {"role": "assistant", "content": "Hi", "tool_calls": [CALL, CALL]}
    body = {"object": "chat.completion", "choices": [{"message": message, "finish_reason": "stop"}]}
    for text in (json.dumps(body), json.dumps(body, indent=1), "\n\n " + json.dumps(body)):
        (chunk,) = read(text.encode())
        assert [call["index"] for call in chunk["choices"][0]["message"]["tool_calls"]] == [0, 1]
        assert chunk["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("status", ["completed", "failed", "incomplete", None])
def test_a_whole_response(status: str | None) -> None:
    body = {"object": "response", "id": "r", "status": status, "output": []}
    (event,) = read(json.dumps(body).encode())
    assert event == {"type": f"response.{status or 'completed'}", "response": body}


def test_chunks_line_by_line() -> None:
    lines = b'{"choices": []}\n{"choices": [1]}\n'
    events = EventFilter()
    assert events.feed(lines) == b'data: {"choices": []}\n\ndata: {"choices": [1]}\n\n'


def test_json_that_is_no_answer() -> None:
    events = EventFilter()
    events.feed(b'{"status": "ok"}')
    assert events.end() == b""
    assert events.words == '{"status": "ok"}'


# -- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "piece", [b"data: " + b"x" * 100, b"data: x\n", b": comment", b"noise\n", b"{", b'{"a":\n\n']
)
def test_an_event_without_end(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_filter, "MOST_OF_EVENT", 10_000)
    events = EventFilter()
    with pytest.raises(StreamError, match="as one event"):
        deque(map(events.feed, repeat(piece, 100_000)), maxlen=0)


def test_one_large_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_filter, "MOST_OF_EVENT", 10_000)
    with pytest.raises(StreamError, match="as one event"):
        EventFilter().feed(b'data: {"a":"' + b"x" * 20_000 + b'"}\n\n')


def test_words_without_end_are_cut() -> None:
    events = EventFilter()
    events.feed(A)
    for _ in range(1000):
        events.feed(b"plain words " * 100 + b"\n\n")
    assert len(events.words) < 100_000
