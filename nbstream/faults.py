"""Turns exceptions into words, and decides what is worth another attempt. Pure.

Exceptions are told apart by class name and attributes: `openai` 1.x and 2.x raise `httpx` errors
in mid-stream, 3.x raises its own, and none of them is imported here.
"""

from __future__ import annotations

import email.utils
import json
import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from .errors import ErrorInfo
from .events import Failure

Redact = Callable[[str], str]

_KEY_LIKE = re.compile(r"\b(sk|pk|gsk|xai|key)-[\w*-]{8,}|(?<=Bearer )\S+", re.ASCII)

_HINTS = {
    400: "Check the parameters: the server refused the request as it is.",
    401: "Check the API key (OPENAI_API_KEY, or %config NBStream.api_key_env).",
    402: "Check the account's credit with the provider.",
    403: "Check that this key may use this model.",
    404: "Check the model's name (%nbstream models) and the base URL.",
    408: "Run the cell again.",
    409: "Run the cell again.",
    413: "Shorten the prompt.",
    422: "Check the parameters: the server refused the request as it is.",
    429: "Wait a moment, or check the rate limits of the account.",
}
_QUOTA = ("insufficient_quota", "billing_hard_limit_reached")


def redactor(*secrets: str | None) -> Redact:
    """A function that takes ``secrets``, and whatever looks like an API key, out of a text.

    >>> redactor("s3cret-key")("key s3cret-key refused")
    'key [redacted] refused'
    """
    known = sorted({s for s in secrets if s and len(s) >= 6}, key=len, reverse=True)

    def redact(text: str) -> str:
        for secret in known:
            text = text.replace(secret, "[redacted]")
        return _KEY_LIKE.sub("[redacted]", text)

    return redact


def describe(exc: BaseException, redact: Redact | None = None) -> ErrorInfo:
    """What ``exc`` means for the person who runs the cell; keys are redacted."""
    name = type(exc).__name__
    status = getattr(exc, "status_code", None)
    status = status if isinstance(status, int) else None
    headers = getattr(getattr(exc, "response", None), "headers", None) or {}
    body = getattr(exc, "body", None)
    code = getattr(exc, "code", None) or (body.get("code") if isinstance(body, dict) else None)
    info = ErrorInfo(
        type=name,
        message=_message(exc, name, status),
        hint=_hint(exc, name, status, code),
        status_code=status,
        code=str(code) if code is not None else None,
        request_id=getattr(exc, "request_id", None) or headers.get("x-request-id"),
        retry_after=parse_retry_after(headers),
    )
    info = redacted(info, redactor(*_sent_keys(exc)))
    return redacted(info, redact or redactor())


def _sent_keys(exc: BaseException) -> list[str]:
    """The keys of the request that failed, whoever made it: servers repeat them in errors."""
    try:
        headers = exc.request.headers  # type: ignore[attr-defined]  # an HTTP library's exception
    except (AttributeError, RuntimeError):  # httpx raises RuntimeError where it has no request
        return []
    sent = (headers.get(name) for name in ("authorization", "api-key", "x-api-key"))
    return [value.removeprefix("Bearer ") for value in sent if isinstance(value, str)]


def describe_failure(failure: Failure, redact: Redact) -> ErrorInfo:
    """The error that a server reports inside its stream."""
    info = ErrorInfo(failure.type, failure.message, hint="Run the cell again.", code=failure.code)
    return redacted(info, redact)


def redacted(info: ErrorInfo, redact: Redact) -> ErrorInfo:
    """``info`` without secrets in any of its texts."""
    return replace(info, message=redact(info.message), code=info.code and redact(info.code))


def _message(exc: BaseException, name: str, status: int | None) -> str:
    if isinstance(exc, json.JSONDecodeError):
        return "the server sent an event that is not valid JSON"
    if name in ("APITimeoutError", "ReadTimeout", "ConnectTimeout"):
        return "the server did not answer in time"
    if name == "APIConnectionError" or name in _CONNECTION_ERRORS:
        cause = exc.__cause__ or exc
        return f"the connection to the server failed or was cut ({_detail(cause)})"
    message = str(getattr(exc, "message", None) or exc) or name
    body = getattr(exc, "body", None)
    if status is not None and "<html" in f"{message[:500]} {str(body)[:500]}".lower():
        return "the server answered with a web page instead of the API"
    # The SDK puts "Error code: 401 - {…}" around what the server said.
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        message = body["message"]
    return message if len(message) <= 2000 else message[:2000] + " …"


def _detail(cause: BaseException) -> str:
    words = str(cause).strip() or type(cause).__name__
    return words if len(words) <= 200 else words[:200] + " …"


_CONNECTION_ERRORS = frozenset(
    {"ConnectError", "ReadError", "WriteError", "RemoteProtocolError", "LocalProtocolError"}
    | {"ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError"}
)


def _hint(exc: BaseException, name: str, status: int | None, code: Any) -> str | None:
    if code in _QUOTA:
        return "Check the account's plan and credit with the provider."
    if status is not None:
        return _HINTS.get(status) or ("Run the cell again." if status >= 500 else None)
    if isinstance(exc, json.JSONDecodeError):
        return "Run the cell again; if it stays, the server does not speak this API."
    if name in _CONNECTION_ERRORS or name.startswith(("APIConnection", "APITimeout")):
        return "Check the network and the base URL, then run the cell again."
    # What the SDK raises for an error that the server reports inside the stream.
    return "Run the cell again." if name == "APIError" else None


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """The server's wish in seconds from ``retry-after-ms`` or ``Retry-After`` (seconds or date).

    >>> parse_retry_after({"retry-after": "3"})
    3.0
    """
    milliseconds = _finite(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _finite(value)
    if seconds is not None:
        return max(0.0, seconds)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())


def _finite(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long. Delays are seconds."""

    max_attempts: int = 3
    base_delay: float = 0.5
    max_delay: float = 8.0
    longest_wait: float = 60.0
    """A server that wants a longer wait than this is not waited for: the error says so."""


@dataclass(frozen=True)
class Retry:
    """One more attempt after ``delay`` seconds; ``attempt`` counts from 1, the first included."""

    attempt: int
    max_attempts: int
    delay: float
    reason: str

    def to_wire(self) -> dict[str, Any]:
        """As the front end shows it."""
        return {
            "attempt": self.attempt,
            "max_attempts": self.max_attempts,
            "delay": round(self.delay, 3),
            "reason": self.reason,
        }


def decide_retry(
    info: ErrorInfo,
    attempt: int,
    policy: RetryPolicy,
    jitter: Callable[[], float] = random.random,
) -> Retry | None:
    """Whether attempt number ``attempt``, which failed with ``info``, is worth another one.

    Connection errors and timeouts, 408, 409, 429 and 5xx are, unless the account's quota is used
    up. The delay doubles from attempt to attempt, with up to a quarter of jitter taken off, and
    follows the server's Retry-After where it gives one.
    """
    if attempt >= policy.max_attempts or not _is_transient(info):
        return None
    if info.retry_after is not None:
        if info.retry_after > policy.longest_wait:
            return None
        delay = info.retry_after
    else:
        backoff = min(policy.max_delay, policy.base_delay * 2 ** (attempt - 1))
        delay = backoff * (1 - 0.25 * jitter())
    status = f"{info.status_code}: " if info.status_code else ""
    return Retry(attempt + 1, policy.max_attempts, delay, f"{status}{info.message}")


def _is_transient(info: ErrorInfo) -> bool:
    if info.code in _QUOTA:
        return False
    if info.status_code is not None:
        return info.status_code in (408, 409, 429) or info.status_code >= 500
    return info.type.startswith(("APIConnection", "APITimeout")) or info.type in (
        _CONNECTION_ERRORS | {"ReadTimeout", "ConnectTimeout"}
    )
