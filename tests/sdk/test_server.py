"""The test server tells the truth: what its records and the real SDK saw agree."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import openai
import pytest

from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT)
PROMPT: list[Any] = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key="sk-test-123", max_retries=0) as made:
        yield made


@asynccontextmanager
async def async_client(server: Server, **options: Any) -> AsyncIterator[openai.AsyncOpenAI]:
    options = {"api_key": "sk-test-123", "max_retries": 0, **options}
    async with openai.AsyncOpenAI(base_url=server.url, **options) as made:
        yield made


def chat(client: openai.OpenAI, model: str = "any", **params: Any) -> list[Any]:
    stream = client.chat.completions.create(model=model, messages=PROMPT, stream=True, **params)
    return list(stream)


def content(chunks: list[Any], field: str = "content") -> str:
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices or ()]
    return "".join(getattr(delta, field, None) or "" for delta in deltas)


def finish(chunks: list[Any]) -> list[str]:
    choices = [choice for chunk in chunks for choice in chunk.choices or ()]
    return [choice.finish_reason for choice in choices if choice.finish_reason]


def responses(client: openai.OpenAI, model: str = "any", **params: Any) -> list[Any]:
    return list(client.responses.create(model=model, input="Hello", stream=True, **params))


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
    assert request.headers["authorization"] == "Bearer sk-test-123"
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


def test_responses_endings(client: openai.OpenAI) -> None:
    length = responses(client, "test/length")[-1]
    assert length.type == "response.incomplete"
    assert length.response.incomplete_details.reason == "max_output_tokens"
    filtered = responses(client, "test/content-filter")[-1]
    assert filtered.response.incomplete_details.reason == "content_filter"
    failed = responses(client, "test/failed")[-1]
    assert failed.type == "response.failed"
    assert failed.response.error.code == "server_error"
    with pytest.raises(openai.APIError):
        responses(client, "test/error-data")


@pytest.mark.parametrize(
    ("model", "reasons", "deltas"),
    [
        ("test/truncate", [], 5),
        ("test/no-done", ["stop"], len(DEFAULT_TEXT)),
        ("test/length", ["length"], len(DEFAULT_TEXT)),
        ("test/content-filter", ["content_filter"], len(DEFAULT_TEXT)),
        ("test/split", ["stop"], len(DEFAULT_TEXT)),
        ("test/empty", ["stop"], 0),
        ("test/ok?fault=truncate&fault_after=2", [], 2),
    ],
)
def test_endings(client: openai.OpenAI, model: str, reasons: list[str], deltas: int) -> None:
    chunks = chat(client, model)
    assert finish(chunks) == reasons
    assert content(chunks) == "".join(DEFAULT_TEXT[:deltas])


def test_noise(client: openai.OpenAI) -> None:
    chunks = chat(client, "test/noise")
    assert content(chunks) == ANSWER
    assert any(chunk.choices is None for chunk in chunks)
    assert any(chunk.choices == [] for chunk in chunks)
    events = responses(client, "test/noise")
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == ANSWER


@pytest.mark.parametrize("model", ["test/error-data", "test/error-event"])
def test_errors_in_mid_stream(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.APIError, match="The server had an error"):
        chat(client, model)


def test_flat_error_event_reaches_the_caller(client: openai.OpenAI) -> None:
    chunks = chat(client, "test/error-flat")
    assert "The server had an error." in str(chunks[-1].to_dict())


def test_bad_json(server: Server, client: openai.OpenAI) -> None:
    with pytest.raises(json.JSONDecodeError):
        chat(client, "test/bad-json")
    server.requests[0].wait_until_ended()


@pytest.mark.parametrize(
    ("model", "deltas", "outcome"),
    [
        ("test/reset-before-headers", 0, "reset"),
        ("test/reset-after-headers", 0, "reset"),
        ("test/reset", 5, "reset"),
        ("test/cut", 5, "cut"),
    ],
)
def test_broken_connections(
    server: Server, client: openai.OpenAI, model: str, deltas: int, outcome: str
) -> None:
    received: list[Any] = []

    def read() -> None:
        # extend() keeps what came before the error.
        received.extend(client.chat.completions.create(model=model, messages=PROMPT, stream=True))

    with pytest.raises(Exception, match=r"(?i)connect|read|peer|reset"):
        read()
    request = server.requests[0]
    assert request.wait_until_ended() == outcome
    assert content(received) == "".join(DEFAULT_TEXT[:deltas])
    assert request.deltas_sent == deltas
    assert not request.completed
    assert not request.left


def test_a_reset_is_a_reset(server: Server, client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIConnectionError) as caught:
        chat(client, "test/reset-before-headers")
    causes = []
    error: BaseException | None = caught.value
    while error is not None:
        causes.append(type(error))
        error = error.__cause__ or error.__context__
    assert ConnectionResetError in causes


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (408, openai.APIStatusError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_statuses(client: openai.OpenAI, status: int, error: type[openai.APIStatusError]) -> None:
    for call in (chat, responses):
        with pytest.raises(error) as caught:
            call(client, f"test/{status}")
        assert caught.value.status_code == status
        assert (caught.value.request_id or "").startswith("req_test_")
        assert ("sk-test-123" in str(caught.value)) == (status == 401)


def test_html_error(client: openai.OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        chat(client, "test/502-html")
    assert caught.value.status_code == 502
    assert "Bad gateway" in caught.value.response.text


def test_unknown_model_and_unknown_field(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="test/nothing"):
        chat(client, "test/nothing")
    with pytest.raises(openai.NotFoundError, match="no field 'speed'"):
        chat(client, "test/ok?speed=3")


def test_refused_parameter_only_when_present(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'stream_options'") as e:
        chat(client, "test/refuse-stream-options", stream_options={"include_usage": True})
    assert e.value.param == "stream_options"
    assert content(chat(client, "test/refuse-stream-options")) == ANSWER


@pytest.mark.parametrize("form", ["seconds", "ms", "date"])
def test_retry_after(server: Server, client: openai.OpenAI, form: Any) -> None:
    scenario = Scenario(status=429, status_times=2, retry_after=3, retry_after_form=form)
    server.enqueue(scenario)
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as caught:
            chat(client)
    headers = caught.value.response.headers
    if form == "date":
        when = parsedate_to_datetime(headers["retry-after"]).timestamp()
        assert 0 < when - time.time() <= 3
    else:
        assert headers["retry-after-ms" if form == "ms" else "retry-after"] == (
            "3000" if form == "ms" else "3"
        )
    assert content(chat(client)) == ANSWER


def test_status_turns_by_model_name(server: Server, client: openai.OpenAI) -> None:
    for _ in range(2):
        for _ in range(2):
            with pytest.raises(openai.InternalServerError):
                chat(client, "test/503-then-ok")
        chat(client, "test/503-then-ok")
    assert [request.status for request in server.requests] == [503, 503, 200] * 2


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
        left = await request.until_left()
    assert left >= before
    # A generous deadline for a loaded machine.
    assert left - before < 0.5
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
    assert {request.outcome for request in server.requests} == {"completed"}


@pytest.mark.asyncio
async def test_a_connection_serves_several_requests(server: Server) -> None:
    async with async_client(server) as client:
        for _ in range(3):
            await client.chat.completions.create(model="any", messages=PROMPT)
    assert [request.outcome for request in server.requests] == ["completed"] * 3


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
