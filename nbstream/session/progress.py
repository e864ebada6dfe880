"""One generation: its text, state and times, how it ended, and who is notified."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable
from typing import Any

from ..adapters import Adapter, pick
from ..adapters.finish_reasons import CUT, incomplete_reason
from ..errors import ErrorInfo, UsageError
from ..text.redact import Redact, redactor
from ..transcript.continuation import Splice
from ..transcript.durations import Spans
from ..transcript.events import Delta, Event, Failure, Info, Moved, PartType, Restored, Whole
from ..transcript.halves import Halves
from ..transcript.status import TERMINAL, Status, allowed
from ..transcript.stop_condition import Ending
from ..transcript.transcript import Append, Transcript, choice_of
from ..transport.attempts import Attempts
from ..transport.failures import Phase, cut_early, describe, describe_failure, no_stream
from ..transport.retry import Retry
from ..transport.server_words import words_of
from .finish_watch import FinishWatch
from .timing import Timing

NO_BEGINNING = "its beginning is missing: the stream was joined in its middle"


class Progress:
    """Takes chunks and decides how the stream ended; knows no task, no connection and no loop."""

    def __init__(
        self,
        *,
        redact: Redact | None = None,
        keep_chunks: bool = False,
        record: bool = False,
        ending: Ending | None = None,
        pick: Callable[[Any], Adapter | None] = pick,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.transcript = Transcript()
        self.status: Status = "queued"
        self.reason: str | None = None
        self.error: ErrorInfo | None = None
        self.retry: Retry | None = None
        self.timing = Timing(clock(), now=clock)
        self.response: Any = None
        self.request_id: str | None = None
        self.deltas: list[str] = []
        self.chunks: list[Any] | None = [] if keep_chunks else None
        self.attempts = Attempts(clock, record=record)
        self.token_events = 0
        self.done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self.redact = redact or redactor()
        self._clock = clock
        self._pick = pick
        self._adapter: Adapter | None = None
        self._unread: type | None = None  # of the first chunk, while none said the format
        self._finish = FinishWatch()
        self._pieces_before = 0  # of other attempts and replies
        self._phase: Phase = "opening"
        # Begins the names of the current reply's parts; and the place of its first delta.
        self._prefix = ""
        self.reply_from = 0
        # Why the answer is incomplete although its last reply is complete, in words.
        self._cut_reason: str | None = None
        self._kept = ""
        self._splice: Splice | None = None
        # The length of the part that a continuation extends, and whether reasoning preceded it.
        self._cut_at, self._has_reasoned = 0, False
        self._spans = Spans()
        # For text that is examined before the transcript takes it.
        self._halves = Halves()
        self._told: dict[str, list[str]] = {}
        # The part of the last piece, and whether it belongs to the answer's text.
        self._last_part, self._is_answer = "", False
        self._ending = ending
        self._listeners: set[Callable[[], None]] = set()
        # One check per token, however much is kept.
        kept = [] if self.chunks is None else [self.chunks.append]
        self._keep = _all_of([*kept, self.attempts.chunk] if record else kept)

    def _tell(self, append: Append | None = None) -> None:
        """Report new text, or else that the state changed."""
        raise NotImplementedError

    def _tell_again(self) -> None:
        """Report everything again: it is not just an extension of what was reported."""
        raise NotImplementedError

    def _enough(self, reason: str) -> None:
        """End the stream: it has sent what was wanted."""
        raise NotImplementedError

    # -- chunks and events --------------------------------------------------------------------

    def _renew(self) -> None:
        """Continue from the text so far, as if nothing had ended; without text, begin anew. With
        several replies, this concerns the last one."""
        self.attempts.end()
        self._kept = self.reply_text
        # Continuing asks for more than `until` wanted.
        self._ending = None
        if self._kept:
            self.transcript.set_aside(self._prefix)
        elif self._prefix:
            self.transcript.forget(self._prefix)
        else:
            self.transcript = Transcript()
        self._spans = Spans()
        self.transcript.finish_reasons.clear()
        self.transcript.usage = None
        self.status = "queued"
        self.reason = self.error = self.retry = self._cut_reason = None
        self.timing = Timing(self._clock(), now=self._clock)
        # The clocks are checked before the next attempt begins.
        self._finish, self.transcript.failure = FinishWatch(), None
        self._phase = "opening"
        self.token_events = 0
        if self.done.done():
            self.done = concurrent.futures.Future()

    def _begin_reply(self, prefix: str) -> None:
        """Begin another reply of the stream; ``prefix`` begins the names of its parts."""
        self.attempts.end()
        self._prefix, self._kept = prefix, ""
        self.reply_from = len(self.deltas)
        self.transcript.finish_reasons.clear()

    @property
    def reply_text(self) -> str:
        """The text of the last reply: the only one, if no tools are called."""
        texts = [part for part in self.transcript.of_choice(0) if part.type == "text"]
        return "".join(part.text for part in texts if part.key.startswith(self._prefix))

    def _begin_attempt(self) -> None:
        self.attempts.begin()
        self._adapter = self._unread = None
        self._splice = Splice(self._kept) if self._kept else None
        self._cut_at = len(self.transcript.parts[self._cut_part].text) if self._kept else 0
        self._has_reasoned = bool(self.transcript.reasoning)
        self._told = {}
        self._phase, self._last_part = "opening", ""
        self._finish, self.transcript.failure = FinishWatch(), None
        self._pieces_before = self.token_events
        self.transcript.finish_reasons.clear()

    def _take(self, chunk: Any) -> None:
        if self._keep is not None:
            self._keep(chunk)
        pieces = self.token_events
        adapter = self._adapter or self._choose_adapter(chunk)
        for event in adapter.feed(chunk) if adapter is not None else ():
            self._apply(event)
            if self._ending is not None and self._ending.reason:
                self._enough(self._ending.reason)
                break
        # Rare: this runs for each token.
        if self.transcript.finish_reasons or self.transcript.failure:
            self._finish.look(self.transcript, began=pieces > self._pieces_before)
        if self._listeners:
            self._wake()

    def _choose_adapter(self, chunk: Any) -> Adapter | None:
        """The adapter for this stream, if ``chunk`` shows its format."""
        self._adapter = self._pick(chunk)
        if self._adapter is None:
            self._unread = self._unread or type(chunk)
        return self._adapter

    @property
    def _cut_part(self) -> str:
        """The part that a continuation extends."""
        return [part.key for part in self.transcript.of_choice(0) if part.type == "text"][-1]

    def _apply(self, event: Event) -> None:
        if self._splice is not None or self._ending is not None:
            event = self._shortened(event)
        append = self.transcript.apply(event)
        if append is None:
            if isinstance(event, Restored) and self.transcript.restore(event):
                self._restored()
            elif isinstance(event, Moved) and self._move_text(event):
                self._moved(event)
            return
        part, type_, _, text, info = append
        self.timing.last = now = self._clock()
        self.token_events += 1
        # Most text extends the part of the last piece: nothing begins or ends with it.
        is_same = part == self._last_part and info is None
        if not is_same:
            self._turn_to(part, type_, now)
        if self._is_answer and text:
            self.deltas.append(text)
        self._tell(append)
        if self.status in ("queued", "stalled"):
            self._go_ahead()
        if not is_same:
            for known in self._spans.feed(append, now):
                self._inform(known)
        if self._ending is not None and type_ == "text":
            self._ending.look(self.transcript)

    def _turn_to(self, part: str, type_: PartType, now: float) -> None:
        self._last_part = part
        self._is_answer = type_ == "text" and not choice_of(part)
        self._phase = "answering"
        if self.timing.first is None:
            self.timing.first = now

    def _shortened(self, event: Event) -> Event:
        """``event`` without text that a continuation repeats or that follows the wanted end."""
        if isinstance(event, Info) and event.type == "text" and self._splice is not None:
            return event if choice_of(event.part) else self._of_both(event)
        if isinstance(event, Restored) and self._splice is not None:
            return Restored([])  # it does not know the text that the continuation extends
        if isinstance(event, Whole) and event.type == "text":
            event = self._left_out(event)
        if not isinstance(event, Delta) or event.type != "text":
            return event
        self._told.setdefault(event.part, []).append(event.text)
        delta = self._halves.feed(event)
        if self._splice is not None and not choice_of(delta.part):
            delta = delta._replace(part=self._cut_part, text=self._splice.feed(delta.text))
        if self._ending is not None and delta.text and not choice_of(delta.part):
            delta = delta._replace(text=delta.text[: self._ending.kept(delta.text)])
        return delta

    def _of_both(self, info: Info) -> Info:
        """A continuation's facts about its text, for the part that it extends. That part keeps its
        own sources."""
        fields, known = info.fields, self.transcript.parts[self._cut_part].info
        if "sources" in fields:
            sources = [*known.get("sources", ()), *fields["sources"]]
            named = {source.get("url") or source.get("title"): source for source in sources}
            fields = {**fields, "sources": list(named.values())}
        return info._replace(part=self._cut_part, fields=fields)

    def _left_out(self, whole: Whole) -> Delta:
        """The text of a part that its deltas left out."""
        told = "".join(self._told.get(whole.part, ()))
        text = whole.text[len(told) :] if whole.text.startswith(told) else ""
        return Delta(whole.part, whole.type, text)

    def _inform(self, info: Info) -> None:
        append = self.transcript.apply(info)
        if append is not None:
            self._tell(append)

    def _go_ahead(self) -> None:
        self.reason = None
        self._move("in_progress")

    def _restored(self) -> None:
        """The beginning of a stream that was joined in its middle arrived; it is not a delta."""
        self._phase = "answering"
        self.timing.last = self._clock()
        self.timing.first = self.timing.first or self.timing.last
        self._tell_again()
        if self.status in ("queued", "stalled"):
            self._go_ahead()

    def _move_text(self, moved: Moved) -> bool:
        """Move text of the answer to the reasoning; returns whether there was any.

        The text that a continuation extends stays, and the answer continues from there. But if the
        model had not reasoned before, that text was the beginning of this reasoning.
        """
        if self._splice is None or choice_of(moved.part):
            return self.transcript.move(moved)
        self._halves.forget(moved.part)
        moved = moved._replace(part=self._cut_part)
        if self._has_reasoned or not moved.to:
            self._splice = Splice(self._kept)
            return self.transcript.move(moved, self._cut_at)
        rest, self._splice, self._kept = self._splice.end(), None, ""
        self.transcript.apply(Delta(moved.part, "text", rest))
        return self.transcript.move(moved)

    def _moved(self, moved: Moved) -> None:
        """Text of the answer turned out to be reasoning. An iterator may have read it already;
        everything else continues without it."""
        self._spans.move(moved)
        self._last_part = ""
        self.reply_from = len(self.deltas)
        self._tell_again()

    def _note_response(self, holder: Any) -> None:
        # The SDK's helpers have it in a private attribute.
        response = getattr(holder, "response", None) or getattr(holder, "_response", None)
        if getattr(response, "headers", None) is not None:
            self.response = response
            self.attempts.note(response)
            said = self.attempts.latest.request_id
            self.request_id = said and self.redact(said)

    def _nothing_came(self) -> ErrorInfo | None:
        """The error of a response that ended before its first token, else None."""
        if self._phase == "answering":
            return None
        if self.transcript.failure is not None:
            return describe_failure(self.transcript.failure, self.redact, self._phase)
        if self.transcript.finish_reason is not None:
            return None
        kind = getattr(self.response, "headers", {}).get("content-type", "")
        said = self._said_beside
        if said or (kind and not kind.startswith("text/event-stream")):
            return no_stream(kind, self.redact, said)
        return cut_early()

    def _cut_with_words(self) -> ErrorInfo | None:
        """The failure that a server reported outside the format before its stream ended early."""
        if not self._said_beside or self.transcript.finish_reason is not None:
            return None
        said = words_of(self._said_beside) or self._said_beside
        return describe_failure(Failure("error", said), self.redact, self._phase)

    @property
    def _said_beside(self) -> str:
        """The text outside the event format, if the bytes are observed."""
        events = self.attempts.latest.events
        return "" if events is None else events.words

    # -- how it ended -------------------------------------------------------------------------

    @property
    def is_done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.status in TERMINAL

    def _conclude_by_itself(self, exc: BaseException | None) -> None:
        """End as the chunks say, if nobody stopped the stream."""
        if exc is not None:
            self.fail(describe(exc, self.redact, self._phase))
        elif self.transcript.failure is not None:
            self.fail(describe_failure(self.transcript.failure, self.redact, self._phase))
        else:
            self.reason = self._cut_reason or self._why_incomplete
            self._end("completed" if self.reason is None else "incomplete")

    @property
    def _why_incomplete(self) -> str | None:
        """Why the answer so far is incomplete, in words; None if it is complete, or may be."""
        has_end = self.attempts.latest.has_end
        if self._finish.is_withdrawn and not has_end:
            return CUT
        expected = self._expects_finish_reason and not has_end
        reason = incomplete_reason(self.transcript.ending, expected=expected)
        return reason and self.redact(reason)

    def fail(self, info: ErrorInfo) -> None:
        """End with an error, unless it has ended."""
        if self.is_done:
            return
        self.error = info
        self.request_id = self.request_id or info.request_id
        self._end("failed")

    def _end(self, status: Status) -> None:
        self._end_reply(is_stopped=status == "cancelled")
        self.reason = self._with_what_is_missing(self.reason)
        for info in self._spans.end(self._clock()):
            self._inform(info)
        self.timing.ended = self._clock()
        self.attempts.end(self.error.message if self.error else None)
        self._move(status)

    def _with_what_is_missing(self, reason: str | None) -> str | None:
        """``reason``, with a note if the beginning of the answer is still missing."""
        if self._adapter is None or not self._adapter.lacks_beginning:
            return reason
        return f"{reason}; {NO_BEGINNING}" if reason else NO_BEGINNING

    def _end_reply(self, *, is_stopped: bool = False) -> None:
        """Apply events that were held back; after a stop, no more text."""
        has_end = self.attempts.latest.has_end
        for event in self._adapter.end(has_end=has_end) if self._adapter is not None else ():
            if isinstance(event, Info) or not is_stopped:
                self._apply(event)
        if self._splice is not None and not is_stopped:
            rest, self._splice = self._splice.end(), None
            self._apply(Delta(self._cut_part, "text", rest))
        for half in (*self._halves.end(), *self.transcript.halves.end()):
            if not is_stopped:
                self._apply(half)

    @property
    def _expects_finish_reason(self) -> bool:
        """Whether an end without a finish reason means that the stream was cut."""
        if self._adapter is None:
            return self._unread is not None
        return self._adapter.ends_with_finish_reason

    def _move(self, status: Status, *, tell: bool = True) -> None:
        if not allowed(self.status, status):
            raise UsageError(f"a stream cannot go from {self.status} to {status}")
        self.status = status
        if tell:
            self._tell()

    # -- listeners ----------------------------------------------------------------------------

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on the session's thread when something arrives or the stream ends.

        Returns a function that stops the calls."""
        self._listeners.add(callback)
        return lambda: self._listeners.discard(callback)

    def _wake(self) -> None:
        for callback in tuple(self._listeners):
            callback()

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens after the first one per second; from the usage, else from the deltas seen."""
        first, last = self.timing.first, self.timing.last
        seconds = 0.0 if first is None or last is None else last - first - self.timing.paused
        if seconds < 0.001:
            return None
        usage = self.transcript.usage
        tokens = usage.output_tokens if usage and usage.output_tokens else self.token_events
        return (tokens - 1) / seconds if tokens > 1 else None


def _all_of(calls: list[Callable[[Any], None]]) -> Callable[[Any], None] | None:
    """One call that makes ``calls``; None if there are none."""
    if len(calls) < 2:
        return calls[0] if calls else None

    def call_all(chunk: Any) -> None:
        for call in calls:
            call(chunk)

    return call_all
