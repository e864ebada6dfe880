"""Event hooks for the HTTP client of the SDK, where its library has them
(https://www.python-httpx.org/advanced/event-hooks/).

A user's own client runs them for requests that nbstream did not make as well: then they do nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from ..errors import ErrorInfo, StreamError
from .response_bytes import bound

# Without Authorization: httpx leaves that out itself, unless only the scheme becomes https.
_KEYS = ("api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key", "cookie")
_ENDPOINTS = ("/chat/completions", "/responses")


class _Sending:
    """One request of ours, and the requests that follow its redirects."""

    origin: tuple[Any, Any, Any] | None = None


_sending: ContextVar[_Sending | None] = ContextVar("nbstream_sending", default=None)


@contextlib.contextmanager
def sending(client: Any) -> Iterator[None]:
    """Mark what ``client``, one of the SDK's, sends within this block as ours: error bodies are
    read up to a bound, keys do not follow redirects to other servers, and a redirect that would
    lose the prompt raises `StreamError`."""
    http = getattr(client, "_client", None)
    hooks = getattr(http, "event_hooks", None)
    if isinstance(hooks, dict):
        pair = (_asked, _answered) if hasattr(http, "aclose") else (_look_at, _take)
        for name, hook in zip(("request", "response"), pair, strict=True):
            known = hooks.setdefault(name, [])
            if hook not in known:
                known.append(hook)
    token = _sending.set(_Sending())
    try:
        yield
    finally:
        _sending.reset(token)


async def _asked(request: Any) -> None:
    _look_at(request)


async def _answered(response: Any) -> None:
    _take(response)


def _look_at(request: Any) -> None:
    ours = _sending.get()
    if ours is None:
        return
    origin = (request.url.scheme, request.url.host, request.url.port)
    if ours.origin is None:
        ours.origin = origin
    elif origin != ours.origin:
        for name in _KEYS:
            request.headers.pop(name, None)


def _take(response: Any) -> None:
    if _sending.get() is None or response.status_code < 300:
        return
    bound(response)
    if response.status_code in (301, 302, 303) and response.request.method == "POST":
        # What follows would be a GET: https://fetch.spec.whatwg.org/#http-redirect-fetch
        raise StreamError(_moved(response))


def _moved(response: Any) -> ErrorInfo:
    asked, location = response.request.url, response.headers.get("location", "")[:500]
    hint = "Set the base URL to the address where the API is."
    with contextlib.suppress(Exception):  # it is not a URL
        target = asked.join(location)
        location = str(target)
        for end in _ENDPOINTS:
            base, found, _ = location.partition(end)
            if found and not str(asked).startswith(base + end):
                hint = f"Set the base URL to {base}."
    message = f"the server redirects the request to {location}, which would lose the prompt"
    return ErrorInfo("Redirect", message, hint, status_code=response.status_code)
