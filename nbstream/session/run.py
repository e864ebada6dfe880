"""One run of a generation: a task, from its start until its connection is closed. A stream that
continues gets a new one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ..transport.failures import describe
from ..transport.source import Opened
from .generation import Generation
from .reader import Reader
from .stop import Stop
from .timing import Clocks
from .watchdog import Watchdog

CLOSE_GRACE = 1.0
"""Seconds that a closed stream gets to end by itself before its task is cancelled."""

LOOP_ENDED = "its event loop ended, or cancelled all of its tasks"
"""The reason of a stream whose task others cancelled, as asyncio.run() does when it returns."""


class Run:
    """Runs ``reader`` in a task of ``loop``; ``ended`` is called once, when nothing is left of it.
    On the loop's thread only."""

    def __init__(
        self,
        generation: Generation,
        reader: Reader,
        clocks: Clocks,
        *,
        loop: asyncio.AbstractEventLoop,
        calls_tools: bool,
        ended: Callable[[], None],
    ) -> None:
        self.reader = reader
        self.has_ended = False
        self._generation = generation
        self._loop = loop
        self._calls_tools = calls_tools
        self._ended = ended
        self.is_superseded = False
        self._closer: asyncio.Task[None] | None = None
        self._watchdog = Watchdog(
            generation, clocks, is_open=lambda: reader.opened is not None, stop=self._stop
        )
        self._task = loop.create_task(self._live())
        self._task.add_done_callback(self._task_done)
        self._watchdog.start(loop)

    def end(self) -> None:
        """Close the stream; the task then ends by itself, or is cancelled."""
        opened = self.reader.opened
        if opened is None or not opened.close_wakes_reader:
            self._task.cancel()
        else:
            self._closer = self._loop.create_task(_close_then_cancel(opened, self._task))

    def supersede(self) -> None:
        """End for another run: the generation has not ended."""
        self.is_superseded = True
        self._task.cancel()

    async def _live(self) -> None:
        generation = self._generation
        try:
            await self.reader.run()
        except asyncio.CancelledError:
            self._cancelled_by_others()
        except BaseException as exc:  # a bug of ours must not leave a stream that never ends
            generation.fail(describe(exc, generation.redact))
        finally:
            self._conclude()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(self.reader.close(), CLOSE_GRACE)
            if self._closer is not None:
                self._closer.cancel()  # nothing is left for it
            with contextlib.suppress(asyncio.CancelledError):
                await self.reader.end_at_server()
            self._settle()

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            # Before its first step, so `_live` was never entered. A thread may read already.
            self._cancelled_by_others()
            self.reader.hang_up()
        self._settle()

    def _cancelled_by_others(self) -> None:
        if not (self.is_superseded or self._generation.is_ending):
            self._generation.ask_stop(Stop("cancelled", LOOP_ENDED))

    def _conclude(self) -> None:
        if not self.is_superseded or self._generation.is_cancelled:
            self._generation.conclude()

    def _settle(self) -> None:
        if self.has_ended:
            return
        self.has_ended = True
        self._conclude()
        self._watchdog.cancel()
        self._ended()

    def _stop(self, stop: Stop) -> None:
        """End for ``stop``; but calls of a reply that is over, though held open, are still made."""
        if not self._generation.ask_stop(stop):
            return
        if stop.kind == "drained" and self._calls_tools:
            assert self.reader.opened is not None
            self._closer = self._loop.create_task(_close(self.reader.opened))
        else:
            self.end()


async def _close(opened: Opened) -> None:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(opened.close(), CLOSE_GRACE)


async def _close_then_cancel(opened: Opened, task: asyncio.Task[None]) -> None:
    """Close the stream; the task that reads it then ends by itself, or is cancelled."""
    await _close(opened)
    await asyncio.wait({task}, timeout=CLOSE_GRACE)
    if not task.done():
        task.cancel()
