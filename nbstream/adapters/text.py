"""Plain strings: what an (async) iterator of text gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..transcript.events import Delta, Event
from ._base import Adapter


class TextAdapter(Adapter):
    """Each string is a delta. Such a stream has no finish reason: its end is its end.

    A stream of another format may also begin with a string (a gateway's ``data: "ping"``): ``pick``
    finds the adapter for the chunks that follow.
    """

    ends_with_finish_reason = False

    def __init__(self, pick: Callable[[Any], Adapter | None]) -> None:
        self._pick = pick
        self._other: Adapter | None = None

    def feed(self, chunk: Any) -> Iterable[Event]:
        if not isinstance(chunk, str):
            self._other = self._other or self._pick(chunk)
            if self._other is not None:
                self.ends_with_finish_reason = self._other.ends_with_finish_reason
                return self._other.feed(chunk)
            if chunk.__class__ not in (int, float):
                return ()
        return (Delta("text", "text", str(chunk)),)

    def end(self, *, has_end: bool) -> Iterable[Event]:
        return () if self._other is None else self._other.end(has_end=has_end)
