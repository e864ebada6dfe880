"""Exceptions in words; what is worth another attempt; nothing secret in a message."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any

import pytest

from nbstream.errors import ErrorInfo
from nbstream.text.redact import redactor
from nbstream.transcript.events import Failure
from nbstream.transport.failures import describe, describe_failure
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


def test_another_event_loop() -> None:
    for said in ("Event loop is closed", "<Event object> is bound to a different event loop"):
        wrapped = named("APIConnectionError", "Connection error.")
        wrapped.__cause__ = RuntimeError(said)
        for exc in (RuntimeError(said), wrapped):
            info = describe(exc)
            assert info.message.startswith("the client belongs to another event loop")
            assert "use the blocking client" in (info.hint or "")
    assert describe(RuntimeError("other")).message == "other"


# -- statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (400, "refused the request: no", "Check its parameters"),
        (401, "did not accept the API key: no", "Check the API key"),
        (402, "no credit left: no", "credit"),
        (403, "not allowed to do that: no", "may use this model"),
        (404, "does not know the model or the address: no", "model's name"),
        (408, "too long: no", "Run the cell again"),
        (409, "conflicts with another one: no", "run the cell again"),
        (413, "too large for the server: no", "Shorten the prompt"),
        (418, "refused the request: no", None),
        (422, "refused the request: no", "Check its parameters"),
        (429, "too many requests: no", "Wait a moment"),
        (500, "failed to handle the request: no", "Run the cell again"),
        (502, "gateway got no valid answer from the model's server: no", "Run the cell again"),
        (503, "not available at the moment: no", "Run the cell again"),
        (504, "gateway waited too long for the model's server: no", "Run the cell again"),
        (529, "overloaded: no", "another model"),
        (599, "failed to handle the request: no", "Run the cell again"),
    ],
)
def test_statuses(status: int, message: str, hint: str | None) -> None:
    info = describe(ApiError(status, "no", headers={"x-request-id": "req_1"}))
    assert (info.type, info.status_code, info.request_id) == ("ApiError", status, "req_1")
    assert info.message.endswith(message)
    assert (hint is None) == (info.hint is None)
    assert (hint or "") in (info.hint or "")


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Unknown parameter: 'bogus'.", "code": "unknown_parameter"},
        {"detail": "Unknown parameter: 'bogus'.", "code": "unknown_parameter"},
    ],
)
def test_the_servers_message_without_the_sdks_wrapping(body: dict[str, str]) -> None:
    info = describe(ApiError(400, "Error code: 400 - {'error': …}", body=body))
    assert info.message == "the server refused the request: Unknown parameter: 'bogus'."
    assert info.code == "unknown_parameter"


@pytest.mark.parametrize("body", [None, "", [], {}, {"message": 5}, 7])
def test_bodies_without_a_message(body: Any) -> None:
    assert describe(ApiError(500, "outer", body=body)).message.endswith(": outer")


def test_an_empty_body() -> None:
    assert (
        describe(ApiError(500, "Error code: 500")).message
        == "the server failed to handle the request"
    )


def test_code_of_the_exception_comes_first() -> None:
    info = describe(ApiError(400, "x", body={"code": "body"}, code="own"))
    assert info.code == "own"


def test_a_web_page() -> None:
    info = describe(ApiError(502, "<!doctype html><HTML><body>Bad gateway</body>"))
    assert info.message.endswith(": it sent a web page instead of the API's answer")


def test_long_messages_are_cut() -> None:
    message = describe(ApiError(500, "x" * 5000)).message
    assert len(message) < 2100
    assert message.endswith("…")


@pytest.mark.parametrize(
    ("wish", "when"), [("1", "1 s"), ("59.5", "60 s"), ("90", "1.5 min"), ("5400", "1.5 h")]
)
def test_the_servers_wish_is_said(wish: str, when: str) -> None:
    info = describe(ApiError(429, "no", headers={"retry-after": wish}))
    assert info.hint == f"Run the cell again in {when}, as the server asks."


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_quota(code: str) -> None:
    info = describe(ApiError(429, "no money", body={"code": code}))
    assert info.message == "the account's quota is used up: no money"
    assert info.hint is not None
    assert "credit" in info.hint


# -- connections ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["APITimeoutError", "ReadTimeout", "PoolTimeout"])
def test_timeouts(name: str) -> None:
    info = describe(named(name), phase="waiting")
    assert info.message == "the server was silent for too long before the first token arrived"


@pytest.mark.parametrize(
    "name",
    [
        *("APIConnectionError", "ConnectError", "ReadError", "WriteError"),
        *("RemoteProtocolError", "LocalProtocolError"),
    ],
)
def test_connections(name: str) -> None:
    info = describe(named(name, "peer went away"))
    assert info.message == "the connection to the server failed (peer went away)"
    assert info.hint is not None
    assert "base URL" in info.hint
    info = describe(named(name, "peer went away"), phase="answering")
    assert info.message == "the connection to the server was cut mid-answer (peer went away)"
    assert info.hint == "Run the cell again."


def caused(*causes: BaseException) -> BaseException:
    """An SDK's connection error, raised from the first of ``causes``, that from the next …"""
    exc = outer = named("APIConnectionError", "Connection error.")
    for cause in causes:
        exc.__cause__ = cause
        exc = cause  # type: ignore[assignment]  # a cause may be any exception
    return outer


@pytest.mark.parametrize(
    ("cause", "type_", "message"),
    [
        (ConnectionRefusedError(111, "no"), "APIConnectionError", "no server listens"),
        (ConnectionResetError(104, "no"), "APIConnectionError", "reset the connection before the"),
        (BrokenPipeError(32, "no"), "APIConnectionError", "reset the connection before the"),
        (socket.gaierror(socket.EAI_NONAME, "no"), "gaierror", "name was not found"),
        (socket.gaierror(socket.EAI_AGAIN, "no"), "APIConnectionError", "name was not found"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "SSLError", "no secure connection"),
        (named("ConnectError", "all attempts failed"), "APIConnectionError", "all attempts failed"),
        (named("ReadError", ""), "APIConnectionError", "(ReadError)"),
    ],
)
def test_the_cause_of_a_connection_error(cause: BaseException, type_: str, message: str) -> None:
    for exc in (caused(cause), caused(named("ConnectError", ""), cause)):
        info = describe(exc)
        assert info.type == type_
        assert message in info.message or exc.__cause__ is not cause
        assert info.hint


def test_causes_in_a_circle_end() -> None:
    exc = caused(named("ReadError", "x"))
    assert exc.__cause__ is not None
    exc.__cause__.__cause__ = exc
    assert "(x)" in describe(exc).message


# -- what comes in the stream ---------------------------------------------------------------------


def test_invalid_json() -> None:
    info = describe(bad_json())
    assert info.message == 'the server sent an event that is not valid JSON: {"a":'
    assert info.type == "JSONDecodeError"
    assert info.hint is not None


def test_any_other_exception() -> None:
    info = describe(ValueError("what"))
    assert (info.type, info.message, info.hint) == ("ValueError", "what", None)
    assert describe(ValueError()).message == "ValueError"


def test_failure_in_the_stream() -> None:
    info = describe_failure(Failure("server_error", f"boom {KEY}", "c"), redactor())
    assert (info.type, info.code) == ("server_error", "c")
    assert info.message == "the server reported an error mid-answer: boom [redacted]"
    assert info.hint


# -- redaction ----------------------------------------------------------------------------------


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
