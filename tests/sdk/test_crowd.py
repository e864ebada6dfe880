"""500 streams at once over ten connections: each waits its turn, says so, and is whole."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import nbstream
from nbstream import slots
from nbstream.slots import WAITING
from tests.support.scenario import Scenario
from tests.support.server import Server


async def test_five_hundred_at_once(
    server: Server, aclient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "connections", lambda: 10)
    server.enqueue(*[Scenario(text=["whole"])] * 500)
    streams = [nbstream.stream("Hi", model="test/ok", client=aclient) for _ in range(500)]
    waiting = 0
    while not all(w.is_done for w in streams):
        waiting = max(waiting, sum(w.reason == WAITING for w in streams))
        assert sum(request.outcome is None for request in server.requests) <= 10
        await asyncio.sleep(0.02)
    assert waiting == 490
    assert {w.status for w in streams} == {"completed"}
    assert {w.text for w in streams} == {"whole"}
    assert len(server.requests) == 500
