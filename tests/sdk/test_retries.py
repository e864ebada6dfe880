"""The real SDK over the loopback server: which requests are sent again, and when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fakes import until
from tests.support.sdk import ANSWER, end_of, stream
from tests.support.server import Server


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
