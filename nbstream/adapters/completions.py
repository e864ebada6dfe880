"""Chunks of the legacy completions API.

Format: https://platform.openai.com/docs/api-reference/completions
"""

from __future__ import annotations

from typing import Any

from ..events import Delta, Event, Finish, Logprobs
from ._base import count, get, text
from .chat import ChatAdapter


class CompletionsAdapter(ChatAdapter):
    """As chat chunks, but for what is in a choice: its text, and nothing else."""

    def _take(self, choice: Any, events: list[Event]) -> None:
        number = count(get(choice, "index")) or 0
        part = f"{number}.text" if number else "text"
        if piece := text(get(choice, "text")):
            events.append(Delta(part, "text", piece))
        logprobs = get(choice, "logprobs")
        tokens, values = get(logprobs, "tokens"), get(logprobs, "token_logprobs")
        if isinstance(tokens, list) and isinstance(values, list):
            pairs = zip(tokens, values, strict=False)
            found = [{"token": token, "logprob": value} for token, value in pairs]
            events.append(Logprobs(part, "text", found))
        if reason := text(get(choice, "finish_reason")):
            events.append(Finish(reason, number))
