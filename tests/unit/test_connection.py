"""The response behind a stream: found, and watched for who closes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

from nbstream.transport.connection import cut, response_of, watch_close


class Response:
    """Like a response of httpx."""

    def __init__(self) -> None:
        self.extensions: dict[str, Any] = {}
        self.closes: list[str] = []

    def iter_text(self) -> Iterator[str]:
        yield "a"

    async def aiter_text(self) -> AsyncIterator[str]:
        yield "a"

    def close(self) -> None:
        self.closes.append("close")

    async def aclose(self) -> None:
        self.closes.append("aclose")


class Other:
    """Something of a user's own with a generator and a close()."""

    def texts(self) -> Iterator[str]:
        yield "a"

    def close(self) -> None:
        raise AssertionError("not ours")


def test_the_response_is_found() -> None:
    response = Response()
    used = response.iter_text()
    next(used)
    assert response_of(response.iter_text()) is response_of(used) is response
    assert response_of(response.aiter_text()) is response
    assert response_of(SimpleNamespace(response=response)) is response
    assert response_of(SimpleNamespace(_response=response)) is response
    list(used)
    ended = iter(response.iter_text())
    list(ended)
    for stream in (ended, Other().texts(), iter(["a"]), (c for c in "a"), None, object()):
        assert response_of(stream) is None
    assert response_of(SimpleNamespace(response=SimpleNamespace(extensions=["a"]))) is None


def test_cut_without_a_socket() -> None:
    for response in (None, Response()):
        assert not cut(response), "there was none to end"


async def test_who_closes() -> None:
    response = Response()
    is_reader, told = True, []
    stop = watch_close(response, lambda: is_reader, lambda: told.append("closed"))
    response.close()
    await response.aclose()
    assert told == []
    is_reader = False
    response.close()
    await response.aclose()
    assert told == ["closed"] * 2
    stop()
    response.close()
    await response.aclose()
    assert told == ["closed"] * 2
    assert response.closes == ["close", "aclose"] * 3
