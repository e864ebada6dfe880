"""Streams inside of objects of other packages, as tracing wraps them: read by what works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest

import nbstream
from tests.support.fakes import until
from tests.support.sdk import ANSWER, KEY, async_client, end_of, open_stream
from tests.support.server import Server


class Proxy:
    """Has both protocols; all else is the stream's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self._stream.__next__()

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        return await self._stream.__anext__()


class Opaque(Proxy):
    """The same, but nothing of the stream is seen."""

    def __getattr__(self, name: str) -> Any:
        if name == "close":
            return self._stream.close
        raise AttributeError(name)


class InTasks:
    """Reads each chunk in a task of its own."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aiter__(self) -> AsyncIterator[Any]:
        source = aiter(self._stream)
        while True:
            try:
                yield await asyncio.ensure_future(anext(source))
            except StopAsyncIteration:
                return


WRAPPERS = [Proxy, Opaque]


@pytest.mark.parametrize("wrap", WRAPPERS)
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_a_blocking_stream_with_both_protocols(
    server: Server, wrap: Callable[[Any], Any], api: str
) -> None:
    with openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0) as client:
        w = await end_of(nbstream.show(wrap(open_stream(client, "test/ok", api))))
    assert (w.status, w.text, w.reason) == ("completed", ANSWER, None)


@pytest.mark.parametrize("wrap", [*WRAPPERS, InTasks])
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_an_asynchronous_stream_in_a_wrapper(
    server: Server, wrap: Callable[[Any], Any], api: str
) -> None:
    async with async_client(server) as client:
        w = await end_of(nbstream.show(wrap(await open_stream(client, "test/ok", api))))
    assert (w.status, w.text, w.reason) == ("completed", ANSWER, None)


@pytest.mark.parametrize("wrap", [*WRAPPERS, InTasks])
async def test_stop_closes_a_stream_in_a_wrapper(
    server: Server, wrap: Callable[[Any], Any]
) -> None:
    async with async_client(server) as client:
        model = "test/stall?fault_after=5"
        w = nbstream.show(wrap(await open_stream(client, model)))
        await until(lambda: w.text)
        w.cancel()
        await end_of(w)
        await asyncio.to_thread(server.requests[0].wait_until_left)
    assert (w.status, w.reason) == ("cancelled", "stopped by you")


async def test_its_owner_closes_a_stream_that_is_read_in_tasks(server: Server) -> None:
    async with async_client(server) as client:
        stream = await open_stream(client, "test/stall?fault_after=5")
        w = nbstream.show(InTasks(stream))
        await until(lambda: w.text)
        await stream.close()
        await end_of(w)
    assert (w.status, w.reason) == ("cancelled", "its stream was closed")


@pytest.mark.parametrize("wrap", WRAPPERS)
async def test_a_client_whose_streams_are_wrapped(
    server: Server, wrap: Callable[[Any], Any]
) -> None:
    with openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0) as client:
        create = client.chat.completions.create
        client.chat.completions.create = lambda **options: wrap(create(**options))  # type: ignore[assignment, method-assign]
        client.with_options = lambda **options: client  # type: ignore[assignment, method-assign]
        w = nbstream.stream("Hello", client=client, model="test/ok")
        await end_of(w)
    assert (w.status, w.text) == ("completed", ANSWER)
