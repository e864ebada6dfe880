"""A response of many items that its last event says again, as one in the background is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._recording import Payload, Recording
from .chat import WEATHER
from .responses import MESSAGE, PIXEL, _at, _response

_CITED = {"type": "url_citation", "url": "https://a.example", "title": "A"}
_TEXT = ("Rain in ", "Zürich, ", "sun 😀 ", "in Oslo.")
_ITEMS: tuple[Payload, ...] = (
    {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text} for text in ("First a. ", "Then b. ")],
    },
    {"type": "web_search_call", "action": {"type": "search", "query": "rain"}},
    {
        **MESSAGE,
        "phase": "commentary",
        "content": [{"type": "output_text", "text": "I look. ", "annotations": []}],
    },
    {"type": "function_call", "name": "weather", "call_id": "c", "arguments": WEATHER},
    {"type": "custom_tool_call", "name": "sql", "call_id": "d", "input": "select 1"},
    {
        "type": "code_interpreter_call",
        "code": "print(1)\n",
        "outputs": [{"type": "logs", "logs": "1"}],
    },
    {"type": "shell_call", "action": {"commands": ["ls", "pwd"]}},
    {"type": "image_generation_call", "result": PIXEL, "size": "1x1", "output_format": "png"},
    {
        **MESSAGE,
        "content": [
            {"type": "output_text", "text": "".join(_TEXT), "annotations": [_CITED]},
            {"type": "refusal", "refusal": "No more."},
        ],
    },
)
# How the events of what an item of this type is given are called, and the field that has it.
_WRITTEN = {
    "function_call": ("function_call_arguments", "arguments"),
    "custom_tool_call": ("custom_tool_call_input", "input"),
    "code_interpreter_call": ("code_interpreter_call_code", "code"),
}


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), 5):
        yield text[start : start + 5]


def _written(stem: str, at: dict[str, Any], field: str, text: str) -> Iterator[Payload]:
    for piece in _pieces(text):
        yield _at(f"{stem}.delta", **at, delta=piece)
    yield _at(f"{stem}.done", **at, **{field: text})


def _events(place: int, item: Payload) -> Iterator[Payload]:
    kind, at = item["type"], {"output": place}
    item = {"id": f"i{place}", "status": "completed", **item}
    begun = {**item, "status": "in_progress", "summary": [], "content": []}
    begun |= dict.fromkeys(("arguments", "input", "code", "result"), "")
    known = {key: begun[key] for key in item if key not in ("outputs", "action")}
    yield _at("output_item.added", place, item=known)
    for number, piece in enumerate(item.get("summary", ())):
        here = {**at, "summary_index": number}
        yield from _written("reasoning_summary_text", here, "text", piece["text"])
    for number, piece in enumerate(item.get("content", ())):
        here = {**at, "content_index": number}
        stem, field = ("refusal",) * 2 if piece["type"] == "refusal" else ("output_text", "text")
        yield from _written(stem, here, field, piece[field])
        for annotation in piece.get("annotations", ()):
            yield _at("output_text.annotation.added", **here, annotation=annotation)
    if kind in _WRITTEN:
        stem, field = _WRITTEN[kind]
        yield from _written(stem, at, field, item[field])
    if kind == "shell_call":
        for number, command in enumerate(item["action"]["commands"]):
            here = {**at, "command_index": number}
            yield _at("shell_call_command.added", **here, command="")
            yield from _written("shell_call_command", here, "command", command)
    if kind == "image_generation_call":
        yield _at("image_generation_call.partial_image", **at, partial_image_b64="AAAA")
    if kind.endswith("search_call"):
        yield _at("web_search_call.searching", place)
    yield _at("output_item.done", place, item=item)


def _background() -> Recording:
    response = _response(background=True)
    output = [{"id": f"i{at}", "status": "completed", **item} for at, item in enumerate(_ITEMS)]
    usage = {"input_tokens": 10, "output_tokens": 50, "total_tokens": 60}
    events: list[Payload] = [
        {"type": f"response.{status}", "response": {**response, "status": status}}
        for status in ("created", "queued", "in_progress")
    ]
    for place, item in enumerate(_ITEMS):
        events += _events(place, item)
    done = {**response, "status": "completed", "output": output, "usage": usage}
    events.append({"type": "response.completed", "response": done})
    numbered = tuple({**event, "sequence_number": at} for at, event in enumerate(events))
    expected = {
        "text": "I look. " + "".join(_TEXT),
        "reasoning": "First a. Then b. ",
        "refusal": "No more.",
        "written": ["rain", WEATHER, "select 1", "print(1)\n", "ls\npwd"],
        "frames": [2],
    }
    return Recording("a response in the background", "responses", numbered, expected, done=False)


BACKGROUND = _background()
