"""The test server tells the truth: what its records and the real SDK saw agree."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from tests.support.patience import PATIENCE
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, KEY, PROMPT, async_client, chat, content, finish, responses
from tests.support.server import Server


def test_chat_stream_is_complete(server: Server, client: openai.OpenAI) -> None:
    chunks = chat(client)
    request = server.requests[0]
    assert content(chunks) == ANSWER
    assert finish(chunks) == ["stop"]
    assert all(chunk.usage is None for chunk in chunks)
    assert request.wait_until_ended() == "completed"
    assert request.completed
    assert not request.left
    assert request.deltas_sent == len(DEFAULT_TEXT)
    assert request.bytes_sent > len(ANSWER)
    assert request.path == "/v1/chat/completions"
    assert request.body["messages"] == PROMPT
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.first_byte is not None
    assert request.ended is not None
    assert request.started <= request.first_byte <= request.ended


def test_usage_only_when_asked_for(client: openai.OpenAI) -> None:
    chunks = chat(client, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == len(DEFAULT_TEXT)
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)


def test_chat_reasoning_refusal_and_request_id(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model="test/reasoning", messages=PROMPT, stream=True)
    assert stream.response.headers["x-request-id"] == "req_test_1"
    assert content(list(stream), "reasoning_content") == "The user wants a short answer. "
    assert content(chat(client, "test/refusal"), "refusal") == "I can't help with that."


def test_without_streaming(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model="m", messages=PROMPT)
    assert completion.choices[0].message.content == ANSWER
    assert completion.usage is not None
    response = client.responses.create(model="m", input="Hello")
    assert response.output_text == ANSWER
    assert response.status == "completed"


def test_models(client: openai.OpenAI) -> None:
    assert "test/stall" in [model.id for model in client.models.list()]


def test_responses_stream_is_complete(server: Server, client: openai.OpenAI) -> None:
    events = responses(client)
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == ANSWER
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == ANSWER
    assert last.response.usage.output_tokens == len(DEFAULT_TEXT)
    assert server.requests[0].deltas_sent == len(DEFAULT_TEXT)


@pytest.mark.parametrize("kind", ["summary", "text"])
def test_responses_reasoning(server: Server, client: openai.OpenAI, kind: Any) -> None:
    server.enqueue(Scenario(reasoning=["Let me ", "see."], reasoning_kind=kind, refusal=["No."]))
    events = responses(client)
    name = "response.reasoning_summary_text" if kind == "summary" else "response.reasoning_text"
    assert "".join(e.delta for e in events if e.type == f"{name}.delta") == "Let me see."
    assert [e.text for e in events if e.type == f"{name}.done"] == ["Let me see."]
    assert [e.delta for e in events if e.type == "response.refusal.delta"] == ["No."]


def test_noise(client: openai.OpenAI) -> None:
    chunks = chat(client, "test/noise")
    assert content(chunks) == ANSWER
    assert any(chunk.choices is None for chunk in chunks)
    assert any(chunk.choices == [] for chunk in chunks)
    events = responses(client, "test/noise")
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == ANSWER


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("model", "deltas", "waits"),
    [
        ("test/no-headers", 0, "stall"),
        ("test/no-first-token", 0, "stall"),
        ("test/stall", 5, "stall"),
        ("test/gated", 0, "deltas"),
        ("test/hold-open", len(DEFAULT_TEXT), "hold_open"),
    ],
)
async def test_leaving_is_noticed_at_once(
    server: Server, model: str, deltas: int, waits: str
) -> None:
    async with async_client(server) as client:

        async def read() -> None:
            # Sent raw, since newer SDKs end at [DONE] and would not hold the connection.
            create = client.chat.completions.with_streaming_response.create
            async with create(model=model, messages=PROMPT, stream=True) as response:
                async for _ in response.iter_bytes():
                    pass

        task = asyncio.create_task(read())
        request = await server.until_request()
        await request.until(lambda r: r.waiting == waits and r.deltas_sent == deltas)
        assert not request.left
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await request.until_left() >= before
    assert request.outcome == "client left"
    assert request.deltas_sent == deltas
    assert request.completed == (waits == "hold_open")


@pytest.mark.asyncio
async def test_leaving_while_tokens_flow(server: Server) -> None:
    async with async_client(server) as client:
        stream = await client.chat.completions.create(
            model="test/long", messages=PROMPT, stream=True
        )
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()
        request = server.requests[0]
        await request.until_left()
    assert 1 <= request.deltas_sent < 2000
    assert not request.completed


@pytest.mark.asyncio
async def test_gates_pace_the_answer(server: Server) -> None:
    server.enqueue(Scenario(text=["a", "b", "c"], gates=frozenset({"headers", "deltas"})))
    async with async_client(server) as client:
        create = client.chat.completions.create(model="any", messages=PROMPT, stream=True)
        task = asyncio.create_task(create)
        request = await server.until_request()
        await request.until(lambda r: r.waiting == "headers")
        assert request.first_byte is None
        request.release()
        chunks = aiter(await task)
        assert (await anext(chunks)).choices[0].delta.role == "assistant"
        for piece in "abc":
            await request.until(lambda r: r.waiting == "deltas")
            server.release()
            assert (await anext(chunks)).choices[0].delta.content == piece
        rest = [chunk async for chunk in chunks]
    assert finish(rest) == ["stop"]


@pytest.mark.asyncio
async def test_permits_given_early_are_kept(server: Server) -> None:
    server.enqueue(Scenario(text=["a", "b"], gates=frozenset({"first", "finish"})))
    server.release(2)
    async with async_client(server) as client:
        stream = await client.chat.completions.create(model="any", messages=PROMPT, stream=True)
        assert content([chunk async for chunk in stream]) == "ab"


@pytest.mark.asyncio
async def test_many_at_once_keep_apart(server: Server) -> None:
    async with async_client(server) as client:

        async def one(number: int) -> str:
            query = f'test/ok?text=["{number}-a","{number}-b"]'
            stream = await client.chat.completions.create(model=query, messages=PROMPT, stream=True)
            return content([chunk async for chunk in stream])

        texts = await asyncio.gather(*(one(number) for number in range(8)))
    assert texts == [f"{number}-a{number}-b" for number in range(8)]
    assert {await request.until_ended() for request in server.requests} == {"completed"}


@pytest.mark.asyncio
async def test_a_connection_serves_several_requests(server: Server) -> None:
    async with async_client(server) as client:
        for _ in range(3):
            await client.chat.completions.create(model="any", messages=PROMPT)
    assert [await request.until_ended() for request in server.requests] == ["completed"] * 3


def test_stopping_the_server_ends_a_stall() -> None:
    with Server() as server, openai.OpenAI(base_url=server.url, api_key="k") as client:
        stream = client.chat.completions.create(model="test/stall", messages=PROMPT, stream=True)
        server.wait_for(lambda: server.requests[0].waiting == "stall")
        server.stop()
        assert server.requests[0].outcome == "server stopped"
        stream.close()


def test_wait_for_fails_in_words(server: Server) -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.01 s"):
        server.wait_for(lambda: False, timeout=0.01)


def test_from_another_process() -> None:
    command = [sys.executable, "-m", "tests.support.server", "--until-eof"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with openai.OpenAI(base_url=url, api_key="sk-secret") as client:
            assert content(chat(client)) == ANSWER
        out, _ = process.communicate()
    assert process.returncode == 0
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events] == ["request", "headers", "completed"]
    assert events[-1]["deltas_sent"] == len(DEFAULT_TEXT)
    assert "sk-secret" not in out


def test_a_connection_that_comes_with_the_end_is_closed() -> None:
    running = Server().start()
    with socket.create_connection(
        ("127.0.0.1", urlsplit(running.url).port), timeout=PATIENCE
    ) as late:
        running.stop()
        with contextlib.suppress(ConnectionResetError):
            assert late.recv(1) == b""
