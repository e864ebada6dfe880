"""One generation without I/O: chunks in; its text, status and times out, and how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, Protocol

from ..adapters import Adapter, pick
from ..adapters.finish_reasons import CUT, incomplete_reason, kind_of
from ..errors import ErrorInfo, UsageError
from ..text.redact import Redact, redactor
from ..transcript.continuation import Splice
from ..transcript.durations import Spans
from ..transcript.events import Delta, Event, Failure, Info, Moved, PartType, Restored, Whole
from ..transcript.halves import Halves
from ..transcript.status import TERMINAL, Status, allowed
from ..transcript.stop_condition import Ending
from ..transcript.transcript import Append, Part, Transcript, choice_of
from ..transport.attempts import Attempts
from ..transport.background_response import ENDED, left_running
from ..transport.failures import Phase, cut_early, describe, describe_failure, no_stream
from ..transport.retry import Retry, may_pass
from ..transport.server_words import words_of
from .finish_watch import FinishWatch
from .stop import Stop
from .timing import Timing

NO_BEGINNING = "its beginning is missing: the stream was joined in its middle"


Offer = Literal["continue", "again"]


class Sink(Protocol):
    """Where a generation reports to. Called on its loop's thread; must not block or raise."""

    def appended(self, append: Append) -> None:
        """Text arrived."""

    def changed(self, generation: Generation) -> None:
        """The status or something shown beside it changed."""

    def restored(self, generation: Generation) -> None:
        """Text before that known so far arrived, or text became reasoning: all of it is new."""

    def renewed(self, generation: Generation) -> None:
        """It continues or begins anew after it ended or stalled: nothing known is valid."""


class Generation:
    """Takes chunks, tells a sink, and decides how the stream ended. Knows no task, no connection
    and no loop.

    ``can_continue`` says whether the text so far can be sent back for more. ``enough`` is called
    with a reason when ``ending`` has seen what was wanted. ``unmade`` finds the calls that were
    to be made and were not, once it has ended.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        can_continue: bool = False,
        enough: Callable[[str], object],
        redact: Redact | None = None,
        keep_chunks: bool = False,
        record: bool = False,
        ending: Ending | None = None,
        pick: Callable[[Any], Adapter | None] = pick,
        unmade: Callable[[Transcript], list[Part]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sink = sink
        self._can_continue = can_continue
        self._enough = enough
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
        self.redact = redact or redactor()
        self.clock = clock
        self.name: str | None = None
        """What the notebook calls this stream, for hints."""
        self.stop: Stop | None = None
        """Why it is to end, if anything but its source says so."""
        self.finish = FinishWatch()
        self.phase: Phase = "opening"
        self.has_called = False
        """Whether the reply's calls were made, or are being made."""
        self._lock = threading.Lock()
        self._pick = pick
        self._unmade = unmade
        self.adapter: Adapter | None = None
        self.unread: type | None = None  # of the first chunk, while none said the format
        self._pieces_before = 0  # of other attempts and replies
        # Begins the names of the current reply's parts; and the place of its first delta.
        self._prefix = ""
        self.reply_from = 0
        # Why the answer is incomplete although its last reply is complete, in words.
        self.cut_reason: str | None = None
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

    # -- chunks and events --------------------------------------------------------------------

    def renew(self) -> None:
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
        self.reason = self.error = self.retry = self.cut_reason = None
        self.timing = Timing(self.clock(), now=self.clock)
        # The clocks are checked before the next attempt begins.
        self.finish, self.transcript.failure = FinishWatch(), None
        self.phase = "opening"
        self.token_events = 0
        self.stop = None
        self._sink.renewed(self)

    def begin_reply(self, prefix: str) -> None:
        """Begin another reply of the stream; ``prefix`` begins the names of its parts."""
        self.attempts.end()
        self._prefix, self._kept = prefix, ""
        self.reply_from = len(self.deltas)
        self.transcript.finish_reasons.clear()
        self.has_called = False
        with self._lock:
            if self.stop is not None and self.stop.kind == "drained":
                self.stop = None

    @property
    def reply_text(self) -> str:
        """The text of the last reply: the only one, if no tools are called."""
        texts = [part for part in self.transcript.of_choice(0) if part.type == "text"]
        return "".join(part.text for part in texts if part.key.startswith(self._prefix))

    def begin_attempt(self) -> None:
        self.attempts.begin()
        self.adapter = self.unread = None
        self._splice = Splice(self._kept) if self._kept else None
        self._cut_at = len(self.transcript.parts[self._cut_part].text) if self._kept else 0
        self._has_reasoned = bool(self.transcript.reasoning)
        self._told = {}
        self.phase, self._last_part = "opening", ""
        self.finish, self.transcript.failure = FinishWatch(), None
        self._pieces_before = self.token_events
        self.transcript.finish_reasons.clear()

    def feed(self, chunk: Any) -> None:
        """Take one chunk, unless it is stopping. On the loop's thread only."""
        if not self.is_stopping:
            self.take(chunk)

    def take(self, chunk: Any) -> None:
        """`feed` for a reader that has checked."""
        if self._keep is not None:
            self._keep(chunk)
        pieces = self.token_events
        adapter = self.adapter or self._choose_adapter(chunk)
        for event in adapter.feed(chunk) if adapter is not None else ():
            self._apply(event)
            if self._ending is not None and self._ending.reason:
                self._enough(self._ending.reason)
                break
        # Rare: this runs for each token.
        if self.transcript.finish_reasons or self.transcript.failure:
            self.finish.look(self.transcript, began=pieces > self._pieces_before)
        if self._listeners:
            self.wake()

    def _choose_adapter(self, chunk: Any) -> Adapter | None:
        """The adapter for this stream, if ``chunk`` shows its format."""
        self.adapter = self._pick(chunk)
        if self.adapter is None:
            self.unread = self.unread or type(chunk)
        return self.adapter

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
        self.timing.last = now = self.clock()
        self.token_events += 1
        # Most text extends the part of the last piece: nothing begins or ends with it.
        is_same = part == self._last_part and info is None
        if not is_same:
            self._turn_to(part, type_, now)
        if self._is_answer and text:
            self.deltas.append(text)
        self._sink.appended(append)
        if self.status in ("queued", "stalled"):
            self._go_ahead()
        if not is_same:
            for known in self._spans.feed(append, now):
                self.inform(known)
        if self._ending is not None and type_ == "text":
            self._ending.look(self.transcript)

    def _turn_to(self, part: str, type_: PartType, now: float) -> None:
        self._last_part = part
        self._is_answer = type_ == "text" and not choice_of(part)
        self.phase = "answering"
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

    def inform(self, info: Info) -> None:
        append = self.transcript.apply(info)
        if append is not None:
            self._sink.appended(append)

    def _go_ahead(self) -> None:
        self.reason = None
        self.move("in_progress")

    def _restored(self) -> None:
        """The beginning of a stream that was joined in its middle arrived; it is not a delta."""
        self.phase = "answering"
        self.timing.last = self.clock()
        self.timing.first = self.timing.first or self.timing.last
        self._sink.restored(self)
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
        self._sink.restored(self)

    def note_response(self, holder: Any) -> None:
        # The SDK's helpers have it in a private attribute.
        response = getattr(holder, "response", None) or getattr(holder, "_response", None)
        if getattr(response, "headers", None) is not None:
            self.response = response
            self.attempts.note(response)
            said = self.attempts.latest.request_id
            self.request_id = said and self.redact(said)

    def nothing_came(self) -> ErrorInfo | None:
        """The error of a response that ended before its first token, else None."""
        if self.phase == "answering":
            return None
        if self.transcript.failure is not None:
            return describe_failure(self.transcript.failure, self.redact, self.phase)
        if self.transcript.finish_reason is not None:
            return None
        kind = getattr(self.response, "headers", {}).get("content-type", "")
        said = self._said_beside
        if said or (kind and not kind.startswith("text/event-stream")):
            return no_stream(kind, self.redact, said)
        return cut_early()

    def cut_with_words(self) -> ErrorInfo | None:
        """The failure that a server reported outside the format before its stream ended early."""
        if not self._said_beside or self.transcript.finish_reason is not None:
            return None
        said = words_of(self._said_beside) or self._said_beside
        return describe_failure(Failure("error", said), self.redact, self.phase)

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

    @property
    def is_cancelled(self) -> bool:
        """Whether it was stopped before it could end by itself."""
        return self.stop is not None and self.stop.kind == "cancelled"

    @property
    def is_stopping(self) -> bool:
        """Whether it has ended or is being stopped: no more text is taken."""
        stop = self.stop
        return (stop is not None and stop.kind != "drained") or self.status in TERMINAL

    @property
    def is_ending(self) -> bool:
        """Whether we are closing the stream: exceptions from its reader are then not errors.
        Chunks already read are still taken, unless it is stopping."""
        return self.stop is not None or self.status in TERMINAL

    def ask_stop(self, stop: Stop) -> bool:
        """Note why the stream is to end, once; any thread. Returns whether it was the first to
        say so. A stream that is only held open can still be stopped."""
        with self._lock:
            is_drained = self.stop is not None and self.stop.kind == "drained"
            if self.is_done or not (self.stop is None or (is_drained and stop.kind != "drained")):
                return False
            self.stop = stop
            return True

    def begin_cancelling(self) -> None:
        """Say that a stream which was cancelled is being closed."""
        assert self.stop is not None
        self.reason = self.stop.words
        self.move("cancelling")

    def conclude(self, exc: BaseException | None = None) -> None:
        """Decide how the stream ended, once. On the loop's thread only."""
        stop = self.stop
        if self.is_done:
            return
        if stop is None or stop.kind == "drained":
            self._conclude_by_itself(exc)
        elif stop.error is not None:
            self.fail(stop.error)
        else:
            self.reason = left_running(stop.words, self.transcript.runs_on)
            if self.status != "cancelling":
                self.move("cancelling", tell=False)
            self._end("cancelled")

    def _conclude_by_itself(self, exc: BaseException | None) -> None:
        """End as the chunks say, if nobody stopped the stream."""
        if exc is not None:
            self.fail(describe(exc, self.redact, self.phase))
        elif self.transcript.failure is not None:
            self.fail(describe_failure(self.transcript.failure, self.redact, self.phase))
        else:
            self.reason = self.cut_reason or self._why_incomplete
            self._end("completed" if self.reason is None else "incomplete")

    @property
    def is_whole(self) -> bool:
        """Whether nothing says that the reply so far was cut, or failed."""
        return self._why_incomplete is None and self.transcript.failure is None

    @property
    def _why_incomplete(self) -> str | None:
        """Why the answer so far is incomplete, in words; None if it is complete, or may be."""
        has_end = self.attempts.latest.has_end
        if self.finish.is_withdrawn and not has_end:
            return CUT
        expected = self._expects_finish_reason and not has_end
        reason = incomplete_reason(self.transcript.ending, expected=expected)
        return reason and self.redact(reason)

    def fail(self, info: ErrorInfo) -> None:
        """End with an error, unless it has ended."""
        if self.is_done:
            return
        if self._may_continue and self.reply_text:
            call = f"run `await {self.name}.continue_()`" if self.name else "call its continue_()"
            hint = f"{info.hint or ''} To continue from the text so far, {call}."
            info = replace(info, hint=hint.strip())
        self.error = info
        self.request_id = self.request_id or info.request_id
        self._end("failed")

    @property
    def offer(self) -> Offer | None:
        """What continuing would do now: continue from the text so far, or try the request again."""
        if not self._may_continue:
            return None
        if self.status not in ("stalled", "failed", "incomplete", "cancelled"):
            return None
        if self.reply_text:
            # The filter would also end the continuation.
            is_filtered = kind_of(self.transcript.ending or "") == "filtered"
            return None if is_filtered else "continue"
        return "again" if self.error is None or may_pass(self.error) else None

    @property
    def why_no_offer(self) -> str:
        """Why there is no offer, for the sentence that says so."""
        if self.has_called:
            return "has called tools, which another request might call again"
        if self.status == "incomplete" and self._can_continue:
            return "was ended by the content filter, which would end the rest as well"
        if self.status == "failed" and self._can_continue:
            return "failed for a reason that another request would meet again"
        return f"is {self.status}"

    @property
    def _may_continue(self) -> bool:
        # Tools must not do the same thing twice.
        return self._can_continue and not self.has_called

    def _end(self, status: Status) -> None:
        self.end_reply(is_stopped=status == "cancelled")
        for part in self._unmade(self.transcript) if self._unmade is not None else ():
            self.inform(Info(part.key, "tool", {"status": "not_run"}))
        self.reason = self._with_what_is_missing(self.reason)
        for info in self._spans.end(self.clock()):
            self.inform(info)
        self.timing.ended = self.clock()
        self.attempts.end(self.error.message if self.error else None)
        self.move(status)

    def _with_what_is_missing(self, reason: str | None) -> str | None:
        """``reason``, with a note if the beginning of the answer is still missing."""
        if self.adapter is None or not self.adapter.lacks_beginning:
            return reason
        return f"{reason}; {NO_BEGINNING}" if reason else NO_BEGINNING

    def end_reply(self, *, is_stopped: bool = False) -> None:
        """Apply events that were held back; after a stop, no more text."""
        has_end = self.attempts.latest.has_end
        for event in self.adapter.end(has_end=has_end) if self.adapter is not None else ():
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
        if self.adapter is None:
            return self.unread is not None
        return self.adapter.ends_with_finish_reason

    def move(self, status: Status, *, tell: bool = True) -> None:
        if not allowed(self.status, status):
            raise UsageError(f"a stream cannot go from {self.status} to {status}")
        self.status = status
        if tell:
            self._sink.changed(self)

    def say(self, words: str | None) -> None:
        """Say what a stream waits for before its request is sent; None: for nothing any more."""
        if self.status == "queued":
            self.reason = words
            self._sink.changed(self)

    def wait_for(self, words: str | None) -> None:
        """Between two replies: say what it waits for; None means the next reply."""
        if self.is_cancelled:
            return
        self.timing.waited = self.clock()
        if self.status == "queued":
            self.say(words)
        else:
            self.reason = words
            self.move("queued")

    def ended_at_server(self, problem: str | None) -> None:
        """Say that the server ended its response as well, or why it did not."""
        assert self.stop is not None
        if problem is None:
            self.reason = self._with_what_is_missing(f"{self.stop.words}; {ENDED}")
        else:
            self.reason = f"{self.reason}: ending it failed ({problem})"
        self._sink.changed(self)

    @property
    def received(self) -> tuple[int, int] | None:
        """The attempt, and the bytes of its response so far; None while nothing can arrive."""
        if self.status == "retrying" or (self.status == "queued" and self.reason is not None):
            return None
        return self.attempts.latest.number, getattr(self.response, "num_bytes_downloaded", 0)

    # -- listeners ----------------------------------------------------------------------------

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on the session's thread when something arrives or the stream ends.

        Returns a function that stops the calls."""
        self._listeners.add(callback)
        return lambda: self._listeners.discard(callback)

    def wake(self) -> None:
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
