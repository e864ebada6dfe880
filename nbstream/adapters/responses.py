"""Responses API events, told apart by ``type`` and never by class.

Format: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..events import Delta, Event, Failure, Finish, Meta, PartType, Usage
from ._base import count, get, text, unwrapped
from .chat import flat_error

_DELTAS: dict[str, tuple[PartType, str]] = {
    "response.output_text.delta": ("text", "content_index"),
    "response.refusal.delta": ("refusal", "content_index"),
    "response.reasoning_text.delta": ("reasoning", "content_index"),
    "response.reasoning_summary_text.delta": ("reasoning", "summary_index"),
}
_REASONS = {"max_output_tokens": "length"}


class ResponsesAdapter:
    """Text, reasoning, refusals, usage and the terminal state of one response."""

    ends_with_finish_reason = True

    def feed(self, chunk: Any) -> Iterator[Event]:
        chunk = unwrapped(chunk)
        kind = text(get(chunk, "type"))
        if kind in _DELTAS:
            yield self._delta(chunk, *_DELTAS[kind])
        elif kind == "response.created":
            yield _meta(get(chunk, "response"))
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            yield from self._end(kind, get(chunk, "response"))
        elif kind == "error" and (failure := flat_error(chunk)):
            yield failure

    @staticmethod
    def _delta(chunk: Any, type_: PartType, index: str) -> Delta:
        part = f"{type_}:{get(chunk, 'output_index') or 0}/{get(chunk, index) or 0}"
        return Delta(part, type_, text(get(chunk, "delta")))

    @staticmethod
    def _end(kind: str, response: Any) -> Iterator[Event]:
        yield _meta(response)
        usage = responses_usage(get(response, "usage"))
        if usage is not None:
            yield usage
        if kind == "response.failed":
            error = get(response, "error")
            code = text(get(error, "code"))
            message = text(get(error, "message")) or "the server gave no reason"
            yield Failure(code or "response.failed", message, code or None)
        elif kind == "response.incomplete":
            reason = text(get(get(response, "incomplete_details"), "reason"))
            yield Finish(_REASONS.get(reason, reason or "incomplete"))
        else:
            yield Finish("stop")


def _meta(response: Any) -> Meta:
    return Meta(text(get(response, "model")) or None, text(get(response, "id")) or None)


def responses_usage(usage: Any) -> Usage | None:
    """The usage of a response object, or None if it has none."""
    sent, received = count(get(usage, "input_tokens")), count(get(usage, "output_tokens"))
    if sent is None or received is None:
        return None
    total = count(get(usage, "total_tokens"))
    return Usage(
        input_tokens=sent,
        output_tokens=received,
        total_tokens=total if total is not None else sent + received,
        reasoning_tokens=count(get(get(usage, "output_tokens_details"), "reasoning_tokens")),
        cached_tokens=count(get(get(usage, "input_tokens_details"), "cached_tokens")),
    )
