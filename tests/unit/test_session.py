"""One generation with scripted streams: every ending, and what is kept and told of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.session.run import LOOP_ENDED
from nbstream.session.session import Session
from nbstream.text.redact import redactor
from nbstream.transcript.status import TERMINAL
from nbstream.transport.source import StreamSource
from tests.support.fakes import (
    DONE,
    ApiError,
    Gate,
    ReadError,
    RecordingSink,
    begin,
    chat,
    ended,
    make,
    run,
    until,
)
from tests.support.patience import PATIENCE

# -- endings --------------------------------------------------------------------------------------


async def test_completed() -> None:
    session, sink = await run([chat("Hel"), chat("lo"), DONE])
    assert (session.status, session.reason, session.error) == ("completed", None, None)
    assert session.transcript.text == "Hello"
    assert session.generation.deltas == ["Hel", "lo"]
    assert sink.statuses == ["in_progress", "completed"]
    assert [append.offset for append in sink.appends] == [0, 3]
    assert session.source.opened[0].closed == 1


async def test_text_comes_before_the_status_that_it_brings() -> None:
    order = []
    session, sink = make([chat("Hi"), DONE])
    sink.appended = lambda append: order.append("text")
    sink.changed = lambda session: order.append(session.status)
    await ended(begin(session))
    assert order == ["text", "in_progress", "completed"]


async def test_an_empty_answer_is_complete() -> None:
    session, sink = await run([DONE])
    assert session.status == "completed"
    assert sink.statuses == ["completed"]
    assert session.generation.timing.first_token is None


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([chat("a"), chat(finish="length")], "the answer reached the token limit"),
        ([chat("a"), chat(finish="content_filter")], "the provider's content filter"),
        ([chat("a")], "the connection ended before the answer was complete"),
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


@pytest.mark.parametrize("steps", [[], [chat()]])
async def test_an_answer_that_never_began(steps: list[Any]) -> None:
    session, sink = await run(steps)
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message == "the connection was closed before the first token arrived"
    assert session.source.opens == 3
    assert sink.statuses[-1] == "failed"


async def test_a_response_that_is_no_stream() -> None:
    page = SimpleNamespace(headers={"content-type": "application/json; charset=utf-8"})
    session, _ = await run([], response=page)
    assert session.error is not None
    assert session.error.message == (
        "the server answered with application/json instead of a stream of events"
    )
    assert session.source.opens == 1


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
    assert session.error.message == "the server reported an error mid-answer: overloaded"
    assert session.transcript.text == "a"


async def test_a_chunk_that_nobody_understands() -> None:
    session, _ = await run([object()])
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.type == "UsageError"


PINGS = [None, 7, {}, {"type": "ping"}, {"object": "ping"}, {"event": "ping", "data": {}}]


@pytest.mark.parametrize("first", [*PINGS, {"choices": []}, {"choices": None}])
@pytest.mark.parametrize("chunk", [chat("a"), {"choices": [{"index": 0, "text": "a"}]}])
async def test_the_first_chunk_need_not_say_the_format(first: Any, chunk: Any) -> None:
    session, _ = await run([first, first, chunk, DONE])
    assert (session.status, session.transcript.text) == ("completed", "a")


@pytest.mark.parametrize("first", PINGS)
async def test_nor_need_the_first_event_of_a_response(first: Any) -> None:
    delta = {"type": "response.output_text.delta", "delta": "a", "output_index": 0}
    created, end = {"type": "response.created"}, {"type": "response.completed"}
    session, _ = await run([first, created, first, delta, end])
    assert (session.status, session.transcript.text) == ("completed", "a")


async def test_nothing_but_pings() -> None:
    session, _ = await run([{"type": "ping"}] * 3)
    assert session.error is not None
    assert session.error.message == "the connection was closed before the first token arrived"


async def test_the_loops_task_is_cancelled_by_others() -> None:
    session, _ = make([chat("a"), Gate()])
    begin(session)
    await until(lambda: session.transcript.text == "a")
    assert session._run._task is not None
    session._run._task.cancel()
    await ended(session)
    assert (session.status, session.reason) == ("cancelled", LOOP_ENDED)


class Endless:
    """A blocking stream without an item, until it is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[Any]:
        assert self.closed.wait(PATIENCE)
        yield from ()

    def close(self) -> None:
        self.closed.set()


async def test_a_blocking_stream_whose_task_never_ran_is_closed() -> None:
    """As by asyncio.run() when it returns at once: a thread reads the stream already."""
    stream = Endless()
    session = Session(StreamSource(stream), RecordingSink())
    begin(session)
    assert session._run is not None
    session._run._task.cancel()
    await ended(session)
    assert (session.status, session.reason) == ("cancelled", LOOP_ENDED)
    assert stream.closed.is_set()


def test_a_request_whose_loop_ends_at_once_is_not_complete() -> None:
    session, _ = make([chat("a"), DONE])

    async def main() -> None:
        begin(session)

    asyncio.run(main())
    assert (session.status, session.reason) == ("cancelled", LOOP_ENDED)


async def test_a_blocking_stream_that_was_cancelled_before_its_start_is_closed() -> None:
    stream = Endless()
    session = Session(StreamSource(stream), RecordingSink())
    session.cancel()
    begin(session)
    assert session._run is None
    assert stream.closed.is_set()


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
    assert session.error.message.endswith(": bad key [redacted]")


async def test_nothing_is_told_after_the_end() -> None:
    session, sink = await run([chat("a"), DONE])
    before = list(sink.statuses), list(sink.appends)
    session.generation.feed(chat("late"))
    session.generation.conclude()
    session.generation.fail(session.error)  # type: ignore[arg-type]  # it is not None here
    assert not session.cancel()
    assert (sink.statuses, sink.appends) == before
    assert session.transcript.text == "a"


async def test_impossible_moves_are_bugs() -> None:
    session, _ = make([])
    with pytest.raises(UsageError, match="from queued to cancelled"):
        session.generation.move("cancelled")


# -- what is kept ---------------------------------------------------------------------------------


async def test_chunks_are_kept_when_asked_for() -> None:
    chunks = [chat("a"), chat(None, reasoning="hm"), DONE]
    session, _ = await run(chunks, keep_chunks=True)
    assert session.generation.chunks == chunks
    plain, _ = await run(chunks)
    assert plain.generation.chunks is None


async def test_deltas_are_text_only() -> None:
    session, _ = await run([chat(None, reasoning="hm"), chat("a"), chat(None, refusal="no"), DONE])
    assert session.generation.deltas == ["a"]
    assert session.generation.token_events == 3


async def test_the_response_is_reachable() -> None:
    response = SimpleNamespace(headers={"x-request-id": "req_7"})
    session, _ = await run([chat("a"), DONE], response=response)
    assert session.generation.response is response
    assert session.generation.request_id == "req_7"


async def test_the_request_id_of_an_error() -> None:
    session, _ = await run(ApiError(400, headers={"x-request-id": "req_8"}))
    assert session.generation.request_id == "req_8"
    assert session.generation.response.headers["x-request-id"] == "req_8"


# -- listeners, announcements ---------------------------------------------------------------------


async def test_listeners() -> None:
    session, _ = make([chat("a"), chat("b"), DONE])
    heard: list[str] = []
    stop = session.generation.listen(lambda: heard.append(session.status))
    quiet: list[str] = []
    session.generation.listen(lambda: quiet.append("x"))()
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
        assert session.generation.timing.ended is not None
        assert [s for s in sink.statuses if s in TERMINAL] == [session.status]
