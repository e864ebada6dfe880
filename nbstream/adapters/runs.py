"""Runs on the server: Assistants and agent sessions, whose text is shown.

Formats: https://platform.openai.com/docs/api-reference/assistants-streaming and
`openai.types.beta.agent_session_event` of openai 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..text.surrogates import well_formed
from ..transcript.events import Delta, Event, Failure, Finish, Meta, PartType, Whole
from ._base import Adapter, count, get, listed, text
from ._endings import flat_error
from .chat import chat_usage
from .responses import responses_usage

_TURN = "agent.session.turn."
_KINDS: dict[str, tuple[str, PartType]] = {
    "output_text": ("text", "text"),
    "reasoning_summary_text": ("summary", "reasoning"),
}


class AssistantAdapter(Adapter):
    """The messages of a run; each event has its kind in ``event`` and the rest in ``data``."""

    ends_with_finish_reason = True

    def feed(self, chunk: Any) -> Iterator[Event]:
        kind, data = text(get(chunk, "event")), get(chunk, "data")
        if kind == "thread.message.delta":
            for content in listed(get(get(data, "delta"), "content")):
                value = text(get(get(content, "text"), "value"))
                index = count(get(content, "index")) or 0
                message = well_formed(text(get(data, "id")))
                yield Delta(f"text:{message}/{index}", "text", value)
        elif kind == "thread.run.created":
            yield Meta(text(get(data, "model")) or None, text(get(data, "id")) or None, "run")
        elif kind in (
            "thread.run.completed",
            "thread.run.incomplete",
            "thread.run.requires_action",
        ):
            usage = chat_usage(get(data, "usage"))
            if usage is not None:
                yield usage
            reason = text(get(get(data, "incomplete_details"), "reason"))
            yield Finish(
                "length" if reason.startswith("max_") else reason or _REASONS.get(kind, "stop")
            )
        elif kind in ("thread.run.failed", "thread.run.expired", "thread.run.cancelled"):
            failure = flat_error(get(data, "last_error"))
            word = kind.rpartition(".")[2]
            yield failure or Failure(kind, f"the server says that the run is {word}")
        elif kind == "error":
            yield flat_error(data) or Failure("error", "the server gave no reason")


_REASONS = {"thread.run.incomplete": "incomplete", "thread.run.requires_action": "tool_calls"}


class AgentAdapter(Adapter):
    """The text of an agent session, turn by turn. The session keeps running without a reader."""

    ends_with_finish_reason = False

    def __init__(self) -> None:
        self._turns: dict[str, int] = {}
        self._is_begun = False

    def feed(self, chunk: Any) -> Iterator[Event]:
        kind = text(get(chunk, "type"))
        if not self._is_begun:
            self._is_begun = True
            yield Meta(runs_on="session")
        if kind == "agent.session.turn.completed":
            usage = responses_usage(get(chunk, "usage"))
            if usage is not None:
                yield usage
            yield Finish("stop")
        elif kind in ("agent.session.turn.failed", "agent.session.failed", "error"):
            yield _failure(chunk, kind)
        elif kind == "agent.session.turn.cancelled":
            yield Finish("cancelled")
        elif kind.startswith(_TURN):
            yield from self._text(chunk, *kind.removeprefix(_TURN).rpartition(".")[::2])

    def _text(self, chunk: Any, stem: str, last: str) -> Iterator[Event]:
        if stem not in _KINDS:
            return
        name, type_ = _KINDS[stem]
        turn = self._turns.setdefault(text(get(chunk, "turn_id")), len(self._turns))
        output = count(get(chunk, "output_index")) or 0
        index = count(get(chunk, "content_index")) or count(get(chunk, "summary_index")) or 0
        part = f"{name}:{turn}/{output}/{index}"
        if last == "delta":
            yield Delta(part, type_, text(get(chunk, "delta")))
        elif last == "done":
            yield Whole(part, type_, text(get(chunk, "text")))


def _failure(chunk: Any, kind: str) -> Failure:
    for holder in (chunk, get(chunk, "turn"), get(chunk, "session")):
        failure = flat_error(get(holder, "error")) if holder is not None else None
        if failure is not None:
            return failure
    return flat_error(chunk) or Failure(kind, "the server gave no reason")
