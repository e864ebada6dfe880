"""The real SDK over the loopback server: a server that sends no byte any more is given up."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

import nbstream
from nbstream import clients
from tests.support.answer import KEEP_ALIVE
from tests.support.fakes import until
from tests.support.sdk import FIRST_FIVE, KEY, end_of, stream
from tests.support.server import Server


def ours(server: Server, model: str, **options: Any) -> nbstream.StreamWidget:
    """A stream by a client that nbstream makes."""
    return nbstream.stream("Hello", base_url=server.url, model=model, **options)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", KEY)


async def closed() -> None:
    """Close the clients that `ours` made."""
    for made in clients._clients.pop(asyncio.get_running_loop()).values():
        await made.close()


@pytest.mark.parametrize(
    ("model", "kept"),
    [("test/no-headers", ""), ("test/no-first-token", ""), ("test/stall", FIRST_FIVE)],
)
async def test_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch, model: str, kept: str
) -> None:
    monkeypatch.setattr(clients, "SILENCE", 0.2)
    w = await end_of(ours(server, model))
    assert w.status == "failed"
    assert w.error is not None
    assert w.error.message == "the server sent nothing at all for 0.2 s"
    assert w.error.hint is not None
    assert "client=" in w.error.hint
    assert w.text == kept
    await server.requests[0].until_left()
    await closed()


async def test_comments_keep_it_alive(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 10 * KEEP_ALIVE
    monkeypatch.setattr(clients, "SILENCE", limit)
    w = ours(server, "test/comments")
    await until(lambda: w.timing.elapsed > 4 * limit)
    assert not w.is_done
    w.cancel()
    await end_of(w)
    await closed()


async def test_a_clients_own_limit_is_its_own(
    server: Server, aclient: openai.AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "SILENCE", 0.05)
    w = stream(aclient.with_options(timeout=0.3), "test/stall")
    await end_of(w)
    assert w.error is not None
    assert "0.05" not in w.error.message
    assert w.timing.elapsed >= 0.3


async def test_a_limit_for_one_request(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "SILENCE", 0.05)
    w = await end_of(ours(server, "test/stall", timeout=0.3))
    assert w.error is not None
    assert "0.05" not in w.error.message
    assert w.timing.elapsed >= 0.3
    await closed()
