"""The thread that reads a blocking stream."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.transport.reader_thread import ThreadPump
from nbstream.transport.source import no_tap
from tests.support.fakes import ReadError, until
from tests.support.patience import PATIENCE


class Blocking:
    """A blocking iterator that is fed and closed by the test."""

    def __init__(self) -> None:
        self.closed = 0
        self.waiting = threading.Event()
        self._items: list[Any] = []
        self._changed = threading.Condition()

    def feed(self, *items: Any) -> None:
        with self._changed:
            self._items.extend(items)
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with self._changed:
            self.waiting.set()
            assert self._changed.wait_for(lambda: self._items, PATIENCE)
            item = self._items.pop(0)
        if isinstance(item, BaseException):
            raise item
        return item

    def close(self) -> None:
        self.closed += 1
        self.feed(ReadError("closed"))


def pumped(stream: Any) -> ThreadPump:
    pump = ThreadPump(stream, no_tap)
    pump.start(asyncio.get_running_loop())
    return pump


async def test_items_come_in_order_as_they_are_read() -> None:
    stream = Blocking()
    pump = pumped(stream)
    got: list[Any] = []

    async def read() -> None:
        async for item in pump:
            got.append(item)

    reader = asyncio.create_task(read())
    for n in range(3):
        stream.feed(n)
        await until(lambda n=n: got == list(range(n + 1)))
    stream.feed(StopIteration())
    await asyncio.wait_for(reader, PATIENCE)


async def test_many_items_are_neither_lost_nor_doubled() -> None:
    pump = pumped(range(20_000))
    assert [item async for item in pump] == list(range(20_000))


async def test_an_error_comes_after_the_items() -> None:
    stream = Blocking()
    stream.feed("a", "b", ValueError("boom"))
    pump = pumped(stream)
    assert [await anext(pump), await anext(pump)] == ["a", "b"]
    with pytest.raises(ValueError, match="boom"):
        await anext(pump)
    with pytest.raises(StopAsyncIteration):
        await anext(pump)


async def test_close_ends_the_reader() -> None:
    stream = Blocking()
    pump = pumped(stream)
    await asyncio.to_thread(stream.waiting.wait, PATIENCE)
    await pump.close()
    assert stream.closed == 1
    with pytest.raises(ReadError):
        await asyncio.wait_for(anext(pump), PATIENCE)


async def test_a_generator_that_is_being_read_ends_at_its_next_item() -> None:
    release, entered = threading.Event(), threading.Event()
    ended = threading.Event()

    def generate() -> Iterator[str]:
        try:
            yield "a"
            entered.set()
            release.wait(PATIENCE)
            yield "b"
            yield "c"
        finally:
            ended.set()

    pump = pumped(generate())
    assert await anext(pump) == "a"
    await asyncio.to_thread(entered.wait, PATIENCE)
    await pump.close()
    release.set()
    assert await asyncio.wait_for(collect(pump), PATIENCE) == []
    assert await asyncio.to_thread(ended.wait, PATIENCE)


async def collect(pump: ThreadPump) -> list[Any]:
    return [item async for item in pump]


async def test_close_shuts_the_socket_that_a_thread_reads() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)

    class SocketStream:
        def __init__(self) -> None:
            network = SimpleNamespace(
                get_extra_info=lambda name: ours if name == "socket" else None
            )
            self.response = SimpleNamespace(extensions={"network_stream": network})

        def __iter__(self) -> Iterator[bytes]:
            while data := ours.recv(1):
                yield data

        def close(self) -> None:
            pass

    with ours, theirs:
        pump = pumped(SocketStream())
        theirs.send(b"x")
        assert await anext(pump) == b"x"
        await pump.close()
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(pump), PATIENCE)


async def test_take_blocking_on_the_loops_own_thread() -> None:
    stream = Blocking()
    pump = pumped(stream)
    stream.feed("a", "b", StopIteration())
    # The loop does not run meanwhile: nothing else could have taken the items.
    assert list(pump.take_blocking()) == ["a", "b"]


async def test_take_blocking_raises_what_the_stream_raised() -> None:
    stream = Blocking()
    pump = pumped(stream)
    stream.feed("a", ValueError("boom"))
    taken = pump.take_blocking()
    assert next(taken) == "a"
    with pytest.raises(ValueError, match="boom"):
        next(taken)


def test_a_loop_that_is_closed_meanwhile() -> None:
    stream = Blocking()
    loop = asyncio.new_event_loop()
    pump = ThreadPump(stream, no_tap)

    async def start() -> None:
        pump.start(loop)

    loop.run_until_complete(start())
    loop.close()
    stream.feed("a", StopIteration())
    assert list(pump.take_blocking()) == ["a"]


class Connected:
    """A blocking iterator over a socket, with the response that a stream of the SDK has."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        network = SimpleNamespace(get_extra_info=lambda name: end)
        self.response = SimpleNamespace(extensions={"network_stream": network}, is_closed=False)
        self.waiting = threading.Event()
        self.closed_in: list[threading.Thread] = []

    def __iter__(self) -> Iterator[Any]:
        self.waiting.set()
        while data := self._end.recv(100):
            yield data

    def close(self) -> None:
        self.closed_in.append(threading.current_thread())
        self._end.close()


async def test_a_connection_is_closed_in_the_thread_that_reads_it() -> None:
    """Closed in another one, its file descriptor may be a new connection's before this one reads
    from it: then it reads that one, and never ends."""
    ours, theirs = socket.socketpair()
    stream = Connected(ours)
    pump = pumped(stream)
    assert await asyncio.to_thread(stream.waiting.wait, PATIENCE)
    await pump.close()
    await until(lambda: not pump._thread.is_alive())
    theirs.close()
    assert stream.closed_in == [pump._thread]


async def test_a_connection_whose_reader_has_ended_is_closed_by_who_closes() -> None:
    ours, theirs = socket.socketpair()
    stream = Connected(ours)
    pump = pumped(stream)
    theirs.close()
    await until(lambda: not pump._thread.is_alive())
    await pump.close()
    assert stream.closed_in == [threading.current_thread()]
