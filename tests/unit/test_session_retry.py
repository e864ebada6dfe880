"""Retries and clocks of one generation, with scripted streams."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.session.session import Session
from nbstream.session.timing import Clocks, Timing
from nbstream.transport.retry import RetryPolicy
from tests.support.fakes import (
    DONE,
    ApiError,
    Gate,
    ReadError,
    Ticking,
    begin,
    chat,
    ended,
    make,
    run,
    until,
)

# -- retries --------------------------------------------------------------------------------------


async def test_a_retry_is_visible() -> None:
    session, sink = await run(ApiError(503, "busy"), [chat("a"), DONE])
    assert session.status == "completed"
    assert sink.statuses == ["retrying", "queued", "in_progress", "completed"]
    assert sink.retries[0].attempt == 2
    assert sink.retries[0].reason == "503: the server is not available at the moment: busy"
    assert session.error is None


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded", "502", 529])
async def test_a_passing_error_inside_the_stream_is_retried(code: Any) -> None:
    event = {"error": {"message": "busy", "type": "error", "code": code}, "choices": []}
    session, sink = await run([chat(), event], [chat("a"), DONE])
    assert (session.status, session.error) == ("completed", None)
    assert len(sink.retries) == 1
    later, _ = await run([chat("a"), event], [chat("b"), DONE])
    assert (later.status, later.transcript.text) == ("failed", "a")


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


async def look_often(session: Session, clock: Ticking) -> None:
    """Let much time pass, of which each look at the clocks finds some gone."""
    for _ in range(8):
        clock.time += 1.0
        await until(lambda: session.generation.timing.waited == clock.time)


async def test_stalled_and_running_again() -> None:
    gate, clock = Gate(), Ticking()
    script = [chat("a"), gate, chat("b"), DONE]
    session, sink = make(script, clocks=Clocks(stall_after=0.03), clock=clock)
    begin(session)
    await until(lambda: gate.reached)
    clock.time += 1.0
    await until(lambda: session.status == "stalled")
    gate.open()
    await ended(session)
    assert sink.statuses == ["in_progress", "stalled", "in_progress", "completed"]


async def test_a_stalled_stream_can_be_stopped() -> None:
    gate, clock = Gate(), Ticking()
    session, sink = make([chat("a"), gate], clocks=Clocks(stall_after=0.03), clock=clock)
    begin(session)
    await until(lambda: gate.reached)
    clock.time += 1.0
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
    assert session.error.message == "no first token arrived within 0.03 s"
    assert session.source.opens == 1
    assert "cancelling" not in sink.statuses


async def test_first_token_timeout_counts_retries_in() -> None:
    slow = RetryPolicy(base_delay=60.0, max_delay=60.0)
    session, _ = await run(ApiError(503), clocks=Clocks(first_token_timeout=0.03), retry=slow)
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.type == "Timeout"


async def test_stalled_before_the_first_token_and_retried() -> None:
    gate = Gate()
    session, sink = make([gate, ReadError("cut")], [chat("a"), DONE], clocks=Clocks(0.03))
    begin(session)
    await until(lambda: session.status == "stalled")
    gate.open()
    await ended(session)
    assert sink.statuses[:2] == ["stalled", "retrying"]
    assert session.status == "completed"


async def test_one_that_says_what_it_waits_for_is_not_stalled() -> None:
    gate, clock = Gate(), Ticking()
    session, sink = make([gate, chat("a"), DONE], clocks=Clocks(0.02), clock=clock)
    begin(session)
    session.announce("the model is being fetched")
    await look_often(session, clock)
    gate.open()
    await ended(session)
    assert sink.statuses == ["queued", "in_progress", "completed"]


async def test_idle_timeout() -> None:
    session, _sink = await run([chat("a"), Gate()], clocks=Clocks(10.0, None, 0.03))
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message == "no next token arrived within 0.03 s"
    assert session.transcript.text == "a"


async def test_idle_timeout_of_a_stalled_stream() -> None:
    gate, clock = Gate(), Ticking()
    session, sink = make([chat("a"), gate], clocks=Clocks(0.02, None, 0.06), clock=clock)
    begin(session)
    await until(lambda: gate.reached)
    clock.time += 0.03
    await until(lambda: session.status == "stalled")
    clock.time += 0.04
    await ended(session)
    assert sink.statuses == ["in_progress", "stalled", "failed"]


@pytest.mark.parametrize("opening", [True, False], ids=["while opening", "in the stream"])
async def test_a_server_that_sends_nothing_at_all(opening: bool) -> None:
    script = Gate() if opening else [chat("a"), Gate()]
    session, _sink = await run(script, clocks=Clocks(silence_timeout=0.03))
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message == "the server sent nothing at all for 0.03 s"


async def test_nothing_can_come_before_the_request_is_sent() -> None:
    gate, clock = Gate(), Ticking()
    limit = Clocks(silence_timeout=0.03)
    session, _sink = make([gate, chat("a"), DONE], clocks=limit, clock=clock)
    begin(session)
    session.announce("the model is being fetched")
    await look_often(session, clock)
    gate.open()
    await ended(session)
    assert session.status == "completed"


async def test_a_timeout_does_not_overtake_a_cancel() -> None:
    gate, clock = Gate(), Ticking()
    session, _ = make([chat("a"), gate], clocks=Clocks(10.0, None, 0.03), clock=clock)
    begin(session)
    await until(lambda: gate.reached)
    session.cancel()
    clock.time += 1.0
    assert session._run is not None
    session._run._watchdog._look()
    await ended(session)
    assert session.status == "cancelled"
    assert session.error is None


async def test_no_timer_is_left_behind() -> None:
    session, _ = await run([chat("a"), DONE])
    assert session._run is not None
    timer = session._run._watchdog._timer
    assert timer is not None
    assert timer.cancelled()


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
    assert session.generation.tokens_per_second is None
    for n in range(5):
        now[0] = 1.0 + n * 0.5
        session.generation.feed(chat("x"))
    assert session.generation.tokens_per_second == 4 / 2.0
    usage = {"prompt_tokens": 1, "completion_tokens": 21}
    session.generation.feed({**chat(), "choices": [], "usage": usage})
    assert session.generation.tokens_per_second == 20 / 2.0


async def test_one_burst_has_no_speed() -> None:
    session, _ = make([], clock=lambda: 1.0)
    session.generation.feed(chat("x"))
    session.generation.feed(chat("x"))
    assert session.generation.tokens_per_second is None
