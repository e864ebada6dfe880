"""Finds how long a server asks to wait before the next request, wherever it says so. Pure."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from .server_words import dicts_in, plain_name

LONGEST = 31 * 86400.0
"""Seconds; a longer wait is taken for a mistake of the server, and ignored."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_AMOUNT = (
    r"(\d{1,9}(?:\.\d{1,9})?)\s?"
    r"(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)"
)
_LENGTH = re.compile(_AMOUNT + "(?![a-z])", re.I)
_LENGTHS = re.compile(rf"(?:{_AMOUNT}[\s,]*(?:and\s)?)+", re.I)
# "Please try again in 1m30.5s." (OpenAI), "Please retry after 12 seconds." (Azure)
_IN_WORDS = re.compile(
    r"(?:try(?:ing)?\s+(?:it\s+)?again|retry(?:ing)?|retry[_-]after|wait(?:\s+for)?|available"
    r"|resets?)[^\w-]{1,3}(?:again\W)?(?:in|after|for|at\sleast|is|of)?[^\w-]{0,4}(?:about\s)?"
    rf"((?:{_AMOUNT}[\s,]*(?:and\s)?)+)(?![a-z])",
    re.I,
)
_IN_BODY = {"retryafter": 1.0, "retryafterseconds": 1.0, "retrydelay": 1.0, "retryafterms": 0.001}
_IN_BODY |= {"retryaftersecs": 1.0, "retryin": 1.0, "retrydelayms": 0.001, "retryinms": 0.001}
# Hugging Face, for a model that is being loaded.
_IN_BODY |= {"estimatedtime": 1.0}
_AFTER = re.compile(r"(?:x-(?:\w+-)?)?retry-after(-ms)?", re.I)
# The IETF's draft has all limits in one header
# (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/).
_LIMIT = re.compile(r"\b(?:remaining\s*=\s*0\b.*?\breset|r\s*=\s*0\b[^,]*?\bt)\s*=\s*(\d{1,9})\b")
_FAMILIES = ("x-ratelimit-", "ratelimit-", "anthropic-ratelimit-")


def wish(headers: Mapping[str, str], body: Any = None, words: str = "") -> float | None:
    """The seconds that a server asks to wait before the next request; None if it does not say, or
    says something implausible.

    Looks at ``retry-after-ms``, ``Retry-After`` (seconds or date), the body (Google's
    ``retryDelay``, ``retry_after``), its words ("try again in 20s"), and the times at which rate
    limits are reset.

    >>> wish({"retry-after": "3"})
    3.0
    >>> wish({}, [{"error": {"details": [{"retryDelay": "41s"}]}}])
    41.0
    >>> wish({}, words="Please try again in 1m30.5s.")
    90.5
    """
    for found in _wishes(headers, body, words):
        if found is not None and 0 <= found <= LONGEST:
            return found
    return None


def _wishes(headers: Mapping[str, str], body: Any, words: str) -> Iterator[float | None]:
    after = [(name, found) for name in headers if (found := _AFTER.fullmatch(name))]
    # Milliseconds are more exact.
    for name, found in sorted(after, key=lambda one: one[1][1] is None):
        # httpx joins repeated headers with commas.
        value = headers[name].strip()
        if found[1]:
            yield _scaled(_number(value), 0.001)
        else:
            yield _length(value.partition(",")[0]) if value[:1].isdigit() else _until_date(value)
    for fields in dicts_in(body):
        for name, inner in fields.items():
            unit = _IN_BODY.get(plain_name(name))
            if unit is not None and not isinstance(inner, bool):
                yield _length(inner, unit)
    if said := _IN_WORDS.search(words[:4000]):
        yield _length(said[1])
    yield _reset(headers)
    # OpenRouter repeats the headers of the model's server in the body.
    for fields in dicts_in(body):
        yield _reset({str(name): str(value) for name, value in fields.items()})
    limits = headers.get("ratelimit") or ""
    yield max((float(seconds) for seconds in _LIMIT.findall(limits)), default=None)


def _reset(headers: Mapping[str, str]) -> float | None:
    """The seconds until the limits that are used up are reset; until all are, if none says so."""
    resets: dict[str, float] = {}
    for name, value in headers.items():
        name = name.lower()
        if name.startswith(_FAMILIES) and "reset" in name:
            seconds = _from_now(value)
            if seconds is not None and 0 <= seconds <= LONGEST:
                resets[name] = seconds
    used_up = [
        seconds
        for name, seconds in resets.items()
        if (left := _number(headers.get(name.replace("reset", "remaining")))) is not None
        and left <= 0
    ]
    return max(used_up or resets.values(), default=None)


def _from_now(value: str) -> float | None:
    """Seconds from now to a reset: a length, a date, or the seconds or milliseconds since 1970."""
    number = _number(value)
    if number is not None and number > 1e11:
        return number / 1000 - time.time()
    if number is not None and number > 1e8:
        return number - time.time()
    return _length(value) if number is not None or _LENGTHS.fullmatch(value) else _until_date(value)


def _length(value: Any, unit: float = 1.0) -> float | None:
    """Seconds of a duration: a number of ``unit``, or ``1m30.5s``."""
    number = _number(value)
    if number is not None:
        return number * unit
    if not isinstance(value, str) or not _LENGTHS.fullmatch(value[:100].strip().rstrip(",.")):
        return None
    seconds = 0.0
    for found in _LENGTH.finditer(value[:100]):
        name = found[2].lower()
        seconds += float(found[1]) * _UNITS["ms" if name.startswith(("ms", "mil")) else name[0]]
    return seconds


def _until_date(value: str) -> float | None:
    """Seconds until an HTTP date or one of RFC 3339."""
    try:
        if value[:4].isdigit():
            when = datetime.fromisoformat(value.replace("Z", "+00:00"))
        else:
            when = email.utils.parsedate_to_datetime(value)
        if when.tzinfo is None:
            when = when.replace(tzinfo=timezone.utc)
        return (when - datetime.now(timezone.utc)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value if not isinstance(value, str) else value[:40])
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _scaled(number: float | None, unit: float) -> float | None:
    return None if number is None else number * unit
