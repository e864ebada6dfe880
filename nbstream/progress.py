"""What is known of one generation: its text, state and times, how it ended, and who is told."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable
from typing import Any

from .adapters import Adapter, pick
from .errors import ErrorInfo, UsageError
from .events import Delta, Event
from .faults import Phase, cut_early, describe, describe_failure, no_stream
from .redact import Redact, redactor
from .retry import Retry
from .splice import Splice
from .states import TERMINAL, Status, allowed, incomplete_reason
from .timing import Timing
from .transcript import Append, Transcript


class Progress:
    """Takes what comes and decides how it ended; knows no task, no connection and no loop."""

    def __init__(
        self,
        *,
        redact: Redact | None = None,
        keep_chunks: bool = False,
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
        self.token_events = 0
        self.done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._redact = redact or redactor()
        self._clock = clock
        self._adapter: Adapter | None = None
        self._finished_at: float | None = None
        self._phase: Phase = "opening"
        self._kept = ""
        self._splice: Splice | None = None
        self._listeners: set[Callable[[], None]] = set()

    def _tell(self, append: Append | None = None) -> None:
        """Report text that came, or else that the state changed."""
        raise NotImplementedError

    # -- what comes in ------------------------------------------------------------------------

    def _renew(self) -> None:
        """Go on from the text so far, as if nothing had ended; without text, begin anew."""
        self._kept = self.transcript.text
        if not self._kept:
            self.transcript = Transcript()
        self.transcript.finish_reason = self.transcript.usage = None
        self.status = "queued"
        self.reason = self.error = self.retry = None
        self.timing = Timing(self._clock(), now=self._clock)
        self.token_events = 0
        if self.done.done():
            self.done = concurrent.futures.Future()

    def _begin_attempt(self) -> None:
        self._adapter = None
        self._splice = Splice(self._kept) if self._kept else None
        self._phase = "opening"
        self._finished_at = self.transcript.failure = None

    def _take(self, chunk: Any) -> None:
        if self._adapter is None:
            self._adapter = pick(chunk)
        if self.chunks is not None:
            self.chunks.append(chunk)
        for event in self._adapter.feed(chunk):
            if self._splice is not None and isinstance(event, Delta) and event.type == "text":
                event = event._replace(part=self._cut_part, text=self._splice.feed(event.text))
            self._apply(event)
        if self.transcript.finish_reason is not None or self.transcript.failure is not None:
            self._finished_at = self._clock()
        if self._listeners:
            self._wake()

    @property
    def _cut_part(self) -> str:
        """The part that a continuation goes on with."""
        return [part.key for part in self.transcript.parts.values() if part.type == "text"][-1]

    def _apply(self, event: Event) -> None:
        append = self.transcript.apply(event)
        if append is not None:
            self._appended(append)

    def _appended(self, append: Append) -> None:
        now = self._clock()
        self._phase = "answering"
        self.timing.last = now
        self.token_events += 1
        if self.timing.first is None:
            self.timing.first = now
        if append.type == "text":
            self.deltas.append(append.text)
        self._tell(append)
        if self.status in ("queued", "stalled"):
            self.reason = None
            self._move("in_progress")

    def _note_response(self, holder: Any) -> None:
        response = getattr(holder, "response", None)
        headers = getattr(response, "headers", None)
        if headers is not None:
            self.response = response
            self.request_id = headers.get("x-request-id") or headers.get("request-id")

    def _nothing_came(self) -> ErrorInfo | None:
        """What is wrong with a response that ended before its first token; None if nothing is."""
        if self._phase == "answering" or self.transcript.finish_reason is not None:
            return None
        if self.transcript.failure is not None:
            return describe_failure(self.transcript.failure, self._redact, self._phase)
        kind = getattr(self.response, "headers", {}).get("content-type", "")
        if kind and not kind.startswith("text/event-stream"):
            return no_stream(kind, self._redact)
        return cut_early()

    # -- how it ended -------------------------------------------------------------------------

    @property
    def is_done(self) -> bool:
        """Whether it has ended, however."""
        return self.status in TERMINAL

    def _conclude_by_itself(self, exc: BaseException | None) -> None:
        """End as what came says, when nobody stopped it."""
        if exc is not None:
            self.fail(describe(exc, self._redact, self._phase))
        elif self.transcript.failure is not None:
            self.fail(describe_failure(self.transcript.failure, self._redact, self._phase))
        else:
            self.reason = incomplete_reason(
                self.transcript.finish_reason, expected=self._expects_finish_reason
            )
            self._end("completed" if self.reason is None else "incomplete")

    def fail(self, info: ErrorInfo) -> None:
        """End with an error, unless it has ended."""
        if self.is_done:
            return
        self.error = info
        self.request_id = self.request_id or info.request_id
        self._end("failed")

    def _end(self, status: Status) -> None:
        if self._splice is not None and status != "cancelled":
            self._apply(Delta(self._cut_part, "text", self._splice.end()))
        self.timing.ended = self._clock()
        self._move(status)

    @property
    def _expects_finish_reason(self) -> bool:
        """Whether an end without a finish reason means that the stream was cut."""
        return self._adapter is not None and self._adapter.ends_with_finish_reason

    def _move(self, status: Status, *, tell: bool = True) -> None:
        if not allowed(self.status, status):
            raise UsageError(f"a stream cannot go from {self.status} to {status}")
        self.status = status
        if tell:
            self._tell()

    # -- those who look on --------------------------------------------------------------------

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on the session's thread when something came or it ended; returns how
        to stop that."""
        self._listeners.add(callback)
        return lambda: self._listeners.discard(callback)

    def _wake(self) -> None:
        for callback in tuple(self._listeners):
            callback()

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens after the first one per second; from the usage, else from the deltas seen."""
        first, last = self.timing.first, self.timing.last
        if first is None or last is None or last - first < 0.001:
            return None
        usage = self.transcript.usage
        tokens = usage.output_tokens if usage and usage.output_tokens else self.token_events
        return (tokens - 1) / (last - first) if tokens > 1 else None
