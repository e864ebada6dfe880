"""The real SDK over the loopback server: how a stream ends, and in which words."""

from __future__ import annotations

from typing import Any

import openai
import pytest

import nbstream
from tests.support.sdk import ANSWER, APIS, FIRST_FIVE, KEY, SDK, end_of, stream
from tests.support.server import Server


@APIS
@pytest.mark.parametrize(
    ("model", "status", "words", "kept"),
    [
        ("test/length", "incomplete", "token limit", ANSWER),
        ("test/content-filter", "incomplete", "content filter", ANSWER),
        ("test/truncate", "incomplete", "before the answer was complete", FIRST_FIVE),
        ("test/reset", "failed", "the connection to the server", FIRST_FIVE),
        ("test/cut", "failed", "the connection to the server", FIRST_FIVE),
        ("test/bad-json", "failed", "not valid JSON", FIRST_FIVE),
        ("test/error-data", "failed", "The server had an error.", FIRST_FIVE),
        ("test/error-event", "failed", "The server had an error.", FIRST_FIVE),
        ("test/error-flat", "failed", "The server had an error.", FIRST_FIVE),
        ("test/failed", "failed", "The ", FIRST_FIVE),
    ],
)
async def test_faults_in_the_stream(
    server: Server, aclient: Any, api: Any, model: str, status: str, words: str, kept: str
) -> None:
    if model == "test/error-flat" and SDK < (1, 109):
        # That SDK drops the event; the missing finish reason still tells.
        status, words = "incomplete", "before the answer was complete"
    w = await end_of(stream(aclient, model, api=api))
    assert (w.status, w.text) == (status, kept)
    said = w.reason if status == "incomplete" else w.error and w.error.message
    assert said is not None
    assert words in said
    assert len(server.requests) == 1, "never retried after the first token"
    assert await server.requests[0].until_ended() is not None


@pytest.mark.parametrize("model", ["test/reset", "test/error-data", "test/truncate"])
async def test_faults_of_a_blocking_client(client: Any, model: str) -> None:
    w = await end_of(stream(client, model))
    assert w.status == ("incomplete" if model == "test/truncate" else "failed")
    assert w.text == FIRST_FIVE


@pytest.mark.parametrize(
    ("status", "words", "hint"),
    [
        (400, "Unknown parameter", "parameters"),
        (401, "Incorrect API key", "API key"),
        (403, "may not use the model", "may use this model"),
        (404, "does not exist", "model's name"),
    ],
)
async def test_refused(server: Server, either: Any, status: int, words: str, hint: str) -> None:
    w = await end_of(stream(either, f"test/{status}"))
    assert w.status == "failed"
    assert w.error is not None
    assert w.error.status_code == status
    assert words in w.error.message
    assert w.error.hint is not None
    assert hint in w.error.hint
    assert w.request_id == "req_test_1"
    assert len(server.requests) == 1
    with pytest.raises(nbstream.StreamError, match=words) as caught:
        await w
    assert caught.value.info is w.error


async def test_a_web_page_instead_of_the_api(aclient: Any) -> None:
    w = await end_of(stream(aclient, "test/502-html", max_attempts=1))
    assert w.error is not None
    assert w.error.message == "the server answered with a web page instead of the API"


async def test_nobody_listens(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key=KEY) as nowhere:
        w = await end_of(stream(nowhere, max_attempts=1))
    assert w.error is not None
    assert "the connection to the server failed" in w.error.message


async def test_the_body_stays_open_after_the_end(server: Server, aclient: Any) -> None:
    # Older SDKs wait for the server to close; everything has come by then.
    w = stream(aclient, "test/hold-open")
    await end_of(w)
    assert (w.status, w.text) == ("completed", ANSWER)
