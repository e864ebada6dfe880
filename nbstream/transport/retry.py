"""Which failures are worth another attempt, and when it is made. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import QUOTA, ErrorInfo

_TRANSIENT = frozenset(
    {"ConnectError", "ReadError", "WriteError", "RemoteProtocolError", "ReadTimeout"}
    | {"ConnectTimeout", "ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError"}
    # What servers call it inside a stream, as the type or as the code.
    | {"server_error", "overloaded", "overloaded_error"}
    | {"rate_limit_error", "rate_limit_exceeded"}
)


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
    up. The delay doubles from attempt to attempt, with up to a quarter of jitter taken off, unless
    the server says how long to wait.
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


def may_pass(info: ErrorInfo) -> bool:
    """Whether the same request, sent again by a person, may succeed: not what a server refuses."""
    return info.status_code is None or _is_transient(info)


def _is_transient(info: ErrorInfo) -> bool:
    if info.code in QUOTA:
        return False
    status = info.status_code
    if status is None and info.code is not None and info.code.isdigit():
        status = int(info.code)  # gateways put the model's server's status into the stream
    if status is not None:
        return status in (408, 409, 429) or status >= 500
    names = (info.type, info.code)
    return info.type.startswith(("APIConnection", "APITimeout")) or not _TRANSIENT.isdisjoint(names)
