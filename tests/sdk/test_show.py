"""The real SDK's streams, given to `show`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import nbstream
from nbstream.errors import UsageError
from tests.support.fakes import until
from tests.support.scenario import DEFAULT_TEXT
from tests.support.sdk import ANSWER, APIS, FIRST_FIVE, PROMPT, SDK, end_of, open_stream
from tests.support.server import Server


@APIS
async def test_show_tees_an_async_stream(aclient: Any, api: Any) -> None:
    w = nbstream.show(await open_stream(aclient, "test/ok", api))
    chunks = [chunk async for chunk in w]
    assert (w.status, w.text) == ("completed", ANSWER)
    assert w.usage is not None
    assert w.request_id == "req_test_1"
    plain = await open_stream(aclient, "test/ok", api)
    expected = [chunk async for chunk in plain]
    assert [type(chunk) for chunk in chunks] == [type(chunk) for chunk in expected]
    again = [chunk async for chunk in w]
    assert again == chunks


async def test_show_the_coroutine(aclient: Any) -> None:
    w = nbstream.show(open_stream(aclient, "test/ok"))
    assert (await w).text == ANSWER


@APIS
async def test_show_tees_a_sync_stream_in_a_plain_for(client: Any, api: Any) -> None:
    # On the loop's own thread, like a cell: nothing but this `for` runs meanwhile.
    w = nbstream.show(open_stream(client, "test/ok", api))
    chunks, texts = [], []
    for chunk in w:
        chunks.append(chunk)
        texts.append(w.text)
    expected = list(open_stream(client, "test/ok", api))
    assert [type(chunk) for chunk in chunks] == [type(chunk) for chunk in expected]
    assert (w.status, w.text) == ("completed", ANSWER)
    assert texts == sorted(texts, key=len)
    assert len(set(texts)) > len(DEFAULT_TEXT) - 1, "the widget shows it while the cell is busy"


async def test_show_a_sync_stream_with_async_for(client: Any) -> None:
    w = nbstream.show(open_stream(client, "test/ok"))
    count = 0
    async for _ in w:
        count += 1
    assert w._session.generation.chunks is not None
    assert count == len(w._session.generation.chunks)
    assert w.text == ANSWER


async def test_break_and_stop_a_sync_stream_in_a_plain_for(server: Server, client: Any) -> None:
    w = nbstream.show(open_stream(client, "test/long?delay=0.01"))
    for _ in w:
        if len(w.text) > 20:
            w.cancel()
            break
    await server.requests[0].until_left()
    await end_of(w)
    assert w.status == "cancelled"


async def test_errors_in_a_plain_for(client: Any) -> None:
    w = nbstream.show(open_stream(client, "test/reset"))
    with pytest.raises(nbstream.StreamError, match="connection"):
        for _ in w:
            pass
    assert w.text == FIRST_FIVE


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_stop_of_a_shown_stream(server: Server, aclient: Any, client: Any, kind: str) -> None:
    if kind == "async":
        w = nbstream.show(await open_stream(aclient, "test/stall"))
    else:
        w = nbstream.show(await asyncio.to_thread(open_stream, client, "test/stall"))
    await until(lambda: w.text == FIRST_FIVE)
    w.cancel()
    await server.requests[0].until_left()
    await end_of(w)
    assert (w.status, w.text) == ("cancelled", FIRST_FIVE)


async def test_a_stream_that_was_read_already(client: Any) -> None:
    used = open_stream(client, "test/ok")
    list(used)
    with pytest.raises(UsageError, match="already closed"):
        nbstream.show(used)


async def test_a_completion_without_streaming(client: Any) -> None:
    completion = client.chat.completions.create(model="test/ok", messages=PROMPT)
    with pytest.raises(UsageError, match="did you forget stream=True"):
        nbstream.show(completion)


@pytest.mark.skipif(SDK < (1, 109), reason="this SDK has no chat.completions.stream")
async def test_the_helper_that_is_a_context_manager(aclient: Any) -> None:
    # Its events are not chunks: the widget says so instead of hanging.
    manager = aclient.chat.completions.stream(model="test/ok", messages=PROMPT)
    w = await end_of(nbstream.show(manager))
    assert w.status in ("completed", "failed")
    if w.status == "failed":
        assert w.error is not None
        assert "cannot show a stream of" in w.error.message
    else:
        assert w.text == ANSWER
