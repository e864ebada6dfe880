"""What is worth another attempt, and when: the server's wish, and backoff."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.errors import ErrorInfo
from nbstream.transport.retry import RetryPolicy, decide_retry


def info(status: int | None = 503, **fields: Any) -> ErrorInfo:
    return ErrorInfo(**{"type": "X", "message": "no", "status_code": status, **fields})


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_transient_statuses(status: int) -> None:
    assert decide_retry(info(status), 1, RetryPolicy()) is not None


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_final_statuses(status: int) -> None:
    assert decide_retry(info(status), 1, RetryPolicy()) is None


@pytest.mark.parametrize(
    ("kind", "again"),
    [
        ("APIConnectionError", True),
        ("APITimeoutError", True),
        ("ConnectError", True),
        ("ReadTimeout", True),
        ("RemoteProtocolError", True),
        ("JSONDecodeError", False),
        ("ValueError", False),
        ("Timeout", False),
    ],
)
def test_kinds_without_a_status(kind: str, again: bool) -> None:
    assert (decide_retry(info(None, type=kind), 1, RetryPolicy()) is not None) is again


def test_quota_is_final() -> None:
    assert decide_retry(info(429, code="insufficient_quota"), 1, RetryPolicy()) is None


def test_attempts_are_counted_with_the_first() -> None:
    policy = RetryPolicy(max_attempts=3)
    retry = decide_retry(info(), 2, policy)
    assert retry is not None
    assert (retry.attempt, retry.max_attempts) == (3, 3)
    assert decide_retry(info(), 3, policy) is None
    assert decide_retry(info(), 1, RetryPolicy(max_attempts=1)) is None


def test_backoff_doubles_up_to_its_limit() -> None:
    policy = RetryPolicy(max_attempts=9, base_delay=0.5, max_delay=8.0)
    retries = [decide_retry(info(), n, policy, jitter=lambda: 0.0) for n in range(1, 8)]
    assert [r.delay for r in retries if r] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    shortest = decide_retry(info(), 1, policy, jitter=lambda: 1.0)
    assert shortest is not None
    assert shortest.delay == 0.375


def test_the_servers_wish_is_followed_exactly() -> None:
    retry = decide_retry(info(429, retry_after=20.0), 1, RetryPolicy(), jitter=lambda: 1.0)
    assert retry is not None
    assert retry.delay == 20.0
    assert decide_retry(info(429, retry_after=61.0), 1, RetryPolicy()) is None


def test_the_reason_names_the_status() -> None:
    retry = decide_retry(info(429, message="slow down"), 1, RetryPolicy(), jitter=lambda: 0.0)
    assert retry is not None
    assert retry.to_wire() == {
        "attempt": 2,
        "max_attempts": 3,
        "delay": 0.5,
        "reason": "429: slow down",
    }
