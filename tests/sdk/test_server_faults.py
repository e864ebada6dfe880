"""The test server breaks what it is told to break: what its records and the real SDK saw agree."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

import openai
import pytest

from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, KEY, PROMPT, chat, content, finish, responses
from tests.support.server import Server


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
        assert (KEY in str(caught.value)) == (status == 401)


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
    scenario = Scenario(status=429, status_times=2, retry_after=30, retry_after_form=form)
    server.enqueue(scenario)
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as caught:
            chat(client)
    headers = caught.value.response.headers
    if form == "date":
        when = parsedate_to_datetime(headers["retry-after"]).timestamp()
        assert 0 < when - time.time() <= 30
    else:
        assert headers["retry-after-ms" if form == "ms" else "retry-after"] == (
            "30000" if form == "ms" else "30"
        )
    assert content(chat(client)) == ANSWER


def test_status_turns_by_model_name(server: Server, client: openai.OpenAI) -> None:
    for _ in range(2):
        for _ in range(2):
            with pytest.raises(openai.InternalServerError):
                chat(client, "test/503-then-ok")
        chat(client, "test/503-then-ok")
    assert [request.status for request in server.requests] == [503, 503, 200] * 2
