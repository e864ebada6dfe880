"""chat.completions chunks, and those of the legacy completions API.

Formats: https://platform.openai.com/docs/api-reference/chat-streaming and
https://platform.openai.com/docs/api-reference/completions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..transcript.events import Data, Delta, Event, Extra, Info, Logprobs, Meta, Moved, Usage, Whole
from ..transport.server_words import plain_name
from . import _reasoning as reasoning
from ._base import both, count, get, listed, text, unknown, unwrapped
from ._calls import Calls
from ._citations import Sources
from ._endings import Ending, error_in, noted
from ._think import ThinkTags

# Fields beside the answer; `obfuscation`, which Mistral calls `p`, only pads the chunk.
_TOP = frozenset(
    (
        *("id", "object", "created", "model", "choices", "usage", "error"),
        *("system_fingerprint", "service_tier", "obfuscation", "p", "citations", "search_results"),
    )
)
_DELTA = frozenset(
    (
        *("role", "content", "refusal", "tool_calls", "function_call", "audio", "annotations"),
        *("executed_tools", *reasoning.ALL_NAMES),
    )
)

_REASONING = reasoning.ALL_NAMES
_CHOICE = frozenset(
    (
        *("index", "delta", "message", "text", "finish_reason", "logprobs", "token_id", "seed"),
        *reasoning.ALL_NAMES,
    )
)


class ChatAdapter:
    """Everything in the choices of chat chunks: text, reasoning, refusal, tool calls and audio of
    each choice; and usage, wherever it comes.

    ``choices`` is empty in usage chunks and in Azure's first chunk, and null in some audio chunks;
    flat ``error`` events arrive as chunks without choices.
    """

    ends_with_finish_reason = True
    lacks_beginning = False

    def __init__(self) -> None:
        self._model: Any = None
        self._response_id: Any = None
        self._more: Any = None
        self._choices: dict[int, _Choice] = {}

    def feed(self, chunk: Any) -> list[Event]:
        # A list is made in less time than a generator is run, and this runs for each token.
        events: list[Event] = []
        has, more = both(chunk)
        model, response_id = has.get("model"), has.get("id")
        if model != self._model or response_id != self._response_id:
            self._model, self._response_id = model, response_id
            events.append(Meta(text(model) or None, text(response_id) or None))
        choices = has.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            self._take(choice, events)
        reported = has.get("usage")
        usage = None if reported is None else chat_usage(reported)
        if usage is not None:
            events.append(usage)
        # Gateways repeat these fields in each chunk.
        if more and more != self._more and choices is not None:
            self._more = more
            self._beside(more, events, has_choices=bool(choices))
        if not choices:
            self._without_choices(chunk, events)
        return events

    def end(self, *, has_end: bool) -> list[Event]:
        choices = self._choices.values()
        return [event for choice in choices for event in choice.end(has_end=has_end)]

    def _without_choices(self, chunk: Any, events: list[Event]) -> None:
        inner = unwrapped(chunk)
        if inner is not chunk and get(inner, "choices"):
            events += self.feed(inner)
        elif failure := error_in(inner):
            events.append(failure)

    def _take(self, choice: Any, events: list[Event]) -> None:
        has, beside = both(choice)
        number = has.get("index")
        if type(number) is not int:
            number = count(number) or 0
        known = self._choices.get(number) or self._choice(number)
        known.feed(has, beside, events)

    def _choice(self, number: int) -> _Choice:
        if number not in self._choices:
            self._choices[number] = _Choice(number)
        return self._choices[number]

    def _beside(self, more: Any, events: list[Event], *, has_choices: bool) -> None:
        cited = [*listed(get(more, "search_results")), *listed(get(more, "citations"))]
        if cited:
            self._choice(0).cite(cited, events)
        others = unknown(more, _TOP)
        if others:
            events.append(Extra(others))
        if has_choices:
            self._choice(0).end_beside({**others, "error": get(more, "error")}, events)


class _Choice:
    """One answer of those that were asked for."""

    def __init__(self, number: int) -> None:
        self._number = number
        prefix = f"{number}." if number else ""
        self._prefix = prefix
        self._text, self._reasoning = f"{prefix}text", f"{prefix}reasoning"
        self._calls = Calls(prefix)
        self._tags = ThinkTags(self._text, self._reasoning)
        self._thoughts = reasoning.Thoughts()
        self._sources = Sources()
        self._cited: list[Any] = []
        self._details: dict[str, list[Any]] = {}
        self._beside: Any = None
        self._ending = Ending(number)
        self._says_more = self._has_messages = False

    def feed(self, has: dict[str, Any], beside: Any, events: list[Event]) -> None:
        """Take a choice: ``has`` are its fields, ``beside`` those that the SDK does not know."""
        before = len(events)
        delta = has.get("delta")
        if delta is None:
            delta = self._whole(has.get("message") or (get(beside, "message") if beside else None))
        elif beside and not _REASONING.isdisjoint(beside):
            self._reason_beside(beside, events)
        given, more = both(delta)
        if more:
            self._more(more, events)
            if given.get("content") and reasoning.is_thought(more):
                given = self._think_content(given, events)
        if content := given.get("content"):
            # The usual chunk.
            tags = self._tags
            if tags.is_plain and isinstance(content, str) and tags.sign not in content:
                tags.told.append(content)
                events.append(Delta(self._text, "text", content))
            else:
                self._write(content, events)
        if (refusal := given.get("refusal")) and isinstance(refusal, str):
            events.append(Delta(f"{self._prefix}refusal", "refusal", refusal))
        if fragments := given.get("tool_calls"):
            self._calls.feed(fragments, events)
        if (function_call := given.get("function_call")) is not None:
            self._calls.feed_legacy(function_call, events)
        # Only newer releases of the SDK declare it.
        if (audio := given.get("audio") or (get(more, "audio") if more else None)) is not None:
            events += _audio(f"{self._prefix}audio", audio)
        if not content and len(events) == before:
            self._legacy(delta, has, beside, events)
        if (logprobs := has.get("logprobs")) is not None:
            self._logprobs(logprobs, events)
        if (beside or self._beside) and beside != self._beside:
            self._beside = beside
            others = unknown(beside or {}, _CHOICE)
            if said := text(get(beside or {}, "message")):
                others["message"] = said
            self._says_more = self._ending.note(others)
            self._calls_beside(others, events)
            if others:
                events.append(Extra(others))
        # A finish reason does not end the answer: some services send one in each chunk.
        if (reason := has.get("finish_reason")) or self._says_more:
            self._ending.feed(reason, events, size=self._size)

    def end_beside(self, others: dict[str, Any], events: list[Event]) -> None:
        """Take an ending that stands beside the choices, or in a delta."""
        if (found := noted(others)) is not None:
            self._ending.feed(None, events, found, size=self._size)

    @property
    def _size(self) -> int:
        """How much output there was."""
        return len(self._tags.told) + self._calls.size + self._thoughts.size

    def end(self, *, has_end: bool) -> list[Event]:
        """The text that was held back, and the final status of the calls."""
        events: list[Event] = []
        self._sort(self._tags.end(), events)
        is_whole = self._ending.is_whole(has_end=has_end)
        self._calls.end("completed" if is_whole else "incomplete", events)
        return events

    def cite(self, citations: list[Any], events: list[Event]) -> None:
        """Take sources of the text; some services repeat all of them in each chunk."""
        if citations != self._cited:
            self._cited = citations
            if self._sources.add(citations):
                events.append(Info(self._text, "text", {"sources": self._sources.known}))

    def _whole(self, message: Any) -> Any:
        """A message in place of a delta: a piece of the answer, as deltas are, or all of it, as in
        a reply that is not streamed. Some services end a stream with the whole message: then it is
        what the deltas left out of it."""
        told = "".join(self._tags.told)
        if not (told or self._calls.has_any):
            self._has_messages = message is not None
        if message is None or self._has_messages:
            return message
        content = text(get(message, "content"))
        rest = content[len(told) :] if content.startswith(told) else ""
        calls = None if self._calls.has_any else get(message, "tool_calls")
        return {**unknown(both(message)[1], _DELTA), "content": rest, "tool_calls": calls}

    def _legacy(self, delta: Any, has: dict[str, Any], beside: Any, events: list[Event]) -> None:
        """The text of the completions API, and reasoning on some servers. Text beside a delta that
        has content repeats it."""
        if delta is None and beside:
            self._reason_beside(beside, events)
        piece = has.get("text") or (get(beside, "text") if beside else None)
        if isinstance(piece, str) and piece:
            self._say(piece, events)

    def _say(self, piece: str, events: list[Event]) -> None:
        """Take a piece of text."""
        if self._tags.is_plain and self._tags.sign not in piece:
            self._tags.told.append(piece)
            events.append(Delta(self._text, "text", piece))
        else:
            self._sort(self._tags.feed(piece), events)

    def _write(self, content: Any, events: list[Event]) -> None:
        """Take content: text, or a list of the answer's parts."""
        if isinstance(content, str):
            self._say(content, events)
            return
        for part in content if isinstance(content, (list, tuple)) else (content,):
            if isinstance(part, str):
                self._write(part, events)
            elif reasoning.is_reasoning(part):
                self._think(("content",), reasoning.words(part), events)
            elif parts := listed(get(part, "parts")):
                self._write(parts, events)
            elif piece := reasoning.words(get(part, "text")) or text(get(part, "value")):
                self._write(piece, events)
            elif refusal := text(get(part, "refusal")):
                events.append(Delta(f"{self._prefix}refusal", "refusal", refusal))

    def _sort(self, found: Iterable[Delta | Moved], events: list[Event]) -> None:
        """Take text and reasoning that tags have separated."""
        for event in found:
            if event.type != "reasoning":
                events.append(event)
            elif isinstance(event, Delta):
                self._think(("tags",), event.text, events)
            else:
                new = self._thoughts.feed(("tags",), event.text)
                events.append(event if new == event.text else event._replace(to=""))
                if new != event.text:
                    events.append(Delta(self._reasoning, "reasoning", new))

    def _think_content(self, given: dict[str, Any], events: list[Event]) -> dict[str, Any]:
        """Take content that is marked as reasoning; returns the other fields."""
        content = given["content"]
        if isinstance(content, str) and not (self._tags.is_open or content.lstrip()[:1] == "<"):
            self._think(("content",), content, events)
        else:
            self._write(content, events)
        return {**given, "content": None}

    def _think(self, names: tuple[str, ...], thought: str, events: list[Event]) -> None:
        if thought and (new := self._thoughts.feed(names, thought)):
            events.append(Delta(self._reasoning, "reasoning", new))

    def _reason_beside(self, more: Any, events: list[Event]) -> dict[str, Any] | None:
        """Take the reasoning in the fields ``more``; returns those that are not just text."""
        if type(more) is dict:
            given = [(name, more[name]) for name in more if name in _REASONING]
        else:
            names = (*reasoning.NAMES, *(name for name in more if name in _REASONING))
            given = [(name, get(more, name)) for name in dict.fromkeys(names)]
        if len(given) == 1 and isinstance(given[0][1], str):
            self._think(given[0][:1], given[0][1], events)
            return None
        found: dict[str, tuple[str, ...]] = {}
        beside: dict[str, Any] = {}
        for name, value in given:
            if value is None:
                continue
            thought = reasoning.words(value)
            found[thought] = (*found.get(thought, ()), name)
            if isinstance(value, list):
                beside[name] = self._details.setdefault(name, [])
                beside[name] += value
            elif not isinstance(value, str):
                beside[name] = value
        for thought, names in found.items():
            self._think(names, thought, events)
        return beside

    def _more(self, more: Any, events: list[Event]) -> None:
        """Take the fields of a delta that the SDK does not know."""
        more_reasoning = self._reason_beside(more, events)
        if isinstance(annotations := get(more, "annotations"), list):
            self.cite(annotations, events)
        if tools := get(more, "executed_tools"):
            for tool in listed(tools):
                events += _executed(self._prefix, tool)
        others = unknown(more, _DELTA)
        if others:
            self._calls_beside(others, events)
            self.end_beside(others, events)
        if more_reasoning:
            others |= more_reasoning
        if others:
            events.append(Extra(others))

    def _calls_beside(self, others: dict[str, Any], events: list[Event]) -> None:
        """Take calls under other names: ``toolCalls``, Google's ``functionCall``."""
        for name, value in others.items():
            key = plain_name(name)
            if key in ("toolcalls", "toolcall"):
                self._calls.feed(value, events)
            elif key == "functioncall":
                self._calls.feed_legacy(value, events)

    def _logprobs(self, logprobs: Any, events: list[Event]) -> None:
        if tokens := listed(get(logprobs, "content")):
            events.append(Logprobs(self._text, "text", tokens))
        if tokens := listed(get(logprobs, "refusal")):
            events.append(Logprobs(f"{self._prefix}refusal", "refusal", tokens))
        tokens, values = get(logprobs, "tokens"), get(logprobs, "token_logprobs")
        if isinstance(tokens, list) and isinstance(values, list):
            pairs = zip(tokens, values, strict=False)
            found = [{"token": token, "logprob": value} for token, value in pairs]
            events.append(Logprobs(self._text, "text", found))


def _audio(part: str, audio: Any) -> Iterator[Event]:
    if transcript := text(get(audio, "transcript")):
        yield Delta(part, "audio", transcript)
    if data := text(get(audio, "data")):
        yield Data(part, "audio", data)


def _executed(prefix: str, tool: Any) -> Iterator[Event]:
    """A tool that Groq ran itself (https://console.groq.com/docs/compound): it is sent twice, the
    second time with its output."""
    part = f"{prefix}executed:{count(get(tool, 'index')) or 0}"
    kind, output = text(get(tool, "type")) or "tool", text(get(tool, "output"))
    if output:
        yield Info(part, "tool", {"kind": kind, "status": "completed", "result": output})
    else:
        yield Info(part, "tool", {"kind": kind, "status": "in_progress"})
    if arguments := text(get(tool, "arguments")):
        yield Whole(part, "tool", arguments)


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
