"""Takes secrets out of texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import SupportsIndex

Redact = Callable[[str], str]

_KEY_LIKE = re.compile(
    r"\b(sk|pk|gsk|xai|key)-[\w*-]{8,}|(?<=Bearer )\S+|(?<=://)[^/\s@]+(?=@)", re.ASCII
)
_HEADERS = ("authorization", "api-key", "x-api-key")


class Key(str):
    """An API key that shows itself nowhere by accident: not in the locals of a traceback, not in
    the repr of what holds it. Sent, it is the string that it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[redacted]'"

    # What shows long strings by their beginning (rich's locals, reprlib) takes the repr of a slice.
    def __getitem__(self, index: SupportsIndex | slice) -> Key:
        return Key(super().__getitem__(index))


def redactor(*secrets: str | None) -> Redact:
    """A function that takes ``secrets``, and whatever looks like an API key or stands before the
    host of a URL, out of a text.

    >>> redactor("s3cret-key")("key s3cret-key refused")
    'key [redacted] refused'
    """
    conceal = concealer(*secrets)
    return lambda text: _KEY_LIKE.sub("[redacted]", conceal(text))


def concealer(*secrets: str | None) -> Redact:
    """A function that takes just ``secrets`` out: for texts of which nothing else may be lost."""
    known = sorted({s for s in secrets if s and len(s) >= 6}, key=len, reverse=True)

    def conceal(text: str) -> str:
        for secret in known:
            text = text.replace(secret, "[redacted]")
        return text

    return conceal


def sent_keys(exc: BaseException) -> list[str]:
    """The keys of the request that failed with ``exc``, whoever made it: servers repeat them."""
    try:
        headers = exc.request.headers  # type: ignore[attr-defined]  # an HTTP library's exception
    except (AttributeError, RuntimeError):  # httpx raises RuntimeError where it has no request
        return []
    sent = (headers.get(name) for name in _HEADERS)
    return [value.removeprefix("Bearer ") for value in sent if isinstance(value, str)]
