"""Clients of the real SDK for the loopback server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
import pytest_asyncio

from tests.support.sdk import KEY
from tests.support.server import Server


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
