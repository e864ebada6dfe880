"""Prints an answer for clients that neither show widgets nor update outputs: `jupyter console`,
`jupyter run`, qtconsole, Spyder."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import threading
import time
from collections.abc import Callable

from ..kernel.environment import plain_client
from ..saved import document
from ..session.session import Session
from ..session.waiting import until
from ..text.terminal import printable

PATIENCE = 1.0
"""Seconds that a page has to say hello; it takes 50 ms once it has the front end."""

_consoles: dict[str, bool] = {}
"""Whether a client is a console, by the id of its session with the kernel."""


class Console:
    """The answer of one stream in a console.

    ``has_page`` tells whether a page has said hello, and ``ending`` returns the lines below the
    text: how the stream ended, with or without its error.
    """

    def __init__(
        self, session: Session, has_page: Callable[[], bool], ending: Callable[[bool], str]
    ) -> None:
        self.with_error = True
        self._session = session
        self._has_page = has_page
        self._ending = ending
        self._lock = threading.RLock()
        self._client = ""
        self._cell = contextvars.Context()  # the one that displayed the stream
        self._due: float | None = None  # when to decide what the client is, if that is open
        self._prints = False
        self._count = 0  # of the deltas that are printed
        self._has_ended = False

    @property
    def prints(self) -> bool:
        """Whether the answer is printed: no page shows it."""
        return self._prints and not self._has_page()

    def takes(self) -> bool:
        """Begin to print in the running cell if its client is known to be a console."""
        client = plain_client()
        if client is None or not _consoles.get(client):
            return False
        self._client, self._cell = client, contextvars.copy_context()
        self._begin()
        return True

    def watch(self) -> bool:
        """Print the answer in the running cell unless a page soon says hello.

        Returns whether that is still open.
        """
        client, session = plain_client(), self._session
        if client is None or client in _consoles or session.is_done or session.loop is None:
            return False
        self._client, self._cell = client, contextvars.copy_context()
        self._due = time.monotonic() + PATIENCE
        session.loop.call_soon_threadsafe(session.loop.call_later, PATIENCE, self._decide)
        return True

    async def settled(self) -> None:
        """Wait until everything of a stream that has ended is printed."""
        due = self._due
        if due is not None:
            await until(asyncio.ensure_future(asyncio.sleep(max(0.0, due - time.monotonic()))))
            self._decide()
        self._print()

    def _decide(self) -> None:
        with self._lock:
            due, self._due = self._due, None
        if due is not None:
            _consoles[self._client] = not self._has_page()
            if _consoles[self._client]:
                self._begin()

    def _begin(self) -> None:
        self._prints = True
        self._session.generation.listen(self._print)
        self._print()

    def _print(self) -> None:
        if self.prints:
            # Print into the output of that cell, whichever cell runs now.
            self._cell.copy().run(self._write)
        elif self._prints:  # it was a page after all, and a slow one
            _consoles[self._client] = False

    def _write(self) -> None:
        session = self._session
        with self._lock:
            new = session.generation.deltas[self._count :]
            self._count += len(new)
            text = "".join(new)
            if session.is_done and not self._has_ended:
                text += "" if self._count else document.plain(session.transcript)
                text += f"\n{self._ending(self.with_error)}\n"
            self._has_ended = session.is_done
            with contextlib.suppress(OSError, ValueError):  # the reader is gone
                sys.stdout.write(printable(text))
