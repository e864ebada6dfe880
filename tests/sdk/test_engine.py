"""The engine outside notebooks, with the real SDK over the loopback server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from nbstream import StreamError, engine
from nbstream.errors import ConfigError, UsageError
from tests.support.fakes import until
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, APIS, FIRST_FIVE, KEY
from tests.support.server import Server
from tests.support.tools import reply


def ask(client: Any, model: str = "test/ok", **options: Any) -> engine.Stream:
    return engine.stream("Hello", client=client, model=model, **options)


@APIS
async def test_text_and_what_is_known_afterwards(either: Any, api: Any) -> None:
    s = ask(either, api=api)
    assert (s.status, s.model) == ("queued", "test/ok")
    assert "".join([text async for text in s]) == ANSWER == s.text
    assert (s.status, s.finish_reason, s.error) == ("completed", "stop", None)
    assert s.usage is not None
    assert s.usage.output_tokens == len(DEFAULT_TEXT)
    assert s.request_id == "req_test_1"
    assert s.response.headers["x-request-id"] == "req_test_1"
    assert s.timing.first_token is not None
    assert [text async for text in s] == list(DEFAULT_TEXT), "again, from the first"
    assert repr(s) == f"<Stream {s.model}: completed, {len(ANSWER)} characters>"


async def test_nothing_is_sent_before_it_is_read(server: Server, aclient: Any) -> None:
    async with ask(aclient) as s:
        await asyncio.sleep(0)
    assert (s.status, server.requests) == ("cancelled", [])
    assert [text async for text in s] == []


@APIS
async def test_leaving_the_loop_closes_the_connection(
    server: Server, aclient: Any, api: Any
) -> None:
    s = ask(aclient, "test/stall", api=api)
    async for _ in s:
        break
    await server.requests[0].until_left()
    await until(lambda: s.status == "cancelled")
    assert s.reason == engine.LEFT
    assert s.text
    assert s.text in FIRST_FIVE


async def test_leaving_the_block_closes_the_connection(server: Server, aclient: Any) -> None:
    async with ask(aclient, "test/stall") as s:
        pieces = aiter(s)
        assert await anext(pieces) == DEFAULT_TEXT[0]
    assert s.status == "cancelled"
    await server.requests[0].until_left()


@pytest.mark.parametrize("model", ["test/no-headers", "test/no-first-token", "test/stall"])
async def test_cancelling_the_task_closes_the_connection(
    server: Server, aclient: Any, model: str
) -> None:
    s = ask(aclient, model)

    async def read() -> None:
        async for _ in s:
            pass

    task = asyncio.create_task(read())
    request = await server.until_request()
    await request.until(lambda request: request.waiting)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await request.until_left()
    await until(lambda: s.status == "cancelled")
    assert s.reason == engine.LEFT


async def test_closing_the_generator_closes_the_connection(server: Server, aclient: Any) -> None:
    s = ask(aclient, "test/stall")

    async def answer() -> AsyncGenerator[str, None]:
        async for text in s:
            yield text

    async with aclosing(answer()) as pieces:
        assert await anext(pieces) == DEFAULT_TEXT[0]
    await server.requests[0].until_left()
    await until(lambda: s.status == "cancelled")


async def test_aclose_and_cancel(server: Server, aclient: Any) -> None:
    for close in ("aclose", "cancel"):
        s = ask(aclient, "test/stall")
        reader = asyncio.create_task(collected(s))
        await until(lambda s=s: s.text == FIRST_FIVE)
        if close == "aclose":
            await s.aclose()
            await s.aclose()
        else:
            assert s.cancel()
            assert not s.cancel()
        assert await reader == FIRST_FIVE, "who goes on reading comes to the end, without an error"
        assert s.status == "cancelled"
        await server.requests[-1].until_left()


async def collected(s: engine.Stream) -> str:
    return "".join([text async for text in s])


async def test_a_slow_reader_loses_nothing_and_holds_up_nobody(
    server: Server, aclient: Any
) -> None:
    text = [f"word{n} " for n in range(5000)]
    server.enqueue(Scenario(text=text))
    s = ask(aclient, idle_timeout=30)
    pieces = aiter(s)
    first = await anext(pieces)
    await server.requests[0].until(lambda request: request.completed)
    await until(lambda: s.status == "completed")
    assert first + "".join([piece async for piece in pieces]) == "".join(text)


async def test_events(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(reasoning=["Let me ", "think."], text=["A ", "word."]))
    s = ask(aclient, api="responses")
    seen: dict[str, str] = {}
    async for event in s.events():
        seen[event.type] = seen.get(event.type, "") + event.text
    assert seen == {"reasoning": "Let me think.", "text": "A word."}
    assert (s.reasoning, s.text) == ("Let me think.", "A word.")
    assert len([event async for event in s.events()]) >= 4
    late = ask(aclient)
    assert await collected(late) == ANSWER
    with pytest.raises(UsageError, match="before the stream is read"):
        late.events()


@pytest.mark.parametrize("model", ["test/401", "test/error-data", "test/reset", "test/stall"])
async def test_errors_are_raised(aclient: Any, model: str) -> None:
    s = ask(aclient, model, idle_timeout=1.0)
    with pytest.raises(StreamError) as caught:
        await collected(s)
    assert s.status == "failed"
    assert s.error is not None
    assert caught.value.info.message == s.error.message
    assert "cell" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert s.text == ("" if model == "test/401" else FIRST_FIVE)
    with pytest.raises(StreamError):
        await collected(s)


async def test_passing_errors_are_tried_again(server: Server, aclient: Any) -> None:
    assert await collected(ask(aclient, "test/429-ms-then-ok")) == ANSWER
    assert len(server.requests) == 2
    s = ask(aclient, "test/429", max_attempts=1)
    with pytest.raises(StreamError):
        await collected(s)
    assert len(server.requests) == 3


@dataclass
class City:
    name: str
    people: int


async def test_a_structure_and_an_early_end(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(text=['{"name": "Bern",', ' "people": 134000}']))
    s = ask(aclient, schema=City)
    await collected(s)
    assert s.parsed == City("Bern", 134000)
    s = ask(aclient, "test/long", until=3)
    assert await collected(s) == "word0 word1 word2 "
    assert (s.status, s.reason) == ("cancelled", "until: 3 deltas came")
    await server.requests[-1].until_left()


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.parametrize(("approve", "result"), [(True, "3"), ("ask", "")])
async def test_tools_are_called_unless_somebody_had_to_be_asked(
    server: Server, aclient: Any, approve: Any, result: str
) -> None:
    bodies = reply("chat", ("c1", "add", {"a": 1, "b": 2})), reply("chat", text="It is 3.")
    server.enqueue(*(Scenario(body=body) for body in bodies))
    s = ask(aclient, tools=[add], approve=approve)
    assert "".join([text async for text in s]) == "It is 3."
    (call,) = s.tool_calls
    assert (call.result, call.status) == (result, "completed" if result else "declined")


async def test_many_at_once(server: Server, aclient: Any) -> None:
    streams = [ask(aclient) for _ in range(20)]
    assert await asyncio.gather(*map(collected, streams)) == [ANSWER] * 20


def test_what_cannot_be_sent() -> None:
    with pytest.raises(UsageError, match="did you mean 'temperature'"):
        engine.stream("Hello", temprature=1)
    with pytest.raises(UsageError, match="prompt is empty"):
        engine.stream("")
    with pytest.raises(ConfigError, match="name a model"):
        engine.stream("Hello", base_url="http://127.0.0.1:9/v1")


SCRIPT = """
import asyncio, json, sys
from nbstream import engine

async def main():
    s = engine.stream("Hello", base_url=sys.argv[1], model="test/ok")
    return "".join([text async for text in s])

text = asyncio.run(main())
print(json.dumps([text, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
JUPYTER = {"IPython", "anywidget", "comm", "ipykernel", "ipywidgets", "jupyter_client", "traitlets"}


def test_a_run_imports_nothing_of_jupyter(server: Server) -> None:
    command = [sys.executable, "-W", "error", "-c", SCRIPT, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    text, modules = json.loads(done.stdout)
    assert text == ANSWER
    assert JUPYTER.isdisjoint(modules)
    assert "openai" in modules
    assert done.stderr == ""
