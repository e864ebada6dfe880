"""Merging what is held, and the time of the next flush."""

from __future__ import annotations

import json

import pytest

from nbstream.comm.coalesce import HEADROOM, INTERVAL, Held, Pace
from nbstream.comm.messages import StatusFrame, message
from nbstream.transcript.transcript import Append


def text(offset: int, value: str) -> Append:
    return Append("text", "text", offset, value)


def op(part: str, offset: int, value: str) -> dict[str, object]:
    named = {} if part == "text" else {"part": part, "type": part}
    return {"offset": offset, "text": value, **named}


def test_the_first_message_goes_out_at_once_and_the_next_waits() -> None:
    pace = Pace()
    assert pace.due_in(100.0) == 0.0
    pace.spend(100.0, 1)
    assert pace.due_in(100.01) == pytest.approx(INTERVAL - 0.01)
    assert pace.due_in(100.0 + INTERVAL) == pytest.approx(0.0)


def sent_in(seconds: float, *, urgent: bool, messages: int = 1, tokens: float = 0) -> int:
    """How many messages go out if there is always something to say; so many tokens a second."""
    pace, now, sent, last = Pace(), 1000.0, 0, 1000.0
    while now < 1000.0 + seconds:
        if pace.due_in(now, urgent) == 0.0:
            pace.spend(now, messages, int(tokens * (now - last)))
            sent += messages
            last = now
        now += 0.001
    return sent


def test_thirty_messages_a_second() -> None:
    assert 290 <= sent_in(10, urgent=False) <= 301
    assert sent_in(10, urgent=True) <= 301 + HEADROOM / INTERVAL, "a few at once, then no more"


@pytest.mark.parametrize(
    ("tokens", "messages"), [(100, 30), (200, 30), (500, 20.8), (2000, 10.5), (20_000, 7.5)]
)
def test_the_more_text_comes_the_more_of_it_is_in_a_message(tokens: float, messages: float) -> None:
    assert sent_in(10, urgent=False, tokens=tokens) == pytest.approx(10 * messages, rel=0.06)


def test_few_bytes_stand_beside_the_text() -> None:
    held = Held()
    held.append(text(12345, "abc"))
    assert len(json.dumps(message(*held.take("01234567", 123)))) <= 116 + len("abc")


def test_however_many_messages_a_flush_has() -> None:
    assert sent_in(10, urgent=False, messages=5) <= 301 + 5


def test_nothing_held_is_no_frame() -> None:
    assert Held().take("s", 2) == []


def test_only_neighbours_of_one_part_are_merged() -> None:
    held = Held()
    held.append(Append("reasoning", "reasoning", 0, "a"))
    held.append(Append("reasoning", "reasoning", 1, "b"))
    held.append(text(0, "c"))
    held.append(Append("reasoning", "reasoning", 2, "d"))
    ops = [op("reasoning", 0, "ab"), op("text", 0, "c"), op("reasoning", 2, "d")]
    assert held.take("s", 7) == [{"kind": "delta", "stream": "s", "seq": 7, "ops": ops}]
    assert held.take("s", 8) == []


def test_what_becomes_known_goes_along_with_the_text_around_it() -> None:
    held = Held()
    for number in range(2):
        held.append(Append("tool:0", "tool", 0, "{"))
        held.append(Append("tool:0", "tool", 1, "", {"name": "clock"}))
        held.append(Append("tool:0", "tool", 1, "}"))
        known = {**op("tool:0", 0, "{}"), "type": "tool", "info": {"name": "clock"}}
        (frame,) = held.take("s", number)
        assert frame["kind"] == "delta"
        assert frame["ops"] == [known]


def test_a_state_stands_between_the_texts_around_it() -> None:
    held = Held()
    held.append(text(0, "a"))
    stalled: StatusFrame = {"kind": "status", "stream": "s", "seq": 0, "status": "stalled"}
    running: StatusFrame = {"kind": "status", "stream": "s", "seq": 0, "status": "in_progress"}
    held.frame(stalled)
    held.frame(running)
    held.append(text(1, "b"))
    assert held.take("s", 2) == [
        {"kind": "delta", "stream": "s", "seq": 2, "ops": [op("text", 0, "a")]},
        {"kind": "status", "stream": "s", "seq": 3, "status": "stalled"},
        {"kind": "status", "stream": "s", "seq": 4, "status": "in_progress"},
        {"kind": "delta", "stream": "s", "seq": 5, "ops": [op("text", 1, "b")]},
    ]
