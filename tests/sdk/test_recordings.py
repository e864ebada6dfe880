"""Streams of every kind, by the real SDK over HTTP, in pieces of several sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nbstream.widget.widget import StreamWidget
from tests.support.recordings import ALL, Recording
from tests.support.replay import SIZES, replay
from tests.support.server import Server

# What the names in `Recording.expected` mean, beside the widget's own attributes.
READ: dict[str, Callable[[StreamWidget], Any]] = {
    "calls": lambda w: [(call.call_id, call.name, call.arguments) for call in w.tool_calls],
    "written": lambda w: [call.arguments for call in w.tool_calls],
    "results": lambda w: [call.result for call in w.tool_calls],
    "errors": lambda w: [call.error for call in w.tool_calls],
    "statuses": lambda w: [call.status for call in w.tool_calls],
    "tokens": lambda w: [
        token.token if hasattr(token, "token") else token["token"] for token in w.logprobs
    ],
    "texts": lambda w: [choice.text for choice in w.choices],
    "reasons": lambda w: [choice.finish_reason for choice in w.choices],
    "audio": lambda w: w.choices[0].audio,
    "tokens_used": lambda w: w.usage and tuple(w.usage.to_wire().values())[:3],
    "frames": lambda w: [image.frame for image in w.images],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.mark.parametrize("recording", ALL, ids=lambda recording: recording.name)
async def test_a_recording(server: Server, recording: Recording) -> None:
    for size in SIZES:
        widget = await replay(server, recording.api, recording.body, size)
        found = {
            name: READ[name](widget) if name in READ else getattr(widget, name)
            for name in recording.expected
        }
        assert found == recording.expected, f"in pieces of {size} bytes"
        widget.close()
