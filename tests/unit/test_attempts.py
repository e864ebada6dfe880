"""The attempts of a stream, and the way to the bytes of a response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.transport.attempts import MOST_ATTEMPTS, Attempts, shown_headers

KEY = "hunter22-hunter22"


class Response:
    """As httpx has it, as far as it is used."""

    def __init__(self, *pieces: bytes) -> None:
        self.status_code = 200
        self.extensions: dict[str, Any] = {}
        self.headers = {"x-request-id": "req_1", "set-cookie": f"session={KEY}"}
        self.request = SimpleNamespace(headers={"authorization": f"Bearer {KEY}"})
        self.url = SimpleNamespace(host="api.example")
        self._pieces = pieces

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from self._pieces

    async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def open_(record: bool = True, clock: Any = lambda: 1.0) -> Attempts:
    return Attempts(clock, record=record)


async def test_the_bytes_pass_and_are_seen() -> None:
    pieces = (b"data: 1\n", b"\nid: 7\n\ndata: 2\n\n")
    clean = b"data: 1\n\ndata: 2\n\n"
    for name, is_async in product(("response", "_response"), (False, True)):
        attempts, response = open_(), Response(*pieces)
        attempts.tap(SimpleNamespace(**{name: response}))
        if is_async:
            read = [piece async for piece in response.aiter_bytes(None)]
        else:
            read = list(response.iter_bytes())
        assert b"".join(read) == clean
        recording = attempts.latest.recording
        assert recording is not None
        seen = [event.data or event.event_id for event in recording.events]
        assert seen == ["1", "7", "2"]
        assert attempts.latest.host == "api.example"


async def test_without_a_record_only_the_end_is_looked_for() -> None:
    for is_async in (False, True):
        attempts, response = open_(record=False), Response(b"data: [DO", b"NE]\n\n")
        attempts.tap(SimpleNamespace(response=response))
        assert not attempts.latest.end_mark.has_come
        if is_async:
            assert [piece async for piece in response.aiter_bytes()] == [b"data: [DONE]\n\n"]
        else:
            assert list(response.iter_bytes()) == [b"data: [DONE]\n\n"]
        assert attempts.latest.end_mark.has_come
        assert attempts.latest.recording is None


def test_a_response_that_was_read_refers_to_nothing_of_ours() -> None:
    attempts, response = open_(record=False), Response(b"data: 1\n\n")
    own = set(vars(response))
    attempts.tap(SimpleNamespace(response=response))
    assert set(vars(response)) == {*own, "iter_bytes", "aiter_bytes"}
    list(response.iter_bytes())
    assert set(vars(response)) == own


@pytest.mark.parametrize("stream", [object(), SimpleNamespace(response=object()), iter("ab"), None])
def test_whatever_is_looked_at_nothing_is_raised(stream: Any) -> None:
    attempts = open_()
    attempts.tap(stream)
    assert attempts.latest.recording is not None
    assert attempts.latest.recording.events == []


def test_an_attempt_begins_where_one_has_ended() -> None:
    times = iter(range(100))
    attempts = open_(clock=lambda: float(next(times)))
    attempts.begin()
    attempts.begin()
    assert [attempt.number for attempt in attempts.kept] == [1]
    attempts.end("refused")
    attempts.end()
    attempts.begin()
    assert [(a.number, a.error, a.is_over) for a in attempts.kept] == [
        (1, "refused", True),
        (2, None, False),
    ]
    assert 0 < attempts.kept[0].at < attempts.kept[1].at


def test_the_latest_attempts_are_kept() -> None:
    attempts = open_(record=False)
    for _ in range(3 * MOST_ATTEMPTS):
        attempts.end()
        attempts.begin()
    assert len(attempts.kept) == MOST_ATTEMPTS
    assert attempts.latest.number == 3 * MOST_ATTEMPTS + 1
    assert attempts.latest.recording is None
    attempts.chunk("a")


def test_only_harmless_headers_are_kept() -> None:
    headers = {
        **{"X-Request-ID": "req", "Content-Type": "text/event-stream", "Date": "today"},
        **{"x-ratelimit-remaining-tokens": "7", "Retry-After": "1", "openai-processing-ms": "9"},
        **dict.fromkeys(("Set-Cookie", "Authorization", "x-api-key", "location"), KEY),
        **dict.fromkeys(("openai-organization", "www-authenticate", "x-anything"), KEY),
    }
    shown = shown_headers(headers)
    assert KEY not in str(shown)
    assert len(shown) == 6
    assert shown["x-request-id"] == "req"


def test_an_attempt_shows_no_key() -> None:
    attempts = open_()
    attempts.note(Response())
    attempt = attempts.latest
    assert attempt.hide(f"the key {KEY}") == "the key [redacted]"
    assert (attempt.status_code, attempt.request_id) == (200, "req_1")
    assert KEY not in repr(attempt)
