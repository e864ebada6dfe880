"""One message for all streams that one page shows."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

from nbstream.comm.coalesce import INTERVAL, Pace, interval
from nbstream.comm.ticker import Hub, hub_of, share
from tests.support.virtual import VirtualLoop


class FakeLane:
    def __init__(self, name: str, *pages: str) -> None:
        self.name = name
        self.pages = frozenset(pages)
        self.held = 0
        self.messages: list[Any] = []
        self.flushes = 0

    def take(self) -> list[Any]:
        frames = [{"kind": "delta", "stream": self.name, "seq": n} for n in range(self.held)]
        self.held = 0
        return frames

    def send(self, message: Any) -> None:
        self.messages.append(message)

    def flushed(self) -> None:
        self.flushes += 1


def shared(*lanes: FakeLane) -> list[list[str]]:
    return [[lane.name for lane in group] for group in share(lanes)]  # type: ignore[attr-defined]  # lanes are fakes


def test_streams_of_one_page_share_a_message() -> None:
    assert shared(FakeLane("a", "p"), FakeLane("b", "p"), FakeLane("c", "p")) == [["a", "b", "c"]]


def test_a_stream_that_more_pages_show_carries_the_others() -> None:
    # b was shown before the page was loaded anew; q is gone, which nobody tells.
    assert shared(FakeLane("a", "p"), FakeLane("b", "p", "q")) == [["b", "a"]]
    lanes = [FakeLane("a", "p"), FakeLane("b", "q"), FakeLane("c", "q", "r"), FakeLane("d", "p")]
    assert shared(*lanes) == [["a", "d"], ["c", "b"]]


def test_until_a_page_says_hello_a_stream_has_messages_of_its_own() -> None:
    assert shared(FakeLane("a"), FakeLane("b"), FakeLane("c", "p")) == [["a"], ["b"], ["c"]]


def setup() -> tuple[VirtualLoop, Hub]:
    loop = VirtualLoop()
    return loop, Hub(loop, Pace(), clock=loop.time)  # type: ignore[arg-type]  # as much of a loop as a hub uses


def hold(hub: Hub, lane: FakeLane, *, urgent: bool = False) -> None:
    lane.held += 1
    hub.hold(lane, urgent)


def test_what_reaches_nobody_takes_no_turn() -> None:
    loop, hub = setup()
    closed, shown = FakeLane("a"), FakeLane("b")
    hold(hub, shown, urgent=True)
    for lane in (closed, shown):
        hold(hub, lane)
    hub.drop(closed)
    assert (closed.held, closed.flushes) == (0, 1)
    hub.drop(closed)
    loop.go(INTERVAL)
    assert hub.is_idle
    assert not closed.messages
    assert len(shown.messages) == 2


def test_after_much_text_the_next_message_comes_later() -> None:
    loop, hub = setup()
    lane = FakeLane("s", "p")

    def sent_after(pieces: int, seconds: float) -> int:
        before = len(lane.messages)
        for _ in range(pieces):
            lane.held += 1
            hub.text(lane)
        loop.go(seconds)
        return len(lane.messages) - before

    loop.go(1)
    assert sent_after(2, 0) == 1, "at once, where nothing came for long"
    assert sent_after(100, INTERVAL + 0.001) == 1
    assert sent_after(1, interval(100) - 0.003) == 0
    assert sent_after(0, 0.003) == 1
    assert sent_after(1, INTERVAL + 0.001) == 1


def test_many_streams_are_told_of_less_often() -> None:
    loop, hub = setup()
    lanes = [FakeLane(f"s{n}", "p") for n in range(100)]

    def sent_in(seconds: float, lanes: list[FakeLane]) -> int:
        before = sum(len(lane.messages) for lane in lanes)
        for n in range(round(seconds * 2000)):
            lane = lanes[n % len(lanes)]
            lane.held += 1
            hub.text(lane)
            loop.go(1 / 2000)
        return sum(len(lane.messages) for lane in lanes) - before

    loop.go(1)
    assert 10 <= sent_in(2, lanes[:1]) / 2 <= 12, "2,000 tokens/s of one stream"
    assert 7 <= sent_in(4, lanes) / 4 < 8, "as many of a hundred"


def test_a_tick_takes_all_that_is_held() -> None:
    loop, hub = setup()
    lanes = [FakeLane(f"s{n}", "p") for n in range(100)]
    for lane in lanes:
        hold(hub, lane)
    loop.go(INTERVAL)
    assert hub.is_idle
    (first, *others) = lanes
    streams = {frame["stream"] for message in first.messages for frame in message["frames"]}
    assert len(streams) + len({lane.name for lane in others if lane.messages}) <= 101
    assert sum(len(lane.messages) for lane in lanes) <= 2
    assert all(lane.flushes == 1 for lane in lanes)


def test_what_is_urgent_goes_at_once_with_all_that_is_held_but_not_always() -> None:
    loop, hub = setup()
    calm, urgent = FakeLane("calm", "p"), FakeLane("urgent", "p")
    hold(hub, calm)
    hold(hub, urgent, urgent=True)
    assert len(calm.messages + urgent.messages) == 1
    assert hub.is_idle
    for _ in range(50):
        hold(hub, urgent, urgent=True)
    burst = len(calm.messages + urgent.messages)
    assert burst <= 6
    loop.go(10)
    assert hub.is_idle
    assert len(calm.messages + urgent.messages) == burst + 1, "the rest came in one"


def test_a_blocked_loop_flushes_when_it_is_time() -> None:
    loop, hub = setup()
    lane = FakeLane("s", "p")
    hold(hub, lane)
    for _ in range(100):
        loop.now += INTERVAL / 10  # nobody runs the timers
        hold(hub, lane)
    assert 9 <= len(lane.messages) <= 11
    loop.go(1)
    assert hub.is_idle


def test_those_that_cannot_share_a_message_take_turns() -> None:
    loop, hub = setup()
    apart = [FakeLane(f"s{n}") for n in range(60)]
    together = [FakeLane(f"t{n}", "p") for n in range(100)]
    for _ in range(100):
        for lane in (*apart, *together):
            hold(hub, lane)
        loop.go(0.1)
    assert sum(len(lane.messages) for lane in (*apart, *together)) <= 10 * 30 + 5
    assert min(len(lane.messages) for lane in apart) >= 2
    assert sum(len(lane.messages) for lane in together) >= 100, "never in the way"
    loop.go(10)
    assert hub.is_idle
    assert all(lane.flushes for lane in (*apart, *together))


def test_what_is_urgent_is_in_the_message_that_goes_at_once() -> None:
    loop, hub = setup()
    waiting = [FakeLane(f"s{n}") for n in range(10)]
    loop.go(1)
    for lane in waiting:
        hold(hub, lane)
    urgent = FakeLane("urgent")
    hold(hub, urgent, urgent=True)
    assert len(urgent.messages) == 1


def test_what_an_ended_loop_held_is_let_go() -> None:
    class Lane(FakeLane):
        loop: asyncio.AbstractEventLoop

    def held_at_the_end() -> weakref.ref[Lane]:
        lane = Lane("a")
        lane.loop = asyncio.new_event_loop()
        hub_of(lane.loop).hold(lane)
        lane.loop.close()
        return weakref.ref(lane)

    ended = held_at_the_end()
    loop = asyncio.new_event_loop()
    hub_of(loop)
    loop.close()
    gc.collect()
    assert ended() is None
