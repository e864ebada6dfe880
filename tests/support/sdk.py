"""The real SDK over the loopback server: what all tests of it share."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest

import nbstream
from nbstream.widget import subshell as subshells
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import until
from tests.support.patience import PATIENCE
from tests.support.scenario import DEFAULT_TEXT
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT)
FIRST_FIVE = "".join(DEFAULT_TEXT[:5])
KEY = "sk-test-secret-0123456789abcdef"
PROMPT: list[Any] = [{"role": "user", "content": "Hello"}]
SDK = tuple(int(part) for part in openai.__version__.split(".")[:2])

APIS = pytest.mark.parametrize("api", ["chat", "responses"])


def stream(client: Any, model: str = "test/ok", **options: Any) -> StreamWidget:
    return nbstream.stream("Hello", client=client, model=model, **options)


async def end_of(widget: StreamWidget, timeout: float = PATIENCE) -> StreamWidget:
    await until(widget._session.done.done, timeout)
    return widget


def stop_while_busy(widget: StreamWidget, server: Server) -> list[str]:
    """Stop it as a subshell does while a cell keeps this loop busy; what was hung up."""
    cut: list[str] = []

    def subshell() -> None:
        widget.cancel()
        cut.extend(subshells.hang_up(widget._wire.stream))

    thread = threading.Thread(target=subshell)
    thread.start()
    server.requests[0].wait_until_left()
    thread.join()
    return cut


def open_stream(client: Any, model: str, api: str = "chat") -> Any:
    if api == "responses":
        return client.responses.create(model=model, input="Hello", stream=True)
    return client.chat.completions.create(
        model=model, messages=PROMPT, stream=True, stream_options={"include_usage": True}
    )


@asynccontextmanager
async def async_client(server: Server, **options: Any) -> AsyncIterator[openai.AsyncOpenAI]:
    options = {"api_key": KEY, "max_retries": 0, **options}
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
