"""How long a server wants to be left alone: every place where servers say it, and nonsense."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from nbstream.transport.server_wait import wish


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "20s"}, 20.0),
        ({"retry-after": "3, 3"}, 3.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "bad", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "-1", "retry-after": "9"}, 9.0),
        ({"x-ratelimit-reset-requests": "1m30.5s"}, 90.5),
        ({"x-ratelimit-reset-tokens": "12ms"}, 0.012),
        ({"ratelimit-reset": "5"}, 5.0),
        ({"X-RateLimit-Reset": "7"}, 7.0),
        ({"retry-after": "2", "x-ratelimit-reset": "7"}, 2.0),
        ({"X-Retry-After": "4"}, 4.0),
        ({"x-ms-retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"ratelimit": "limit=10, remaining=0, reset=6"}, 6.0),
        ({"ratelimit": '"hourly";r=0;t=5, "daily";r=9;t=900'}, 5.0),
        ({"ratelimit": "soon"}, None),
    ],
)
def test_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert wish(headers) == seconds


def test_of_several_limits_the_one_that_is_used_up() -> None:
    resets = {"x-ratelimit-reset-requests": "2s", "x-ratelimit-reset-tokens": "9s"}
    assert wish(resets) == 9.0
    left = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-remaining-tokens": "5000"}
    assert wish({**resets, **left}) == 2.0


@pytest.mark.parametrize(
    "header", ["retry-after", "x-ratelimit-reset", "anthropic-ratelimit-tokens-reset"]
)
def test_dates(header: str) -> None:
    when = datetime.now(timezone.utc) + timedelta(seconds=30)
    for date in (format_datetime(when, usegmt=True), when.isoformat()):
        if header != "retry-after" or not date[:1].isdigit():
            assert 27 < (wish({header: date}) or 0) <= 30
    assert wish({header: "Wed, 21 Oct 2015 07:28:00 GMT"}) is None


def test_times_since_1970() -> None:
    assert 27 < (wish({"x-ratelimit-reset": str(int(time.time() + 30))}) or 0) <= 30
    assert 27 < (wish({"x-ratelimit-reset": str(int(time.time() * 1000) + 30_000)}) or 0) <= 30


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ([{"error": {"details": [{"@type": "RetryInfo", "retryDelay": "41s"}]}}], 41.0),
        ({"error": {"retry_after": 2.5}}, 2.5),
        ({"retryAfter": "7"}, 7.0),
        ({"parameters": {"retry_after": "1m"}}, 60.0),
        ({"detail": {"retry_after_ms": 250}}, 0.25),
        ({"error": "Model x is loading", "estimated_time": 20.5}, 20.5),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "8"}}}}, 8.0),
        ({"retry_after": True}, None),
        ({"retry_after": None}, None),
        ({"retry_after": {"seconds": 3}}, None),
        ("retry_after", None),
    ],
)
def test_bodies(body: Any, seconds: float | None) -> None:
    assert wish({}, body) == seconds


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Rate limit reached for m-1. Please try again in 20s.", 20.0),
        ("Please try again in 314ms. Visit the site.", 0.314),
        ("Please try again in 6m12.5s", 372.5),
        ("Please retry after 12 seconds.", 12.0),
        ("Please retry in 41.123s.", 41.123),
        ("You should wait 10 seconds before the next one", 10.0),
        ("try again in 1 minute and 5 seconds", 65.0),
        ("Your limit resets in 2 hours", 7200.0),
        ("Too many requests. Retry-After: 30s", 30.0),
        ("try again in a while", None),
        ("try again in 3 months", None),
        ("it answered in 20s", None),
    ],
)
def test_words(words: str, seconds: float | None) -> None:
    assert wish({}, None, words) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *("nan", "inf", "1e400", "-3", "1e9", "63072000", "9" * 500, "0001-01-01", "12 parsecs"),
        *("Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 99 Dec 2029 23:59:59 GMT", "\x00", "٣ أيام"),
    ],
)
def test_what_cannot_be_meant(value: str) -> None:
    headers = {"retry-after": value, "retry-after-ms": f"{value}000", "x-ratelimit-reset": value}
    assert wish(headers, {"retry_after": value}, f"try again in {value}s") is None


def test_numbers_of_any_size_in_bodies() -> None:
    assert wish({}, {"retry_after": 10**400}) is None
    assert wish({}, {"retry_after": float("nan")}) is None
