"""The fixtures that the front end's tests read, too: both sides mean the same messages."""

from __future__ import annotations

import asyncio
import json
import typing
from pathlib import Path
from typing import Any

import pytest

from nbstream.events import PartInfo, PartType
from nbstream.hub import hub_of
from nbstream.inspection import inspect
from nbstream.inspector import message as inspection_message
from nbstream.protocol import (
    PROTOCOL_VERSION,
    AssetName,
    WireEvent,
    asset_message,
    image_message,
    message,
    outputs_message,
    parse_request,
)
from nbstream.retry import RetryPolicy
from nbstream.session import Session
from nbstream.states import Status
from nbstream.wire import Wire
from tests.support.fakes import ApiError, FakeSource, RecordingSink, chat, ended, until

FIXTURES = Path(__file__).parent.parent / "fixtures" / "protocol"
USAGE = {"prompt_tokens": 1, "completion_tokens": 2}


def fixture(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    assert found
    return found


def named(name: str) -> Any:
    return pytest.mark.parametrize("case", fixture(name), ids=lambda case: case["name"])


# -- a strict reader of version 1 -----------------------------------------------------------------


class Invalid(Exception):
    pass


def check(condition: object) -> None:
    if not condition:
        raise Invalid


def is_text(value: Any) -> None:
    check(isinstance(value, str))


def is_name(value: Any) -> None:
    check(isinstance(value, str) and value)


def is_count(value: Any) -> None:
    check(isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def is_seq(value: Any) -> None:
    is_count(value)
    check(value >= 1)


def is_one(value: Any) -> None:
    check(value == 1)


def is_time(value: Any) -> None:
    check(isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0)


def is_one_of(*values: str) -> Any:
    return lambda value: check(isinstance(value, str) and value in values)


def is_object(needs: dict[str, Any], may: dict[str, Any] | None = None) -> Any:
    def read(value: Any) -> None:
        check(isinstance(value, dict))
        check(set(needs) <= set(value) <= set(needs) | set(may or {}))
        for name, item in value.items():
            ({**needs, **(may or {})})[name](item)

    return read


def is_list(read: Any) -> Any:
    def read_all(value: Any) -> None:
        check(isinstance(value, list))
        for item in value:
            read(item)

    return read_all


def is_map(read: Any) -> Any:
    def read_all(value: Any) -> None:
        check(isinstance(value, dict))
        for item in value.values():
            read(item)

    return read_all


INFO = {
    **dict.fromkeys(("kind", "name", "call_id", "server", "status", "result"), is_text),
    **dict.fromkeys(("error", "phase", "size", "format"), is_text),
    **{"seconds": is_time, "frame": is_count},
    "sources": is_list(is_object({}, dict.fromkeys(("url", "title", "quote"), is_text))),
}
KNOWN = {"info": is_object({}, INFO)}
PART = {"part": is_name, "type": is_one_of(*typing.get_args(PartType))}
FRAME = {"kind": is_name, "stream": is_name, "seq": is_seq}
ABOUT = {"label": is_text, "model": is_text, "created": is_time}
STATUS = is_one_of(*typing.get_args(Status))
TOKENS = ("input_tokens", "output_tokens", "total_tokens")
TIMES = ("elapsed", "first_token", "since_last", "tokens_per_second")
FACTS = {
    "reason": is_text,
    "error": is_object(
        {"type": is_text, "message": is_text},
        {"hint": is_text, "status_code": is_count, "code": is_text},
    ),
    "retry": is_object(
        {"attempt": is_count, "max_attempts": is_count, "delay": is_time, "reason": is_text}
    ),
    "finish_reason": is_text,
    "usage": is_object(
        dict.fromkeys(TOKENS, is_count), {"reasoning_tokens": is_count, "cached_tokens": is_count}
    ),
    "timing": is_object({"elapsed": is_time}, dict.fromkeys(TIMES[1:], is_time)),
    "request_id": is_text,
    "offer": is_one_of("continue", "again"),
}
FRAMES = {
    "delta": is_object(
        {**FRAME, "ops": is_list(is_object({"offset": is_count, "text": is_text}, PART | KNOWN))}
    ),
    "status": is_object(
        {**FRAME, "status": STATUS}, {**FACTS, "lengths": is_map(is_count), "model": is_text}
    ),
    "snapshot": is_object(
        {
            **FRAME,
            **ABOUT,
            "status": STATUS,
            "parts": is_list(is_object({**PART, "text": is_text}, KNOWN)),
        },
        {**FACTS, "note": is_text, "lengths": is_map(is_count)},
    ),
}


ASSET = is_object(
    {"v": is_seq, "kind": is_one_of("asset"), "name": is_one_of(*typing.get_args(AssetName))},
    {"error": is_text},
)


def is_pair(value: Any) -> None:
    check(isinstance(value, list) and len(value) == 2)
    is_list(is_text)(value)


INSPECTION = is_object(
    {
        **{"v": is_one, "kind": is_one_of("inspection"), "stream": is_name, "attempt": is_seq},
        **{"facts": is_list(is_pair), "headers": is_list(is_pair), "left_out": is_count},
        **{"note": is_text, "report": is_text},
        "events": is_list(
            is_object(
                {"number": is_seq},
                {
                    **dict.fromkeys(("event", "data", "event_id", "retry", "comment"), is_text),
                    **{"other": is_text, "at": is_time, "gap": is_time, "missing": is_count},
                    "open": lambda value: check(value is True),
                },
            )
        ),
    }
)


def read_message(value: Any) -> None:
    check(isinstance(value, dict))
    check(value.get("v") == PROTOCOL_VERSION and value.get("v") is not True)
    check(isinstance(value.get("frames"), list))
    for frame in value["frames"]:
        check(isinstance(frame, dict) and frame.get("kind") in FRAMES)
        FRAMES[frame["kind"]](frame)


# -- what the fixtures say ------------------------------------------------------------------------


@named("requests")
def test_requests(case: dict[str, Any]) -> None:
    parsed = parse_request(case["request"])
    if case["valid"]:
        assert parsed == {k: v for k, v in case["request"].items() if k != "v"}
    else:
        assert parsed is None


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
    recording = session.attempts.latest.recording
    assert recording is not None
    recording.read(b": hi\nid: 7\nretry: 9\nevent: e\nno field\n\ndata: " + b"x" * 50_000)
    content = json.loads(json.dumps(inspection_message("s1", inspect(session))))
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


def test_requests_are_cut_to_size() -> None:
    request = {"v": 1, "kind": "cancel", "stream": "s", "reason": "x" * 5000, "more": 1}
    parsed = parse_request(request)
    assert parsed is not None
    assert parsed == {"kind": "cancel", "stream": "s", "reason": "x" * 200}
    parsed = parse_request({"v": 1, "kind": "hello", "have": {}, "page": "p" * 5000})
    assert parsed == {"kind": "hello", "have": {}, "page": "p" * 64}


def keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys(item)}
    return {key for item in value for key in keys(item)} if isinstance(value, list) else set()


# -- what Python sends ----------------------------------------------------------------------------


async def messages(*scripts: Any, note: str | None = None) -> list[Any]:
    sent: list[Any] = []
    wire = Wire(
        "s1",
        label="",
        model="m",
        note=note,
        send=sent.append,
        send_asset=lambda name: None,
        send_image=lambda part: None,
        send_inspection=lambda front_end: None,
        outputs=dict,
        observe=lambda what: None,
        cancel_all=lambda reason: None,
        released=lambda: None,
        renewed=lambda: None,
        go_on=lambda: None,
    )
    session = Session(FakeSource(*scripts), wire, retry=RetryPolicy(2, 0.001))
    wire.open(session)
    sent.append(message(wire.snapshot()))  # type: ignore[arg-type]  # there is a session
    session.start(asyncio.get_running_loop())
    await ended(session)
    await until(lambda: hub_of(asyncio.get_running_loop()).is_idle)
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
