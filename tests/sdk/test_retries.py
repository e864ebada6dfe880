"""The real SDK over the loopback server: which requests are sent again, and when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sdk import ANSWER, end_of, stream
from tests.support.server import Server


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
