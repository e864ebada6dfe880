"""What `show` takes, and what it refuses before anything is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.transport.readable import check_showable, mark_shown
from tests.support.fakes import FakeStream


async def agen() -> AsyncIterator[str]:
    yield "a"
    yield "b"


@pytest.mark.parametrize("stream", [[], iter(()), agen(), FakeStream([])])
def test_showable(stream: Any) -> None:
    check_showable(stream)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("text", "not str"),
        (b"text", "not bytes"),
        ({"a": 1}, "not dict"),
        (5, "did you forget stream=True"),
        (None, "did you forget stream=True"),
        (SimpleNamespace(choices=[]), "did you forget stream=True"),
    ],
)
def test_not_showable(value: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_showable(value)


def test_a_closed_stream() -> None:
    stream = FakeStream([], response=SimpleNamespace(is_closed=True))
    with pytest.raises(UsageError, match="already closed"):
        check_showable(stream)
    check_showable(FakeStream([], response=SimpleNamespace(is_closed=False)))


# -- what can be read only once -------------------------------------------------------------------

READ = "is being read already: give it to show"
ENDED = "already closed or read to its end: make the call again"
SHOWN = "is shown already: give it to show"


class Wrapped:
    """Keeps its generator as the SDK's streams do."""

    def __init__(self, inner: Any) -> None:
        self._iterator = inner

    def __iter__(self) -> Iterator[Any]:
        yield from self._iterator


@pytest.mark.parametrize("kind", [lambda inner: inner, Wrapped], ids=["plain", "as in the SDK"])
async def test_an_async_generator_that_somebody_reads(kind: Any) -> None:
    reached = asyncio.Event()

    async def wait() -> AsyncIterator[str]:
        reached.set()
        await asyncio.Event().wait()
        yield "never"

    stream = wait()
    check_showable(kind(stream))
    reader = asyncio.ensure_future(anext(stream))
    await reached.wait()
    with pytest.raises(UsageError, match=READ):
        check_showable(kind(stream))
    reader.cancel()
    await asyncio.wait({reader})
    with pytest.raises(UsageError, match=ENDED):
        check_showable(kind(stream))


@pytest.mark.parametrize("kind", [lambda inner: inner, Wrapped], ids=["plain", "as in the SDK"])
def test_a_generator_that_somebody_reads(kind: Any) -> None:
    refused: list[str] = []

    def generate() -> Iterator[str]:
        with pytest.raises(UsageError) as caught:
            check_showable(kind(stream))
        refused.append(str(caught.value))
        yield "a"

    stream = generate()
    check_showable(kind(stream))
    assert next(stream) == "a"
    assert READ in refused[0]
    check_showable(kind(stream))
    assert list(stream) == []
    with pytest.raises(UsageError, match=ENDED):
        check_showable(kind(stream))


async def test_a_coroutine_that_was_awaited() -> None:
    async def create() -> FakeStream:
        return FakeStream([])

    call = create()
    check_showable(call)
    await call
    with pytest.raises(UsageError, match=ENDED):
        check_showable(call)


async def test_what_is_shown_already() -> None:
    for once in (agen(), (letter for letter in "ab"), FakeStream([])):
        mark_shown(once)
        with pytest.raises(UsageError, match=SHOWN):
            check_showable(once)


def test_what_can_be_read_again_can_be_shown_again() -> None:
    for again in (["a"], ["ab"], iter(["a"])):  # the last cannot be told apart
        mark_shown(again)
        check_showable(again)
