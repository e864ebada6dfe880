"""Explains exceptions in words: what happened, and what to do.

Exceptions are identified by class name and attributes: `openai` 1.x and 2.x raise `httpx` errors
mid-stream, 3.x raises its own, and none of them is imported here.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import ssl
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlsplit

from ..errors import QUOTA, ErrorInfo, NbstreamError, StreamError
from ..text.redact import Redact, redactor, sent_keys
from ..transcript.events import Failure
from .proxies import certificate_variables, proxy_of
from .server_wait import wish
from .server_words import dicts_in, is_page, page_words, parsed, shortened, words_of

Phase = Literal["opening", "waiting", "answering"]
"""How far a stream has come: before the response's headers, before the first token, after it."""

_WHEN: dict[Phase, str] = {
    "opening": "before the server answered",
    "waiting": "before the first token arrived",
    "answering": "mid-answer",
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
    409: (
        "the request conflicts with another one",
        "Wait for the other one to end, then run the cell again.",
    ),
    413: ("the prompt is too large for the server", "Shorten the prompt."),
    422: ("the server refused the request", "Check its parameters."),
    429: (
        "the server got too many requests",
        "Wait a moment and run the cell again, or check the rate limits of the account.",
    ),
    500: ("the server failed to handle the request", "Run the cell again."),
    502: ("a gateway got no valid answer from the model's server", "Run the cell again."),
    503: ("the server is not available at the moment", "Run the cell again in a while."),
    504: ("a gateway waited too long for the model's server", "Run the cell again in a while."),
    529: ("the server is overloaded", "Run the cell again in a while, or choose another model."),
}
_REFUSED = ("the server refused the request", None)
_FAILED = ("the server failed to handle the request", _AGAIN)
_USED_UP = ("the account's quota is used up", "Check its plan and credit with the provider.")
_NETWORK = "Check the network and the base URL, then run the cell again."
if sys.platform == "emscripten":
    # https://pyodide.org/en/stable/usage/wasm-constraints.html
    _NETWORK = (
        "Python in a browser has no sockets: use a client that sends requests with fetch, as"
        " Pyodide's own httpx package does, and a server that allows this page (CORS)."
    )
_NO_API = "Run the cell again; if it happens again, the server does not support this API."
_BASE_URL = "Set the base URL to the address where the API is."
_MOVED = "the server redirects the request, and does not say where to"
_PROXY = "Check the proxy; NO_PROXY names the hosts that are reached without it."
_NO_MESSAGE = "An error occurred during streaming"
"""The SDK's text for an error in which it finds no message."""
_MOST_QUOTED = 300
_OTHER_LOOP = "the client belongs to another event loop, or to one that has ended"
_OWN_LOOP = "Make it in the event loop that uses it, or use the blocking client (openai.OpenAI)."
# Python in a browser has none: https://pyodide.org/en/stable/usage/wasm-constraints.html
_NO_THREAD = "blocking code needs a thread, and no thread can be started here"
_ASYNCHRONOUS = "Use an asynchronous client, stream or iterator."
_CONNECTION_ERRORS = frozenset(
    {"APIConnectionError", "ConnectError", "ReadError", "WriteError"}
    | {"RemoteProtocolError", "LocalProtocolError"}
    | {"ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError"}
)
_NO_CONNECTION = (ConnectionRefusedError, socket.gaierror, ssl.SSLError)
_CONNECT_TIMEOUTS = frozenset({"ConnectTimeout", "ConnectionTimeoutError"})
_TIMEOUTS = frozenset({"APITimeoutError", "ReadTimeout", "ConnectTimeout", "PoolTimeout"})


def describe(
    exc: BaseException, redact: Redact | None = None, phase: Phase = "opening"
) -> ErrorInfo:
    """What ``exc``, raised in ``phase``, means for the person who runs the cell; keys are
    redacted."""
    told = next((cause for cause in _causes(exc) if isinstance(cause, StreamError)), None)
    # The SDK wraps what its HTTP client raises.
    info = told.info if told is not None else _described(exc, phase)
    return redacted(redacted(info, redactor(*sent_keys(exc))), redact or redactor())


def _described(exc: BaseException, phase: Phase) -> ErrorInfo:
    status = getattr(exc, "status_code", None)
    status = status if isinstance(status, int) else None
    headers = getattr(getattr(exc, "response", None), "headers", None) or {}
    body = _body(exc)
    said, code = _said(exc, body), _code(exc, body, status)
    type_, message, hint = _explain(exc, status, code, said, phase)
    wait = wish(headers, body, said)
    if wait is not None and wait >= 1:
        hint = f"Run the cell again in {_duration(wait)}, as the server asks."
    return ErrorInfo(
        type=type_,
        message=message,
        hint=hint,
        status_code=status,
        code=code,
        request_id=getattr(exc, "request_id", None) or headers.get("x-request-id"),
        retry_after=wait,
    )


def describe_failure(failure: Failure, redact: Redact, phase: Phase = "answering") -> ErrorInfo:
    """The error that a server reports inside its stream."""
    message = f"the server reported an error {_WHEN[phase]}: {failure.message}"
    wait = wish({}, words=failure.message)
    info = ErrorInfo(failure.type, message, _AGAIN, code=failure.code, retry_after=wait)
    return redacted(info, redact)


def no_stream(content_type: str, redact: Redact, said: str = "") -> ErrorInfo:
    """The error for a response with status 200 that is not a stream of events; ``said`` is its
    text."""
    kind = content_type.partition(";")[0].strip()[:100]
    if is_page(said) or kind == "text/html":
        message = f"the server answered with a web page{page_words(said)} instead of the API"
        hint = "Check the base URL: most end in /v1."
    else:
        kind = kind if kind and kind != "text/event-stream" else "text"
        words = words_of(said) or shortened(said.strip())
        message = f"the server answered with {kind} instead of a stream of events"
        message = f"{message}: {words}" if words else message
        hint = "Check that it offers this API with stream=True, and the base URL."
    return redacted(ErrorInfo("NoStream", message, hint, retry_after=wish({}, words=said)), redact)


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
        hint=info.hint and redact(info.hint),
        code=info.code and redact(info.code),
        request_id=info.request_id and redact(info.request_id),
    )


def _explain(
    exc: BaseException, status: int | None, code: str | None, said: str, phase: Phase
) -> tuple[str, str, str | None]:
    """The type, what happened, and what to do."""
    name = type(exc).__name__
    if isinstance(exc, NbstreamError):
        return name, str(exc), None
    if status is not None:
        return name, *_explain_status(exc, status, code, said)
    if any(isinstance(c, RuntimeError) and "event loop" in f"{c}".lower() for c in _causes(exc)):
        return "RuntimeError", _OTHER_LOOP, _OWN_LOOP
    if any(isinstance(c, RuntimeError) and "start new thread" in f"{c}" for c in _causes(exc)):
        return "RuntimeError", _NO_THREAD, _ASYNCHRONOUS
    if isinstance(exc, json.JSONDecodeError):
        said = shortened(" ".join(exc.doc[:_MOST_QUOTED].split()))
        what = "the server sent an event that is not valid JSON"
        return name, f"{what}: {said}" if said else what, _NO_API
    if isinstance(exc, UnicodeDecodeError):
        return name, "the server sent text that is not valid UTF-8", _NO_API
    kinds = {type(cause).__name__ for cause in _causes(exc)}
    if "TooManyRedirects" in kinds:
        return "TooManyRedirects", "the server redirects the request in a circle", _BASE_URL
    if "DecodingError" in kinds:
        return name, "the server's answer is compressed, and cannot be decompressed", _AGAIN
    # aiohttp's transport calls every failure to connect a timeout.
    if any(isinstance(cause, _NO_CONNECTION) for cause in _causes(exc)):
        return _explain_connection(exc, name, phase)
    if kinds & _CONNECT_TIMEOUTS:
        proxy = proxy_of(_causes(exc))
        what = f"{proxy or 'the server'} cannot be reached: no connection was made in time"
        return name, what, _PROXY if proxy else _NETWORK
    if name in _TIMEOUTS:
        return name, f"the server was silent for too long {_WHEN[phase]}", _NETWORK
    if name in _CONNECTION_ERRORS:
        return _explain_connection(exc, name, phase)
    if name == "APIError":
        # What the SDK raises for an error that the server reports inside the stream.
        kind = getattr(exc, "type", None)
        message = f"the server reported an error {_WHEN[phase]}: {said}"
        return kind if isinstance(kind, str) and kind else name, message, _AGAIN
    return name, said or name, None


def _explain_status(
    exc: BaseException, status: int, code: str | None, said: str
) -> tuple[str, str | None]:
    what, hint = _STATUS.get(status, _FAILED if status >= 500 else _REFUSED)
    if code in QUOTA:
        what, hint = _USED_UP
    response: Any = getattr(exc, "response", None)
    if 300 <= status < 400:
        target = (getattr(response, "headers", None) or {}).get("location")
        what = _MOVED
        if target:
            what = f"the server redirects the request to {target[:_MOST_QUOTED]}"
        hint = _BASE_URL
    elif history := getattr(response, "history", None):
        first, last = urlsplit(str(history[0].url)), urlsplit(str(response.url))
        moved = first[:2] != last[:2]
        what += f" after a redirect to {response.url}"
        what += ", where the key was not sent" if moved else ""
        hint = _BASE_URL
    return f"{what}: {said}" if said else what, hint


def _explain_connection(exc: BaseException, name: str, phase: Phase) -> tuple[str, str, str]:
    proxy = proxy_of(_causes(exc))
    where = proxy or "the server"
    for cause in _causes(exc):
        kind = type(cause).__name__
        if kind == "ProxyError":
            return kind, f"{where} refused the connection ({_detail(cause)})", _PROXY
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "")
            reason = reason or _detail(cause)
            through = f" through {proxy}" if proxy else ""
            message = f"no secure connection to the server could be made{through} ({reason})"
            return kind, message, _certificate_hint()
        if isinstance(cause, socket.gaierror):
            # Only a name server that is out of reach may be back in a moment.
            name = name if cause.errno == socket.EAI_AGAIN else kind
            owner = f"the name of {proxy}" if proxy else "the server's name"
            hint = _PROXY if proxy else "Check the spelling of the base URL, and the network."
            return name, f"{owner} was not found ({_detail(cause)})", hint
        if isinstance(cause, ConnectionRefusedError):
            if proxy:
                return name, f"{proxy} cannot be reached (connection refused)", _PROXY
            message = "no server listens at that address (connection refused)"
            return name, message, "Start the server, or check the base URL and its port."
        if isinstance(cause, (ConnectionResetError, BrokenPipeError)):
            message = f"{where} reset the connection {_WHEN[phase]}"
            return name, message, _NETWORK if phase == "opening" else _AGAIN
    detail = _detail(exc.__cause__ or exc)
    through = f" through {proxy}" if proxy else ""
    if phase == "opening":
        hint = _PROXY if proxy else _NETWORK
        return name, f"the connection to the server{through} failed ({detail})", hint
    return name, f"the connection to the server was cut {_WHEN[phase]} ({detail})", _AGAIN


def _certificate_hint() -> str:
    hint = "Check that the base URL names the right server, and its certificate."
    if variables := certificate_variables():
        hint += f" Trusted certificates come from {variables}."
    return hint


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """``exc`` and what it was raised from."""
    seen: set[int] = set()
    cause: BaseException | None = exc
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _body(exc: BaseException) -> Any:
    """The body of a refusal, or of an error in the stream: JSON, or text."""
    try:
        text = exc.response.text  # type: ignore[attr-defined]
    except Exception:  # none, one that was not read, or one of another library
        text = None
    if isinstance(text, str) and text.strip():
        # The SDK keeps only the value of `error`.
        return parsed(text)
    return getattr(exc, "body", None)


def _said(exc: BaseException, body: Any) -> str:
    """The server's own words, if people can read them."""
    if words := words_of(body):
        return words
    message = str(getattr(exc, "message", None) or exc)
    # The SDK puts "Error code: 401 - {…}" around what the server said.
    if message.startswith("Error code: "):
        message = message.partition(" - ")[2]
    words = words_of(message)
    if body and isinstance(body, (dict, list)) and words in ("", _NO_MESSAGE):
        with contextlib.suppress(ValueError, RecursionError):
            return shortened(json.dumps(body, ensure_ascii=False, default=repr))
    return words


def _code(exc: BaseException, body: Any, status: int | None) -> str | None:
    """The server's code for the error, unless it only repeats the status."""
    found = [getattr(exc, "code", None), *(inner.get("code") for inner in dicts_in(body))]
    known = (code for code in found if isinstance(code, (str, int)) and code not in (True, 0, ""))
    codes = (str(code)[:_MOST_QUOTED] for code in known)
    return next((code for code in codes if code != str(status)), None)


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size * (1 + (unit == "days")):
            return f"{seconds / size:.3g} {unit}"
    return f"{math.ceil(seconds)} s"


def _detail(cause: BaseException) -> str:
    words = str(cause).strip() or type(cause).__name__
    return words if len(words) <= 200 else words[:200] + " …"
