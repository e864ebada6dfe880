"""Responses API events, told apart by ``type`` and never by class.

Format: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..events import (
    Data,
    Delta,
    Event,
    Failure,
    Finish,
    Info,
    Logprobs,
    Meta,
    PartType,
    Restored,
    RunsOn,
    Usage,
    Whole,
)
from ._base import Adapter, count, extras, fields, get, text, unwrapped
from ._endings import flat_error
from ._items import IMAGE, Said, item_events, part_of
from ._sources import Sources

# Where the text of a kind of event belongs: the part's name, its type, the index beside the item's.
_PLACES: dict[str, tuple[str, PartType, str | None]] = {
    "output_text": ("text", "text", "content_index"),
    "refusal": ("refusal", "refusal", "content_index"),
    "reasoning_text": ("reasoning", "reasoning", "content_index"),
    "reasoning_summary_text": ("summary", "reasoning", "summary_index"),
    "function_call_arguments": ("tool", "tool", None),
    "mcp_call_arguments": ("tool", "tool", None),
    "custom_tool_call_input": ("tool", "tool", None),
    "code_interpreter_call_code": ("tool", "tool", None),
    "apply_patch_call_operation_diff": ("tool", "tool", None),
    "shell_call_command": ("tool", "tool", None),
    "audio.transcript": ("audio", "audio", None),
}
_STATUSES = frozenset(
    ("in_progress", "searching", "interpreting", "generating", "completed", "failed", "compacting")
)
# What the events that end a part call its text.
_TEXTS = ("text", "refusal", "arguments", "input", "code", "diff")
_REASONS = {"max_output_tokens": "length"}


class ResponsesAdapter(Adapter):
    """All parts of one response, and its terminal state.

    What a service says whole at the end (``...done`` events, finished items, the last response)
    fills what its deltas left out. Gateways send several responses in one stream: their parts
    follow each other. Items are told apart by their places, since some gateways give an item
    another id with each event.

    ``is_taken_up``: the stream begins in the middle of a response. Its deltas come as they are, and
    what is said whole restores what came before them.
    """

    ends_with_finish_reason = True

    def __init__(self, *, is_taken_up: bool = False) -> None:
        self.lacks_beginning = is_taken_up
        self._sources: dict[str, Sources] = {}
        self._outputs: dict[str, list[str]] = {}
        self._has_parts = False
        # What the places in the second response and later ones begin with.
        self._run = ""
        self._ended = 0

    def feed(self, chunk: Any) -> Iterator[Event]:
        kind = text(fields(chunk).get("type"))
        if not kind:
            chunk = unwrapped(chunk)
            kind = text(get(chunk, "type"))
        stem, _, last = kind.removeprefix("response.").rpartition(".")
        if last == "delta":
            yield from self._delta(chunk, stem)
        elif last == "done":
            yield from self._done(chunk, stem)
        elif stem == "output_item":
            yield from self._item(get(chunk, "item"), chunk)
        elif handler := _HANDLERS.get(kind):
            yield from handler(self, chunk)
        elif last in _STATUSES and _find(chunk, "output_index") is not None:
            part, type_ = part_of(stem, self._place(chunk))
            yield Info(part, type_, {"status": last})

    # -- parts --------------------------------------------------------------------------------

    def _delta(self, chunk: Any, stem: str) -> Iterator[Event]:
        delta = _find(chunk, "delta")
        place = _PLACES.get(stem)
        if place is not None and isinstance(delta, str):
            self._has_parts = True
            part = self._part(chunk, *place)
            yield Delta(part, place[1], delta)
            if tokens := _find(chunk, "logprobs"):
                yield Logprobs(part, place[1], list(tokens))
        elif stem == "audio" and isinstance(delta, str):
            yield Data(f"audio:{self._run}0", "audio", delta)
        elif stem == "shell_call_output_content":
            part, type_ = part_of(stem, self._place(chunk))
            pieces = self._outputs.setdefault(part, [])
            pieces.append(text(get(delta, "stdout")) + text(get(delta, "stderr")))
            yield Info(part, type_, {"result": "".join(pieces)})

    def _done(self, chunk: Any, stem: str) -> Iterator[Event]:
        if stem == "output_item":
            yield from self._item(get(chunk, "item"), chunk)
        # A command is one of several, which the finished item has.
        elif (place := _PLACES.get(stem)) is not None and stem != "shell_call_command":
            whole = next(filter(None, (text(_find(chunk, name)) for name in _TEXTS)), "")
            if whole:
                yield self._said(Whole(self._part(chunk, *place), place[1], whole))

    def _item(self, item: Any, chunk: Any) -> Iterator[Event]:
        return map(self._said, item_events(item, self._place(chunk)))

    def _said(self, event: Said) -> Event:
        self._has_parts = True
        is_more = self.lacks_beginning and isinstance(event, Whole)
        return Restored([event]) if is_more else event

    def _next_command(self, chunk: Any) -> Iterator[Event]:
        if _number(chunk, "command_index"):
            part, type_ = part_of("shell_call", self._place(chunk))
            yield Delta(part, type_, "\n")

    def _annotation(self, chunk: Any) -> Iterator[Event]:
        part = self._part(chunk, *_PLACES["output_text"])
        sources = self._sources.setdefault(part, Sources())
        if sources.add([get(chunk, "annotation")]):
            yield Info(part, "text", {"sources": sources.known})

    def _partial_image(self, chunk: Any) -> Iterator[Event]:
        part, type_ = part_of(IMAGE, self._place(chunk))
        if data := text(get(chunk, "partial_image_b64")):
            yield Data(part, type_, data)

    def _place(self, chunk: Any) -> str:
        return f"{self._run}{_number(chunk, 'output_index')}"

    def _part(self, chunk: Any, name: str, _: PartType, index: str | None) -> str:
        place = f"{name}:{self._place(chunk)}"
        return place if index is None else f"{place}/{_number(chunk, index)}"

    # -- the response -------------------------------------------------------------------------

    def _created(self, chunk: Any) -> Iterator[Event]:
        if self._ended:
            self._run, self._has_parts = f"{self._ended + 1}.", False
        self.lacks_beginning = False
        yield from self._goes_on(chunk)

    def _goes_on(self, chunk: Any) -> Iterator[Event]:
        yield _meta(get(chunk, "response"))

    def _end(self, chunk: Any) -> Iterator[Event]:
        response = get(chunk, "response")
        if self.lacks_beginning or not self._has_parts:
            items = enumerate(get(response, "output") or ())
            said = [e for at, item in items for e in item_events(item, f"{self._run}{at}")]
            yield from [Restored(said, is_all=True)] if self.lacks_beginning else said
            self.lacks_beginning &= not said
        self._ended += 1
        yield _meta(response)
        usage = responses_usage(get(response, "usage"))
        if usage is not None:
            yield usage
        if get(chunk, "type") == "response.failed":
            error = get(response, "error")
            code = text(get(error, "code"))
            message = text(get(error, "message")) or "the server gave no reason"
            yield Failure(code or "response.failed", message, code or None)
        elif get(chunk, "type") == "response.incomplete":
            reason = text(get(get(response, "incomplete_details"), "reason"))
            yield Finish(_REASONS.get(reason, reason or "incomplete"))
        else:
            yield Finish("stop")

    def _error(self, chunk: Any) -> Iterator[Event]:
        failure = flat_error(chunk)
        if failure is not None:
            yield failure


_HANDLERS: dict[str, Callable[[ResponsesAdapter, Any], Iterator[Event]]] = {
    "response.created": ResponsesAdapter._created,
    "response.queued": ResponsesAdapter._goes_on,
    "response.in_progress": ResponsesAdapter._goes_on,
    "response.shell_call_command.added": ResponsesAdapter._next_command,
    "response.output_text.annotation.added": ResponsesAdapter._annotation,
    "response.image_generation_call.partial_image": ResponsesAdapter._partial_image,
    "response.completed": ResponsesAdapter._end,
    "response.incomplete": ResponsesAdapter._end,
    "response.failed": ResponsesAdapter._end,
    "error": ResponsesAdapter._error,
}


_BEGINNINGS = ("response.created", "response.queued", "response.in_progress", "error")


def begin(chunk: Any) -> ResponsesAdapter:
    """The adapter for a stream that starts with ``chunk``. Events are numbered from 0: one that
    is not of the beginning of a response says that the stream was taken up by its number, as in
    ``retrieve(..., starting_after=N)``
    (https://platform.openai.com/docs/guides/background#streaming-a-background-response)."""
    is_later = _number(chunk, "sequence_number") > 0 and get(chunk, "type") not in _BEGINNINGS
    return ResponsesAdapter(is_taken_up=is_later)


def _find(chunk: Any, name: str) -> Any:
    """A field of an event. The SDK makes one that it does not know an object of a class for another
    type, to which some of its fields are unknown."""
    found = fields(chunk).get(name)
    return get(extras(chunk), name) if found is None and extras(chunk) else found


def _number(chunk: Any, name: str) -> int:
    return count(_find(chunk, name)) or 0


def _meta(response: Any) -> Meta:
    runs_on: RunsOn | None = "response" if get(response, "background") is True else None
    return Meta(text(get(response, "model")) or None, text(get(response, "id")) or None, runs_on)


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
