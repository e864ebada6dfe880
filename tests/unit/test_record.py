"""The record of a response's events: their times, its bounds, and chunks that are no bytes."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from nbstream.transport import recording
from nbstream.transport.recording import MOST_BYTES, MOST_EVENTS, Recording, block_of
from nbstream.transport.sse import KEPT


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_times_are_seconds_since_the_request_and_the_event_before() -> None:
    clock = Clock()
    recording = Recording(clock, clock())
    for later, data in ((0.5, b"data: a\n"), (0.25, b"\ndata: b\n\n"), (1, b": ping\n\ndata: c")):
        clock.now += later
        recording.read(data)
    clock.now += 1
    events = recording.events
    assert [event.number for event in events] == [1, 2, 3, 4]
    assert [event.at for event in events] == [0.75, 0.75, 1.75, 2.75]
    assert [event.gap for event in events] == [0.75, 0, 1, 1]
    assert [event.data for event in events] == ["a", "b", None, "c"]
    assert events[2].comment == "ping"
    assert [event.is_complete for event in events] == [True, True, True, False]


def test_the_first_and_the_last_events_are_kept_and_the_rest_is_counted() -> None:
    recording = Recording(Clock(), 100.0)
    count = 3 * MOST_EVENTS
    recording.read(b"".join(b"data: %06d\n\n" % number for number in range(count)))
    numbers = [event.number for event in recording.events]
    kept = [*range(1, MOST_EVENTS + 1), *range(count - MOST_EVENTS + 1, count + 1)]
    assert numbers == kept
    assert recording.left_out == count - 2 * MOST_EVENTS
    assert recording.bytes_left_out == 12 * recording.left_out


def test_long_events_do_not_fill_the_memory() -> None:
    recording = Recording(Clock(), 100.0)
    for _ in range(200):
        recording.read(b"data: " + b"x" * 100_000 + b"\n\n")
    events = recording.events
    assert len(events) + recording.left_out == 200
    kept = sum(len(event.data or "") for event in events)
    assert MOST_BYTES < kept <= 2 * MOST_BYTES
    assert all(event.size == 100_006 and event.missing == 100_006 - KEPT for event in events)


def test_once_bytes_are_seen_chunks_are_not_recorded_twice() -> None:
    recording = Recording(Clock(), 100.0)
    recording.read(b"data: {}\n\n")
    recording.chunk({})
    assert len(recording.events) == 1


class Strange:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("chunk", "event", "data"),
    [
        ("héllo", "str", "héllo"),
        ({"type": "note", "é": 1}, "note", '{"type":"note","é":1}'),
        ({"object": "x", "set": {1}}, "dict", '{"object":"x","set":"{1}"}'),
        (SimpleNamespace(type="ping"), "ping", "namespace(type='ping')"),
        (SimpleNamespace(event="thread.run"), "thread.run", "namespace(event='thread.run')"),
        (b"\xff", "bytes", "b'\\xff'"),
        (Strange(), "Strange", "<Strange, which cannot be shown: RuntimeError>"),
    ],
)
def test_chunks_are_shown_as_json_or_by_their_repr(chunk: object, event: str, data: str) -> None:
    block = block_of(chunk)
    assert (block.event, block.data) == (event, data)
    assert block.missing == 0


def test_a_long_chunk_is_cut() -> None:
    block = block_of({"b64_json": "é" * KEPT})
    assert block.data is not None
    assert len(block.data) == KEPT
    assert block.size == len(json.dumps({"b64_json": ""})) - 1 + 2 * KEPT
    assert block.size - block.missing == len(block.data.encode())


def test_an_event_is_one_line() -> None:
    event = recording.RawEvent(3, 1.0, 1.0, "e", "a\n b", "7", "10", "c\nd", "<p>", 9, 4, False)
    expected = "e  : c d  id: 7  retry: 10  <p>  a b  [4 bytes more]  [not complete]"
    assert str(event) == expected
