"""The messages that the front end's tests read, too, and a strict reader of version 1."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Any

import pytest

from nbstream.comm.messages import PROTOCOL_VERSION, AssetName
from nbstream.transcript.events import PartType
from nbstream.transcript.status import Status

FIXTURES = Path(__file__).parent.parent / "fixtures" / "protocol"


def fixture(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    assert found
    return found


def named(name: str) -> Any:
    return pytest.mark.parametrize("case", fixture(name), ids=lambda case: case["name"])


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


def keys(value: Any) -> set[str]:
    """The names of all fields, at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys(item)}
    return {key for item in value for key in keys(item)} if isinstance(value, list) else set()
