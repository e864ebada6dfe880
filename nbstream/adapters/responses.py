"""Responses API events, told apart by ``type`` and never by class.

Format: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..transcript.events import (
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
from ._base import Adapter, count, extras, fields, get, listed, text, unwrapped
from ._citations import Sources
from ._endings import failure_of, flat_error
from ._items import IMAGE, Said, item_events, part_kind, texts
from ._outputs import Identity, Item, Outputs, Part, Told
from .finish_reasons import incomplete_reason, kind_of


class _Place(NamedTuple):
    """The part that an event's text belongs to."""

    group: str
    part: str
    type: PartType
    number: str = ""  # the field that numbers the texts of an item; a tool has one text


_TOOL = _Place("tool", "tool", "tool")
_PLACES: dict[str, _Place] = {
    "output_text": _Place("message", "text", "text", "content_index"),
    "refusal": _Place("message", "refusal", "refusal", "content_index"),
    "audio.transcript": _Place("message", "audio", "audio"),
    "reasoning_text": _Place("reasoning", "reasoning", "reasoning", "content_index"),
    "reasoning_summary_text": _Place("reasoning", "summary", "reasoning", "summary_index"),
    "function_call_arguments": _TOOL,
    "mcp_call_arguments": _TOOL,
    "custom_tool_call_input": _TOOL,
    "code_interpreter_call_code": _TOOL,
    "apply_patch_call_operation_diff": _TOOL,
    "shell_call_command": _TOOL,
    # Names in earlier and other versions of the API.
    "text": _Place("message", "text", "text", "content_index"),
    "reasoning": _Place("reasoning", "reasoning", "reasoning", "content_index"),
    "reasoning_summary": _Place("reasoning", "summary", "reasoning", "summary_index"),
}
_PARTS = {"output_text": "output_text", "text": "output_text", "refusal": "refusal"}
_PARTS |= {"reasoning_text": "reasoning_text", "summary_text": "reasoning_summary_text"}
_STATUSES = frozenset(
    ("in_progress", "searching", "interpreting", "generating", "completed", "failed", "compacting")
)
# The fields that hold the text in events that end a part.
_TEXTS = ("text", "refusal", "arguments", "input", "code", "diff")
_REASONS = {"max_output_tokens": "length"}
_ENDS = frozenset(("completed", "incomplete", "failed", "cancelled", "canceled"))


class ResponsesAdapter(Adapter):
    """All parts of one response, and its terminal state.

    Complete texts at the end (``...done`` events, finished items, the last response) fill in what
    the deltas left out, under whatever numbers: see `Outputs`. Gateways send several responses in
    one stream; their parts follow each other.

    ``is_taken_up``: the stream begins in the middle of a response. Its deltas pass unchanged, and
    complete texts restore what came before them.
    """

    ends_with_finish_reason = True

    def __init__(self, *, is_taken_up: bool = False) -> None:
        self.lacks_beginning = is_taken_up
        self._sources: dict[str, Sources] = {}
        self._shell: dict[str, list[str]] = {}
        self._outputs = Outputs("", is_tail=is_taken_up)
        self._response_id = ""
        # Begins the places in the second response and later ones.
        self._run = ""
        self._ended = 0
        self._is_over = False
        # The part of the last delta, and the fields that identified it.
        self._key: tuple[Any, ...] = ()
        self._part: Part | None = None

    def feed(self, chunk: Any) -> Iterable[Event]:
        kind = text(fields(chunk).get("type"))
        if not kind:
            name, chunk = text(get(chunk, "event")), unwrapped(chunk)
            kind = text(get(chunk, "type")) or name
        stem, _, last = kind.removeprefix("response.").rpartition(".")
        if last == "delta":
            return self._delta(chunk, stem)
        self._key = ()
        return self._said(chunk, kind, stem, last)

    def _said(self, chunk: Any, kind: str, stem: str, last: str) -> Iterable[Event]:
        if stem == "output_item":
            return self._item(get(chunk, "item"), chunk, is_done=last == "done")
        if stem in ("content_part", "reasoning_summary_part"):
            return self._content_part(chunk, is_done=last == "done")
        if last == "done" and stem:
            return self._done(chunk, stem)
        if handler := _HANDLERS.get(kind):
            return handler(self, chunk)
        if last in _STATUSES and stem and _find(chunk, "output_index") is not None:
            return [Info(*self._tool(chunk, stem), {"status": last})]
        if last == "error" or (not kind and get(chunk, "error")):
            return [flat_error(chunk) or failure_of(chunk if get(chunk, "code") else None)]
        has_ended = text(get(_find(chunk, "response"), "status")) in _ENDS
        return self._end(chunk) if has_ended else ()

    # -- parts --------------------------------------------------------------------------------

    def _delta(self, chunk: Any, stem: str) -> list[Event]:
        delta = _find(chunk, "delta")
        place = _PLACES.get(stem)
        if place is None:
            return self._other_delta(chunk, stem, delta)
        if not isinstance(delta, str):
            delta = text(get(delta, "text"))
        has = fields(chunk)
        # Nearly all deltas belong to the part of the last one.
        key = (stem, has.get("item_id"), has.get("output_index"), has.get(place.number))
        part = self._part
        if part is None or key != self._key or key[2] is None:
            self._part = part = self._at(place, chunk)
            self._key = key
        part.pieces.append(delta)
        events: list[Event] = [Delta(part.name, place.type, delta)]
        tokens = _find(chunk, "logprobs")
        if tokens and isinstance(tokens, list):
            events.append(Logprobs(part.name, place.type, tokens))
        return events

    def _other_delta(self, chunk: Any, stem: str, delta: Any) -> list[Event]:
        if stem == "audio" and isinstance(delta, str):
            return [Data(f"audio:{self._run}0", "audio", delta)]
        if stem != "shell_call_output_content":
            return []
        part, type_ = self._tool(chunk, stem)
        pieces = self._shell.setdefault(part, [])
        pieces.append(text(get(delta, "stdout")) + text(get(delta, "stderr")))
        return [Info(part, type_, {"result": "".join(pieces)})]

    def _content_part(self, chunk: Any, *, is_done: bool) -> Iterable[Event]:
        """A part that begins, with its first text on some gateways, or that ends."""
        part = _find(chunk, "part")
        stem = _PARTS.get(text(get(part, "type")), "")
        said = text(get(part, "text")) or text(get(part, "refusal"))
        if not (stem and said):
            return ()
        if is_done:
            return self._done(chunk, stem, said)
        place = _PLACES[stem]
        at = self._at(place, chunk)
        if at.text:
            return ()
        at.pieces.append(said)
        return [Delta(at.name, place.type, said)]

    def _done(self, chunk: Any, stem: str, whole: str = "") -> Iterator[Event]:
        place = _PLACES.get(stem)
        # A command is one of several; the finished item has them all.
        if place is None or stem == "shell_call_command":
            return
        whole = whole or next(filter(None, (text(_find(chunk, name)) for name in _TEXTS)), "")
        if whole:
            index = _number(chunk, place.number) if place.number else None
            told = Told(place.part, index, whole)
            item = self._outputs.told(*_at(chunk, place.group), told)
            (part,) = item.finish([told], is_all=False)
            yield self._whole(Whole(part.name, place.type, whole), [part])

    def _item(self, item: Any, chunk: Any, *, is_done: bool) -> Iterator[Event]:
        told, index = texts(item), _number(chunk, "output_index")
        if is_done:
            found = self._outputs.finished(item, index, told)
        else:
            self._begin_run()
            found = self._outputs.announced(item, index)
        told = found.aligned(told) if is_done else told
        parts = found.finish(told, is_all=is_done)
        for said in item_events(item, told, [part.name for part in parts]):
            yield self._whole(said, parts)

    def _whole(self, event: Said, parts: Sequence[Part]) -> Event:
        """``event``, or a change of the text before if a complete text says more than an append
        could add."""
        if not isinstance(event, Whole):
            return event
        has_gap = any(part.has_gap and part.name == event.part for part in parts)
        return Restored([event]) if self.lacks_beginning or has_gap else event

    def _next_command(self, chunk: Any) -> Iterator[Event]:
        if _number(chunk, "command_index"):
            yield Delta(*self._tool(chunk, "shell_call"), "\n")

    def _annotation(self, chunk: Any) -> Iterator[Event]:
        index = _number(chunk, "content_index")
        part = self._item_of(chunk, "message").part_near("text", index).name
        sources = self._sources.setdefault(part, Sources())
        if sources.add([get(chunk, "annotation")]):
            yield Info(part, "text", {"sources": sources.known})

    def _partial_image(self, chunk: Any) -> Iterator[Event]:
        if data := text(get(chunk, "partial_image_b64")):
            yield Data(*self._tool(chunk, IMAGE), data)

    def _at(self, place: _Place, chunk: Any) -> Part:
        """The part that a delta belongs to."""
        self._begin_run()
        index = _number(chunk, place.number) if place.number else None
        return self._item_of(chunk, place.group).part(place.part, index)

    def _tool(self, chunk: Any, kind: str) -> tuple[str, PartType]:
        type_ = part_kind(kind)
        return self._item_of(chunk, "tool").part(type_).name, type_

    def _item_of(self, chunk: Any, group: str) -> Item:
        return self._outputs.at(*_at(chunk, group))

    # -- the response -------------------------------------------------------------------------

    def _begin_run(self) -> None:
        """Begin another response if the last one has ended."""
        if self._is_over:
            self._is_over = False
            self._run = f"{self._ended + 1}."
            self._outputs = Outputs(self._run, is_tail=False)

    def _created(self, chunk: Any) -> Iterator[Event]:
        self._begin_run()
        self.lacks_beginning = False
        yield from self._goes_on(chunk)

    def _goes_on(self, chunk: Any) -> Iterator[Event]:
        response = get(chunk, "response")
        if get(response, "error") or text(get(response, "status")) in _BAD_ENDS:
            yield from self._end(chunk)
        else:
            self._response_id = text(get(response, "id")) or self._response_id
            yield _meta(response)

    def _end(self, chunk: Any) -> Iterator[Event]:
        response = get(chunk, "response")
        if self._is_over and text(get(response, "id")) not in ("", self._response_id):
            self._begin_run()
        self._response_id = text(get(response, "id")) or self._response_id
        yield from self._listed(get(response, "output"))
        is_again, self._is_over = self._is_over, True
        self._ended += not is_again
        yield _meta(response)
        usage = responses_usage(get(response, "usage"))
        if usage is not None:
            yield usage
        ending = _ending(chunk, response)
        # The first ending may have said that the answer was cut.
        if not (is_again and ending == Finish("stop")):
            yield ending

    def _listed(self, output: Any) -> Iterator[Event]:
        """The items in the last event, as far as they say something new."""
        items = listed(output)
        told = [texts(item) for item in items]
        said: list[Said] = []
        all_parts: list[Part] = []
        for item, wholes, known in zip(items, told, self._outputs.listed(items, told), strict=True):
            wholes = known.aligned(wholes)
            parts = known.finish(wholes, is_all=True)
            all_parts += parts
            found = item_events(item, wholes, [part.name for part in parts])
            # An image that is complete would count as another frame.
            is_told = known.is_done and not self.lacks_beginning
            said += (one for one in found if not (is_told and isinstance(one, Data)))
        if self.lacks_beginning:
            yield Restored(said, is_all=True)
            self.lacks_beginning = not said
        else:
            yield from (self._whole(one, all_parts) for one in said)


_HANDLERS: dict[str, Callable[[ResponsesAdapter, Any], Iterable[Event]]] = {
    "response.created": ResponsesAdapter._created,
    "response.queued": ResponsesAdapter._goes_on,
    "response.in_progress": ResponsesAdapter._goes_on,
    "response.shell_call_command.added": ResponsesAdapter._next_command,
    "response.output_text.annotation.added": ResponsesAdapter._annotation,
    "response.image_generation_call.partial_image": ResponsesAdapter._partial_image,
    **{f"response.{word}": ResponsesAdapter._end for word in (*_ENDS, "done")},
}
_BAD_ENDS = _ENDS - {"completed"}
_UNFINISHED = ("", "in_progress", "queued")


def _ending(chunk: Any, response: Any) -> Finish | Failure:
    """How a response ended: by its status, whatever the event is called (vLLM ends even a response
    that was cut with ``response.completed``), or by the event's type if there is no status."""
    named = text(get(chunk, "type")).removeprefix("response.")
    status = text(get(response, "status")).lower()
    details = get(response, "status_details")  # those of the Realtime API
    reason = _reason(get(response, "incomplete_details")) or text(get(details, "reason"))
    ends = {named, status}
    error = get(response, "error") or get(chunk, "error") or get(details, "error")
    if not error and ends & {"cancelled", "canceled"}:
        return Finish("cancelled")
    if error or "failed" in ends:
        return failure_of(error, type_=text(get(error, "code")) or "response.failed")
    found = _REASONS.get(reason, reason)
    # The reason may be one that complete answers have.
    is_cut = incomplete_reason(found or None, expected=True) is not None
    if "incomplete" in ends or (reason and (is_cut or status != "completed")):
        return Finish(found if found and is_cut else "incomplete")
    if status not in _UNFINISHED and kind_of(status) != "whole":
        return Finish(status)
    return Finish("incomplete" if _has_half(response) else "stop")


def _has_half(response: Any) -> bool:
    """Whether a message or a call of the response is incomplete, whatever its own status says."""
    return any(
        text(get(item, "status")) == "incomplete"
        for item in listed(get(response, "output"))
        if text(get(item, "type")) in ("message", "function_call", "custom_tool_call")
    )


def _reason(details: Any) -> str:
    return text(details) or text(get(details, "reason")) or text(get(details, "type"))


_BEGINNINGS = ("response.created", "response.queued", "response.in_progress", "error")
_FIRST_TEXT = 3
"""The lowest sequence number of an event with text: others announce it first."""


def begin(chunk: Any) -> ResponsesAdapter:
    """The adapter for a stream that starts with ``chunk``. Events are numbered from 0: a first
    event that does not begin a response shows that the stream was joined in its middle, as by
    ``retrieve(..., starting_after=N)``
    (https://platform.openai.com/docs/guides/background#streaming-a-background-response).
    Some gateways leave out the beginning, or count from 1."""
    kind = text(get(chunk, "type"))
    is_first = kind in _BEGINNINGS or (
        kind == "response.output_item.added" and not _number(chunk, "output_index")
    )
    is_later = _number(chunk, "sequence_number") >= _FIRST_TEXT and not is_first
    return ResponsesAdapter(is_taken_up=is_later)


def _find(chunk: Any, name: str) -> Any:
    """A field of an event. The SDK turns an unknown event into an object of some other event's
    class, which may not know all of its fields."""
    found = fields(chunk).get(name)
    return get(extras(chunk), name) if found is None and extras(chunk) else found


def _at(chunk: Any, group: str) -> tuple[Identity, int]:
    """How an event identifies its item."""
    return Identity(group, text(_find(chunk, "item_id"))), _number(chunk, "output_index")


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
