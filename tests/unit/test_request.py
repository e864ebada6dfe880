"""What is sent to the two APIs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.clients import Endpoint
from nbstream.request.request import Request
from tests.support.fakes import ApiError


class Recorder:
    """A client whose ``create`` notes its parameters and answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.announced: list[Any] = []
        self._answers = list(answers)
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.create))
        self.responses = SimpleNamespace(create=self.create)

    async def create(self, **params: Any) -> Any:
        self.sent.append(params)
        answer = self._answers.pop(0) if self._answers else "stream"
        if isinstance(answer, Exception):
            raise answer
        return answer

    def endpoint(self, is_openai: bool = False) -> Endpoint:
        async def connect(announce: Any) -> Any:
            self.announced.append(announce)
            return self

        return Endpoint("m", connect, str, str, is_openai=is_openai)


async def test_a_chat_request() -> None:
    client = Recorder()
    request = Request(client.endpoint(), "chat", "Hi", system="S", params={"top_p": 1})
    assert await request.send() == "stream"
    assert client.sent == [
        {
            "model": "m",
            "stream": True,
            "top_p": 1,
            "messages": [
                {"role": "system", "content": "S"},
                {"role": "user", "content": "Hi"},
            ],
            "stream_options": {"include_usage": True},
        }
    ]


async def test_a_responses_request() -> None:
    client = Recorder()
    await Request(client.endpoint(), "responses", "Hi", system="S").send()
    assert client.sent == [{"model": "m", "stream": True, "input": "Hi", "instructions": "S"}]


async def test_messages_are_not_changed() -> None:
    client, messages = Recorder(), [{"role": "user", "content": "Hi"}]
    await Request(client.endpoint(), "chat", messages, system="S").send()
    assert messages == [{"role": "user", "content": "Hi"}]
    assert len(client.sent[0]["messages"]) == 2


@pytest.mark.parametrize(
    ("api", "is_openai", "name"),
    [
        ("chat", True, "max_completion_tokens"),
        ("chat", False, "max_tokens"),
        ("responses", True, "max_output_tokens"),
        ("responses", False, "max_output_tokens"),
    ],
)
async def test_the_names_of_the_limit(api: Any, is_openai: bool, name: str) -> None:
    client = Recorder()
    await Request(client.endpoint(is_openai), api, "Hi", max_tokens=7).send()
    assert {k: v for k, v in client.sent[0].items() if k.startswith("max")} == {name: 7}


EXTRA = {"loc": ["body", "stream_options", "include_usage"], "msg": "Extra inputs are forbidden"}
REFUSALS = [
    ApiError(400, "Unknown parameter: 'stream_options'."),
    ApiError(400, "refused", param="stream_options"),
    ApiError(422, "refused", body={"message": {"detail": [EXTRA]}}),
    ApiError(422, "refused", body={"detail": [EXTRA]}),
    ApiError(400, "refused", body="unknown field stream_options"),
    ApiError(400, "refused", body=[{"error": {"message": 'Unknown name "streamOptions"'}}]),
    ApiError(400, "Stream options are not supported by this model"),
    ApiError(400, "include_usage is not supported"),
    ApiError(404, "no such option: stream-options"),
    ApiError(400, "Extra fields are not permitted."),
    ApiError(422, "refused", body={"detail": [{"type": "extra_forbidden", "loc": []}]}),
    ApiError(500, "'StreamOptions' object has no attribute 'x': stream_options"),
]


@pytest.mark.parametrize("refused", REFUSALS)
async def test_stream_options_that_are_refused_are_dropped_for_good(refused: ApiError) -> None:
    client = Recorder(refused)
    request = Request(client.endpoint(), "chat", "Hi")
    assert await request.send() == "stream"
    await request.send()
    assert ["stream_options" in sent for sent in client.sent] == [True, False, False]


async def test_stream_options_that_are_refused_in_words_that_stand_in_the_body_alone() -> None:
    refused = ApiError(400, "refused")
    refused.response.text = '{"reason": "stream_options"}'
    client = Recorder(refused)
    assert await Request(client.endpoint(), "chat", "Hi").send() == "stream"


@pytest.mark.parametrize("own", [{"include_usage": False}, None])
async def test_stream_options_of_the_user_stay(own: Any) -> None:
    client = Recorder(REFUSALS[0])
    with pytest.raises(ApiError):
        await Request(client.endpoint(), "chat", "Hi", params={"stream_options": own}).send()
    assert [sent["stream_options"] for sent in client.sent] == [own]


@pytest.mark.parametrize(
    "error",
    [
        ApiError(500, "it made me crash"),
        ApiError(400, "temperature is too high"),
        ApiError(400, "unknown model"),
        ApiError(400, "unknown parameter", param="bogus"),
        ApiError(400, "unsupported_value: this cannot be done"),
        ApiError(400, "messages: an extra field is not allowed"),
        ApiError(401, "no key: stream_options"),
        ApiError(429, "too many stream_options"),
        ValueError("stream_options"),
    ],
)
async def test_other_errors_are_not_hidden(error: Exception) -> None:
    client = Recorder(error)
    with pytest.raises(type(error)):
        await Request(client.endpoint(), "chat", "Hi").send()
    assert len(client.sent) == 1


async def test_what_remains_refused_is_raised() -> None:
    client = Recorder(REFUSALS[0], ApiError(400, "and temperature, too"))
    with pytest.raises(ApiError, match="and temperature"):
        await Request(client.endpoint(), "chat", "Hi").send()
    assert len(client.sent) == 2


@pytest.mark.parametrize(
    "words",
    [
        "Unsupported value: 'reasoning.encrypted_content' is not supported with this model.",
        "Unknown parameter: 'include'.",
    ],
)
async def test_what_was_added_to_the_parameters_is_dropped_alike(words: str) -> None:
    client = Recorder(ApiError(400, words))
    added = {"include": ["reasoning.encrypted_content"]}
    await Request(client.endpoint(), "responses", "Hi", added=added).send()
    assert ["include" in sent for sent in client.sent] == [True, False]


@pytest.mark.parametrize(
    ("is_openai", "words", "names"),
    [
        (
            False,
            "Unsupported parameter: 'max_tokens' is not supported with this model."
            " Use 'max_completion_tokens' instead.",
            ["max_tokens", "max_completion_tokens"],
        ),
        (
            True,
            "max_completion_tokens: Extra inputs are not permitted",
            ["max_completion_tokens", "max_tokens"],
        ),
    ],
)
async def test_the_limit_by_its_other_name(is_openai: bool, words: str, names: list[str]) -> None:
    client = Recorder(ApiError(400, words), ApiError(400, words))
    with pytest.raises(ApiError):  # not in a circle
        await Request(client.endpoint(is_openai), "chat", "Hi", max_tokens=7).send()
    sent = [[name for name in sent if name.startswith("max")] for sent in client.sent]
    assert sent == [[name] for name in names]


async def test_a_limit_that_is_too_high_keeps_its_name() -> None:
    client = Recorder(ApiError(400, "max_tokens must be at most 4096"))
    with pytest.raises(ApiError, match="4096"):
        await Request(client.endpoint(), "chat", "Hi", max_tokens=7000).send()
    assert len(client.sent) == 1


async def test_a_blocking_client_is_called_in_a_thread() -> None:
    import threading

    threads = []

    def create(**params: Any) -> str:
        threads.append(threading.current_thread())
        return "stream"

    client = Recorder()
    client.chat.completions.create = create
    assert await Request(client.endpoint(), "chat", "Hi").send() == "stream"
    assert threads[0] is not threading.current_thread()


async def test_only_the_first_of_several_answers_is_continued() -> None:
    recorder = Recorder()
    request = Request(recorder.endpoint(), "chat", "Hi", params={"n": 2})
    for text in ("", "So far", ""):
        request.continue_from(text)
        await request.send()
    assert [sent["n"] for sent in recorder.sent] == [2, 1, 2]
