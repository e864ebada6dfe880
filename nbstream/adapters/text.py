"""Plain strings: what an (async) iterator of text gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..events import Delta, Event
from ._base import Adapter


class TextAdapter(Adapter):
    """Each string is a delta. Such a stream has no finish reason: its end is its end."""

    ends_with_finish_reason = False

    def feed(self, chunk: Any) -> Iterator[Event]:
        yield Delta("text", "text", str(chunk))
