"""Opens a source, reads it to its end, and tries again where that helps; and again for each
further reply, where tools are called."""

from __future__ import annotations

import asyncio

from ..adapters import is_sdk
from ..errors import ErrorInfo, StreamError, UsageError
from ..tools.rounds import Rounds
from ..transcript.events import Info
from ..transport.background_response import GRACE, taken_up
from ..transport.failures import describe
from ..transport.retry import Retry, RetryPolicy, decide_retry
from ..transport.source import Opened, Source
from .generation import Generation


class Reader:
    """Feeds a generation from a source; knows no task.

    ``opened`` is what the source gave already, on the thread of a blocking one.
    """

    def __init__(
        self,
        generation: Generation,
        source: Source,
        *,
        policy: RetryPolicy,
        rounds: Rounds | None,
        opened: Opened | None = None,
    ) -> None:
        self._generation = generation
        self._source = source
        self._policy = policy
        self._rounds = rounds
        self.opened = opened
        """The stream that is being read."""

    async def run(self) -> None:
        """Read the reply; and the next one for as long as tools are called."""
        await self._reply()
        while self._rounds is not None and await self._call_tools(self._rounds):
            await self._reply()

    async def close(self) -> None:
        """Close what is open."""
        opened, self.opened = self.opened, None
        if opened is not None:
            await opened.close()

    def hang_up(self) -> None:
        """End the connection of what is open, without awaiting."""
        opened, self.opened = self.opened, None
        if opened is not None:
            opened.hang_up()

    async def end_at_server(self) -> None:
        """After a stop: end the background response at the server, and say so."""
        cancel, transcript = self._source.cancel_response, self._generation.transcript
        if self._generation.status != "cancelled" or transcript.runs_on != "response":
            return
        if cancel is None or transcript.response_id is None:
            return
        problem = None
        try:
            await asyncio.wait_for(cancel(transcript.response_id), GRACE)
        except Exception as exc:
            problem = describe(exc, self._generation.redact).message
        self._generation.ended_at_server(problem)

    async def _call_tools(self, rounds: Rounds) -> bool:
        """Make the calls of the reply that was read; returns whether another reply follows."""
        generation = self._generation
        if generation.is_stopping or not generation.is_whole:
            return False
        generation.end_reply()
        for part in rounds.unwanted(generation.transcript):
            generation.inform(Info(part.key, "tool", {"status": "not_run"}))
        calls = rounds.due(generation.transcript)
        if not calls:
            return False
        generation.has_called = True
        if rounds.is_last:
            generation.cut_reason = rounds.too_many
            for part in calls:
                generation.inform(Info(part.key, "tool", {"status": "not_run"}))
            return False
        begun = generation.clock()
        await rounds.run(
            calls,
            generation.reply_text,
            tell=generation.inform,
            say=generation.wait_for,
            is_ending=lambda: generation.is_cancelled,
        )
        if generation.is_cancelled:
            return False
        generation.timing.paused += generation.clock() - begun
        rounds.begin_next(generation.transcript)
        generation.begin_reply(rounds.prefix)
        generation.wait_for(None)
        return True

    async def _reply(self) -> None:
        generation, attempt = self._generation, 1
        while True:
            try:
                return await self._attempt()
            except Exception as exc:
                if generation.is_ending:
                    return
                generation.note_response(exc)
                info = describe(exc, generation.redact, generation.phase)
                if generation.phase == "waiting" and self._source.adapt(exc):
                    generation.attempts.end(info.message)
                    continue
                generation.retry = retry = self._decide(info, attempt)
                if retry is None:
                    return generation.fail(info)
                generation.attempts.end(info.message)
                attempt = retry.attempt
            generation.move("retrying")
            await asyncio.sleep(retry.delay)
            generation.move("queued")

    def _decide(self, info: ErrorInfo, attempt: int) -> Retry | None:
        if self._generation.phase == "answering" or not self._source.reopenable:
            return None
        return decide_retry(info, attempt, self._policy)

    async def _attempt(self) -> None:
        generation = self._generation
        # A blocking stream is open by now, and a plain `for` may have taken its first chunks.
        if self.opened is None:
            generation.begin_attempt()
        try:
            self.opened = opened = self.opened or await self._source.open()
            generation.note_response(opened.raw)
            if (taken := taken_up(generation.response)) is not None:
                generation.transcript.apply(taken)
            if generation.phase == "opening":
                generation.phase = "waiting"
            async for chunk in opened.chunks:
                if generation.is_stopping:
                    return
                generation.take(chunk)
            self._check_end()
        finally:
            if not generation.is_cancelled:
                await self.close()

    def _check_end(self) -> None:
        """Raise what ended the stream without an answer."""
        generation = self._generation
        self._check_format(generation.unread)
        # An empty iterator is complete; an answer that never began is not.
        events = generation.attempts.latest.events
        has_none = events is not None and events.has_ended and not events.has_events
        is_answer = self._source.reopenable or has_none
        problem = generation.nothing_came() if is_answer else None
        problem = problem or generation.cut_with_words()
        if problem is not None and not generation.is_ending:
            raise StreamError(problem)

    def _check_format(self, cls: type | None) -> None:
        """Raise `UsageError` for a stream of chunks that no adapter can read. The events of a
        server may all have been pings."""
        if self._generation.adapter is not None or cls is None or is_sdk(cls):
            return
        if self._source.reopenable and cls in (dict, type(None)):
            return
        raise UsageError(
            f"cannot show a stream of {cls.__name__}: give show() an OpenAI stream"
            " (chat.completions or responses) or an (async) iterator of str"
        )
