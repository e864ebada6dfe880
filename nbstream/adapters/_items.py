"""Output items of the Responses API: the texts in them, and everything else that they say."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from ..transcript.events import Data, Info, PartInfo, PartType, Whole
from ._base import get, json_text, text
from ._calls import EMPTY
from ._citations import Sources
from ._outputs import Told

IMAGE = "image_generation_call"

Said = Whole | Info | Data
"""An event that an item gives for one of its parts."""


def part_kind(kind: str) -> PartType:
    """The type of the part of an item that is neither a message nor reasoning."""
    return "image" if kind == IMAGE else "tool"


def texts(item: Any) -> list[Told]:
    """The texts in ``item``: a message and reasoning have several, a tool has its input."""
    kind = text(get(item, "type"))
    if kind == "message":
        return [_content(index, content) for index, content in enumerate(_list(item, "content"))]
    if kind == "reasoning":
        return [
            Told(name, index, text(piece) or text(get(piece, "text")))
            for name, key in (("summary", "summary"), ("reasoning", "content"))
            for index, piece in enumerate(_list(item, key))
        ]
    written = _arguments(item)
    if get(item, "status") == "in_progress" and written.strip() in EMPTY:
        written = ""  # some gateways begin an item with an empty object; the arguments follow
    return [Told(part_kind(kind), None, written)] if kind else []


def item_events(item: Any, told: Sequence[Told], parts: Sequence[str]) -> Iterator[Said]:
    """The events of ``item`` for its ``parts``, whose texts are ``told``."""
    kind = text(get(item, "type"))
    types: dict[str, PartType] = {"text": "text", "refusal": "refusal"}
    contents = _list(item, "content") if kind == "message" else []
    for (name, _, whole), part, content in zip_longest(told, parts, contents):
        type_: PartType = "reasoning" if kind == "reasoning" else types.get(name, part_kind(kind))
        if type_ in ("tool", "image"):
            yield Info(part, type_, _info(item, kind))
        if whole or type_ not in ("tool", "image"):
            yield Whole(part, type_, whole)
        if type_ == "text":
            yield from _about(item, content, part)
        if type_ == "image" and (data := text(get(item, "result"))):
            yield Data(part, type_, data)


def _content(index: int, content: Any) -> Told:
    if text(get(content, "type")) == "refusal":
        return Told("refusal", index, text(get(content, "refusal")))
    return Told("text", index, text(content) or text(get(content, "text")))


def _about(item: Any, content: Any, part: str) -> Iterator[Said]:
    """What accompanies a text: its sources and its phase."""
    sources = Sources()
    if sources.add(_list(content, "annotations")):
        yield Info(part, "text", {"sources": sources.known})
    if phase := text(get(item, "phase")):
        yield Info(part, "text", {"phase": phase})


def _list(value: Any, name: str) -> list[Any]:
    """The list in a field; some services send a single member without the list."""
    found = get(value, name)
    return found if isinstance(found, list) else [] if found is None else [found]


def _info(item: Any, kind: str) -> PartInfo:
    error = get(item, "error")
    fields = {
        "kind": kind,
        "name": text(get(item, "name")),
        "call_id": text(get(item, "call_id")),
        "server": text(get(item, "server_label")),
        "status": text(get(item, "status")),
        "error": text(error) or text(get(error, "message")),
        "size": text(get(item, "size")),
        "format": text(get(item, "output_format")),
        "result": "" if kind == IMAGE else _result(item),
    }
    found: PartInfo = {name: value for name, value in fields.items() if value}  # type: ignore[assignment]  # the keys are those of PartInfo
    return found


def _arguments(item: Any) -> str:
    """A tool's input, as its item has it."""
    for name in ("arguments", "input", "code"):
        written = get(item, name)
        if written:
            return written if isinstance(written, str) else json_text(written)
    if get(item, "operation") is not None:
        return text(get(get(item, "operation"), "diff"))
    queries = get(item, "queries")
    action = get(item, "action")
    commands = get(action, "commands")
    if isinstance(commands, list):
        return "\n".join(map(str, commands))
    command = get(action, "command")
    if isinstance(command, list):
        return shlex.join(map(str, command))
    queries = queries or get(action, "queries")
    if isinstance(queries, list) and queries:
        return "\n".join(map(str, queries))
    for name in ("query", "url"):
        if (written := get(action, name)) is not None:
            return text(written)
    return json_text(action) if action is not None else ""


def _result(item: Any) -> str:
    """A tool's result as text."""
    for name in ("output", "result"):
        given = get(item, name)
        if isinstance(given, str):
            return given
        if isinstance(given, list):
            return "\n".join(filter(None, map(_output, given)))
    outputs, tools = get(item, "outputs"), get(item, "tools")
    if isinstance(outputs, list):
        return "\n".join(filter(None, map(_output, outputs)))
    if isinstance(tools, list):
        return "\n".join(text(get(tool, "name")) for tool in tools)
    return ""


def _output(output: Any) -> str:
    """One of several outputs: logs of code, a command's streams, text."""
    for name in ("logs", "text", "url"):
        if found := text(get(output, name)):
            return found
    return text(get(output, "stdout")) + text(get(output, "stderr"))
