"""One stream: its generation, and the run that it has now.

Everything runs on the loop that the session was started on; `Session.cancel` and the waiting
methods may be called from any thread.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

from ..adapters import pick
from ..errors import ErrorInfo, UsageError
from ..loops import running_loop
from ..text.redact import Redact
from ..text.surrogates import well_formed
from ..tools.approval import Decision
from ..tools.messages import Exchange
from ..tools.rounds import Rounds
from ..transcript.status import Status
from ..transcript.stop_condition import Ending
from ..transcript.transcript import Transcript
from ..transport.retry import RetryPolicy
from ..transport.source import Opened, Source
from .generation import Generation, Sink
from .reader import Reader
from .run import Run
from .stop import Stop
from .timing import Clocks


class Session:
    """Reads one stream to its end and tells a sink.

    It never raises for what a server or a network does: `status`, `reason` and `error` say how
    it ended, and the transcript keeps what came until then.
    """

    def __init__(
        self,
        source: Source,
        sink: Sink,
        *,
        retry: RetryPolicy | None = None,
        clocks: Clocks | None = None,
        redact: Redact | None = None,
        keep_chunks: bool = False,
        record: bool = False,
        ending: Ending | None = None,
        rounds: Rounds | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.generation = Generation(
            sink,
            can_continue=source.continue_from is not None,
            enough=self.cancel,
            redact=redact,
            keep_chunks=keep_chunks,
            record=record,
            ending=ending,
            pick=pick if rounds is None else rounds.pick,
            unmade=None if rounds is None else rounds.unmade,
            clock=clock,
        )
        source.tap = self.generation.attempts.tap
        self.source = source
        self.loop: asyncio.AbstractEventLoop | None = None
        self.context = contextvars.copy_context()
        self.done: concurrent.futures.Future[None] = concurrent.futures.Future()
        """Resolved when it has ended and its connection is closed; a new one if it continues."""
        self._policy = retry or RetryPolicy()
        self._clocks = clocks or Clocks()
        self._rounds = rounds
        self._run: Run | None = None
        self._continues = False
        self._lock = threading.Lock()

    # -- what it has come to ------------------------------------------------------------------

    @property
    def transcript(self) -> Transcript:
        """What has arrived."""
        return self.generation.transcript

    @property
    def status(self) -> Status:
        """Where the stream is; see `nbstream.transcript.status`."""
        return self.generation.status

    @property
    def reason(self) -> str | None:
        """In words why it is there, where there is more to say."""
        return self.generation.reason

    @property
    def error(self) -> ErrorInfo | None:
        """What went wrong, redacted; None unless failed."""
        return self.generation.error

    @property
    def is_done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.generation.is_done

    @property
    def is_started(self) -> bool:
        """Whether a loop was chosen for it."""
        return self.loop is not None

    @property
    def pump(self) -> Any:
        """The thread that reads a blocking source, once it is open."""
        opened = self._opened
        return opened.pump if opened is not None else None

    @property
    def exchanges(self) -> list[Exchange]:
        """The replies so far that made calls, with the results."""
        return [] if self._rounds is None else self._rounds.exchanges

    @property
    def _opened(self) -> Opened | None:
        return self._run.reader.opened if self._run is not None else None

    # -- life ---------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin on ``loop``, from any thread. The cell's context goes along, so that what is
        sent later still belongs to this cell."""
        self.loop = loop
        if running_loop() is loop:
            self.context.run(self._start, self.source.open_now(loop))
        else:
            loop.call_soon_threadsafe(self._start, None, context=self.context)

    def _start(self, opened: Opened | None) -> None:
        if self.is_done or self._run is not None:
            if opened is not None:
                opened.hang_up()
            return
        assert self.loop is not None
        reader = Reader(
            self.generation, self.source, policy=self._policy, rounds=self._rounds, opened=opened
        )
        self._run = Run(
            self.generation,
            reader,
            self._clocks,
            loop=self.loop,
            calls_tools=self._rounds is not None,
            ended=self._settle,
        )

    def _settle(self) -> None:
        is_stopped = self._run is not None and self._run.is_superseded and self.is_done
        if self._continues and not is_stopped:
            self._continue()
            return
        self._continues = False
        self.generation.conclude()
        if not self.done.done():
            self.done.set_result(None)
        self.generation.wake()

    def announce(self, words: str | None) -> None:
        """Say what a stream waits for before its request is sent; None: for nothing any more.
        Any thread."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self.generation.say, words, context=self.context)

    def decide(self, decision: Decision, *, part: str | None = None, call_id: str = "") -> bool:
        """Decide on a call that waits for approval, from any thread. Returns whether one waited."""
        if self._rounds is None:
            return False
        return self._rounds.approval.decide(decision, part=part, call_id=call_id)

    # -- continuing ---------------------------------------------------------------------------

    def go_on(self, choose_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        """Accept the generation's `offer`: any thread. ``choose_loop`` is for where its own loop
        is closed.

        Raises `UsageError` if there is none.
        """
        if self.generation.offer is None:
            raise UsageError(
                "only a stream that nbstream.stream() or %%stream made, and that stalled or ended"
                " before its answer was complete, can be continued;"
                f" this one {self.generation.why_no_offer}"
            )
        with self._lock:
            # Waiting from now on means waiting for the new end.
            if self.done.done():
                self.done = concurrent.futures.Future()
        if self.loop is None or self.loop.is_closed():
            self.loop = choose_loop()
        if running_loop() is self.loop:
            self.context.run(self._go_on)
        else:
            self.loop.call_soon_threadsafe(self._go_on, context=self.context)

    def _go_on(self) -> None:
        if self.generation.offer is None or self._continues:
            return
        if self._run is None or self._run.has_ended:
            self._continue()
            return
        self._continues = True
        if not self.is_done:
            self._run.supersede()

    def _continue(self) -> None:
        assert self.source.continue_from is not None
        self._continues, self._run = False, None
        self.source.continue_from(self.generation.reply_text)
        self.generation.renew()
        self._start(None)

    # -- ends ---------------------------------------------------------------------------------

    def cancel(self, reason: str = "stopped by you") -> bool:
        """End the stream and keep what came. Any thread, any number of times.

        Returns whether this call is the one that ended it. Later tokens are dropped; nothing is
        retried; the server sees the connection close.
        """
        if not self.generation.ask_stop(Stop("cancelled", well_formed(reason))):
            return False
        if self.loop is None:
            self._settle()
        elif running_loop() is self.loop:
            self._cancel()
        else:
            try:
                self.loop.call_soon_threadsafe(self._cancel, context=self.context)
            except RuntimeError:  # the loop is closed: nothing runs there any more
                self._continues = False
                self._settle()
        return True

    def _cancel(self) -> None:
        if self.is_done:
            return
        self.generation.begin_cancelling()
        if self._run is None:
            self._settle()
        else:
            self._run.end()

    def hang_up(self) -> bool:
        """End the connection of a cancelled stream whose loop is kept busy by a cell, from
        another thread. Returns whether there was one; the loop tells the end when it is free."""
        opened = self._opened
        if self.is_done or not self.generation.is_cancelled or opened is None:
            return False
        opened.hang_up()
        return True
