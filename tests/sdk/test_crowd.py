"""500 streams at once over ten connections: each waits its turn, says so, and is whole."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import nbstream
from nbstream.transport import connection_limit
from nbstream.transport.connection_limit import WAITING
from tests.support.fakes import until
from tests.support.scenario import Scenario
from tests.support.server import Server


async def test_five_hundred_at_once(
    server: Server, aclient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limit, "connections", lambda: 10)
    server.enqueue(*[Scenario(text=["whole"], gates=frozenset({"headers"}))] * 500)
    streams = [nbstream.stream("Hi", model="test/ok", client=aclient) for _ in range(500)]
    await until(lambda: sum(w.reason == WAITING for w in streams) == 490)
    await server.until_request(10)
    server.release(500)
    while not all(w.is_done for w in streams):
        assert sum(request.outcome is None for request in server.requests) <= 10
        await asyncio.sleep(0.02)
    assert {w.status for w in streams} == {"completed"}
    assert {w.text for w in streams} == {"whole"}
    assert len(server.requests) == 500
