"""The real SDK over the loopback server: what is shown, how it ends, that Stop stops.

`PYTHONPATH` chooses another version of the SDK, from openai 1.66.3 on.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
import pytest_asyncio

import nbstream
from nbstream.clients import _clients
from nbstream.errors import UsageError
from nbstream.widget import StreamWidget
from tests.support.fakes import until
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT)
FIRST_FIVE = "".join(DEFAULT_TEXT[:5])
KEY = "sk-test-secret-0123456789abcdef"
PROMPT: list[Any] = [{"role": "user", "content": "Hello"}]
SDK = tuple(int(part) for part in openai.__version__.split(".")[:2])

APIS = pytest.mark.parametrize("api", ["chat", "responses"])


@pytest_asyncio.fixture
async def aclient(server: Server) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=server.url, api_key=KEY, max_retries=0) as made:
        yield made


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0) as made:
        yield made


@pytest.fixture(params=["async", "sync"])
def either(
    request: pytest.FixtureRequest, aclient: openai.AsyncOpenAI, client: openai.OpenAI
) -> Any:
    return aclient if request.param == "async" else client


def stream(client: Any, model: str = "test/ok", **options: Any) -> StreamWidget:
    return nbstream.stream("Hello", client=client, model=model, **options)


async def end_of(widget: StreamWidget, timeout: float = 10.0) -> StreamWidget:
    await until(widget._session.done.done, timeout)
    return widget


def open_stream(client: Any, model: str, api: str = "chat") -> Any:
    if api == "responses":
        return client.responses.create(model=model, input="Hello", stream=True)
    return client.chat.completions.create(
        model=model, messages=PROMPT, stream=True, stream_options={"include_usage": True}
    )


# -- whole answers --------------------------------------------------------------------------------


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


async def test_stream_options_are_dropped_when_refused(server: Server, either: Any) -> None:
    w = await stream(either, "test/refuse-stream-options")
    assert (w.status, w.usage) == ("completed", None)
    assert ["stream_options" in request.body for request in server.requests] == [True, False]


async def test_another_refused_parameter_is_an_error(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, "test/refuse-temperature", temperature=0.5))
    assert w.error is not None
    assert w.error.message == "Unknown parameter: 'temperature'."
    assert len(server.requests) == 1


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


# -- endings --------------------------------------------------------------------------------------


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


# -- retries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "delay"),
    [("test/429-then-ok", 1.0), ("test/429-ms-then-ok", 0.2), ("test/429-date-then-ok", None)],
)
async def test_retry_after(server: Server, aclient: Any, model: str, delay: float | None) -> None:
    w = stream(aclient, model)
    await until(lambda: w.status == "retrying")
    retry = w._session.retry
    assert retry is not None
    assert retry.attempt == 2
    if delay is not None:
        assert retry.delay == delay
    await end_of(w)
    assert (w.status, w.text) == ("completed", ANSWER)
    first, second = server.requests
    assert second.started - first.started >= retry.delay - 0.05


async def test_each_attempt_is_one_request(server: Server, aclient: Any) -> None:
    statuses: list[str] = []
    w = stream(aclient.with_options(max_retries=5), "test/503-then-ok")
    w.observe(lambda change: statuses.append(change.new), names="status")
    await end_of(w)
    assert w.status == "completed"
    assert statuses == [
        "retrying",
        "queued",
        "retrying",
        "queued",
        "in_progress",
        "completed",
    ]
    assert len(server.requests) == 3


async def test_max_attempts(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, "test/500", max_attempts=1))
    assert w.status == "failed"
    assert len(server.requests) == 1


@pytest.mark.parametrize("model", ["test/reset-before-headers", "test/reset-after-headers"])
async def test_a_reset_before_the_first_token_is_retried(
    server: Server, aclient: Any, model: str
) -> None:
    server.enqueue(server.scenarios[model])
    w = await end_of(stream(aclient))
    assert (w.status, w.text) == ("completed", ANSWER)
    assert len(server.requests) == 2


# -- Stop -----------------------------------------------------------------------------------------


@APIS
@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("test/no-headers", ""),
        ("test/no-first-token", ""),
        ("test/stall", FIRST_FIVE),
        ("test/long?delay=0.01", None),
    ],
)
async def test_stop(server: Server, aclient: Any, api: Any, model: str, kept: str | None) -> None:
    w = stream(aclient, model, api=api)
    request = await server.until_request()
    if kept is None:
        await until(lambda: len(w.text) > 20)
    elif kept == "":
        await request.until(lambda request: request.waiting)
    else:
        await until(lambda: w.text == kept)
    stopped = time.monotonic()
    assert w.cancel()
    text = w.text
    left = await request.until_left()
    await end_of(w)
    assert left - stopped < 1.0
    assert (w.status, w.reason, w.error) == ("cancelled", "stopped by you", None)
    assert w.text == (text if kept is None else kept)
    assert len(server.requests) == 1
    assert request.outcome == "client left"
    assert (await w) is w, "a Stop is no error"


@pytest.mark.parametrize("model", ["test/stall", "test/long?delay=0.01"])
async def test_stop_of_a_blocking_client(server: Server, client: Any, model: str) -> None:
    w = stream(client, model)
    await until(lambda: w.text.startswith(FIRST_FIVE) or len(w.text) > 20)
    assert w.cancel()
    request = server.requests[0]
    await request.until_left(5)
    await end_of(w)
    assert w.status == "cancelled"
    assert w.text


@pytest.mark.parametrize("model", ["test/no-headers", "test/no-first-token"])
async def test_stop_of_a_blocking_client_before_its_first_token(server: Server, model: str) -> None:
    # No headers: a thread is inside the SDK's create() and only its own timeout ends it.
    with openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0, timeout=2.0) as client:
        w = stream(client, model)
        request = await server.until_request()
        await request.until(lambda request: request.waiting)
        w.cancel()
        await end_of(w, 1.0)
        assert (w.status, w.text) == ("cancelled", "")
        await request.until_left(5)


async def test_stop_while_a_retry_is_counted_down(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(status=429, retry_after=30))
    w = stream(aclient)
    await until(lambda: w.status == "retrying")
    w.cancel()
    await end_of(w, 1.0)
    assert w.status == "cancelled"
    assert len(server.requests) == 1


async def test_stop_from_another_thread(server: Server, aclient: Any) -> None:
    w = stream(aclient, "test/stall")
    await until(lambda: w.text == FIRST_FIVE)
    thread = threading.Thread(target=w.cancel)
    thread.start()
    await server.requests[0].until_left()
    await end_of(w)
    thread.join()
    assert w.status == "cancelled"


async def test_idle_timeout(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, "test/stall", idle_timeout=0.1))
    assert w.status == "failed"
    assert w.error is not None
    assert w.error.message == "no next token came within 0.1 s"
    assert w.text == FIRST_FIVE
    await server.requests[0].until_left()


async def test_an_interrupted_await_stops_the_stream(server: Server, aclient: Any) -> None:
    w = stream(aclient, "test/stall")
    await until(lambda: w.text == FIRST_FIVE)

    async def cell() -> None:
        await w

    task = asyncio.create_task(cell())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.requests[0].until_left()
    assert (w.status, w.reason) == ("cancelled", "interrupted")


async def test_a_script_and_ctrl_c_free_waiting(server: Server) -> None:
    # Without a running loop the stream is read on a background thread.
    def script() -> tuple[str, str]:
        w = nbstream.stream("Hello", base_url=server.url, model="test/ok")
        return w.wait(10).status, "".join(w)

    assert await asyncio.to_thread(script) == ("completed", ANSWER)


# -- many -----------------------------------------------------------------------------------------


async def test_five_at_once_and_one_stopped(server: Server, aclient: Any) -> None:
    models = ["test/slow?delay=0.01"] * 4 + ["test/stall"]
    widgets = [stream(aclient, model) for model in models]
    await until(lambda: widgets[-1].text == FIRST_FIVE)
    widgets[-1].cancel()
    for w in widgets:
        await end_of(w)
    assert [w.status for w in widgets] == ["completed"] * 4 + ["cancelled"]
    assert [w.text for w in widgets] == [ANSWER] * 4 + [FIRST_FIVE]
    outcomes = [await request.until_ended() for request in server.requests]
    assert sorted(outcomes) == ["client left"] + ["completed"] * 4


async def test_cancel_all(server: Server, aclient: Any) -> None:
    widgets = [stream(aclient, "test/stall") for _ in range(3)]
    await until(lambda: all(w.text == FIRST_FIVE for w in widgets))
    assert set(widgets) <= set(nbstream.tasks())
    assert nbstream.cancel_all() == 3
    for w in widgets:
        await end_of(w)
    assert nbstream.cancel_all() == 0
    for request in server.requests:
        await request.until_left()


# -- show -----------------------------------------------------------------------------------------


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
    assert w._session.chunks is not None
    assert count == len(w._session.chunks)
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


# -- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, "plain-word-key"])
@pytest.mark.parametrize("kind", ["async", "sync", "show"])
async def test_a_key_in_an_error_is_redacted(server: Server, key: str, kind: str) -> None:
    async with openai.AsyncOpenAI(base_url=server.url, api_key=key, max_retries=0) as aclient:
        with openai.OpenAI(base_url=server.url, api_key=key, max_retries=0) as client:
            if kind == "show":
                w = nbstream.show(open_stream(aclient, "test/401"))
            else:
                w = stream(aclient if kind == "async" else client, "test/401")
            await end_of(w)
    assert f"Bearer {key}" == server.requests[0].headers["authorization"]
    assert w.error is not None
    with pytest.raises(nbstream.StreamError) as caught:
        await w
    places = {
        "error": str(w.error) + repr(w.error),
        "exception": str(caught.value) + repr(caught.value),
        "widget": repr(w),
        "bundle": json.dumps(w.text_bundle()),
        "snapshot": json.dumps(w._wire.snapshot()),
    }
    for place, text in places.items():
        assert key not in text, place
    assert "[redacted]" in places["error"]


async def test_a_server_on_this_machine_is_not_asked_through_a_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    w = await nbstream.stream("Hi", base_url=server.url, model="test/ok")
    assert w.status == "completed"
