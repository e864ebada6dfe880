"""What is sent to the two APIs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.clients import Endpoint
from nbstream.request import Request, refuses
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


async def test_stream_options_that_are_refused_are_dropped_for_good() -> None:
    refusal = ApiError(400, "Unknown parameter: 'stream_options'.")
    client = Recorder(refusal)
    request = Request(client.endpoint(), "chat", "Hi")
    assert await request.send() == "stream"
    await request.send()
    assert ["stream_options" in sent for sent in client.sent] == [True, False, False]


async def test_stream_options_of_the_user_stay() -> None:
    refusal = ApiError(400, "Unknown parameter: 'stream_options'.")
    client = Recorder(refusal)
    own = {"stream_options": {"include_usage": False}}
    with pytest.raises(ApiError):
        await Request(client.endpoint(), "chat", "Hi", params=own).send()
    assert client.sent[0]["stream_options"] == {"include_usage": False}


async def test_other_errors_are_not_hidden() -> None:
    client = Recorder(ApiError(500, "stream_options made me crash"))
    with pytest.raises(ApiError):
        await Request(client.endpoint(), "chat", "Hi").send()
    assert len(client.sent) == 1


def test_refuses() -> None:
    assert refuses(ApiError(422, "extra field", param="stream_options"), "stream_options")
    assert not refuses(ApiError(400, "other"), "stream_options")
    assert not refuses(ValueError("stream_options"), "stream_options")


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
