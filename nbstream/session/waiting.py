"""Waiting for a session and following it, from any loop or thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, TypeVar

from ..errors import UsageError, shorten
from ..kernel.comm_priority import comms_first
from ..kernel.heartbeat import beating
from ..loops import running_loop
from .session import Session

T = TypeVar("T")


async def until(future: asyncio.Future[Any]) -> None:
    """Wait for ``future`` and keep the loop awake: an interrupt is acted on, and so is a click."""
    if not future.done():
        with beating(), comms_first():
            await asyncio.wait({future})


async def wait(session: Session) -> None:
    """Return when ``session`` has ended. If the waiting task is cancelled, so is the stream:
    an interrupt of a cell stops what the cell waits for, within a second."""
    try:
        await until(asyncio.wrap_future(session.done))
    except asyncio.CancelledError as exc:
        session.cancel("interrupted")
        shorten(exc)
        await asyncio.wait({asyncio.wrap_future(session.done)}, timeout=1.0)
        raise


async def follow(
    session: Session, items: Sequence[T], left: str = "interrupted"
) -> AsyncGenerator[T, None]:
    """The members of a growing list of ``session``, from the first, until the session ends.

    If the task that waits for the next one is cancelled, so is the stream, for the reason ``left``.
    """
    loop = asyncio.get_running_loop()
    position = 0
    while True:
        while position < len(items):
            yield items[position]
            position += 1
        if session.is_done:
            return
        grown: asyncio.Future[None] = loop.create_future()

        def wake(grown: asyncio.Future[None] = grown) -> None:
            with contextlib.suppress(RuntimeError):  # the follower's loop was closed
                loop.call_soon_threadsafe(_resolve, grown)

        stop = session.generation.listen(wake)
        try:
            if position == len(items) and not session.is_done:
                await until(grown)
        except asyncio.CancelledError as exc:
            session.cancel(left)
            shorten(exc)
            raise
        finally:
            stop()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def wait_blocking(session: Session, timeout: float | None = None) -> bool:
    """Block this thread until ``session`` has ended; False if ``timeout`` seconds passed first.

    Raises `UsageError` on the thread of the session's own loop, where waiting would never end.
    Ctrl-C stops the stream.
    """
    _refuse_own_thread(session)
    try:
        _wait_in_slices(session, timeout)
    except KeyboardInterrupt as exc:
        interrupt(session, exc)
        raise
    return session.is_done


def interrupt(session: Session, exc: KeyboardInterrupt) -> None:
    """Stop ``session`` for a Ctrl-C, and give it a second to end."""
    session.cancel("interrupted")
    shorten(exc)
    _wait_in_slices(session, 1.0)


def _wait_in_slices(session: Session, timeout: float | None) -> None:
    """Wait in slices, since an endless wait cannot be interrupted on Windows."""
    ended = threading.Event()
    session.done.add_done_callback(lambda _: ended.set())
    remaining = timeout
    while remaining is None or remaining > 0:
        step = 0.2 if remaining is None else min(0.2, remaining)
        if ended.wait(step):
            return
        remaining = None if remaining is None else remaining - step


def follow_blocking(session: Session, items: Sequence[T]) -> Iterator[T]:
    """`follow` for a plain ``for``.

    On the thread of the session's own loop this works for a blocking source only: its chunks are
    then taken here, and the widget keeps showing them while the cell is busy with them.
    """
    if _on_own_thread(session):
        _refuse_own_thread(session, unless=session.pump is not None)
        yield from _drive(session, items)
        return
    changed = threading.Condition()

    def wake() -> None:
        with changed:
            changed.notify_all()

    stop = session.generation.listen(wake)
    position = 0
    try:
        while True:
            while position < len(items):
                yield items[position]
                position += 1
            if session.is_done:
                return
            with changed:
                if position == len(items) and not session.is_done:
                    changed.wait(0.2)
    except KeyboardInterrupt as exc:
        interrupt(session, exc)
        raise
    finally:
        stop()


def _drive(session: Session, items: Sequence[T]) -> Iterator[T]:
    """Take the chunks of a blocking source on the thread of the loop that the cell keeps busy."""
    pump = session.pump
    chunks = iter(()) if pump is None else pump.take_blocking()
    position = 0
    failure: BaseException | None = None
    try:
        while True:
            while position < len(items):
                yield items[position]
                position += 1
            if session.generation.is_stopping:
                break
            session.generation.feed(next(chunks))
    except StopIteration:
        pass
    except KeyboardInterrupt as exc:
        session.cancel("interrupted")
        shorten(exc)
        raise
    except Exception as exc:
        failure = None if session.generation.is_ending else exc
    finally:
        if pump is not None and session.generation.is_ending:
            session.generation.conclude()
            pump.close_now()
    session.generation.conclude(failure)


def _on_own_thread(session: Session) -> bool:
    return session.loop is not None and running_loop() is session.loop


def _refuse_own_thread(session: Session, unless: bool = False) -> None:
    if not unless and not session.is_done and _on_own_thread(session):
        raise UsageError(
            "this would block the event loop that the stream runs on:"
            " use `await w` or `async for` instead"
        )
