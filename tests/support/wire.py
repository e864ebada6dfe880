"""The bodies of the OpenAI API as the test server writes them: pure, no input or output."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Literal

from tests.support.scenario import Scenario

Kind = Literal["preamble", "delta", "noise", "finish", "usage", "done"]
JSON = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One server-sent event, and what it is for the server's bookkeeping."""

    kind: Kind
    data: bytes


def sse(kind: Kind, payload: JSON | str, event: str | None = None) -> Event:
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    head = f"event: {event}\n" if event else ""
    return Event(kind, f"{head}data: {text}\n\n".encode())


def comment(text: str) -> Event:
    return Event("noise", f": {text}\n\n".encode())


def error_payload(scenario: Scenario, status: int, key: str = "", param: str = "") -> JSON:
    """An error body; 401 repeats the key that it received, as some servers do."""
    message, kind, code = {
        400: (f"Unknown parameter: '{param or 'bogus'}'.", "invalid_request_error", None),
        401: (f"Incorrect API key provided: {key}.", "invalid_request_error", "invalid_api_key"),
        403: ("This key may not use the model.", "permission_error", "forbidden"),
        404: ("The model does not exist.", "invalid_request_error", "model_not_found"),
        408: ("The request took too long.", "timeout", None),
        409: ("The request conflicts with another.", "conflict_error", None),
        413: ("The request is too large.", "request_too_large", None),
        429: ("Rate limit reached.", "rate_limit_error", "rate_limit_exceeded"),
        500: ("The server had an error.", "server_error", None),
        503: ("The model is overloaded.", "server_error", "overloaded"),
        529: ("Overloaded.", "overloaded_error", None),
    }.get(status, ("Something went wrong.", "server_error", None))
    if status == 400:
        param, code = param or "bogus", "unknown_parameter"
    text = scenario.error_message or message
    return {"error": {"message": text, "type": kind, "param": param or None, "code": code}}


def retry_headers(scenario: Scenario) -> dict[str, str]:
    if scenario.retry_after is None:
        return {}
    if scenario.retry_after_form == "ms":
        return {"retry-after-ms": f"{scenario.retry_after * 1000:g}"}
    if scenario.retry_after_form == "date":
        return {"retry-after": formatdate(time.time() + scenario.retry_after, usegmt=True)}
    return {"retry-after": f"{scenario.retry_after:g}"}


def counts(scenario: Scenario) -> tuple[int, int, int]:
    """Tokens of the prompt, of the answer, and of its reasoning: one per delta."""
    return 11, scenario.deltas, len(scenario.reasoning)


# Chat completions


def chat_usage(scenario: Scenario) -> JSON:
    prompt, completion, reasoning = counts(scenario)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def chat_chunk(model: str, choices: list[JSON] | None, **extra: Any) -> JSON:
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": model,
        "choices": choices,
        **extra,
    }


def chat_delta(delta: JSON, finish: str | None = None) -> list[JSON]:
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]


def chat_events(scenario: Scenario, body: JSON) -> Iterator[Event]:
    """The events of a streamed chat completion, faults left out."""
    model = str(body.get("model"))
    asked = bool((body.get("stream_options") or {}).get("include_usage"))
    with_usage = asked and scenario.usage
    extra: JSON = {"usage": None} if with_usage else {}
    finish = scenario.finish or None
    each = finish if scenario.finish_each else None

    if scenario.preamble:
        first = {"role": "assistant", "content": ""}
        yield sse("preamble", chat_chunk(model, chat_delta(first, each), **extra))
    if "empty_choices" in scenario.noise:
        yield sse("noise", chat_chunk(model, [], prompt_filter_results=[]))
    for key, pieces in (
        ("reasoning_content", scenario.reasoning),
        ("content", scenario.text),
        ("refusal", scenario.refusal),
    ):
        for piece in pieces:
            yield sse("delta", chat_chunk(model, chat_delta({key: piece}, each), **extra))
            yield from noise(scenario)
            if "null_choices" in scenario.noise:
                yield sse("noise", chat_chunk(model, None))
    yield sse("finish", chat_chunk(model, chat_delta({}, finish), **extra))
    if with_usage:
        yield sse("usage", chat_chunk(model, [], usage=chat_usage(scenario)))
    if scenario.done:
        yield sse("done", "[DONE]")


def noise(scenario: Scenario) -> Iterator[Event]:
    if "comments" in scenario.noise:
        yield comment("keep-alive")
    if "ping" in scenario.noise:
        yield sse("noise", {"type": "ping"}, event="ping")
    if "unknown_events" in scenario.noise:
        yield sse("noise", {"type": "response.future_thing", "delta": "?"}, "response.future_thing")


def chat_completion(scenario: Scenario, body: JSON) -> JSON:
    """The body of a chat completion without streaming."""
    message: JSON = {"role": "assistant", "content": "".join(scenario.text)}
    if scenario.reasoning:
        message["reasoning_content"] = "".join(scenario.reasoning)
    if scenario.refusal:
        message["refusal"] = "".join(scenario.refusal)
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": 1767225600,
        "model": body.get("model"),
        "choices": [{"index": 0, "message": message, "finish_reason": scenario.finish or None}],
        "usage": chat_usage(scenario),
    }
