"""Reads server-sent events from bytes as they arrive, with comments and lines that are not fields.

Observes the bytes beside the SDK, which decodes them and keeps only what it needs.
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KEPT = 18 * 1024
"""The most bytes of one event that are kept; of an image, that is its beginning."""


_DONE = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?data: ?\[DONE\]")
_LONGEST_MARK = len(b"\xef\xbb\xbfdata: [DONE]")


@dataclass
class Block:
    """The lines up to an empty one. A missing field is None; ``data``, ``comment`` and ``other``
    (lines that are not fields) may have several lines."""

    event: str | None = None
    data: str | None = None
    event_id: str | None = None
    retry: str | None = None
    comment: str | None = None
    other: str | None = None
    size: int = 0
    """Bytes on the wire, line breaks not counted."""
    missing: int = 0
    """Those of these bytes that are not kept."""
    last: str | None = None
    """The field of the last line that is kept: missing bytes are missing there or after it."""

    def add(self, line: str) -> None:
        """Take one line that is not empty."""
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if colon and not name:
            self.comment, self.last = _joined(self.comment, value), "comment"
        elif name == "data":
            self.data, self.last = _joined(self.data, value), "data"
        elif name == "event":
            self.event, self.last = value, "event"
        elif name == "id":
            self.event_id, self.last = value, "event_id"
        elif name == "retry":
            self.retry, self.last = value, "retry"
        else:
            self.other, self.last = _joined(self.other, line), "other"


class EventReader:
    """Cuts bytes into blocks, however they are divided into pieces.

    >>> list(EventReader().feed(b"event: ping\\ndata: {}\\n\\n"))
    [Block(event='ping', data='{}', event_id=None, retry=None, comment=None, ...
    """

    def __init__(self) -> None:
        self._block = Block()
        self._line = bytearray()
        self._length = 0
        self._room = KEPT
        self._skips_newline = False

    def feed(self, data: bytes) -> Iterator[Block]:
        """The blocks that ``data`` completes."""
        for line in data.splitlines(keepends=True):
            if self._skips_newline:
                self._skips_newline = False
                if line == b"\n":  # the second half of a line break whose first came before
                    continue
            text = line.rstrip(b"\r\n")
            self._keep(text)
            if len(text) == len(line):
                return
            self._skips_newline = line.endswith(b"\r")
            if self._length:
                self._end_line()
            elif self._block.last:
                yield self._end_block()

    def rest(self) -> Block | None:
        """The incomplete block at the end, if there is one."""
        rest = Block(**vars(self._block))
        if self._line:
            rest.add(self._line.decode("utf-8", "replace"))
        return rest if rest.last else None

    def _keep(self, text: bytes) -> None:
        kept = text[: self._room]
        self._line += kept
        self._room -= len(kept)
        self._length += len(text)
        self._block.size += len(text)
        self._block.missing += len(text) - len(kept)

    def _end_line(self) -> None:
        if self._line:
            self._block.add(self._line.decode("utf-8", "replace"))
        self._line.clear()
        self._length = 0

    def _end_block(self) -> Block:
        block, self._block, self._room = self._block, Block(), KEPT
        return block


class EndMark:
    """Whether ``data: [DONE]`` has arrived, with which OpenAI and most others end a stream.

    It sees every piece of a body, and does little with those that hold whole events.

    >>> mark = EndMark()
    >>> for piece in (b'data: {"text": "[DONE]"}\\n\\nda', b"ta: [DO", b"NE]\\n\\n"):
    ...     mark.feed(piece)
    ...     print(mark.has_come)
    False
    False
    True
    """

    def __init__(self) -> None:
        self.has_come = False
        self._line = b""  # the beginning of the last line, unless that has ended

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        if not self._line and data.endswith(b"\n") and b"[DONE]" not in data:
            return
        text = self._line + data
        if _DONE.search(text):
            self.has_come = True
        start = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        self._line = text[start : start + _LONGEST_MARK]


def _joined(before: str | None, line: str) -> str:
    return line if before is None else f"{before}\n{line}"
