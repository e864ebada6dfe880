"""The methods of a stream's object: start, await, iterate, print, stop and continue it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any, TextIO, TypeVar

from ..comm.wire import Wire
from ..errors import ErrorInfo, StreamError, UsageError
from ..loops import LoopName, check_alive, choose_loop
from ..session.session import Session
from ..session.waiting import follow, follow_blocking, wait, wait_blocking
from ..tools.approval import Decision
from ..transcript.choices import choice
from . import displays
from .console import Console

Stream = TypeVar("Stream", bound="StreamHandle")


class StreamHandle:
    """The methods of a stream's object. `StreamWidget` has what they work on."""

    _session: Session
    _wire: Wire
    _displays: displays.Displays
    _console: Console
    _lifecycle: threading.Lock
    _loop_name: LoopName
    _headless: bool

    def _update_displays(self) -> None:
        """Give every output of this stream its final form."""
        raise NotImplementedError

    def start(self: Stream) -> Stream:
        """Start, once: in the running loop, or in a background thread's if there is none or
        ``loop="thread"`` was given."""
        with self._lifecycle:
            if not self._session.is_started and not self._session.is_done:
                check_alive()
                try:
                    self._session.start(choose_loop(self._loop_name))
                except UsageError:
                    self._session.cancel("it could not be started")
                    raise
        return self

    def cancel(self, reason: str = "stopped by you") -> bool:
        """Close the stream and keep the text so far. From any thread, any number of times.

        Returns whether this call ended it. The Stop button does the same.
        """
        return self._session.cancel(reason)

    def continue_(self: Stream) -> Stream:
        """Continue an answer that was cut: asks the server to continue the text so far, and takes
        text that it repeats once. A stream that failed before its first token is tried again.

        Works for streams that `nbstream.stream` or ``%%stream`` made, when they stalled or ended
        before their answer was complete. Returns this widget at once; ``await`` waits for the new
        end. Raises `UsageError` if there is nothing to continue.

        >>> await w.continue_()                                # doctest: +SKIP
        """
        check_alive()
        self._session.go_on(lambda: choose_loop(self._loop_name))
        return self

    def approve(self, call_id: str) -> bool:
        """Let a call run that waits for approval (``approve="ask"`` of `nbstream.stream`). From any
        thread, any number of times: the first decision counts.

        Returns whether this call decided it. Raises `UsageError` for an id that no call has.

        >>> [w.approve(call.call_id) for call in w.tool_calls]  # doctest: +SKIP
        [True]
        """
        return self._decide(call_id, Decision(True))

    def decline(self, call_id: str, reason: str = "") -> bool:
        """Decline a call that waits for approval; the model learns so, with the reason.

        Otherwise like `approve`.
        """
        return self._decide(call_id, Decision(False, reason))

    def _decide(self, call_id: str, decision: Decision) -> bool:
        if call_id not in [call.call_id for call in choice(self._session.transcript, 0).tool_calls]:
            raise UsageError(f"no call of this stream has the id {call_id!r}; see w.tool_calls")
        return self._session.decide(decision, call_id=call_id)

    def __await__(self: Stream) -> Generator[Any, None, Stream]:
        return self._finished().__await__()

    async def _finished(self: Stream) -> Stream:
        self._displays.awaited()
        self.start()
        try:
            await wait(self._session)
            await self._console.settled()
            return self._end_in_cell()
        except BaseException:
            self._displays.raised()
            raise

    def wait(self: Stream, timeout: float | None = None) -> Stream:
        """`await w` for scripts and terminals: block until the end or for ``timeout`` seconds.

        Raises `StreamError` if the stream failed, `TimeoutError` if it has not ended, and
        `UsageError` where waiting would block the stream's own event loop. Ctrl-C stops it.
        """
        self.start()
        if not wait_blocking(self._session, timeout):
            raise TimeoutError(f"the stream has not ended after {timeout:g} s; it keeps running")
        return self._raise_error()

    def print(self: Stream, file: TextIO | None = None) -> Stream:
        """Print the answer live, for scripts and terminals; then like `wait`.

        Control characters are printed as visible ones; `text` has the original ones.
        """
        self.start()
        displays.print_live(self._session, self._wire.model, file)
        return self._raise_error()

    def _end_in_cell(self: Stream) -> Stream:
        """The stream has ended, for a cell that waited for it. Raises its error."""
        if self._headless:
            # nbclient takes messages of the running cell only, not of the one that displayed us:
            # https://github.com/jupyter/nbclient/blob/main/nbclient/client.py
            self._update_displays()
        return self._raise_error()

    def _raise_error(self: Stream) -> Stream:
        error: ErrorInfo | None = self._session.error
        if error is not None:
            raise StreamError(error)
        return self

    def __aiter__(self) -> AsyncIterator[Any]:
        """The deltas of the answer as ``str``, from the first on; for a widget from `show`, the
        chunks of its stream. Raises `StreamError` if the stream failed."""
        return self._follow()

    async def _follow(self) -> AsyncIterator[Any]:
        self.start()
        async for item in follow(self._session, self._items):
            yield item
        self._end_in_cell()

    def __iter__(self) -> Iterator[Any]:
        """`async for` as a plain ``for``: outside a kernel, or over a blocking stream."""
        self.start()
        yield from follow_blocking(self._session, self._items)
        self._end_in_cell()

    @property
    def _items(self) -> list[Any]:
        chunks = self._session.generation.chunks
        return self._session.generation.deltas if chunks is None else chunks
