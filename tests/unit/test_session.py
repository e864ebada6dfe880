"""One generation with scripted streams: every ending, every way to stop, retries and clocks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.faults import RetryPolicy, redactor
from nbstream.session import Session
from nbstream.sources import StreamSource
from nbstream.states import TERMINAL
from nbstream.timing import Clocks, Timing
from tests.support.fakes import (
    ApiError,
    FakeSource,
    Gate,
    ReadError,
    RecordingSink,
    chat,
    ended,
    until,
)

QUICK = RetryPolicy(base_delay=0.001)
DONE = chat(finish="stop")


def make(*scripts: Any, reopenable: bool = True, **options: Any) -> tuple[Session, RecordingSink]:
    sink = RecordingSink()
    source = FakeSource(*scripts, reopenable=reopenable, response=options.pop("response", None))
    return Session(source, sink, retry=options.pop("retry", QUICK), **options), sink


def begin(session: Session) -> Session:
    session.start(asyncio.get_running_loop())
    return session


async def run(*scripts: Any, **options: Any) -> tuple[Session, RecordingSink]:
    session, sink = make(*scripts, **options)
    await ended(begin(session))
    return session, sink


# -- endings --------------------------------------------------------------------------------------


async def test_completed() -> None:
    session, sink = await run([chat("Hel"), chat("lo"), DONE])
    assert (session.status, session.reason, session.error) == ("completed", None, None)
    assert session.transcript.text == "Hello"
    assert session.deltas == ["Hel", "lo"]
    assert sink.statuses == ["in_progress", "completed"]
    assert [append.offset for append in sink.appends] == [0, 3]
    assert session.source.opened[0].closed == 1


async def test_text_comes_before_the_status_that_it_brings() -> None:
    order = []
    session, sink = make([chat("Hi"), DONE])
    sink.appended = lambda session, append: order.append("text")
    sink.changed = lambda session: order.append(session.status)
    await ended(begin(session))
    assert order == ["text", "in_progress", "completed"]


async def test_an_empty_answer_is_complete() -> None:
    session, sink = await run([DONE])
    assert session.status == "completed"
    assert sink.statuses == ["completed"]
    assert session.timing.first_token is None


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([chat("a"), chat(finish="length")], "the answer reached the token limit"),
        ([chat("a"), chat(finish="content_filter")], "the provider's content filter"),
        ([chat("a")], "the connection ended before the answer was complete"),
        ([chat()], "the connection ended before the answer was complete"),
        ([], "the connection ended before the answer was complete"),
        (
            [{"type": "response.output_text.delta", "delta": "a"}],
            "the connection ended before the answer was complete",
        ),
        (
            [{"type": "response.incomplete", "response": {}}],
            "the server calls the response incomplete",
        ),
    ],
)
async def test_incomplete(steps: list[Any], reason: str) -> None:
    session, sink = await run(steps)
    assert session.status == "incomplete"
    assert session.reason is not None
    assert session.reason.startswith(reason)
    assert session.error is None
    assert sink.statuses[-1] == "incomplete"


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call", "eos"])
async def test_other_finish_reasons_are_complete(finish: str) -> None:
    session, _ = await run([chat("a"), chat(finish=finish)])
    assert session.status == "completed"
    assert session.transcript.finish_reason == finish


@pytest.mark.parametrize("strings", [[], ["a"], ["a", "b"]])
async def test_an_iterator_of_strings_is_complete_at_its_end(strings: list[str]) -> None:
    session, _ = await run(strings, reopenable=False)
    assert session.status == "completed"
    assert session.transcript.text == "".join(strings)


async def test_failed_with_the_text_so_far() -> None:
    session, sink = await run([chat("par"), chat("tial"), ReadError("reset by peer")])
    assert session.status == "failed"
    assert session.transcript.text == "partial"
    assert session.error is not None
    assert session.error.type == "ReadError"
    assert session.source.opens == 1, "not retried once text has come"
    assert sink.statuses == ["in_progress", "failed"]


async def test_an_error_event_in_the_stream() -> None:
    event = {"type": "error", "message": "overloaded", "choices": None}
    session, _ = await run([chat("a"), event])
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message == "overloaded"
    assert session.transcript.text == "a"


async def test_a_chunk_that_nobody_understands() -> None:
    session, _ = await run([object()])
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.type == "UsageError"


async def test_the_loops_task_is_cancelled_by_others() -> None:
    session, _ = make([chat("a"), Gate()])
    begin(session)
    await until(lambda: session.transcript.text == "a")
    assert session._task is not None
    session._task.cancel()
    await ended(session)
    assert (session.status, session.reason) == ("cancelled", "its task was cancelled")


async def test_a_sink_that_raises_does_not_leave_the_stream_alive() -> None:
    session, sink = make([chat("a"), DONE])
    sink.appended = lambda *_: 1 / 0
    await ended(begin(session))
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.type == "ZeroDivisionError"


async def test_errors_are_redacted() -> None:
    session, _ = await run(ApiError(401, "bad key hunter22"), redact=redactor("hunter22"))
    assert session.error is not None
    assert session.error.message == "bad key [redacted]"


async def test_nothing_is_told_after_the_end() -> None:
    session, sink = await run([chat("a"), DONE])
    before = list(sink.statuses), list(sink.appends)
    session.feed(chat("late"))
    session.conclude()
    session.fail(session.error)  # type: ignore[arg-type]
    assert not session.cancel()
    assert (sink.statuses, sink.appends) == before
    assert session.transcript.text == "a"


async def test_impossible_moves_are_bugs() -> None:
    session, _ = make([])
    with pytest.raises(UsageError, match="from queued to cancelled"):
        session._move("cancelled")


# -- what is kept ---------------------------------------------------------------------------------


async def test_chunks_are_kept_when_asked_for() -> None:
    chunks = [chat("a"), chat(None, reasoning="hm"), DONE]
    session, _ = await run(chunks, keep_chunks=True)
    assert session.chunks == chunks
    plain, _ = await run(chunks)
    assert plain.chunks is None


async def test_deltas_are_text_only() -> None:
    session, _ = await run([chat(None, reasoning="hm"), chat("a"), chat(None, refusal="no"), DONE])
    assert session.deltas == ["a"]
    assert session.token_events == 3


async def test_the_response_is_reachable() -> None:
    response = SimpleNamespace(headers={"x-request-id": "req_7"})
    session, _ = await run([chat("a"), DONE], response=response)
    assert session.response is response
    assert session.request_id == "req_7"


async def test_the_request_id_of_an_error() -> None:
    session, _ = await run(ApiError(400, headers={"x-request-id": "req_8"}))
    assert session.request_id == "req_8"
    assert session.response.headers["x-request-id"] == "req_8"


# -- cancel ---------------------------------------------------------------------------------------


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
@pytest.mark.parametrize("texts", [[], ["a", "b"]], ids=["before the first token", "in mid-stream"])
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
    monkeypatch.setattr("nbstream.session.CLOSE_GRACE", 0.02)
    gate = Gate()
    session, _ = make([chat("a"), gate])
    begin(session)
    await until(lambda: gate.reached)
    session.source.opened[0].close = asyncio.Event().wait
    assert session._opened is not None
    session._opened.close = asyncio.Event().wait  # type: ignore[assignment]
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
        barrier.wait(5)
        won.append(session.cancel())

    threads = [threading.Thread(target=cancel) for _ in range(8)]
    for thread in threads:
        thread.start()
    await ended(session)
    for thread in threads:
        await asyncio.to_thread(thread.join, 5)
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
        release.wait(10)
        yield "late"

    session = Session(StreamSource(generate()), RecordingSink())
    begin(session)
    await until(lambda: session.transcript.text == "a")
    session.cancel()
    release.set()
    await ended(session)
    assert session.status == "cancelled"
    assert session.transcript.text == "a"


# -- retries --------------------------------------------------------------------------------------


async def test_a_retry_is_visible() -> None:
    session, sink = await run(ApiError(503, "busy"), [chat("a"), DONE])
    assert session.status == "completed"
    assert sink.statuses == ["retrying", "queued", "in_progress", "completed"]
    assert sink.retries[0].attempt == 2
    assert sink.retries[0].reason == "503: busy"
    assert session.error is None


async def test_attempts_end() -> None:
    session, sink = await run(ApiError(503, "busy"))
    assert session.status == "failed"
    assert session.source.opens == 3
    assert [retry.attempt for retry in sink.retries] == [2, 3]


async def test_a_stream_that_breaks_before_its_first_token_is_retried() -> None:
    session, _ = await run([chat(), ReadError("reset")], [chat("a"), DONE])
    assert session.status == "completed"
    assert [stream.closed for stream in session.source.opened] == [1, 1]


@pytest.mark.parametrize("first", [chat("a"), chat(None, reasoning="hm"), chat(None, refusal="no")])
async def test_never_retried_after_a_delta(first: Any) -> None:
    session, _ = await run([first, ReadError("reset")], [chat("b"), DONE])
    assert session.status == "failed"
    assert session.source.opens == 1


async def test_never_retried_what_can_be_opened_once() -> None:
    session, _ = await run(ApiError(503), [chat("a"), DONE], reopenable=False)
    assert session.status == "failed"
    assert session.source.opens == 1


async def test_never_retried_what_is_final() -> None:
    _session, sink = await run(ApiError(401), [chat("a"), DONE])
    assert sink.statuses == ["failed"]


async def test_cancel_while_a_retry_is_counted_down() -> None:
    slow = RetryPolicy(base_delay=60.0, max_delay=60.0)
    session, sink = make(ApiError(503), [chat("a"), DONE], retry=slow)
    begin(session)
    await until(lambda: session.status == "retrying")
    session.cancel()
    await ended(session)
    assert sink.statuses == ["retrying", "cancelling", "cancelled"]
    assert session.source.opens == 1


async def test_never_retried_after_a_cancel() -> None:
    gate = Gate()
    session, _ = make([chat(), gate], [chat("again"), DONE])
    begin(session)
    await until(lambda: gate.reached)
    session.cancel()
    await ended(session)
    assert session.source.opens == 1
    assert session.transcript.text == ""


# -- clocks ---------------------------------------------------------------------------------------


async def test_stalled_and_running_again() -> None:
    gate = Gate()
    session, sink = make([chat("a"), gate, chat("b"), DONE], clocks=Clocks(stall_after=0.03))
    begin(session)
    await until(lambda: session.status == "stalled")
    gate.open()
    await ended(session)
    assert sink.statuses == ["in_progress", "stalled", "in_progress", "completed"]


async def test_a_stalled_stream_can_be_stopped() -> None:
    session, sink = make([chat("a"), Gate()], clocks=Clocks(stall_after=0.03))
    begin(session)
    await until(lambda: session.status == "stalled")
    session.cancel()
    await ended(session)
    assert sink.statuses == ["in_progress", "stalled", "cancelling", "cancelled"]


@pytest.mark.parametrize("opening", [True, False], ids=["while opening", "in the stream"])
async def test_first_token_timeout(opening: bool) -> None:
    script = Gate() if opening else [chat(), Gate()]
    session, sink = await run(script, clocks=Clocks(first_token_timeout=0.03))
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.type == "Timeout"
    assert session.error.message == "no first token came within 0.03 s"
    assert session.source.opens == 1
    assert "cancelling" not in sink.statuses


async def test_first_token_timeout_counts_retries_in() -> None:
    slow = RetryPolicy(base_delay=60.0, max_delay=60.0)
    session, _ = await run(ApiError(503), clocks=Clocks(first_token_timeout=0.03), retry=slow)
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.type == "Timeout"


async def test_idle_timeout() -> None:
    session, _sink = await run([chat("a"), Gate()], clocks=Clocks(10.0, None, 0.03))
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message == "no next token came within 0.03 s"
    assert session.transcript.text == "a"


async def test_idle_timeout_of_a_stalled_stream() -> None:
    _session, sink = await run([chat("a"), Gate()], clocks=Clocks(0.02, None, 0.06))
    assert sink.statuses == ["in_progress", "stalled", "failed"]


async def test_a_timeout_does_not_overtake_a_cancel() -> None:
    gate = Gate()
    session, _ = make([chat("a"), gate], clocks=Clocks(10.0, None, 0.03))
    begin(session)
    await until(lambda: gate.reached)
    session.cancel()
    await ended(session)
    assert session.status == "cancelled"
    assert session.error is None


async def test_no_timer_is_left_behind() -> None:
    session, _ = await run([chat("a"), DONE])
    assert session._watch is not None
    assert session._watch.cancelled()


def test_timing() -> None:
    now = [100.0]
    timing = Timing(100.0, now=lambda: now[0])
    assert timing.first_token is None
    assert repr(timing) == "Timing(elapsed=0.00 s, first_token=none yet)"
    now[0] = 103.0
    assert timing.elapsed == 3.0
    timing.first, timing.ended = 101.5, 102.0
    assert (timing.elapsed, timing.first_token) == (2.0, 1.5)
    assert repr(timing) == "Timing(elapsed=2.00 s, first_token=1.50 s)"


async def test_tokens_per_second() -> None:
    now = [0.0]
    session, _ = make([], clock=lambda: now[0])
    assert session.tokens_per_second is None
    for n in range(5):
        now[0] = 1.0 + n * 0.5
        session.feed(chat("x"))
    assert session.tokens_per_second == 4 / 2.0
    usage = {"prompt_tokens": 1, "completion_tokens": 21}
    session.feed({**chat(), "choices": [], "usage": usage})
    assert session.tokens_per_second == 20 / 2.0


async def test_one_burst_has_no_speed() -> None:
    session, _ = make([], clock=lambda: 1.0)
    session.feed(chat("x"))
    session.feed(chat("x"))
    assert session.tokens_per_second is None


# -- listeners, announcements ---------------------------------------------------------------------


async def test_listeners() -> None:
    session, _ = make([chat("a"), chat("b"), DONE])
    heard: list[str] = []
    stop = session.listen(lambda: heard.append(session.status))
    quiet: list[str] = []
    session.listen(lambda: quiet.append("x"))()
    await ended(begin(session))
    assert heard[0] == "in_progress"
    assert heard[-1] == "completed"
    assert quiet == []
    stop()
    stop()


async def test_an_announcement_is_shown_while_waiting() -> None:
    gate = Gate()
    session, sink = make(gate)
    begin(session)
    session.announce("the model is being loaded")
    await until(lambda: session.reason is not None)
    assert session.reason == "the model is being loaded"
    assert sink.statuses == ["queued"]
    session.cancel()
    await ended(session)


async def test_an_announcement_does_not_outlive_the_first_token() -> None:
    gate = Gate()
    session, _ = make([gate, chat("a"), DONE])
    begin(session)
    await until(lambda: gate.reached)
    session.announce("loading")
    await until(lambda: session.reason == "loading")
    gate.open()
    await ended(session)
    assert (session.status, session.reason) == ("completed", None)


async def test_the_context_of_the_cell_goes_along() -> None:
    import contextvars

    cell = contextvars.ContextVar("cell", default="none")
    seen = []
    cell.set("this cell")
    session, sink = make([chat("a"), DONE])
    sink.changed = lambda session: seen.append(cell.get())
    loop = asyncio.get_running_loop()
    cell.set("another cell")
    await asyncio.to_thread(session.start, loop)
    await ended(session)
    assert seen == ["this cell"] * len(seen)
    assert len(seen) == 2


async def test_every_ending_is_terminal_and_settled() -> None:
    for scripts in ([[chat("a"), DONE]], [[chat("a")]], [ApiError(400)], [[object()]]):
        session, sink = await run(*scripts)
        assert session.status in TERMINAL
        assert session.is_done
        assert session.timing.ended is not None
        assert [s for s in sink.statuses if s in TERMINAL] == [session.status]
