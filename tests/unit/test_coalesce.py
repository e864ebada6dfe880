"""Merging deltas and the time of the next flush."""

from __future__ import annotations

import pytest

from nbstream.coalesce import BASE_INTERVAL, INTERVAL_PER_STREAM, Coalescer
from nbstream.transcript import Append


def text(offset: int, value: str) -> Append:
    return Append("text", "text", offset, value)


def test_nothing_held_is_never_due() -> None:
    box: Coalescer[str] = Coalescer()
    assert box.due_in(0.0) is None
    assert box.take(0.0) == {}
    assert box.take_one("s") == []


def test_the_first_text_goes_out_at_once() -> None:
    box: Coalescer[str] = Coalescer()
    box.add("s", text(0, "Hi"))
    assert box.due_in(0.0) == 0.0


def test_later_text_waits_for_the_tick() -> None:
    box: Coalescer[str] = Coalescer()
    box.add("s", text(0, "Hi"))
    box.take(100.0)
    assert box.due_in(100.0) is None
    box.add("s", text(2, "!"))
    assert box.due_in(100.01) == pytest.approx(BASE_INTERVAL - 0.01)
    assert box.due_in(100.0 + BASE_INTERVAL + 1) == 0.0


def test_many_streams_share_a_slower_tick() -> None:
    box: Coalescer[int] = Coalescer()
    box.take(0.0)
    for stream in range(40):
        box.add(stream, text(0, "x"))
    due = box.due_in(0.0)
    assert due == pytest.approx(40 * INTERVAL_PER_STREAM)
    assert 40 / due <= 200 * 1.001, "messages per second"


def test_only_neighbours_of_one_part_are_merged() -> None:
    box: Coalescer[str] = Coalescer()
    box.add("s", Append("reasoning", "reasoning", 0, "a"))
    box.add("s", Append("reasoning", "reasoning", 1, "b"))
    box.add("s", text(0, "c"))
    box.add("s", Append("reasoning", "reasoning", 2, "d"))
    box.add("t", text(5, "e"))
    assert box.take(1.0) == {
        "s": [
            Append("reasoning", "reasoning", 0, "ab"),
            text(0, "c"),
            Append("reasoning", "reasoning", 2, "d"),
        ],
        "t": [text(5, "e")],
    }
    assert box.take(2.0) == {}


def test_take_one_leaves_the_others() -> None:
    box: Coalescer[str] = Coalescer()
    box.add("s", text(0, "a"))
    box.add("t", text(0, "b"))
    box.add("s", text(1, "c"))
    assert box.take_one("s") == [text(0, "ac")]
    assert box.take(0.0) == {"t": [text(0, "b")]}
