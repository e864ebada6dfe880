"""The fixtures that the front end's tests read, too: both sides mean the same messages."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from nbstream.comm.inspector import message as inspection_message
from nbstream.comm.messages import WireEvent, asset_message, image_message, message, outputs_message
from nbstream.inspection.inspection import inspect
from nbstream.session.session import Session
from nbstream.transcript.events import PartInfo
from nbstream.transport.retry import RetryPolicy
from tests.support.fakes import ApiError, FakeSource, RecordingSink, chat, ended
from tests.support.frames import flushed, quiet_wire
from tests.support.protocol import (
    ASSET,
    INFO,
    INSPECTION,
    Invalid,
    keys,
    named,
    read_message,
)

USAGE = {"prompt_tokens": 1, "completion_tokens": 2}


# -- what the fixtures say ------------------------------------------------------------------------


@named("frames")
def test_frames(case: dict[str, Any]) -> None:
    if "later kernel" in case["name"]:
        with pytest.raises(Invalid):
            read_message(case["message"])
    else:
        read_message(case["message"])


@named("assets")
def test_assets(case: dict[str, Any]) -> None:
    if case["valid"] and "later kernel" not in case["name"]:
        content = case["message"]
        ASSET(content)
        assert asset_message(content["name"], content.get("error")) == content
    else:
        with pytest.raises(Invalid):
            ASSET(case["message"])


@named("inspections")
def test_inspections(case: dict[str, Any]) -> None:
    if case["valid"] and "later kernel" not in case["name"]:
        INSPECTION(case["message"])
    elif not case["valid"]:
        with pytest.raises(Invalid):
            INSPECTION(case["message"])


async def test_an_inspection_of_python_is_one() -> None:
    session = Session(FakeSource([chat("a"), chat("b")]), RecordingSink(), record=True)
    session.start(asyncio.get_running_loop())
    await ended(session)
    recording = session.generation.attempts.latest.recording
    assert recording is not None
    recording.read(b": hi\nid: 7\nretry: 9\nevent: e\nno field\n\ndata: " + b"x" * 50_000)
    content = json.loads(json.dumps(inspection_message("s1", inspect(session.generation))))
    INSPECTION(content)
    fields = {name for event in content["events"] for name in event}
    assert fields == set(WireEvent.__annotations__) | {"number"}


@named("invalid")
def test_the_reader_of_this_test_is_strict(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read_message(case["message"])


@named("images")
def test_images(case: dict[str, Any]) -> None:
    content = case["message"]
    if case["valid"] and "later kernel" not in case["name"]:
        names = ("stream", "part", "frame", "format")
        assert image_message(*(content[name] for name in names)) == content


def test_the_reader_knows_all_that_may_be_known_of_a_part() -> None:
    assert set(INFO) == set(PartInfo.__annotations__)


def test_outputs() -> None:
    outputs = {"s1-a": {"text/plain": "Hello"}}
    expected = {"v": 1, "kind": "outputs", "stream": "s1", "outputs": outputs}
    assert outputs_message("s1", outputs) == expected


# -- what Python sends ----------------------------------------------------------------------------


async def messages(*scripts: Any, note: str | None = None) -> list[Any]:
    sent: list[Any] = []
    wire = quiet_wire("s1", sent.append, note=note)
    session = Session(FakeSource(*scripts), wire, retry=RetryPolicy(2, 0.001))
    wire.open(session)
    sent.append(message(wire.snapshot()))  # type: ignore[arg-type]  # there is a session
    session.start(asyncio.get_running_loop())
    await ended(session)
    await flushed()
    sent.append(message(wire.snapshot()))  # type: ignore[arg-type]  # there is a session
    return json.loads(json.dumps(sent))  # type: ignore[no-any-return]  # JSON is Any


@pytest.mark.parametrize(
    "scripts",
    [
        ([chat(None, reasoning="hm"), chat("a😀"), {**chat(finish="stop"), "usage": USAGE}],),
        ([chat("a"), chat(finish="length")],),
        ([chat(None, refusal="No."), chat(finish="stop")],),
        ([],),
        (ApiError(503, "busy"), [chat("a"), chat(finish="stop")]),
        (ApiError(401, "bad", code="c", body={"message": "bad"}),),
        ([chat("a"), ValueError("boom")],),
    ],
    ids=["whole", "cut", "refusal", "nothing", "retry", "refused", "failed"],
)
async def test_what_python_sends_is_version_1(scripts: Any) -> None:
    sent = await messages(*scripts, note="a note")
    for one in sent:
        read_message(one)
        # ipykernel 7.4 keeps a routing entry for every distinct string under this key.
        assert "id" not in keys(one)
    kinds = [frame["kind"] for one in sent for frame in one["frames"]]
    assert {"snapshot", "status"} <= set(kinds)
