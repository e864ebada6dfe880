"""Replays recorded event streams of real services through the real SDK, and compares what nbstream
makes of them with what the SDK itself yields.

    python -m tests.support.replay DIRECTORY [NAME ...]

``DIRECTORY`` holds ``NAME.sse``, the body of a reply, and ``NAME.expected.json``, what the SDK
itself yields for it: texts, calls, usage and endings under the names that are read below. Each is
sent whole, and in pieces of 1, 7 and 64 bytes. Exit status 1 says that something differs.
Differences that are intended are listed with their reasons, `INTENDED`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openai

import nbstream
from nbstream.transcript.transcript import Part
from nbstream.widget.widget import StreamWidget
from tests.support.scenario import Scenario
from tests.support.server import Server

SIZES = (None, 1, 7, 64)
INTENDED = {
    "tags": "text between <think> and </think> at the beginning is reasoning, not text",
    "whole": "the finished part is longer than its deltas: what they left out is there",
}
MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]
# What a stream ends as in the Responses API, and what nbstream calls it.
ENDINGS = {"response.completed": "completed", "response.incomplete": "incomplete"}


async def replay(server: Server, api: str, body: bytes, size: int | None) -> StreamWidget:
    """What `show` makes of ``body``, sent in pieces of ``size`` bytes."""
    server.enqueue(Scenario(body=body, write_size=size))
    options: dict[str, Any] = {"model": "recorded", "stream": True}
    async with openai.AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        if api == "responses":
            opened = client.responses.create(input="Hello", **options)
        elif api == "completions":
            opened = client.completions.create(prompt="Hello", **options)
        else:
            opened = client.chat.completions.create(messages=MESSAGES, **options)
        widget = nbstream.show(opened)
        with contextlib.suppress(nbstream.StreamError):
            await asyncio.wait_for(widget, 60)
    return widget


def intended(expected: Mapping[str, Any]) -> Iterator[str]:
    """What we make otherwise than the SDK's events say, by the names in `INTENDED`."""
    for choice in (expected.get("choices") or {}).values():
        if choice.get("text", "").lstrip().startswith("<think>"):
            yield "tags"
    if expected["api"] == "responses" and _texts(expected) != expected["text_parts"]:
        yield "whole"


def _texts(expected: Mapping[str, Any]) -> dict[str, str]:
    """The text parts by place, as their deltas say or, if it has more, the finished item."""
    found = dict(expected["text_parts"])
    for place, item in expected["items_done"].items():
        for index, content in enumerate(item["content"] if item["type"] == "message" else ()):
            whole, at = content.get("text") or "", f"{place}/{index}"
            if at in found and (whole.startswith(found[at]) or whole.endswith(found[at])):
                found[at] = whole
    return found


def differences(expected: Mapping[str, Any], widget: StreamWidget) -> list[str]:
    """What `widget` has otherwise than ``expected`` says, in words."""
    compare = _responses if expected["api"] == "responses" else _chat
    pairs = [*_common(expected, widget), *compare(expected, widget)]
    return [
        f"{name}: expected {_short(wanted)}, found {_short(found)}"
        for name, wanted, found in pairs
        if wanted != found
    ]


Pairs = Iterator[tuple[str, Any, Any]]


def _common(expected: Mapping[str, Any], widget: StreamWidget) -> Pairs:
    exception = expected["exception"]
    if exception is not None:
        yield "status", "failed", widget.status
        said = str(widget.error.message if widget.error else "")
        yield "error", True, exception["message"][:60] in said
    usage = expected.get("usage") or (expected.get("final") or {}).get("usage")
    if usage:
        sent = usage.get("prompt_tokens", usage.get("input_tokens")) or 0
        received = usage.get("completion_tokens", usage.get("output_tokens")) or 0
        found = widget.usage and (widget.usage.input_tokens, widget.usage.output_tokens)
        yield "usage", (sent, received), found
        yield "total", usage.get("total_tokens"), widget.usage and widget.usage.total_tokens
    if expected.get("model"):
        yield "model", True, widget.model in (expected.get("models") or [expected["model"]])


# -- chat and completions -------------------------------------------------------------------------


def _chat(expected: Mapping[str, Any], widget: StreamWidget) -> Pairs:
    found = {choice.index: choice for choice in widget.choices}
    wanted = {int(index): choice for index, choice in expected["choices"].items()}
    yield "choices", sorted(wanted) or [0], sorted(found)
    for index, choice in wanted.items():
        ours = found.get(index)
        if ours is None:
            continue
        at = f"choice {index}: "
        text = choice.get("text", "") + choice.get("content_parts_text", "")
        if choice.get("text") and choice.get("content_parts_text"):
            yield at + "length", len(text), len(ours.text)
        else:
            yield at + "text", text, _with_tags(text, ours.text, ours.reasoning)
        if "<think>" not in text:
            yield at + "reasoning", _reasoning(choice), ours.reasoning
        yield at + "refusal", choice.get("refusal") or "", ours.refusal
        calls = [
            (call["id"] or "", call["name"] or "", call["arguments"] or "")
            for call in choice.get("tool_calls", ())
        ]
        if legacy := choice.get("function_call"):
            calls.append(("", legacy["name"], legacy["arguments"]))
        yield (
            at + "tool calls",
            calls,
            [(call.call_id, call.name, call.arguments) for call in ours.tool_calls if call.name],
        )
        yield at + "finish reason", choice.get("finish_reason"), ours.finish_reason
        yield at + "audio", (choice.get("audio") or {}).get("transcript", ""), ours.audio
        logged = choice.get("logprob_tokens", 0) + choice.get("refusal_logprob_tokens", 0)
        yield at + "logprobs", logged, len(ours.logprobs) if logged else 0
        cited = {one["url_citation"]["url"] for one in choice.get("annotations", ())}
        yield at + "sources", True, cited <= {source.get("url") for source in ours.sources}


def _with_tags(wanted: str, text: str, reasoning: str) -> str:
    """Our text as the service sent it: what it thinks between tags is reasoning to us."""
    if wanted.lstrip().startswith("<think>"):
        lead = wanted[: len(wanted) - len(wanted.lstrip())]
        closing = "</think>" if "</think>" in wanted else ""
        return f"{lead}<think>{reasoning}{closing}{text}"
    return text


def _reasoning(choice: Mapping[str, Any]) -> str:
    """Services send the same under several names."""
    details = choice.get("reasoning_details") or {}
    for found in (
        choice.get("reasoning_content"),
        choice.get("reasoning"),
        choice.get("content_parts_thinking"),
        details.get("text"),
        details.get("summary"),
    ):
        if found:
            return str(found)
    return ""


# -- Responses ------------------------------------------------------------------------------------


def _responses(expected: Mapping[str, Any], widget: StreamWidget) -> Pairs:
    parts = widget._session.transcript.parts
    texts = _texts(expected)
    ours = _by_place(parts, "text")
    yield "text_parts", texts, {place: ours.get(place) for place in texts}
    for name, key in (
        ("refusal_parts", "refusal"),
        ("reasoning_summary_parts", "summary"),
        ("reasoning_text_parts", "reasoning"),
    ):
        streamed = expected.get(name) or {}
        ours = _by_place(parts, key)
        yield name, streamed, {place: ours.get(place) for place in streamed}
    tools = _by_place(parts, "tool")
    for name in (
        *("function_call_arguments", "custom_tool_call_input", "code_interpreter_code"),
        "mcp_call_arguments",
    ):
        streamed = expected.get(name) or {}
        yield name, streamed, {place: tools.get(place) for place in streamed}
    if texts == expected["text_parts"]:
        yield "output text", expected["output_text_delta"], widget.text
    yield "cited", bool(expected.get("annotations_added")), bool(widget.sources)
    yield "logprobs", expected.get("logprob_tokens", 0), len(widget.logprobs)
    for place, item in expected["items_done"].items():
        yield from _item(place, item, parts)
    ending = expected["terminal_event"]
    if expected["exception"] is None:
        yield "ended", ENDINGS.get(ending, "failed" if ending else "incomplete"), widget.status


def _item(place: str, item: Mapping[str, Any], parts: Mapping[str, Part]) -> Pairs:
    """A finished item, against the parts of the last response that has its place."""
    kind = item["type"]
    at = f"item {place} ({kind}): "
    if kind == "message":
        for index, content in enumerate(item["content"]):
            key = "refusal" if content["type"] == "refusal" else "text"
            found = _last(parts, f"{key}:", f"{place}/{index}")
            yield at + "text", content.get("text") or content.get("refusal"), found and found.text
        return
    if kind == "reasoning":
        for name, key in (("summary", "summary:"), ("content", "reasoning:")):
            for index, text in enumerate(item.get(name) or ()):
                found = _last(parts, key, f"{place}/{index}")
                yield at + name, text, found and found.text
        return
    found = _last(parts, "image:" if kind == "image_generation_call" else "tool:", place)
    yield at + "shown", True, found is not None
    if found is None:
        return
    yield at + "kind", kind, found.info.get("kind")
    for name, key in (("status", "status"), ("name", "name"), ("call_id", "call_id")):
        if item.get(name):
            yield at + name, item[name], found.info.get(key)
    for name in ("arguments", "input", "code"):
        if isinstance(item.get(name), str):
            yield at + name, item[name], found.text
    if item.get("result_chars") and kind != "image_generation_call":
        yield at + "result", item["result_chars"], len(found.info.get("result", ""))
    if item.get("output_chars"):
        yield at + "output", item["output_chars"], len(found.info.get("result", ""))


def _by_place(parts: Mapping[str, Part], key: str) -> dict[str, str]:
    """The texts of parts by place; those of several responses, one after the other."""
    found: dict[str, str] = {}
    for name, part in parts.items():
        kind, _, place = name.partition(":")
        if kind == key:
            place = place.rpartition(".")[2]
            found[place] = found.get(place, "") + part.text
    return found


def _last(parts: Mapping[str, Part], key: str, place: str) -> Part | None:
    names = [name for name in parts if name == key + place or _later(name, key, place)]
    return parts[names[-1]] if names else None


def _later(name: str, key: str, place: str) -> bool:
    return name.startswith(key) and name.endswith(f".{place}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{text[:120]} ... {text[-60:]}"


# -- the command ----------------------------------------------------------------------------------


async def run(paths: list[Path]) -> int:
    """Replay, print what differs, and return how many recordings did."""
    differing = 0
    with Server() as server:
        for path in paths:
            name = path.name.removesuffix(".expected.json")
            expected = json.loads(path.read_bytes())
            body = path.with_name(f"{name}.sse").read_bytes()
            problems: dict[str, list[str]] = {}
            for size in SIZES:
                widget = await replay(server, expected["api"], body, size)
                for problem in differences(expected, widget):
                    problems.setdefault(problem, []).append(f"{size or 'whole'}")
                widget.close()
            differing += bool(problems)
            for reason in intended(expected):
                print(f"{name}: as intended, {INTENDED[reason]}", flush=True)
            for problem, sizes in problems.items():
                print(f"{name} [{', '.join(sizes)}] {problem}", flush=True)
    sizes_ = ", ".join(str(size or "whole") for size in SIZES)
    print(
        f"{len(paths) - differing} of {len(paths)} recordings as expected"
        f" (in pieces of bytes: {sizes_})"
    )
    return differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("names", nargs="*", help="only recordings with one of these in their name")
    options = parser.parse_args()
    paths = [
        path
        for path in sorted(options.directory.glob("*.expected.json"))
        if not options.names or any(name in path.name for name in options.names)
    ]
    sys.exit(bool(asyncio.run(run(paths))))


if __name__ == "__main__":
    main()
