"""Opens a source, reads it to its end, and tries again where that helps; and again for each
further reply, where tools are called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from ..adapters import is_sdk, pick
from ..adapters.finish_reasons import kind_of
from ..errors import ErrorInfo, StreamError, UsageError
from ..text.redact import Redact
from ..tools.approval import Decision
from ..tools.messages import Exchange
from ..tools.rounds import Rounds
from ..transcript.events import Info
from ..transcript.status import TERMINAL
from ..transcript.stop_condition import Ending
from ..transport.background_response import ENDED, GRACE, taken_up
from ..transport.failures import describe
from ..transport.retry import Retry, RetryPolicy, decide_retry, may_pass
from ..transport.source import Opened, Source
from .progress import Progress

Offer = Literal["continue", "again"]


class Reading(Progress):
    """The attempts of one generation; knows its source, and no task."""

    def __init__(
        self,
        source: Source,
        retry: RetryPolicy | None,
        *,
        redact: Redact | None,
        keep_chunks: bool,
        record: bool,
        ending: Ending | None,
        rounds: Rounds | None,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(
            redact=redact,
            keep_chunks=keep_chunks,
            record=record,
            ending=ending,
            pick=pick if rounds is None else rounds.pick,
            clock=clock,
        )
        self.source = source
        source.tap = self.attempts.tap
        self._policy = retry or RetryPolicy()
        self._opened: Opened | None = None
        self._cancel_reason: str | None = None
        self._timeout: ErrorInfo | None = None
        self._is_left = False
        self._rounds = rounds
        self._has_called = False
        self.name: str | None = None
        """What the notebook calls this stream, for hints."""

    @property
    def is_stopping(self) -> bool:
        """Whether it has ended or is being stopped: no more text is taken."""
        return (
            self._cancel_reason is not None or self._timeout is not None or self.status in TERMINAL
        )

    @property
    def is_ending(self) -> bool:
        """Whether we are closing the stream: exceptions from its reader are then not errors.
        Chunks already read are still taken, unless it is stopping."""
        return self._is_left or self.is_stopping

    def feed(self, chunk: Any) -> None:
        """Take one chunk. On the session's loop thread only."""
        if not self.is_stopping:
            self._take(chunk)

    @property
    def offer(self) -> Offer | None:
        """What `go_on` would do now: continue from the text so far, or try the request again."""
        if not self._can_continue:
            return None
        if self.status not in ("stalled", "failed", "incomplete", "cancelled"):
            return None
        if self.reply_text:
            # The filter would also end the continuation.
            is_filtered = kind_of(self.transcript.ending or "") == "filtered"
            return None if is_filtered else "continue"
        return "again" if self.error is None or may_pass(self.error) else None

    @property
    def _why_not(self) -> str:
        """Why there is no offer, for the sentence that says so."""
        if self._has_called:
            return "has called tools, which another request might call again"
        if self.status == "incomplete" and self.source.continue_from is not None:
            return "was ended by the content filter, which would end the rest as well"
        if self.status == "failed" and self.source.continue_from is not None:
            return "failed for a reason that another request would meet again"
        return f"is {self.status}"

    @property
    def _can_continue(self) -> bool:
        # Tools must not do the same thing twice.
        return self.source.continue_from is not None and not self._has_called

    def fail(self, info: ErrorInfo) -> None:
        if self._can_continue and self.reply_text and not self.is_done:
            call = f"run `await {self.name}.continue_()`" if self.name else "call its continue_()"
            hint = f"{info.hint or ''} To continue from the text so far, {call}."
            info = replace(info, hint=hint.strip())
        super().fail(info)

    @property
    def exchanges(self) -> list[Exchange]:
        """The replies so far that made calls, with the results."""
        return [] if self._rounds is None else self._rounds.exchanges

    def decide(self, decision: Decision, *, part: str | None = None, call_id: str = "") -> bool:
        """Decide on a call that waits for approval, from any thread. Returns whether one waited."""
        if self._rounds is None:
            return False
        return self._rounds.approval.decide(decision, part=part, call_id=call_id)

    async def _generate(self) -> None:
        """Read the reply; and the next one for as long as tools are called."""
        await self._reply()
        while self._rounds is not None and await self._call_tools(self._rounds):
            await self._reply()

    async def _call_tools(self, rounds: Rounds) -> bool:
        """Make the calls of the reply that was read; returns whether another reply follows."""
        if self.is_done or self._cancel_reason is not None or self._timeout is not None:
            return False
        if self._why_incomplete is not None or self.transcript.failure is not None:
            return False
        self._end_reply()
        for part in rounds.unwanted(self.transcript):
            self._inform(Info(part.key, "tool", {"status": "not_run"}))
        calls = rounds.due(self.transcript)
        if not calls:
            return False
        self._has_called = True
        if rounds.is_last:
            self._cut_reason = rounds.too_many
            for part in calls:
                self._inform(Info(part.key, "tool", {"status": "not_run"}))
            return False
        begun = self._clock()
        await rounds.run(
            calls,
            self.reply_text,
            tell=self._inform,
            say=self._wait_for,
            is_ending=lambda: self._cancel_reason is not None,
        )
        if self._cancel_reason is not None:
            return False
        self.timing.paused += self._clock() - begun
        rounds.begin_next(self.transcript)
        self._begin_reply(rounds.prefix)
        self._has_called = self._is_left = False
        self._wait_for(None)
        return True

    def _wait_for(self, words: str | None) -> None:
        """Between two replies: say what it waits for; None means the next reply."""
        if self._cancel_reason is not None:
            return
        self.reason = words
        self.timing.waited = self._clock()
        if self.status == "queued":
            self._tell()
        else:
            self._move("queued")

    async def _reply(self) -> None:
        attempt = 1
        while True:
            try:
                return await self._attempt()
            except Exception as exc:
                if self.is_ending:
                    return
                self._note_response(exc)
                info = describe(exc, self.redact, self._phase)
                if self._phase == "waiting" and self.source.adapt(exc):
                    self.attempts.end(info.message)
                    continue
                self.retry = self._decide(info, attempt)
                if self.retry is None:
                    return self.fail(info)
                self.attempts.end(info.message)
                attempt = self.retry.attempt
            self._move("retrying")
            await asyncio.sleep(self.retry.delay)
            self._move("queued")

    def _decide(self, info: ErrorInfo, attempt: int) -> Retry | None:
        if self._phase == "answering" or not self.source.reopenable:
            return None
        return decide_retry(info, attempt, self._policy)

    async def _attempt(self) -> None:
        # A blocking stream is open by now, and a plain `for` may have taken its first chunks.
        if self._opened is None:
            self._begin_attempt()
        try:
            self._opened = opened = self._opened or await self.source.open()
            self._note_response(opened.raw)
            if (taken := taken_up(self.response)) is not None:
                self.transcript.apply(taken)
            if self._phase == "opening":
                self._phase = "waiting"
            async for chunk in opened.chunks:
                if self.is_stopping:
                    return
                self._take(chunk)
            self._check_read()
            # An empty iterator is complete; an answer that never began is not.
            events = self.attempts.latest.events
            has_none = events is not None and events.has_ended and not events.has_events
            is_answer = self.source.reopenable or has_none
            problem = (self._nothing_came() if is_answer else None) or self._cut_with_words()
            if problem is not None and not self.is_ending:
                raise StreamError(problem)
        finally:
            if self._cancel_reason is None:
                await self._close_opened()

    def _check_read(self) -> None:
        """Raise `UsageError` for a stream of chunks that no adapter can read. The events of a
        server may all have been pings."""
        cls = self._unread
        if self._adapter is not None or cls is None or is_sdk(cls):
            return
        if self.source.reopenable and cls in (dict, type(None)):
            return
        raise UsageError(
            f"cannot show a stream of {cls.__name__}: give show() an OpenAI stream"
            " (chat.completions or responses) or an (async) iterator of str"
        )

    async def _end_at_server(self) -> None:
        """After a stop: end the background response at the server, and say so."""
        cancel, transcript = self.source.cancel_response, self.transcript
        if self.status != "cancelled" or transcript.runs_on != "response":
            return
        if cancel is None or transcript.response_id is None:
            return
        try:
            await asyncio.wait_for(cancel(transcript.response_id), GRACE)
        except Exception as exc:
            why = describe(exc, self.redact).message
            self.reason = f"{self.reason}: ending it failed ({why})"
        else:
            self.reason = self._with_what_is_missing(f"{self._cancel_reason}; {ENDED}")
        self._tell()

    async def _close_opened(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()
