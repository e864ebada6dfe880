"""Every way and every moment to stop a generation, with scripted streams."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from nbstream.session.session import Session
from nbstream.transport.source import StreamSource
from tests.support.fakes import DONE, Gate, RecordingSink, begin, chat, ended, make, until
from tests.support.patience import PATIENCE


async def test_cancel_before_start() -> None:
    session, sink = make([chat("a")])
    assert session.cancel()
    assert session.status == "cancelled"
    assert session.done.done()
    begin(session)
    await asyncio.sleep(0)
    assert session.source.opens == 0
    assert sink.statuses == ["cancelled"]


async def test_cancel_right_after_start() -> None:
    session, sink = make([chat("a")])
    begin(session)
    assert session.cancel()
    await ended(session)
    assert sink.statuses == ["cancelling", "cancelled"]
    assert session.source.opens == 0


async def test_cancel_while_opening() -> None:
    gate = Gate()
    session, sink = make(gate)
    begin(session)
    await until(lambda: gate.reached)
    assert session.cancel("enough")
    assert session.status == "cancelling", "told at once"
    await ended(session)
    assert (session.status, session.reason) == ("cancelled", "enough")
    assert sink.statuses == ["cancelling", "cancelled"]


@pytest.mark.parametrize("wakes", [True, False], ids=["stream", "generator"])
@pytest.mark.parametrize("texts", [[], ["a", "b"]], ids=["before the first token", "mid-stream"])
async def test_cancel_a_running_stream(wakes: bool, texts: list[str]) -> None:
    gate = Gate()
    session, sink = make([*map(chat, texts), gate, chat("late"), DONE])
    session.source.wakes = wakes
    begin(session)
    await until(lambda: gate.reached)
    assert session.cancel()
    await ended(session)
    assert (session.status, session.reason) == ("cancelled", "stopped by you")
    assert session.error is None
    assert session.transcript.text == "".join(texts)
    assert session.source.opened[0].closed >= 1
    assert session.source.opens == 1
    assert sink.statuses[-2:] == ["cancelling", "cancelled"]


async def test_a_stream_whose_close_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbstream.session.run.CLOSE_GRACE", 0.02)
    gate = Gate()
    session, _ = make([chat("a"), gate])
    begin(session)
    await until(lambda: gate.reached)
    session.source.opened[0].close = asyncio.Event().wait
    assert session._opened is not None
    session._opened.close = asyncio.Event().wait  # type: ignore[assignment]  # it never ends
    session.cancel()
    await ended(session)
    assert session.status == "cancelled"


async def test_cancel_is_idempotent() -> None:
    gate = Gate()
    session, sink = make([chat("a"), gate])
    begin(session)
    await until(lambda: gate.reached)
    assert [session.cancel(f"reason {n}") for n in range(3)] == [True, False, False]
    await ended(session)
    assert not session.cancel("later")
    assert session.reason == "reason 0"
    assert sink.statuses.count("cancelling") == 1
    assert sink.statuses.count("cancelled") == 1


async def test_many_threads_cancel_at_once() -> None:
    gate = Gate()
    session, sink = make([chat("a"), gate])
    begin(session)
    await until(lambda: gate.reached)
    won: list[bool] = []
    barrier = threading.Barrier(8)

    def cancel() -> None:
        barrier.wait(PATIENCE)
        won.append(session.cancel())

    threads = [threading.Thread(target=cancel) for _ in range(8)]
    for thread in threads:
        thread.start()
    await ended(session)
    for thread in threads:
        await asyncio.to_thread(thread.join, PATIENCE)
    assert sorted(won) == [False] * 7 + [True]
    assert sink.statuses == ["in_progress", "cancelling", "cancelled"]


async def test_start_and_cancel_from_another_thread() -> None:
    session, _ = make([chat("a"), Gate()])
    loop = asyncio.get_running_loop()

    def both() -> None:
        session.start(loop)
        session.cancel("from a thread")

    await asyncio.to_thread(both)
    await ended(session)
    assert (session.status, session.reason) == ("cancelled", "from a thread")


def test_cancel_when_the_loop_is_closed() -> None:
    session, _ = make([chat("a"), DONE])
    loop = asyncio.new_event_loop()
    session.start(loop)
    loop.close()
    assert session.cancel()
    assert session.status == "cancelled"
    assert session.done.done()


async def test_text_that_arrives_after_a_cancel_is_dropped() -> None:
    texts = asyncio.Queue[str]()

    async def generate() -> AsyncIterator[str]:
        while True:
            try:
                yield await texts.get()
            except asyncio.CancelledError:
                yield "late"

    sink = RecordingSink()
    session = Session(StreamSource(generate()), sink)
    begin(session)
    texts.put_nowait("a")
    await until(lambda: session.transcript.text == "a")
    session.cancel()
    await ended(session)
    assert session.status == "cancelled"
    assert session.transcript.text == "a"


async def test_cancel_of_a_blocking_stream() -> None:
    release = threading.Event()

    def generate() -> Iterator[str]:
        yield "a"
        release.wait(PATIENCE)
        yield "late"

    session = Session(StreamSource(generate()), RecordingSink())
    begin(session)
    await until(lambda: session.transcript.text == "a")
    session.cancel()
    release.set()
    await ended(session)
    assert session.status == "cancelled"
    assert session.transcript.text == "a"
