"""The real SDK's streams that `show` refuses: closed, read, shown or in the wrong thread."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import nbstream
from nbstream.errors import UsageError
from tests.support.patience import PATIENCE
from tests.support.sdk import ANSWER, APIS, PROMPT, SDK, open_stream
from tests.support.server import Server

ENDED = "already closed or read to its end"


@pytest.fixture(autouse=True)
def nothing_begins() -> Any:
    before = set(nbstream.tasks())
    yield
    assert [w for w in nbstream.tasks() if w not in before and not w.is_done] == []


@APIS
@pytest.mark.parametrize("how", ["closed", "read", "left"])
async def test_an_async_stream_that_has_ended(aclient: Any, api: Any, how: str) -> None:
    stream = await open_stream(aclient, "test/ok", api)
    if how == "closed":
        await stream.close()
    elif how == "read":
        assert [chunk async for chunk in stream]
    else:  # its reader was cancelled
        await stream.close()
        stream = await open_stream(aclient, "test/stall", api)
        reader = asyncio.ensure_future(collect(stream))
        await asyncio.sleep(0)
        reader.cancel()
        await asyncio.wait({reader})
        await stream.close()
    with pytest.raises(UsageError, match=ENDED):
        nbstream.show(stream)


async def collect(stream: Any) -> list[Any]:
    return [chunk async for chunk in stream]


@APIS
@pytest.mark.parametrize("how", ["closed", "read"])
def test_a_blocking_stream_that_has_ended(client: Any, api: Any, how: str) -> None:
    stream = open_stream(client, "test/ok", api)
    if how == "closed":
        stream.close()
    else:
        assert list(stream)
    with pytest.raises(UsageError, match=ENDED):
        nbstream.show(stream)


@APIS
async def test_an_async_stream_that_somebody_reads(server: Server, aclient: Any, api: Any) -> None:
    stream = await open_stream(aclient, "test/stall", api)
    got: list[Any] = []

    async def read() -> None:
        async for chunk in stream:
            got.append(chunk)

    reader = asyncio.ensure_future(read())
    await server.until(lambda: server.requests[0].waiting == "stall")
    with pytest.raises(UsageError, match="is being read already: give it to show"):
        nbstream.show(stream)
    assert not reader.done(), "its reader does not notice"
    reader.cancel()
    await asyncio.wait({reader})
    await stream.close()
    await server.requests[0].until_left()


def test_a_blocking_stream_that_a_thread_reads(server: Server, client: Any) -> None:
    stream = open_stream(client, "test/gated")
    got: list[Any] = []
    reader = threading.Thread(target=lambda: got.extend(stream))
    reader.start()
    server.wait_for(lambda: server.requests[0].waiting)
    try:
        with pytest.raises(UsageError, match="is being read already"):
            nbstream.show(stream)
    finally:
        server.release(100)
        reader.join(PATIENCE)
    assert got, "its reader got all"


@pytest.mark.parametrize("given", ["stream", "coroutine"])
async def test_a_stream_that_is_shown(aclient: Any, given: str) -> None:
    stream = open_stream(aclient, "test/slow")
    if given == "stream":
        stream = await stream
    first = nbstream.show(stream)
    with pytest.raises(UsageError, match="is shown already: give it to show"):
        nbstream.show(stream)
    assert (await first).text == ANSWER, "the first one goes on"


async def test_a_stream_that_was_peeked_into(aclient: Any) -> None:
    stream = await open_stream(aclient, "test/ok")
    await anext(stream)
    assert (await nbstream.show(stream)).text == ANSWER


@pytest.mark.skipif(SDK < (1, 109), reason="this SDK has no chat.completions.stream")
async def test_a_helper_that_was_read(aclient: Any) -> None:
    async with aclient.chat.completions.stream(model="test/ok", messages=PROMPT) as helper:
        assert [event async for event in helper]
    with pytest.raises(UsageError, match=ENDED):
        nbstream.show(helper)


async def test_clients_that_are_closed(aclient: Any, client: Any) -> None:
    await aclient.close()
    client.close()
    for closed in (aclient, client):
        with pytest.raises(nbstream.NbstreamError, match="this client is closed"):
            nbstream.stream("Hi", client=closed, model="test/ok")
