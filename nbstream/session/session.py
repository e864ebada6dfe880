"""One generation's life: its task, continuation, cancel and close.

Everything runs on the loop that the session was started on; `Session.cancel` and the waiting
methods may be called from any thread.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..errors import UsageError
from ..loops import running_loop
from ..text.redact import Redact
from ..text.surrogates import well_formed
from ..tools.rounds import Rounds
from ..transcript.stop_condition import Ending
from ..transcript.transcript import Append
from ..transport.background_response import left_running
from ..transport.failures import describe
from ..transport.retry import RetryPolicy
from ..transport.source import Opened, Source
from .timing import Clocks, Silence
from .watching import Watching

CLOSE_GRACE = 1.0
"""Seconds that a closed stream gets to end by itself before its task is cancelled."""

LOOP_ENDED = "its event loop ended, or cancelled all of its tasks"
"""The reason of a stream whose task others cancelled, as asyncio.run() does when it returns."""


class Sink(Protocol):
    """Where a session reports to. Called on the session's loop; must not block or raise."""

    def appended(self, session: Session, append: Append) -> None:
        """Text came."""

    def changed(self, session: Session) -> None:
        """The status or something shown beside it changed."""

    def restored(self, session: Session) -> None:
        """Text before that known so far arrived, or text became reasoning: all of it is new."""

    def renewed(self, session: Session) -> None:
        """It continues or begins anew after it ended or stalled: nothing known is valid."""


class Session(Watching):
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
        super().__init__(
            source,
            retry,
            redact=redact,
            keep_chunks=keep_chunks,
            record=record,
            ending=ending,
            rounds=rounds,
            clock=clock,
        )
        self.context = contextvars.copy_context()
        self._sink = sink
        self._clocks = clocks or Clocks()
        self._silence = Silence(self._clocks.silence_timeout)
        self._task: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None
        self._goes_on = self._closes_first = False
        self._lock = threading.Lock()

    def _tell(self, append: Append | None = None) -> None:
        if append is None:
            self._sink.changed(self)
        else:
            self._sink.appended(self, append)

    def _tell_again(self) -> None:
        self._sink.restored(self)

    def _enough(self, reason: str) -> None:
        self.cancel(reason)

    # -- life ---------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin on ``loop``, from any thread. The cell's context goes along, so that what is
        sent later still belongs to this cell."""
        self.loop = loop
        if running_loop() is loop:
            self._opened = self.source.open_now(loop)
            self.context.run(self._start)
        else:
            loop.call_soon_threadsafe(self._start, context=self.context)

    def _start(self) -> None:
        if self.is_done or self._task is not None:
            return
        assert self.loop is not None
        self._task = self.loop.create_task(self._run())
        # A task that is cancelled before its first step never enters `_run`.
        self._task.add_done_callback(lambda task: self._settle() if task is self._task else None)
        self._check_clocks()

    @property
    def is_started(self) -> bool:
        """Whether a loop was chosen for it."""
        return self.loop is not None

    @property
    def pump(self) -> Any:
        """The thread that reads a blocking source, once it is open."""
        return self._opened.pump if self._opened is not None else None

    async def _run(self) -> None:
        try:
            await self._generate_on()
        except asyncio.CancelledError:
            if not self.is_ending:
                self._cancel_reason = LOOP_ENDED
        except BaseException as exc:  # a bug of ours must not leave a stream that never ends
            self.fail(describe(exc, self.redact))
        finally:
            self.conclude()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(self._close_opened(), CLOSE_GRACE)
            if self._closer is not None:
                self._closer.cancel()  # nothing is left for it, and it would end what follows
            with contextlib.suppress(asyncio.CancelledError):
                await self._end_at_server()
            self._settle()

    def _settle(self) -> None:
        self.conclude()
        self._end_watch()
        if not self.done.done() and not self._closes_first:
            self.done.set_result(None)
        self._wake()

    async def _generate_on(self) -> None:
        """Generate; and again as long as somebody accepts the offer of a stalled stream."""
        while True:
            try:
                await self._generate()
            except asyncio.CancelledError:
                if not self._goes_on or self._cancel_reason is not None:
                    raise
            if not self._goes_on or self._cancel_reason is not None:
                return
            self._go_on()

    def announce(self, words: str | None) -> None:
        """Say what a stream waits for before its request is sent; None: for nothing any more.
        Any thread."""

        def tell() -> None:
            if self.status == "queued":
                self.reason = words
                self._tell()

        assert self.loop is not None
        self.loop.call_soon_threadsafe(tell, context=self.context)

    # -- going on -----------------------------------------------------------------------------

    def go_on(self, choose_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        """Take up the `offer`: any thread. ``choose_loop`` is for where its own loop is closed.

        Raises `UsageError` if there is none.
        """
        if self.offer is None:
            raise UsageError(
                "only a stream that nbstream.stream() or %%stream made, and that stalled or ended"
                f" before its answer was complete, can be continued; this one {self._why_not}"
            )
        with self._lock:
            # Waiting from now on means waiting for the new end, even if the task of the old one
            # has not told its last callback yet.
            if self.done.done():
                self.done, self._closes_first = concurrent.futures.Future(), True
        if self.loop is None or self.loop.is_closed():
            self.loop = choose_loop()
        if running_loop() is self.loop:
            self.context.run(self._go_on_now)
        else:
            self.loop.call_soon_threadsafe(self._go_on_now, context=self.context)

    def _go_on_now(self) -> None:
        if self.offer is None or self._goes_on:
            return
        task, self._goes_on = self._task, True
        self._closes_first = False
        if task is None or task.done():
            self._task = None
            self._go_on()
            self._start()
        elif self.is_done:  # it still closes its connection
            self._closes_first = True

            def again(_: Any) -> None:
                self._goes_on = self._closes_first = False
                self._go_on_now()

            task.add_done_callback(again, context=self.context)
        else:
            task.cancel()

    def _go_on(self) -> None:
        assert self.source.continue_from is not None
        self._goes_on = False
        self._cancel_reason = self._timeout = None
        self._is_left = False
        self._silence = Silence(self._clocks.silence_timeout)
        self.source.continue_from(self.reply_text)
        self._renew()
        self._sink.renewed(self)

    # -- ends ---------------------------------------------------------------------------------

    def cancel(self, reason: str = "stopped by you") -> bool:
        """End the stream and keep what came. Any thread, any number of times.

        Returns whether this call is the one that ended it. Later tokens are dropped; nothing is
        retried; the server sees the connection close.
        """
        with self._lock:
            if self._cancel_reason is not None or self.is_done:
                return False
            self._cancel_reason = well_formed(reason)
        if self.loop is None:
            self._settle()
        elif running_loop() is self.loop:
            self._cancel_now()
        else:
            try:
                self.loop.call_soon_threadsafe(self._cancel_now, context=self.context)
            except RuntimeError:  # the loop is closed: nothing runs there any more
                self._settle()
        return True

    def hang_up(self) -> bool:
        """End the connection of a cancelled stream whose loop is kept busy by a cell, from
        another thread. Returns whether there was one; the loop tells the end when it is free."""
        opened = self._opened
        if self.is_done or self._cancel_reason is None or opened is None:
            return False
        opened.hang_up()
        return True

    def _cancel_now(self) -> None:
        if self.is_done:
            return
        self.reason = self._cancel_reason
        self._move("cancelling")
        self._end_task()

    def _end_task(self) -> None:
        if self._task is None:
            self._settle()
        elif self._opened is None or not self._opened.close_wakes_reader:
            self._task.cancel()
        else:
            assert self.loop is not None
            self._closer = self.loop.create_task(_close_then_cancel(self._opened, self._task))

    def _end_reading(self) -> None:
        assert self.loop is not None
        assert self._opened is not None
        self._closer = self.loop.create_task(_close(self._opened))

    def conclude(self, exc: BaseException | None = None) -> None:
        """Decide how the stream ended, once. On the session's loop thread only."""
        if self.is_done:
            return
        if self._cancel_reason is not None:
            self.reason = left_running(self._cancel_reason, self.transcript.runs_on)
            if self.status != "cancelling":
                self._move("cancelling", tell=False)
            self._end("cancelled")
        elif self._timeout is not None:
            self.fail(self._timeout)
        else:
            self._conclude_by_itself(exc)


async def _close(opened: Opened) -> None:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(opened.close(), CLOSE_GRACE)


async def _close_then_cancel(opened: Opened, task: asyncio.Task[None]) -> None:
    """Close the stream; the task that reads it then ends by itself, or is cancelled.

    Not a method: by the time it has ended, the session may continue with another task.
    """
    await _close(opened)
    await asyncio.wait({task}, timeout=CLOSE_GRACE)
    if not task.done():
        task.cancel()
