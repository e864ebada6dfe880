"""Where chunks come from: every kind of stream, opened, read, closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.transport.source import RequestSource, StreamSource, wrap
from tests.support.fakes import FakeStream, Gate, ReadError


async def items(opened: Any) -> list[Any]:
    return [item async for item in opened.chunks]


async def agen() -> AsyncIterator[str]:
    yield "a"
    yield "b"


# -- wrap -----------------------------------------------------------------------------------------


async def test_async_stream() -> None:
    stream = FakeStream(["a", "b"])
    opened = await wrap(stream)
    assert await items(opened) == ["a", "b"]
    await opened.close()
    assert stream.closed == 1
    assert opened.close_wakes_reader
    assert opened.raw is stream


async def test_close_wakes_a_reader_of_an_async_stream() -> None:
    opened = await wrap(FakeStream([Gate()]))
    reader = asyncio.create_task(items(opened))
    await asyncio.sleep(0)
    await opened.close()
    with pytest.raises(ReadError):
        await reader


async def test_async_generator() -> None:
    opened = await wrap(agen())
    assert not opened.close_wakes_reader
    assert await anext(opened.chunks) == "a"
    await opened.close()
    with pytest.raises(StopAsyncIteration):
        await anext(opened.chunks)


async def test_async_iterable_that_cannot_be_closed() -> None:
    class Bare:
        def __aiter__(self) -> AsyncIterator[str]:
            return agen()

    opened = await wrap(Bare())
    assert await items(opened) == ["a", "b"]
    await opened.close()


async def test_awaitable_of_a_stream() -> None:
    async def create() -> FakeStream:
        return FakeStream(["a"])

    assert await items(await wrap(create())) == ["a"]


async def test_async_context_manager() -> None:
    events = []

    @contextlib.asynccontextmanager
    async def manager() -> AsyncIterator[AsyncIterator[str]]:
        events.append("enter")
        yield agen()
        events.append("exit")

    opened = await wrap(manager())
    assert await items(opened) == ["a", "b"]
    await opened.close()
    assert events == ["enter", "exit"]


@pytest.mark.parametrize("made", [["a", "b"], ("a", "b"), iter("ab"), {"a": 1, "b": 2}.keys()])
async def test_blocking_iterables(made: Any) -> None:
    opened = await wrap(made)
    assert opened.pump is opened.chunks
    assert await items(opened) == ["a", "b"]


@pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}, 5, None])
async def test_what_is_no_stream(value: Any) -> None:
    with pytest.raises(UsageError, match=f"got {type(value).__name__}"):
        await wrap(value)


# -- sources --------------------------------------------------------------------------------------


async def test_a_request_is_sent_each_time() -> None:
    sent = []

    async def send() -> FakeStream:
        sent.append(1)
        return FakeStream(["a"])

    source = RequestSource(send)
    assert source.reopenable
    assert source.open_now(asyncio.get_running_loop()) is None
    for _ in range(2):
        assert await items(await source.open()) == ["a"]
    assert len(sent) == 2


async def test_only_blocking_streams_open_at_once() -> None:
    loop = asyncio.get_running_loop()
    assert not StreamSource([]).reopenable
    for stream in (agen(), FakeStream([]), contextlib.AsyncExitStack()):
        source = StreamSource(stream)
        assert not source.is_blocking
        assert source.open_now(loop) is None
    opened = StreamSource(["a"]).open_now(loop)
    assert opened is not None
    assert await items(opened) == ["a"]
