"""Output items of the Responses API: what is in a finished one, and what is known of it before."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from ..events import Data, Info, PartInfo, PartType, Whole
from ._base import get, text
from ._sources import Sources

IMAGE = "image_generation_call"

Said = Whole | Info | Data
"""What an item says of a part."""


def part_of(kind: str, output: str) -> tuple[str, PartType]:
    """The part of an item that is neither a message nor reasoning."""
    return (f"image:{output}", "image") if kind == IMAGE else (f"tool:{output}", "tool")


def item_events(item: Any, output: str) -> Iterator[Said]:
    """What ``item`` says of its parts; ``output`` is its place in the list of outputs."""
    kind = text(get(item, "type"))
    if kind == "message":
        yield from _message(item, output)
    elif kind == "reasoning":
        for name, key in (("summary", "summary"), ("content", "reasoning")):
            for index, piece in enumerate(get(item, name) or ()):
                yield Whole(f"{key}:{output}/{index}", "reasoning", text(get(piece, "text")))
    elif kind:
        yield from _tool(item, kind, output)


def _message(item: Any, output: str) -> Iterator[Said]:
    for index, content in enumerate(get(item, "content") or ()):
        place = f"{output}/{index}"
        if text(get(content, "type")) == "refusal":
            yield Whole(f"refusal:{place}", "refusal", text(get(content, "refusal")))
            continue
        part = f"text:{place}"
        yield Whole(part, "text", text(get(content, "text")))
        sources = Sources()
        if sources.add(get(content, "annotations") or ()):
            yield Info(part, "text", {"sources": sources.known})
        if phase := text(get(item, "phase")):
            yield Info(part, "text", {"phase": phase})


def _tool(item: Any, kind: str, output: str) -> Iterator[Said]:
    part, type_ = part_of(kind, output)
    yield Info(part, type_, _info(item, kind))
    if written := _arguments(item):
        yield Whole(part, type_, written)
    if kind == IMAGE and (data := text(get(item, "result"))):
        yield Data(part, type_, data)


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
    """What a tool is given, as its item says it."""
    for name in ("arguments", "input", "code"):
        written = get(item, name)
        if written:
            return written if isinstance(written, str) else _json(written)
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
    return _json(action) if action is not None else ""


def _result(item: Any) -> str:
    """What a tool gave, as text."""
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


def _json(value: Any) -> str:
    dump = getattr(value, "model_dump", None)
    plain = dump(mode="json", exclude_none=True) if dump is not None else value
    return json.dumps(plain, ensure_ascii=False, default=str)
