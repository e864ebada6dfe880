"""Waiting and following, from the session's loop, another loop, and plain threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.loops import background_loop, choose_loop
from nbstream.session.session import Session
from nbstream.session.waiting import follow, follow_blocking, wait, wait_blocking
from nbstream.transport.source import StreamSource
from tests.support import fakes
from tests.support.fakes import FakeSource, Gate, RecordingSink, chat, ended
from tests.support.patience import PATIENCE

DONE = chat(finish="stop")


def make(*scripts: Any) -> Session:
    return Session(FakeSource(*scripts), RecordingSink(), keep_chunks=True)


def begin(session: Session) -> Session:
    session.start(asyncio.get_running_loop())
    return session


def strings(*items: str) -> Session:
    return Session(StreamSource(iter(items)), RecordingSink(), keep_chunks=True)


# -- await ----------------------------------------------------------------------------------------


async def test_wait_returns_at_the_end() -> None:
    session = begin(make([chat("a"), DONE]))
    await wait(session)
    assert session.status == "completed"
    await wait(session)


async def test_wait_does_not_raise_for_a_failed_stream() -> None:
    session = begin(make([ValueError("x")]))
    await wait(session)
    assert session.status == "failed"


async def test_a_cancelled_wait_cancels_the_stream() -> None:
    session = begin(make([chat("a"), Gate()]))
    waiter = asyncio.create_task(wait(session))
    await fakes.until(lambda: session.transcript.text == "a")
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert (session.status, session.reason) == ("cancelled", "interrupted")


async def test_two_who_wait() -> None:
    gate = Gate()
    session = begin(make([gate, chat("a"), DONE]))
    waiters = [asyncio.create_task(wait(session)) for _ in range(2)]
    await fakes.until(lambda: gate.reached)
    gate.open()
    await asyncio.wait_for(asyncio.gather(*waiters), PATIENCE)


def test_wait_from_another_loop() -> None:
    session = make([chat("a"), DONE])
    session.start(background_loop())
    asyncio.run(wait(session))
    assert session.status == "completed"


# -- async for ------------------------------------------------------------------------------------


async def test_follow_gives_everything_from_the_first() -> None:
    gate = Gate()
    session = begin(make([chat("a"), gate, chat("b"), DONE]))
    await fakes.until(lambda: gate.reached)
    got = []
    async for delta in follow(session, session.generation.deltas):
        got.append(delta)
        gate.open()
    assert got == ["a", "b"]
    assert [delta async for delta in follow(session, session.generation.deltas)] == ["a", "b"]


async def test_two_followers() -> None:
    session = make([chat(str(n)) for n in range(50)] + [DONE])

    async def collect() -> list[str]:
        return [delta async for delta in follow(session, session.generation.deltas)]

    tasks = [asyncio.create_task(collect()) for _ in range(2)]
    begin(session)
    expected = [str(n) for n in range(50)]
    assert await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE) == [expected, expected]


async def test_a_follower_that_leaves_does_not_stop_the_stream() -> None:
    session = begin(make([chat("a"), chat("b"), DONE]))
    async for _ in follow(session, session.generation.deltas):
        break
    await ended(session)
    assert session.status == "completed"


async def test_a_cancelled_follower_cancels_the_stream() -> None:
    gate = Gate()
    session = begin(make([chat("a"), gate]))

    async def collect() -> None:
        async for _ in follow(session, session.generation.deltas):
            pass

    task = asyncio.create_task(collect())
    await fakes.until(lambda: gate.reached)
    await fakes.until(lambda: session.generation._listeners)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended(session)
    assert session.reason == "interrupted"


def test_follow_from_another_loop() -> None:
    session = make([chat(str(n)) for n in range(200)] + [DONE])
    session.start(background_loop())

    async def collect() -> list[str]:
        return [delta async for delta in follow(session, session.generation.deltas)]

    assert asyncio.run(collect()) == [str(n) for n in range(200)]


# -- blocking -------------------------------------------------------------------------------------


def test_wait_blocking() -> None:
    session = make([chat("a"), DONE])
    session.start(background_loop())
    assert wait_blocking(session, PATIENCE)
    assert session.status == "completed"
    assert wait_blocking(session, 0.01)


def test_wait_blocking_with_a_limit() -> None:
    session = make([chat("a"), Gate()])
    session.start(background_loop())
    assert not wait_blocking(session, 0.02)
    assert not session.is_done
    session.cancel()
    assert wait_blocking(session, PATIENCE)


async def test_blocking_the_own_loop_is_refused() -> None:
    session = begin(make([chat("a"), Gate()]))
    with pytest.raises(UsageError, match="use `await w`"):
        wait_blocking(session)
    with pytest.raises(UsageError, match="use `await w`"):
        next(follow_blocking(session, session.generation.deltas))
    session.cancel()
    await ended(session)
    assert wait_blocking(session), "nothing to wait for any more"


def test_follow_blocking_from_a_plain_thread() -> None:
    session = make([chat(str(n)) for n in range(200)] + [DONE])
    session.start(background_loop())
    assert list(follow_blocking(session, session.generation.deltas)) == [str(n) for n in range(200)]


@pytest.mark.parametrize(
    "what", [wait_blocking, lambda s: list(follow_blocking(s, s.generation.deltas))]
)
def test_ctrl_c_stops_the_stream(
    what: Callable[[Session], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = make([chat("a"), Gate()])
    session.start(background_loop())
    interrupted: list[bool] = []

    def interrupt(original: Any) -> Any:
        def replaced(self: Any, timeout: float | None = None) -> Any:
            if threading.current_thread() is threading.main_thread() and not interrupted:
                interrupted.append(True)
                raise KeyboardInterrupt
            return original(self, timeout)

        return replaced

    monkeypatch.setattr(threading.Condition, "wait", interrupt(threading.Condition.wait))
    with pytest.raises(KeyboardInterrupt):
        what(session)
    monkeypatch.undo()
    assert wait_blocking(session, PATIENCE)
    assert (session.status, session.reason) == ("cancelled", "interrupted")


# -- a plain `for` on the loop's own thread --------------------------------------------------------


async def test_for_over_a_blocking_stream_on_the_loops_thread() -> None:
    session = begin(strings("a", "b", "c"))
    assert session.generation.chunks is not None
    shown = []
    for chunk in follow_blocking(session, session.generation.chunks):
        shown.append((chunk, session.transcript.text))
    assert shown == [("a", "a"), ("b", "ab"), ("c", "abc")]
    assert session.status == "completed", "the end is told although the loop did not run"
    await ended(session)
    assert session.transcript.text == "abc"


async def test_for_raises_nothing_and_the_session_has_the_error() -> None:
    def generate() -> Iterator[str]:
        yield "a"
        raise ValueError("boom")

    session = begin(Session(StreamSource(generate()), RecordingSink(), keep_chunks=True))
    assert session.generation.chunks is not None
    assert list(follow_blocking(session, session.generation.chunks)) == ["a"]
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message == "boom"
    await ended(session)


async def test_break_leaves_the_rest_to_the_widget() -> None:
    session = begin(strings("a", "b", "c"))
    assert session.generation.chunks is not None
    for _ in follow_blocking(session, session.generation.chunks):
        break
    await ended(session)
    assert session.transcript.text == "abc"
    assert session.generation.chunks == ["a", "b", "c"]
    assert session.status == "completed"


async def test_cancel_inside_the_for_ends_it() -> None:
    closed = threading.Event()

    def generate() -> Iterator[str]:
        try:
            while True:
                yield "x"
        finally:
            closed.set()

    session = begin(Session(StreamSource(generate()), RecordingSink(), keep_chunks=True))
    assert session.generation.chunks is not None
    for count, _ in enumerate(follow_blocking(session, session.generation.chunks), 1):
        if count == 3:
            session.cancel()
        assert count <= 3, "text after a cancel"
    await ended(session)
    assert (session.status, session.transcript.text) == ("cancelled", "xxx")
    assert await asyncio.to_thread(closed.wait, PATIENCE)


async def test_for_after_await_gives_everything_again() -> None:
    session = begin(strings("a", "b"))
    await wait(session)
    assert session.generation.chunks is not None
    assert list(follow_blocking(session, session.generation.chunks)) == ["a", "b"]


# -- which loop -----------------------------------------------------------------------------------


async def test_the_running_loop_is_chosen() -> None:
    assert choose_loop() is asyncio.get_running_loop()


def test_without_a_running_loop_a_thread_has_one() -> None:
    loop = choose_loop()
    assert loop is background_loop()
    assert asyncio.run_coroutine_threadsafe(asyncio.sleep(0, "ran"), loop).result(PATIENCE) == "ran"
