"""chat.completions chunks.

Format: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from typing import Any

from ..events import Delta, Event, Failure, Finish, Meta, Usage
from ._base import count, extras, get, text, unwrapped


class ChatAdapter:
    """Text, reasoning, refusal, usage and finish reason of the first choice.

    ``choices`` is empty on usage chunks and on Azure's first chunk and null on some audio
    chunks; flat ``error`` events reach us as chunks without choices.
    """

    ends_with_finish_reason = True

    def __init__(self) -> None:
        self._named: tuple[Any, Any] | None = None

    def feed(self, chunk: Any) -> list[Event]:
        # A list is made in less time than a generator is run, and this runs for each token.
        events: list[Event] = []
        named = get(chunk, "model"), get(chunk, "id")
        if named != self._named:
            self._named = named
            events.append(Meta(text(named[0]) or None, text(named[1]) or None))
        choices = get(chunk, "choices")
        for choice in choices or ():
            if not get(choice, "index"):
                self._choice(choice, events)
        reported = get(chunk, "usage")
        usage = None if reported is None else chat_usage(reported)
        if usage is not None:
            events.append(usage)
        if not choices and (failure := flat_error(unwrapped(chunk))):
            events.append(failure)
        return events

    def _choice(self, choice: Any, events: list[Event]) -> None:
        delta = get(choice, "delta")
        if more := extras(delta):
            # Services name it either way; some send both with the same text.
            reasoning = text(get(more, "reasoning_content")) or text(get(more, "reasoning"))
            if reasoning:
                events.append(Delta("reasoning", "reasoning", reasoning))
        if content := text(get(delta, "content")):
            events.append(Delta("text", "text", content))
        if refusal := text(get(delta, "refusal")):
            events.append(Delta("refusal", "refusal", refusal))
        if reason := text(get(choice, "finish_reason")):
            events.append(Finish(reason))


def chat_usage(usage: Any) -> Usage | None:
    """The usage of a chunk, or None if it has none."""
    sent = count(get(usage, "prompt_tokens"))
    received = count(get(usage, "completion_tokens"))
    if sent is None and received is None:
        return None
    total = count(get(usage, "total_tokens"))
    return Usage(
        input_tokens=sent or 0,
        output_tokens=received or 0,
        total_tokens=total if total is not None else (sent or 0) + (received or 0),
        reasoning_tokens=count(get(get(usage, "completion_tokens_details"), "reasoning_tokens")),
        cached_tokens=count(get(get(usage, "prompt_tokens_details"), "cached_tokens")),
    )


def flat_error(chunk: Any) -> Failure | None:
    """An error that the SDK hands out as an ordinary chunk, with its fields at the top."""
    error = get(chunk, "error")
    source = error if error is not None and not isinstance(error, str) else chunk
    message = text(get(source, "message")) or text(error)
    if not message:
        return None
    code = get(source, "code")
    return Failure(
        type=text(get(source, "type")) or "error",
        message=message,
        code=str(code) if code is not None else None,
    )
