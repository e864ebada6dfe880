"""Observes, cleans and bounds the bytes of an HTTP response before the SDK reads them.

Wraps the documented methods with which all releases of the SDK read an httpx response:
https://www.python-httpx.org/api/#response
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from ..errors import ErrorInfo, StreamError
from .event_filter import EventFilter

MOST_OF_REFUSAL = 256 * 1024
"""The most bytes that are read of an error body, after decompression."""

Saw = Callable[[bytes], None]

_ALWAYS_READABLE = frozenset(("identity", "gzip", "deflate"))
# Bytes that are decompressed at once: httpx 0.28 does not bound the result, which can be a thousand
# times as large with gzip, and a million times with br.
_SLICES = {"br": 16, "zstd": 256}
_SLICE = 1024
_PAUSE_AFTER = 64 * 1024


def tap(response: Any, saw: Sequence[Saw], events: EventFilter | None) -> None:
    """Pass the bytes of ``response``, which nobody has begun to read, through ``events``, and give
    them to each of ``saw`` as they arrive."""
    encodings = _encodings(response)
    _slice_raw(response, encodings)
    problem = _unreadable(response, encodings)

    def iter_bytes(pieces: Iterator[bytes]) -> Iterator[bytes]:
        return _pieces(pieces, saw, events, problem)

    def aiter_bytes(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        return _AsyncPieces(pieces, saw, events, problem, pauses=bool(encodings))

    _wrap(response, iter_bytes=iter_bytes, aiter_bytes=aiter_bytes)


def bound(response: Any, most: int = MOST_OF_REFUSAL) -> None:
    """Let at most ``most`` bytes of ``response`` be read, then close it."""
    _slice_raw(response, _encodings(response))

    def iter_bytes(pieces: Iterator[bytes]) -> Iterator[bytes]:
        left = most
        for piece in pieces:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                response.close()
                return

    async def aiter_bytes(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        left = most
        async for piece in pieces:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                await response.aclose()
                return

    _wrap(response, iter_bytes=iter_bytes, aiter_bytes=aiter_bytes)


def _wrap(response: Any, **wrappers: Callable[[Any], Any]) -> None:
    """Wrap the iterators that these methods of ``response`` return, once one of them is called."""

    def replaced(name: str, wrap: Callable[[Any], Any]) -> Callable[..., Any]:
        read = getattr(response, name)

        def called(*args: Any, **options: Any) -> Any:
            # A response that refers to itself would wait for the garbage collector.
            for other in wrappers:
                vars(response).pop(other, None)
            return wrap(read(*args, **options))

        return called

    vars(response).update({name: replaced(name, wrap) for name, wrap in wrappers.items()})


def _encodings(response: Any) -> list[str]:
    names = response.headers.get("content-encoding", "").lower().split(",")
    return [name.strip() for name in names if name.strip() not in ("", "identity")]


def _unreadable(response: Any, encodings: list[str]) -> StreamError | None:
    """The error for a response whose compression the client cannot undo, else None."""
    if _ALWAYS_READABLE.issuperset(encodings):
        return None
    try:
        asked = response.request.headers.get("accept-encoding", "")
    except RuntimeError:  # httpx knows no request
        asked = ""
    unknown = [name for name in encodings if name not in _ALWAYS_READABLE and name not in asked]
    if not unknown:
        return None
    message = (
        f"the server compressed its answer with {unknown[0][:40]}, which was not requested and"
        " cannot be read here"
    )
    hint = "Have the server, or the gateway before it, send event streams without compression."
    return StreamError(ErrorInfo("UnknownEncoding", message, hint))


def _slice_raw(response: Any, encodings: list[str]) -> None:
    """Have compressed bytes decompressed in small pieces, to bound memory."""
    if not encodings:
        return
    size = min(_SLICES.get(name, _SLICE) for name in encodings)

    def iter_raw(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            for start in range(0, len(piece), size):
                if response.is_closed:  # by a Stop: the bytes read so far may still expand to many
                    return
                yield piece[start : start + size]

    async def aiter_raw(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            for start in range(0, len(piece), size):
                if response.is_closed:  # by a Stop: the bytes read so far may still expand to many
                    return
                yield piece[start : start + size]

    _wrap(response, iter_raw=iter_raw, aiter_raw=aiter_raw)


def _pieces(
    pieces: Iterator[bytes],
    saw: Sequence[Saw],
    events: EventFilter | None,
    problem: Exception | None,
) -> Iterator[bytes]:
    if problem is not None:
        raise problem
    for piece in pieces:
        for look in saw:
            look(piece)
        clean = piece if events is None else events.feed(piece)
        if clean:
            yield clean
    if events is not None and (rest := events.end()):
        yield rest


class _AsyncPieces:
    """Not a generator: the event loop would have to close an abandoned one.

    ``pauses`` lets the loop run other tasks now and then: one read of the network may decompress to
    thousands of events.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        saw: Sequence[Saw],
        events: EventFilter | None,
        problem: Exception | None,
        *,
        pauses: bool,
    ) -> None:
        self._pieces = pieces
        self._saw = saw
        self._events = events
        self._problem = problem
        self._pauses = pauses
        self._unpaused = 0
        self._has_ended = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._problem is not None:
            raise self._problem
        while not self._has_ended:
            try:
                piece = await self._pieces.__anext__()
            except StopAsyncIteration:
                self._has_ended = True
                piece = b"" if self._events is None else self._events.end()
            else:
                for look in self._saw:
                    look(piece)
                if self._pauses:
                    await self._pause(len(piece))
                if self._events is not None:
                    piece = self._events.feed(piece)
            if piece:
                return piece
        raise StopAsyncIteration

    async def _pause(self, size: int) -> None:
        self._unpaused += size
        if self._unpaused > _PAUSE_AFTER:
            self._unpaused = 0
            await asyncio.sleep(0)
