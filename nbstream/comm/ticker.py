"""One ticker per event loop: what all streams have to say goes out together."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Protocol

from .coalesce import Pace
from .messages import Frame, Message, message


class Lane(Protocol):
    """One stream's way to its pages."""

    pages: frozenset[str]
    """The pages that said hello. Empty: any may be there, reached by the stream's own comm."""

    def take(self) -> list[Frame]:
        """The frames of what is held."""

    def send(self, message: Message) -> None:
        """Put one message on the stream's comm."""

    def flushed(self) -> None:
        """What was taken has been sent."""


class Hub:
    """Holds frames back until the next tick. On its loop's thread only.

    A tick is only scheduled while something is held: an idle kernel stays idle.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Not kept alive by its value in `_hubs`, so that a closed loop and its hub can go.
        self._loop = weakref.ref(loop)
        self._pace = pace
        self._clock = clock
        self._lanes: dict[Lane, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._pieces = 0

    def text(self, lane: Lane) -> None:
        """`hold` for one more piece of text."""
        self._pieces += 1
        # Nearly all text comes for a lane that waits for the next tick already.
        if lane not in self._lanes or self._clock() >= self._pace.next:
            self.hold(lane)

    def hold(self, lane: Lane, urgent: bool = False) -> None:
        """Flush ``lane`` with the next tick, or with one now if it is ``urgent`` and there is
        room for that."""
        self._lanes[lane] = None
        delay = self._pace.due_in(self._clock(), urgent)
        # A cell that blocks the loop while it iterates gets no timer calls.
        if delay == 0 and (urgent or self._timer is not None):
            self._tick(lane if urgent else None)
            return
        loop = self._loop()
        if self._timer is None and loop is not None:
            self._timer = loop.call_later(delay, self._tick)

    def drop(self, lane: Lane) -> None:
        """What ``lane`` has to say reaches nobody. From any thread."""
        self._lanes.pop(lane, None)
        lane.take()
        lane.flushed()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held and nothing is scheduled."""
        return not self._lanes and self._timer is None

    def _tick(self, first: Lane | None = None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        groups = share(tuple(self._lanes))
        # One message has room for all but those that cannot share it: they take turns.
        chosen = [group for group in groups if first in group] if first else groups[:1]
        largest = max(groups, key=len, default=[])
        if largest and largest not in chosen:
            chosen.append(largest)
        lanes = [lane for group in chosen for lane in group]
        for lane in lanes:
            self._lanes.pop(lane, None)
        # Where some wait for their turn, the others' many streams do not make it longer.
        streams = len(lanes) if len(groups) == 1 else 1
        self._pace.spend(self._clock(), len(chosen), self._pieces, streams)
        self._pieces = 0
        for group in chosen:
            frames = [frame for lane in group for frame in lane.take()]
            if frames:
                group[0].send(message(*frames))
        for lane in (*self._lanes,)[:1]:
            self.hold(lane)
        for lane in lanes:
            lane.flushed()


def share(lanes: Iterable[Lane]) -> list[list[Lane]]:
    """The lanes in groups of which one message each reaches all pages: by the first one's comm.
    The group of the first lane is the first.

    A page hands frames to whatever stream they are for. Where every output is a page of its own,
    as in Colab, and before a page has said hello, a stream has messages of its own.
    """
    lanes = list(lanes)
    if lanes and lanes[0].pages and all(lane.pages == lanes[0].pages for lane in lanes):
        return [lanes]  # mostly, and for a hundred streams at each tick
    groups: list[list[Lane]] = []
    by_pages: dict[frozenset[str], list[Lane]] = {}
    age = {lane: place for place, lane in enumerate(lanes)}
    for lane in sorted(age, key=lambda lane: len(lane.pages), reverse=True):
        found = by_pages.get(lane.pages)
        if found is None and lane.pages:
            wider = (group for pages, group in by_pages.items() if lane.pages <= pages)
            found = next(wider, None)
        if found is None:
            found = []
            groups.append(found)
        if lane.pages:
            by_pages[lane.pages] = found
        found.append(lane)
    return sorted(groups, key=lambda group: min(age[lane] for lane in group))


# One for all loops: the limit is the kernel's.
_pace = Pace()
_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub_of(loop: asyncio.AbstractEventLoop) -> Hub:
    """The one hub of ``loop``."""
    if loop not in _hubs:
        # What was held when a loop ended keeps its stream, and that the loop.
        for ended in [known for known in _hubs if known.is_closed()]:
            _hubs.pop(ended, None)
        _hubs[loop] = Hub(loop, _pace)
    return _hubs[loop]
