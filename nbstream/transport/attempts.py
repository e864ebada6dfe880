"""The attempts of one stream: each request, what answered it, and its raw events if recorded.

This costs nothing per token, since attempts are few. Where the bytes of the response can be
observed, they are cleaned and, with ``inspect=True``, recorded, once per read of the network and
before the SDK sees them; of other streams, chunks are recorded.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..text.redact import Redact, hider, sent_keys
from .connection import is_generator, response_of
from .event_filter import EventFilter
from .recording import Recording
from .response_bytes import tap
from .sse import EndMark

MOST_ATTEMPTS = 10
"""Attempts that are kept: the latest."""

_SHOWN = frozenset(
    (
        *("content-type", "content-encoding", "transfer-encoding", "date", "server", "via"),
        *("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid", "cf-ray"),
        *("x-groq-id", "x-trace-id", "x-b3-traceid", "x-cloud-trace-context", "traceparent"),
        *("retry-after", "retry-after-ms", "x-should-retry", "server-timing", "x-response-time"),
        *("openai-version", "openai-model", "openai-processing-ms", "anthropic-version"),
        *("x-envoy-upstream-service-time", "x-ms-region", "x-ms-client-request-id"),
    )
)
_SHOWN_FAMILIES = ("x-ratelimit-", "ratelimit-", "anthropic-ratelimit-")


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of a response that may be shown: by their names, which are on a list.

    >>> shown_headers({"X-Request-Id": "req_1", "Set-Cookie": "session=1"})
    {'x-request-id': 'req_1'}
    """
    lower = ((name.lower(), value) for name, value in headers.items())
    return {
        name: value for name, value in lower if name in _SHOWN or name.startswith(_SHOWN_FAMILIES)
    }


@dataclass
class Attempt:
    """One request and what became of it. ``at`` is seconds since the first one."""

    number: int
    at: float
    status_code: int | None = None
    request_id: str | None = None
    host: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hide: Redact = field(default_factory=hider, repr=False)
    """Takes out the keys that were sent with it: servers repeat them."""
    error: str | None = None
    is_over: bool = False
    recording: Recording | None = None
    end_mark: EndMark = field(default_factory=EndMark, repr=False)
    events: EventFilter | None = None
    """The filter for the bytes of its response; None if they are not observed."""

    @property
    def has_end(self) -> bool:
        """Whether the server has said that the stream ends, with ``[DONE]``."""
        return self.end_mark.has_come or (self.events is not None and self.events.has_end)


class Attempts:
    """The attempts of one stream, the latest `MOST_ATTEMPTS`; recorded if ``record``."""

    def __init__(self, clock: Callable[[], float], *, record: bool) -> None:
        self._clock = clock
        self.records = record
        self._started = clock()
        self._kept: deque[Attempt] = deque(maxlen=MOST_ATTEMPTS)
        self._open(1)

    @property
    def kept(self) -> list[Attempt]:
        """Oldest first; there is at least one."""
        return list(self._kept)

    @property
    def latest(self) -> Attempt:
        return self._kept[-1]

    def _open(self, number: int) -> None:
        now = self._clock()
        recording = Recording(self._clock, now) if self.records else None
        self._kept.append(Attempt(number, now - self._started, recording=recording))

    def begin(self) -> None:
        """A request is about to be sent; the first attempt is there from the start."""
        if self.latest.is_over:
            self._open(self.latest.number + 1)

    def end(self, error: str | None = None) -> None:
        """The latest attempt is over, unless it was before."""
        if not self.latest.is_over:
            self.latest.is_over, self.latest.error = True, error

    def note(self, response: Any) -> None:
        """The latest attempt has been answered."""
        attempt = self.latest
        status = getattr(response, "status_code", None)
        attempt.status_code = status if isinstance(status, int) else None
        attempt.headers = shown_headers(response.headers)
        attempt.request_id = request_id_of(response.headers)
        attempt.hide = hider(*sent_keys(response))
        with contextlib.suppress(AttributeError, RuntimeError):  # it knows no request
            attempt.host = str(response.url.host)

    def chunk(self, chunk: Any) -> None:
        """A chunk came."""
        if self.latest.recording is not None:
            self.latest.recording.chunk(chunk)

    def tap(self, stream: Any) -> None:
        """Observe the bytes of ``stream``, one of the SDK's that nobody has begun to read, and
        clean its events."""
        attempt, response = self.latest, response_of(stream)
        if response is None:
            return
        # A generator that reads the response itself needs it unchanged.
        attempt.events = None if is_generator(stream) else EventFilter()
        saw = [attempt.end_mark.feed]
        if attempt.recording is not None:
            saw.append(attempt.recording.read)
        with contextlib.suppress(Exception):  # it only looks like a response of httpx
            self.note(response)
            tap(response, saw, attempt.events)


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """The server's id of a request."""
    return headers.get("x-request-id") or headers.get("request-id")
