"""The bodies of the Responses API as the test server writes them: pure, no input or output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.support.scenario import Scenario
from tests.support.wire import JSON, Event, Kind, counts, noise, sse

RESPONSE_ID = "resp_test"


def usage(scenario: Scenario) -> JSON:
    prompt, completion, reasoning = counts(scenario)
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 3},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt + completion,
    }


def output_items(scenario: Scenario) -> list[JSON]:
    """The items of a complete answer."""
    items: list[JSON] = []
    if scenario.reasoning:
        joined = "".join(scenario.reasoning)
        item: JSON = {"id": "rs_test", "type": "reasoning", "summary": []}
        if scenario.reasoning_kind == "summary":
            item["summary"] = [{"type": "summary_text", "text": joined}]
        else:
            item["content"] = [{"type": "reasoning_text", "text": joined}]
        items.append(item)
    content: list[JSON] = []
    if scenario.text:
        text = "".join(scenario.text)
        content.append({"type": "output_text", "text": text, "annotations": []})
    if scenario.refusal:
        content.append({"type": "refusal", "refusal": "".join(scenario.refusal)})
    items.append(
        {
            "id": "msg_test",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": content,
        }
    )
    return items


def response(scenario: Scenario, body: JSON, status: str, **extra: Any) -> JSON:
    """A Response object; `output` and `usage` stand in it when it has ended."""
    ended = status in ("completed", "incomplete")
    return {
        "id": RESPONSE_ID,
        "object": "response",
        "created_at": 1767225600,
        "status": status,
        "model": body.get("model"),
        "background": bool(body.get("background")),
        "output": output_items(scenario) if ended else [],
        "usage": usage(scenario) if ended and scenario.usage else None,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        **extra,
    }


def final(scenario: Scenario, body: JSON) -> JSON:
    if scenario.finish == "stop":
        return response(scenario, body, "completed")
    reason = "max_output_tokens" if scenario.finish == "length" else scenario.finish
    return response(scenario, body, "incomplete", incomplete_details={"reason": reason})


def failed(scenario: Scenario, body: JSON) -> JSON:
    message = scenario.error_message or "The model failed mid-answer."
    return response(scenario, body, "failed", error={"code": "server_error", "message": message})


class Numbered:
    """Makes events with the `sequence_number` that the API counts from 0."""

    def __init__(self) -> None:
        self.next = 0

    def __call__(self, kind: Kind, name: str, **fields: Any) -> Event:
        payload = {"type": name, "sequence_number": self.next, **fields}
        self.next += 1
        return sse(kind, payload, event=name)


def is_later(event: bytes, number: int) -> bool:
    """Whether an event comes after the one with this number; those without one always do."""
    found = re.search(rb'"sequence_number": (\d+)', event)
    return found is None or int(found[1]) > number


def responses_events(scenario: Scenario, body: JSON) -> Iterator[Event]:
    """The events of a streamed response, faults left out."""
    event = Numbered()
    items = output_items(scenario)
    if scenario.preamble:
        for name in ("response.created", "response.in_progress"):
            yield event("preamble", name, response=response(scenario, body, "in_progress"))
    for index, item in enumerate(items):
        at: JSON = {"output_index": index}
        kind = "content" if "content" in item else "summary"
        opened = {**item, kind: [], **({"status": "in_progress"} if "status" in item else {})}
        yield event("noise", "response.output_item.added", item=opened, **at)
        for number, part in enumerate(item[kind]):
            yield from _part(event, scenario, kind, part, {**at, "item_id": item["id"]}, number)
        yield event("noise", "response.output_item.done", item=item, **at)
    end = final(scenario, body)
    yield event("finish", f"response.{end['status']}", response=end)


def _part(
    event: Numbered, scenario: Scenario, kind: str, part: JSON, at: JSON, number: int
) -> Iterator[Event]:
    prefix, pieces, frame = {
        "summary_text": ("reasoning_summary_text", scenario.reasoning, "reasoning_summary_part"),
        "reasoning_text": ("reasoning_text", scenario.reasoning, "content_part"),
        "output_text": ("output_text", scenario.text, "content_part"),
        "refusal": ("refusal", scenario.refusal, "content_part"),
    }[part["type"]]
    field = "refusal" if part["type"] == "refusal" else "text"
    at = {**at, f"{kind}_index": number}
    yield event("noise", f"response.{frame}.added", part={**part, field: ""}, **at)
    for piece in pieces:
        yield event("delta", f"response.{prefix}.delta", delta=piece, **at)
        yield from noise(scenario)
    yield event("noise", f"response.{prefix}.done", **{field: part[field]}, **at)
    yield event("noise", f"response.{frame}.done", part=part, **at)
