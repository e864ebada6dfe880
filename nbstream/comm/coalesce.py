"""Merges deltas between flushes and says when the next flush is due. Pure: time is a parameter."""

from __future__ import annotations

from typing import NamedTuple

from ..transcript.events import PartInfo
from ..transcript.transcript import Append
from .messages import DeltaFrame, Frame, Op, SnapshotFrame, StatusFrame

INTERVAL = 1 / 30
"""Seconds between two messages of a kernel, at least: as often as a reader notices.

jupyter_server drops comm messages silently above 1,000 a second (`iopub_msg_rate_limit`):
https://jupyter-server.readthedocs.io/en/latest/other/full-config.html
"""

FLUENT = 8
"""Pieces of text (tokens, mostly) in one message up to which it may follow the last one so soon."""

OTHER = 4
"""Pieces of text that take as long as each further stream's share of a message."""

MOST = 4
"""How many times as long the interval gets, at most, where text comes faster than anyone reads."""

HEADROOM = 4 * INTERVAL
"""Seconds by which urgent messages may be ahead of their time: a few at once, then they wait."""


class Pace:
    """When a message may go out. What urgent ones took, the others give back by waiting.

    >>> pace = Pace()
    >>> pace.spend(now=100.0, messages=1)
    >>> round(pace.due_in(100.0), 3), pace.due_in(100.0, urgent=True)
    (0.033, 0.0)
    """

    def __init__(self) -> None:
        self.next = float("-inf")
        """When the next message is due that is not urgent."""

    def due_in(self, now: float, urgent: bool = False) -> float:
        """Seconds from ``now`` until the next flush is due."""
        return max(0.0, self.next - now - (HEADROOM if urgent else 0.0))

    def spend(self, now: float, messages: int, pieces: int = 0, streams: int = 1) -> None:
        """Count a flush at ``now`` with so many ``pieces`` of text of so many ``streams``."""
        self.next = max(self.next, now) + interval(pieces, streams) * messages


def interval(pieces: int, streams: int = 1) -> float:
    """Seconds until the next message after one with so many pieces of text.

    Each message has some 600 bytes around it, which text has to be worth: at 500 tokens/s there
    are 21 of them in a second, at 2,000 there are 10, and never fewer than 7 or 8. A stream's share
    of a message takes time as well, and nobody reads many at once.

    >>> [round(1 / interval(pieces)) for pieces in (1, 8, 22, 152, 1000)]
    [30, 30, 21, 11, 8]
    >>> [round(1 / interval(2 * streams, streams)) for streams in (2, 10, 100)]
    [30, 16, 8]
    """
    weight = pieces + OTHER * (streams - 1)
    return float(INTERVAL * min(MOST, max(1.0, (weight / FLUENT) ** (1 / 3))))


class Held:
    """What one stream has to say, in order, until the next flush.

    >>> held = Held()
    >>> held.append(Append("text", "text", 0, "Hel"))
    >>> held.append(Append("text", "text", 3, "lo"))
    >>> held.take("s", 2)
    [{'kind': 'delta', 'stream': 's', 'seq': 2, 'ops': [{'offset': 0, 'text': 'Hello'}]}]
    """

    def __init__(self) -> None:
        self._items: list[list[_Run] | StatusFrame | SnapshotFrame] = []
        # The part that came last, and its texts: nearly all text extends it.
        self._part: str | None = None
        self._texts: list[str] = []

    def append(self, append: Append) -> None:
        """Hold text and what became known of its part, merged with the direct predecessor."""
        part, _, _, text, info = append
        if part == self._part and info is None:
            self._texts.append(text)
            return
        runs = self._items[-1] if self._items else None
        if not isinstance(runs, list):
            runs = []
            self._items.append(runs)
        if not runs or part != self._part:
            runs.append(_Run(append, [], {}))
        self._part, self._texts = part, runs[-1].texts
        self._texts.append(text)
        if info:
            runs[-1].info.update(info)

    def frame(self, frame: StatusFrame | SnapshotFrame) -> None:
        """Hold a frame; its ``seq`` is given when it is taken."""
        self._part = None
        self._items.append(frame)

    def take(self, stream: str, seq: int) -> list[Frame]:
        """Everything held, as frames of ``stream`` from number ``seq`` on."""
        items, self._items, self._part = self._items, [], None
        frames: list[Frame] = []
        for number, item in enumerate(items, seq):
            if isinstance(item, list):
                frames.append(_delta(stream, number, item))
            else:
                item["seq"] = number
                frames.append(item)
        return frames


class _Run(NamedTuple):
    """What came for one part, one after the other."""

    first: Append
    texts: list[str]
    info: PartInfo


def _delta(stream: str, seq: int, runs: list[_Run]) -> DeltaFrame:
    return {"kind": "delta", "stream": stream, "seq": seq, "ops": list(map(_op, runs))}


def _op(run: _Run) -> Op:
    append = run.first
    op: Op = {"offset": append.offset, "text": "".join(run.texts)}
    if run.info:
        op["info"] = run.info
    if append.part != "text":
        op["part"] = append.part
    if append.type != "text":
        op["type"] = append.type
    return op
