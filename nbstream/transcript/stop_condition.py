"""Ends a stream early, once what was wanted has come."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from ..errors import UsageError
from .backtracking import is_exponential
from .transcript import Transcript

Until = int | str | re.Pattern[str] | Callable[[Transcript], Any]

WINDOW = 10_000
"""Characters before the newest in which a pattern may begin to match."""

PIECE = 1_000
"""A longer piece of text is searched in parts of so many characters."""

_SLOW = 0.03
"""Seconds of processor time after which a search makes the window and the parts smaller."""

_LEAST = 20
"""The smallest window and part, in characters."""


class Ending:
    """Examines each piece of text before it is appended.

    ``until`` is a regular expression, a number of deltas, or a function of the `Transcript` that
    returns a true value to end. Raises `UsageError` for anything else, and for a pattern that can
    take exponential time. A pattern that is slow on this text (``.*a.*b`` on many a's) is searched
    for in fewer characters than `WINDOW`.

    >>> ending = Ending("END")
    >>> ending.kept("one two EN"), ending.kept("D three")
    (10, 1)
    >>> ending.reason
    'until: END was found; 6 characters after it are left out'
    """

    def __init__(self, until: Until) -> None:
        self.reason: str | None = None
        """Why the stream should end now, in words; None while it should not."""
        self._until = _checked(until)
        self._tail = ""
        self._window = WINDOW
        self._count = 0

    def kept(self, text: str) -> int:
        """How many characters of the next piece belong to the answer."""
        self._count += 1
        if isinstance(self._until, re.Pattern):
            return self._searched(self._until, text)
        if self._count == self._until:
            self.reason = f"until: {self._count} deltas came"
        return len(text)

    def look(self, transcript: Transcript) -> None:
        """Ask the function, after the piece was appended."""
        if callable(self._until) and self._until(transcript):
            self.reason = f"until: {getattr(self._until, '__name__', 'the function')} said so"

    def _searched(self, pattern: re.Pattern[str], text: str) -> int:
        start = 0
        while start < len(text):
            before = len(self._tail)
            end = start + min(PIECE, self._window)
            if (found := self._found(pattern, text[start:end])) is None:
                start = end
                continue
            # A match that more text could make longer ends where it ends now.
            kept = max(0, start + found.end() - before)
            left = len(text) - kept
            what = "1 character after it is" if left == 1 else f"{left} characters after it are"
            left_out = f"; {what} left out" if left else ""
            self.reason = f"until: {pattern.pattern} was found{left_out}"
            return kept
        return len(text)

    def _found(self, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
        seen = self._tail + text
        started = time.process_time()
        found = pattern.search(seen)
        if time.process_time() - started > _SLOW:
            # This runs on the event loop, and the next search would take at least as long.
            self._window = max(_LEAST, min(self._window, len(seen)) // 4)
        self._tail = seen[-self._window :]
        return found


def _checked(until: Until) -> Any:
    if isinstance(until, bool):
        raise UsageError("until takes a pattern, a number or a function, not a bool")
    if isinstance(until, int) and until < 1:
        raise UsageError("until takes a number of deltas above 0")
    if isinstance(until, str):
        try:
            until = re.compile(until)
        except re.error as exc:
            raise UsageError(f"until is not a valid regular expression: {exc}") from None
    if isinstance(until, re.Pattern) and until.search("") is not None:
        raise UsageError(f"until={until.pattern!r} matches the empty text: it would end at once")
    if isinstance(until, re.Pattern) and is_exponential(until):
        raise UsageError(
            f"until={until.pattern!r} can take practically endless time on some answers, since a "
            "loop in it matches the same text in several ways, as (a+)+ does. Write the loop so "
            "that it can match in one way only, or give a function"
        )
    if not isinstance(until, (int, re.Pattern)) and not callable(until):
        raise UsageError(
            f"until takes a pattern, a number or a function, not {type(until).__name__}"
        )
    return until
