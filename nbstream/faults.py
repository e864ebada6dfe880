"""Turns exceptions into words: what happened, and what to do. Pure.

Exceptions are told apart by class name and attributes: `openai` 1.x and 2.x raise `httpx` errors
in mid-stream, 3.x raises its own, and none of them is imported here.
"""

from __future__ import annotations

import json
import math
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from .errors import QUOTA, ErrorInfo, StreamError
from .events import Failure
from .redact import Redact, redactor, sent_keys
from .retry import parse_retry_after

Phase = Literal["opening", "waiting", "answering"]
"""How far a stream has come: before the response's headers, before the first token, after it."""

_WHEN: dict[Phase, str] = {
    "opening": "before the server answered",
    "waiting": "before the first token came",
    "answering": "in mid-answer",
}
_AGAIN = "Run the cell again."
_STATUS: dict[int, tuple[str, str]] = {
    400: ("the server refused the request", "Check its parameters."),
    401: (
        "the server did not accept the API key",
        "Check the API key (OPENAI_API_KEY, or %config NBStream.api_key_env).",
    ),
    402: ("the account has no credit left", "Check its plan and credit with the provider."),
    403: ("this API key is not allowed to do that", "Check that this key may use this model."),
    404: (
        "the server does not know the model or the address",
        "Check the model's name (%nbstream models) and the base URL.",
    ),
    408: ("the request took the server too long", "Run the cell again, or shorten the prompt."),
    409: ("the request is in conflict with another one", "Let the other end, and run it again."),
    413: ("the prompt is too large for the server", "Shorten the prompt."),
    422: ("the server refused the request", "Check its parameters."),
    429: (
        "the server got too many requests",
        "Wait a moment and run the cell again, or check the rate limits of the account.",
    ),
    500: ("the server failed at the request", "Run the cell again."),
    502: ("a gateway got no proper answer from the model's server", "Run the cell again."),
    503: ("the server is not available at the moment", "Run the cell again in a while."),
    504: ("a gateway waited too long for the model's server", "Run the cell again in a while."),
    529: ("the server is overloaded", "Run the cell again in a while, or choose another model."),
}
_REFUSED = ("the server refused the request", None)
_FAILED = ("the server failed at the request", _AGAIN)
_USED_UP = ("the account's quota is used up", "Check its plan and credit with the provider.")
_NETWORK = "Check the network and the base URL, then run the cell again."
_NO_API = "Run the cell again; if it stays, the server does not speak this API."
_OTHER_LOOP = "the client belongs to another event loop, or to one that has ended"
_OWN_LOOP = "Make it in the event loop that uses it, or use the blocking client (openai.OpenAI)."
_CONNECTION_ERRORS = frozenset(
    {"APIConnectionError", "ConnectError", "ReadError", "WriteError"}
    | {"RemoteProtocolError", "LocalProtocolError"}
    | {"ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError"}
)
_TIMEOUTS = frozenset({"APITimeoutError", "ReadTimeout", "ConnectTimeout", "PoolTimeout"})


def describe(
    exc: BaseException, redact: Redact | None = None, phase: Phase = "opening"
) -> ErrorInfo:
    """What ``exc``, raised in ``phase``, means for who runs the cell; keys are redacted."""
    if isinstance(exc, StreamError):
        return exc.info
    status = getattr(exc, "status_code", None)
    status = status if isinstance(status, int) else None
    headers = getattr(getattr(exc, "response", None), "headers", None) or {}
    body = getattr(exc, "body", None)
    code = getattr(exc, "code", None) or (body.get("code") if isinstance(body, dict) else None)
    type_, message, hint = _explain(exc, status, code, phase)
    wish = parse_retry_after(headers)
    if wish is not None and wish >= 1:
        hint = f"Run the cell again in {_duration(wish)}, as the server asks."
    info = ErrorInfo(
        type=type_,
        message=message,
        hint=hint,
        status_code=status,
        code=str(code) if code is not None else None,
        request_id=getattr(exc, "request_id", None) or headers.get("x-request-id"),
        retry_after=wish,
    )
    info = redacted(info, redactor(*sent_keys(exc)))
    return redacted(info, redact or redactor())


def describe_failure(failure: Failure, redact: Redact, phase: Phase = "answering") -> ErrorInfo:
    """The error that a server reports inside its stream."""
    message = f"the server reported an error {_WHEN[phase]}: {failure.message}"
    return redacted(ErrorInfo(failure.type, message, _AGAIN, code=failure.code), redact)


def no_stream(content_type: str, redact: Redact) -> ErrorInfo:
    """A response with status 200 that is something else than a stream of events."""
    kind = redact(content_type.partition(";")[0].strip()[:100])
    if kind == "text/html":
        message = "the server answered with a web page instead of the API"
        hint = "Check the base URL: most end in /v1."
    else:
        message = f"the server answered with {kind} instead of a stream of events"
        hint = "Check that it offers this API with stream=True, and the base URL."
    return ErrorInfo("NoStream", message, hint)


def cut_early() -> ErrorInfo:
    """A stream of events that ended as if all were well, before its first token."""
    message = f"the connection was closed {_WHEN['waiting']}"
    return ErrorInfo("RemoteProtocolError", message, _AGAIN)


def redacted(info: ErrorInfo, redact: Redact) -> ErrorInfo:
    """``info`` without secrets in any of its texts."""
    return replace(
        info,
        type=redact(info.type),
        message=redact(info.message),
        code=info.code and redact(info.code),
        request_id=info.request_id and redact(info.request_id),
    )


def _explain(
    exc: BaseException, status: int | None, code: Any, phase: Phase
) -> tuple[str, str, str | None]:
    """The type, what happened, and what to do."""
    name = type(exc).__name__
    if status is not None:
        what, hint = _STATUS.get(status, _FAILED if status >= 500 else _REFUSED)
        if code in QUOTA:
            what, hint = _USED_UP
        said = _said(exc)
        return name, f"{what}: {said}" if said else what, hint
    if any(isinstance(c, RuntimeError) and "event loop" in f"{c}".lower() for c in _causes(exc)):
        return "RuntimeError", _OTHER_LOOP, _OWN_LOOP
    if isinstance(exc, json.JSONDecodeError):
        return name, "the server sent an event that is not valid JSON", _NO_API
    if isinstance(exc, UnicodeDecodeError):
        return name, "the server sent text that is not valid UTF-8", _NO_API
    if name in _TIMEOUTS:
        return name, f"the server was silent for too long {_WHEN[phase]}", _NETWORK
    if name in _CONNECTION_ERRORS:
        return _explain_connection(exc, name, phase)
    if name == "APIError":
        # What the SDK raises for an error that the server reports inside the stream.
        kind = getattr(exc, "type", None)
        message = f"the server reported an error {_WHEN[phase]}: {_said(exc)}"
        return kind if isinstance(kind, str) and kind else name, message, _AGAIN
    return name, _said(exc) or name, None


def _explain_connection(exc: BaseException, name: str, phase: Phase) -> tuple[str, str, str]:
    for cause in _causes(exc):
        kind = type(cause).__name__
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "")
            reason = reason or _detail(cause)
            message = f"no secure connection to the server could be made ({reason})"
            hint = "Check that the base URL names the right server, and its certificate."
            return kind, message, hint
        if isinstance(cause, socket.gaierror):
            # Only a name server that is out of reach may be back in a moment.
            name = name if cause.errno == socket.EAI_AGAIN else kind
            message = f"the server's name was not found ({_detail(cause)})"
            return name, message, "Check the spelling of the base URL, and the network."
        if isinstance(cause, ConnectionRefusedError):
            message = "no server listens at that address (connection refused)"
            return name, message, "Start the server, or check the base URL and its port."
        if isinstance(cause, (ConnectionResetError, BrokenPipeError)):
            message = f"the server reset the connection {_WHEN[phase]}"
            return name, message, _NETWORK if phase == "opening" else _AGAIN
    detail = _detail(exc.__cause__ or exc)
    if phase == "opening":
        return name, f"the connection to the server failed ({detail})", _NETWORK
    return name, f"the connection to the server was cut {_WHEN[phase]} ({detail})", _AGAIN


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """``exc`` and what it was raised from."""
    seen: set[int] = set()
    cause: BaseException | None = exc
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _said(exc: BaseException) -> str:
    """What the server says itself, if it says something that people can read."""
    message = str(getattr(exc, "message", None) or exc)
    body = getattr(exc, "body", None)
    if "<html" in f"{message[:500]} {str(body)[:500]}".lower():
        return "it sent a web page instead of the API's answer"
    # The SDK puts "Error code: 401 - {…}" around what the server said.
    found = (body.get("message") or body.get("detail")) if isinstance(body, dict) else None
    if isinstance(found, str):
        message = found
    elif message.startswith("Error code: ") and " - " not in message:
        return ""
    return message if len(message) <= 2000 else message[:2000] + " …"


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{math.ceil(seconds)} s"


def _detail(cause: BaseException) -> str:
    words = str(cause).strip() or type(cause).__name__
    return words if len(words) <= 200 else words[:200] + " …"
