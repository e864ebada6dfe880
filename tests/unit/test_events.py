"""Events are plain values."""

from __future__ import annotations

import dataclasses
import inspect
import typing

import pytest

from nbstream.transcript import events
from nbstream.transcript.events import Delta, Event, Finish, Usage


def test_events_are_values() -> None:
    assert Delta("text", "text", "a") == Delta("text", "text", "a")
    assert hash(Finish("stop")) == hash(Finish("stop"))
    with pytest.raises(AttributeError):
        Delta("text", "text", "a").text = "b"  # type: ignore[misc]  # that it is refused is the test
    with pytest.raises(dataclasses.FrozenInstanceError):
        Finish("stop").finish_reason = "length"  # type: ignore[misc]  # that it is refused is the test


def test_every_event_class_is_in_the_union() -> None:
    own = (value for value in vars(events).values() if inspect.isclass(value))
    classes = {value for value in own if value.__module__ == events.__name__}
    described = {events.PartInfo, events.CitedSource}
    assert set(typing.get_args(Event)) == classes - described


def test_usage_on_the_wire_leaves_out_what_is_unknown() -> None:
    assert Usage(1, 2, 3).to_wire() == {
        "input_tokens": 1,
        "output_tokens": 2,
        "total_tokens": 3,
    }
    full = Usage(1, 2, 3, reasoning_tokens=0, cached_tokens=4).to_wire()
    assert full["reasoning_tokens"] == 0
    assert full["cached_tokens"] == 4
