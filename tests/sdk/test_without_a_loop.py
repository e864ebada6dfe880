"""The real SDK where no event loop runs, and clients that belong to another one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest

import nbstream
from nbstream.loops import background_loop
from tests.support.patience import PATIENCE
from tests.support.sdk import ANSWER, KEY, open_stream, stream
from tests.support.server import Server


@pytest.fixture
def aclient(server: Server) -> Iterator[openai.AsyncOpenAI]:
    """One that is used on the background loop only."""
    made = openai.AsyncOpenAI(base_url=server.url, api_key=KEY, max_retries=0)
    yield made
    asyncio.run_coroutine_threadsafe(made.close(), background_loop()).result(PATIENCE)


def test_stream(client: Any, aclient: Any) -> None:
    for given in (client, aclient):
        w = stream(given).wait(PATIENCE)
        assert (w.status, w.text) == ("completed", ANSWER)
    assert "".join(stream(client)) == ANSWER


def test_show(client: Any, aclient: Any) -> None:
    async def letters() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    assert nbstream.show(open_stream(client, "test/ok")).wait(PATIENCE).text == ANSWER
    assert nbstream.show(open_stream(aclient, "test/ok")).wait(PATIENCE).text == ANSWER
    assert nbstream.show(iter(["a", "b"])).wait(PATIENCE).text == "ab"
    assert nbstream.show(letters()).wait(PATIENCE).text == "ab"


def test_an_async_stream_waits_for_its_loop(server: Server) -> None:
    loop = asyncio.new_event_loop()
    made = openai.AsyncOpenAI(base_url=server.url, api_key=KEY, max_retries=0)

    async def make() -> Any:
        return await open_stream(made, "test/ok")

    async def end(w: Any) -> str:
        text: str = (await w).text
        await made.close()
        return text

    w = nbstream.show(loop.run_until_complete(make()))
    assert (w.status, w._session.is_started) == ("queued", False)
    assert loop.run_until_complete(end(w)) == ANSWER
    # The SDK leaves the generators that it read with, and Python 3.13 warns where their loop is
    # closed before them:
    # https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_asyncgens
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


ENDED = """
import asyncio, sys
import nbstream, openai

async def make():
    client = openai.AsyncOpenAI(base_url=sys.argv[1], api_key="k", max_retries=0)
    messages = [{"role": "user", "content": "Hi"}]
    return await client.chat.completions.create(model="test/slow", messages=messages, stream=True)

try:
    nbstream.show(asyncio.run(make())).wait(60)
except nbstream.StreamError as error:
    print(error)
"""


def test_a_stream_of_a_loop_that_has_ended(server: Server) -> None:
    # Apart: its connection cannot be closed any more, of which Python warns at some time.
    command = [sys.executable, "-W", "ignore", "-c", ENDED, server.url]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    assert "belongs to another event loop, or to one that has ended" in said
    assert "use the blocking client" in said
