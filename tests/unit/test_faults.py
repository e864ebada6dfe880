"""Exceptions in words; what is worth another attempt; nothing secret in a message."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from nbstream.errors import ErrorInfo
from nbstream.events import Failure
from nbstream.faults import (
    RetryPolicy,
    decide_retry,
    describe,
    describe_failure,
    parse_retry_after,
    redactor,
)
from tests.support.fakes import ApiError

KEY = "sk-proj-AbCdEf0123456789"


def named(name: str, message: str = "", base: type[Exception] = Exception) -> Exception:
    exc: Exception = type(name, (base,), {})(message)
    return exc


def bad_json() -> json.JSONDecodeError:
    try:
        json.loads('{"a": ')
    except json.JSONDecodeError as exc:
        return exc
    raise AssertionError


# -- describe -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "Check the parameters"),
        (401, "Check the API key"),
        (402, "credit"),
        (403, "may use this model"),
        (404, "model's name"),
        (408, "Run the cell again"),
        (409, "Run the cell again"),
        (413, "Shorten the prompt"),
        (422, "Check the parameters"),
        (429, "Wait a moment"),
        (500, "Run the cell again"),
        (503, "Run the cell again"),
    ],
)
def test_statuses(status: int, hint: str) -> None:
    info = describe(ApiError(status, "no", headers={"x-request-id": "req_1"}))
    assert (info.type, info.status_code, info.request_id) == ("ApiError", status, "req_1")
    assert info.message == "no"
    assert info.hint is not None
    assert hint in info.hint


def test_a_status_without_advice() -> None:
    assert describe(ApiError(418, "teapot")).hint is None


def test_the_servers_message_without_the_sdks_wrapping() -> None:
    body = {"message": "Unknown parameter: 'bogus'.", "code": "unknown_parameter"}
    info = describe(ApiError(400, "Error code: 400 - {'error': …}", body=body))
    assert info.message == "Unknown parameter: 'bogus'."
    assert info.code == "unknown_parameter"


@pytest.mark.parametrize("body", [None, "text", [], {}, {"message": 5}, b"bytes"])
def test_bodies_without_a_message(body: Any) -> None:
    assert describe(ApiError(500, "outer", body=body)).message == "outer"


def test_code_of_the_exception_comes_first() -> None:
    info = describe(ApiError(400, "x", body={"code": "body"}, code="own"))
    assert info.code == "own"


def test_a_web_page() -> None:
    info = describe(ApiError(502, "<!doctype html><HTML><body>Bad gateway</body>"))
    assert info.message == "the server answered with a web page instead of the API"


def test_long_messages_are_cut() -> None:
    message = describe(ApiError(500, "x" * 5000)).message
    assert len(message) < 2100
    assert message.endswith("…")


@pytest.mark.parametrize("name", ["APITimeoutError", "ReadTimeout", "ConnectTimeout"])
def test_timeouts(name: str) -> None:
    assert describe(named(name)).message == "the server did not answer in time"


@pytest.mark.parametrize(
    "name",
    [
        "APIConnectionError",
        "ConnectError",
        "ReadError",
        "WriteError",
        "RemoteProtocolError",
        "LocalProtocolError",
        "ConnectionResetError",
        "ConnectionRefusedError",
        "BrokenPipeError",
    ],
)
def test_connections(name: str) -> None:
    info = describe(named(name, "peer went away"))
    assert info.message == "the connection to the server failed or was cut (peer went away)"
    assert info.hint is not None
    assert "base URL" in info.hint


def test_the_cause_of_a_connection_error_is_named() -> None:
    exc = named("APIConnectionError", "Connection error.")
    exc.__cause__ = named("ConnectError", "all attempts failed")
    assert "all attempts failed" in describe(exc).message
    exc.__cause__ = named("ReadError", "")
    assert "(ReadError)" in describe(exc).message


def test_invalid_json() -> None:
    info = describe(bad_json())
    assert info.message == "the server sent an event that is not valid JSON"
    assert info.type == "JSONDecodeError"
    assert info.hint is not None


def test_any_other_exception() -> None:
    info = describe(ValueError("what"))
    assert (info.type, info.message, info.hint) == ("ValueError", "what", None)
    assert describe(ValueError()).message == "ValueError"


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_quota(code: str) -> None:
    info = describe(ApiError(429, "no money", body={"code": code}))
    assert info.hint is not None
    assert "credit" in info.hint


def test_failure_in_the_stream() -> None:
    info = describe_failure(Failure("server_error", f"boom {KEY}", "c"), redactor())
    assert (info.type, info.message, info.code) == ("server_error", "boom [redacted]", "c")
    assert info.hint


# -- redaction ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        "Incorrect API key provided: sk-abcd****************6789.",
        f"headers: Authorization: Bearer {KEY}",
        "Bearer eyJhbGciOi.J9.x",
        "gsk_not-this but gsk-abcdefghij",
        "xai-abcdefghijk",
    ],
)
def test_what_looks_like_a_key_goes(text: str) -> None:
    redacted = redactor()(text)
    assert "[redacted]" in redacted
    for secret in (KEY, "6789", "eyJhbGciOi", "abcdefghij"):
        assert secret not in redacted


def test_known_secrets_go_whatever_they_look_like() -> None:
    redact = redactor("hunter22", None, "", "hunter22-long")
    assert redact("hunter22-long and hunter22") == "[redacted] and [redacted]"


def test_words_stay() -> None:
    text = "The task-oriented model ask-me-anything is risk-free; use a keyboard-interrupt"
    assert redactor(None, "", "abc")(text) == text


def test_every_text_of_an_error_is_redacted() -> None:
    body = {"message": f"bad {KEY}", "code": f"code {KEY}"}
    info = describe(ApiError(401, f"bad {KEY}", body=body), redactor(KEY))
    for text in (str(info), repr(info), json.dumps(info.to_wire())):
        assert KEY not in text
        assert "[redacted]" in text


def test_a_redacted_html_page_and_a_connection_cause() -> None:
    exc = named("APIConnectionError")
    exc.__cause__ = named("InvalidHeader", f"Illegal header value b'Bearer {KEY}'")
    assert KEY not in describe(exc, redactor(KEY)).message


# -- Retry-After ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "bad", "retry-after": "9"}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers) == seconds


@pytest.mark.parametrize("value", ["nan", "inf", "1e400"])
def test_retry_after_that_is_no_finite_number(value: str) -> None:
    assert parse_retry_after({"retry-after": value}) is None
    assert parse_retry_after({"retry-after-ms": value}) is None


def test_retry_after_as_a_date() -> None:
    when = datetime.now(timezone.utc) + timedelta(seconds=30)
    seconds = parse_retry_after({"retry-after": format_datetime(when, usegmt=True)})
    assert seconds is not None
    assert 27 < seconds <= 30


# -- retries --------------------------------------------------------------------------------------


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


# -- the words ------------------------------------------------------------------------------------


def test_error_info_as_a_sentence() -> None:
    full = ErrorInfo("X", "It broke.", "Mend it.", 500, None, "req_1")
    assert str(full) == "X 500: It broke (request id req_1). Mend it."
    assert str(ErrorInfo("X", "It broke.")) == "X: It broke"


def test_error_info_on_the_wire() -> None:
    full = ErrorInfo("X", "m", "h", 500, "c", "req_1", 3.0)
    assert full.to_wire() == {
        "type": "X",
        "message": "m",
        "hint": "h",
        "status_code": 500,
        "code": "c",
    }
    assert ErrorInfo("X", "m").to_wire() == {"type": "X", "message": "m"}


def test_an_error_inside_the_stream_says_what_to_do() -> None:
    error = type("APIError", (Exception,), {})("The server had an error.")
    assert describe(error).hint == "Run the cell again."
