"""Streams handled as the SDK's guides do it, while a widget shows them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import openai
import pytest

import nbstream
from nbstream import StreamError
from nbstream.transport.connection import cut
from tests.support.fakes import until
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import (
    ANSWER,
    APIS,
    FIRST_FIVE,
    KEY,
    PROMPT,
    SDK,
    end_of,
    open_stream,
    stream,
)
from tests.support.server import Server

CLOSED = ("cancelled", "its stream was closed", None)
MODELS = pytest.mark.parametrize("model", ["test/stall", "test/long?delay=0.005"])
helpers = pytest.mark.skipif(SDK < (1, 109), reason="this SDK has no such helper")


def ending(w: Any) -> tuple[str, str | None, Any]:
    return w.status, w.reason, w.error


# -- the first chunks, then close -----------------------------------------------------------------


@APIS
@MODELS
@pytest.mark.parametrize("how", ["close", "with"])
async def test_first_chunks_then_close(
    server: Server, aclient: Any, api: Any, model: str, how: str
) -> None:
    opened = await open_stream(aclient, model, api)
    w = nbstream.show(opened)
    if how == "with":
        async with opened:
            seen = await first_chunks(w)
    else:
        seen = await first_chunks(w)
        await opened.close()
    await server.requests[0].until_left()
    await end_of(w)
    assert ending(w) == CLOSED
    assert (await w).text == w.text
    assert w._session.generation.chunks is not None
    assert w._session.generation.chunks[:4] == seen


async def first_chunks(w: Any) -> list[Any]:
    seen = []
    async for chunk in w:
        seen.append(chunk)
        if len(seen) == 4:
            break
    return seen


@APIS
@MODELS
@pytest.mark.parametrize("how", ["close", "with"])
async def test_first_chunks_of_a_blocking_stream_then_close(
    server: Server, client: Any, api: Any, model: str, how: str
) -> None:
    opened = open_stream(client, model, api)
    w = nbstream.show(opened)
    if how == "with":
        with opened:
            for _, _ in zip(range(4), w, strict=False):
                pass
    else:
        for _, _ in zip(range(4), w, strict=False):
            pass
        opened.close()
    # It sleeps in its thread until the next byte, which may never come.
    await server.requests[0].until_left()
    await end_of(w)
    assert ending(w) == CLOSED


@APIS
async def test_closed_before_anything_was_read(server: Server, aclient: Any, api: Any) -> None:
    async with await open_stream(aclient, "test/no-first-token", api) as opened:
        w = nbstream.show(opened)
        await until(lambda: w._session.generation.response is not None)
    await server.requests[0].until_left()
    await end_of(w)
    assert ending(w) == CLOSED


@APIS
async def test_a_whole_stream_inside_with(aclient: Any, client: Any, api: Any) -> None:
    async with await open_stream(aclient, "test/ok", api) as opened:
        w = nbstream.show(opened)
        assert (await w).text == ANSWER
    assert ending(w) == ("completed", None, None)
    with open_stream(client, "test/ok", api) as opened:
        w = nbstream.show(opened)
        assert sum(1 for _ in w) > len(DEFAULT_TEXT)
    assert ending(w) == ("completed", None, None)


@MODELS
async def test_what_ends_it_otherwise_is_told_as_before(aclient: Any, model: str) -> None:
    w = await end_of(nbstream.show(await open_stream(aclient, "test/reset")))
    assert (w.status, w.text) == ("failed", FIRST_FIVE)
    w = await end_of(nbstream.show(await open_stream(aclient, "test/stall"), idle_timeout=0.1))
    assert w.error is not None
    assert w.error.type == "Timeout"
    w = await end_of(nbstream.show(await open_stream(aclient, model), until=3))
    assert w.reason == "until: 3 deltas came"


async def test_a_first_look_and_the_rest(server: Server, client: Any) -> None:
    # What was understood of the first chunks holds for the next ones.
    server.enqueue(Scenario(text=["<think>Let me ", "think.</think>", "A ", "word."]))
    w = nbstream.show(open_stream(client, "any"))
    for chunk in w:
        if chunk.choices and chunk.choices[0].delta.content:
            break
    await w
    assert (w.reasoning, w.text) == ("Let me think.", "A word.")


# -- accumulate afterwards ------------------------------------------------------------------------


@helpers
async def test_the_helpers_accumulate_what_a_widget_has_read(aclient: Any, client: Any) -> None:
    chat = {"model": "test/ok", "messages": PROMPT}
    async with aclient.chat.completions.stream(**chat) as opened:
        w = await nbstream.show(opened)
        completion = await opened.get_final_completion()
    assert completion.choices[0].message.content == w.text == ANSWER
    async with aclient.responses.stream(model="test/ok", input="Hello") as opened:
        w = nbstream.show(opened)
        kinds = [event.type async for event in w]
        response = await opened.get_final_response()
    assert response.output_text == w.text == ANSWER
    assert kinds[-1] == "response.completed"
    with client.chat.completions.stream(**chat) as opened:
        w = nbstream.show(opened)
        for _ in w:
            pass
        assert opened.get_final_completion().choices[0].message.content == w.text == ANSWER


@helpers
@MODELS
async def test_leaving_a_helper(server: Server, aclient: Any, client: Any, model: str) -> None:
    async with aclient.chat.completions.stream(model=model, messages=PROMPT) as opened:
        w = nbstream.show(opened)
        await first_chunks(w)
    await end_of(w)
    assert ending(w) == CLOSED
    with client.responses.stream(model=model, input="Hello") as opened:
        w = nbstream.show(opened)
        for _, _ in zip(range(4), w, strict=False):
            pass
    await end_of(w)
    assert ending(w) == CLOSED
    for request in server.requests:
        await request.until_left()


async def test_chunks_are_there_afterwards(aclient: Any) -> None:
    w = await nbstream.show(await open_stream(aclient, "test/ok"))
    deltas = [c.choices[0].delta.content or "" async for c in w if c.choices]
    assert "".join(deltas) == w.text == ANSWER


# -- many -----------------------------------------------------------------------------------------


async def test_gather(aclient: Any) -> None:
    widgets = [stream(aclient, "test/slow?delay=0.002") for _ in range(20)]
    assert await asyncio.gather(*widgets) == widgets
    assert [w.text for w in widgets] == [ANSWER] * 20


async def test_gather_when_one_fails(server: Server, aclient: Any) -> None:
    widgets = [stream(aclient), stream(aclient, "test/reset"), stream(aclient)]
    results = await asyncio.gather(*widgets, return_exceptions=True)
    assert [results[0], results[2]] == [widgets[0], widgets[2]]
    assert isinstance(results[1], StreamError)
    others = [stream(aclient, "test/slow"), stream(aclient, "test/reset")]
    with pytest.raises(StreamError):
        await asyncio.gather(*others)
    assert (await others[0]).text == ANSWER, "the others go on, as with any gather"


async def test_an_interrupted_gather_stops_all(server: Server, aclient: Any) -> None:
    widgets = [stream(aclient, "test/stall") for _ in range(3)]
    await until(lambda: all(w.text == FIRST_FIVE for w in widgets))
    cell = asyncio.gather(*widgets)
    await asyncio.sleep(0)
    cell.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cell
    for request in server.requests:
        await request.until_left()
    assert [ending(w) for w in widgets] == [("cancelled", "interrupted", None)] * 3


async def test_a_limit_of_ones_own(server: Server, aclient: Any) -> None:
    w = stream(aclient, "test/stall")
    await server.until_request()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(w, 0.2)
    await server.requests[0].until_left()
    assert w.status == "cancelled"
    done = [await each for each in asyncio.as_completed([stream(aclient), stream(aclient)])]
    assert {each.status for each in done} == {"completed"}


# -- clients and limits of one's own --------------------------------------------------------------

KINDS = pytest.mark.parametrize("kind", ["httpx", "the SDK's", "blocking httpx"])


def own_http(kind: str, **options: Any) -> Any:
    if kind == "blocking httpx":
        return httpx.Client(trust_env=False, **options)
    made = httpx.AsyncClient if kind == "httpx" else openai.DefaultAsyncHttpxClient
    return made(trust_env=False, **options)


async def closed(http: Any) -> None:
    if isinstance(http, httpx.Client):
        http.close()
    else:
        await http.aclose()


def own_client(server: Server, http: Any, **options: Any) -> Any:
    made = openai.OpenAI if isinstance(http, httpx.Client) else openai.AsyncOpenAI
    return made(base_url=server.url, api_key=KEY, http_client=http, **options)


@KINDS
async def test_own_http_client(server: Server, kind: str) -> None:
    http = own_http(kind, headers={"x-team": "blue"})
    client = own_client(server, http)
    for _ in range(2):
        assert (await stream(client)).text == ANSWER
    assert server.requests[0].headers["x-team"] == "blue"
    assert not http.is_closed, "it is not nbstream's to close"
    w = stream(client, "test/stall")
    await until(lambda: w.text == FIRST_FIVE)
    w.cancel()
    await server.requests[-1].until_left()
    await end_of(w)
    assert ending(w) == ("cancelled", "stopped by you", None)
    assert (await stream(client)).text == ANSWER
    await closed(http)


@KINDS
async def test_own_read_timeout(server: Server, kind: str) -> None:
    http = own_http(kind, timeout=1.0)
    w = await end_of(stream(own_client(server, http), "test/stall"))
    assert (w.status, w.text) == ("failed", FIRST_FIVE)
    assert w.error is not None
    assert w.error.message == "the server was silent for too long mid-answer"
    await server.requests[0].until_left()
    w = await end_of(stream(own_client(server, http), "test/no-headers", max_attempts=1))
    assert w.error is not None
    assert w.error.message == "the server was silent for too long before the server answered"
    await closed(http)


@pytest.mark.parametrize("given", ["client", "request"])
async def test_timeouts_of_the_sdk(server: Server, given: str) -> None:
    limits = openai.Timeout(5.0, read=1.0)
    async with openai.AsyncOpenAI(
        base_url=server.url, api_key=KEY, timeout=limits if given == "client" else 60
    ) as client:
        options = {"timeout": limits} if given == "request" else {}
        w = await end_of(stream(client, "test/stall", **options))
    assert (w.status, w.text) == ("failed", FIRST_FIVE)
    assert w.error is not None
    assert "silent for too long" in w.error.message


async def test_a_stream_that_was_read_to_its_end_leaves_its_connection_to_the_next(
    server: Server, client: openai.OpenAI
) -> None:
    server.enqueue(Scenario(), Scenario(gates=frozenset({"deltas"})))
    first = await asyncio.to_thread(open_stream, client, "queue", "responses")
    await asyncio.to_thread(list, first)
    second = await asyncio.to_thread(open_stream, client, "queue", "responses")
    sockets = [
        stream.response.extensions["network_stream"].get_extra_info("socket")
        for stream in (first, second)
    ]
    assert sockets[0] is sockets[1], "else there is nothing to see"
    cut(first.response)
    w = nbstream.show(second)
    for count in range(len(DEFAULT_TEXT)):
        await until(lambda count=count: w.text == "".join(DEFAULT_TEXT[:count]))
        server.release()
    await w
    assert w.text == "".join(DEFAULT_TEXT)
