"""The real SDK over the loopback server: whole answers, and what is sent for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import nbstream
from nbstream import engine
from nbstream.clients import _clients
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, APIS, KEY, end_of, stream
from tests.support.server import Server


@APIS
async def test_text_usage_and_headers(server: Server, either: Any, api: Any) -> None:
    w = await stream(either, api=api)
    assert (w.status, w.text, w.error) == ("completed", ANSWER, None)
    assert w.finish_reason == "stop"
    assert w.usage is not None
    assert (w.usage.input_tokens, w.usage.output_tokens) == (11, len(DEFAULT_TEXT))
    assert w.usage.cached_tokens == 3
    assert w.model == "test/ok"
    assert w.request_id == "req_test_1"
    assert w.response.headers["x-request-id"] == "req_test_1"
    assert w.timing.first_token is not None
    assert 0 <= w.timing.first_token <= w.timing.elapsed
    assert len(server.requests) == 1


@APIS
async def test_reasoning(aclient: Any, api: Any) -> None:
    w = await stream(aclient, "test/reasoning", api=api)
    assert w.reasoning == "The user wants a short answer. "
    assert w.text == ANSWER
    assert w.usage is not None
    assert w.usage.reasoning_tokens == 3


async def test_reasoning_text_of_responses(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(reasoning=["Let me ", "see."], reasoning_kind="text"))
    assert (await stream(aclient, api="responses")).reasoning == "Let me see."


@APIS
async def test_refusal(aclient: Any, api: Any) -> None:
    w = await stream(aclient, "test/refusal", api=api)
    assert (w.status, w.refusal, w.text) == ("completed", "I can't help with that.", "")


@APIS
@pytest.mark.parametrize("model", ["test/noise", "test/split", "test/no-done"])
async def test_odd_but_whole(aclient: Any, api: Any, model: str) -> None:
    w = await stream(aclient, model, api=api)
    assert (w.status, w.text) == ("completed", ANSWER)


@APIS
async def test_empty(aclient: Any, api: Any) -> None:
    w = await stream(aclient, "test/empty", api=api)
    assert (w.status, w.text) == ("completed", "")


async def test_deltas_one_by_one(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(text=["a ", "b ", "c"], gates=frozenset({"deltas"})))
    w = stream(aclient)
    got = []
    server.release()
    async for delta in w:
        got.append(delta)
        server.release()
    assert got == ["a ", "b ", "c"]


async def test_the_system_and_limits_are_sent(server: Server, aclient: Any) -> None:
    await stream(aclient, system="Be brief.", max_tokens=7, temperature=0.5)
    body = server.requests[0].body
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert body["messages"][1] == {"role": "user", "content": "Hello"}
    assert (body["max_tokens"], body["temperature"]) == (7, 0.5)
    assert body["stream_options"] == {"include_usage": True}
    await stream(aclient, api="responses", system="Be brief.", max_tokens=7)
    body = server.requests[1].body
    assert (body["instructions"], body["max_output_tokens"]) == ("Be brief.", 7)
    assert "stream_options" not in body


@pytest.mark.parametrize("make", [nbstream.stream, engine.stream])
async def test_stream_options_are_dropped_when_refused_with_status_200(
    server: Server, aclient: Any, make: Any
) -> None:
    body = b'{"error": {"message": "unknown field stream_options", "type": "invalid_request"}}'
    server.enqueue(Scenario(whole=("application/json", body)))
    w = make("Hello", client=aclient, model="test/ok")
    if make is nbstream.stream:
        await w
    else:
        assert [piece async for piece in w]
    assert w.status == "completed"
    assert ["stream_options" in request.body for request in server.requests] == [True, False]


async def test_stream_options_are_dropped_when_refused(server: Server, either: Any) -> None:
    w = await stream(either, "test/refuse-stream-options")
    assert (w.status, w.usage) == ("completed", None)
    assert ["stream_options" in request.body for request in server.requests] == [True, False]


async def test_another_refused_parameter_is_an_error(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, "test/refuse-temperature", temperature=0.5))
    assert w.error is not None
    assert "Unknown parameter: 'temperature'." in w.error.message
    assert len(server.requests) == 1


async def test_a_failed_stream_raises_what_it_shows(either: Any) -> None:
    w = await end_of(stream(either, "test/400"))
    assert w.error is not None
    assert w.error.status_code == 400
    assert w.request_id == w.error.request_id == "req_test_1"
    with pytest.raises(nbstream.StreamError, match="Unknown parameter") as caught:
        await w
    assert caught.value.info is w.error


async def test_through_the_configuration(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", KEY)
    try:
        w = await nbstream.stream("Hello", base_url=server.url, model="test/ok")
        again = await nbstream.stream("Hello", base_url=server.url, model="test/ok")
        clients = _clients[asyncio.get_running_loop()]
        assert len(clients) == 1, "one client, so that connections are used again"
    finally:
        for made in _clients.pop(asyncio.get_running_loop(), {}).values():
            await made.close()
    assert w.text == again.text == ANSWER
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
