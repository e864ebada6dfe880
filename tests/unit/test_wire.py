"""Numbered frames: what is sent of a stream, in which order."""

from __future__ import annotations

import asyncio
import time

from nbstream.comm.ticker import hub_of
from tests.support.fakes import DONE, ApiError, ReadError, chat, ended, until
from tests.support.frames import Page, Setup, flushed, run, running, stop

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


async def test_a_whole_stream() -> None:
    chunks = [chat(f"w{n}😀 ") for n in range(300)]
    setup = await run([chat(None, reasoning="hm"), *chunks, {**DONE, "usage": USAGE}])
    assert setup.page.parts == {
        "reasoning": "hm",
        "text": "".join(f"w{n}😀 " for n in range(300)),
    }
    assert setup.page.statuses == ["in_progress", "completed"]
    assert len(setup.page.messages) < 100, "merged"
    first, last = (f for f in setup.page.frames if f["kind"] == "status")
    assert first["model"] == "served-model"
    assert "model" not in last, "told once"
    assert last["finish_reason"] == "stop"
    assert last["usage"] == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    assert set(last["timing"]) == {"elapsed", "first_token", "tokens_per_second"}
    assert set(last["lengths"]) == {"reasoning", "text"}
    assert {"text", "status"} == set(setup.observed)


async def test_what_a_page_keeps_is_told_again_behind_a_snapshot_that_replaces_it() -> None:
    setup, _ = await running(chat("a"))
    setup.wire.restored(setup.session)
    await stop(setup)
    await flushed()
    *_, snapshot, stopping, last = setup.page.frames
    assert (snapshot["kind"], snapshot["model"]) == ("snapshot", "served-model")
    assert stopping["model"] == "served-model"
    assert "model" not in last


async def test_silence_is_told_while_it_lasts() -> None:
    setup, _ = await running(chat("a"))
    setup.session.generation.move("stalled")
    await stop(setup)
    await flushed()
    told = {f["status"]: "since_last" in f["timing"] for f in setup.page.frames if "timing" in f}
    assert told == {"in_progress": False, "stalled": True, "cancelling": False, "cancelled": False}


async def test_text_stands_before_its_status_in_one_message() -> None:
    setup = await run([chat("a"), DONE])
    kinds = [[frame["kind"] for frame in message["frames"]] for message in setup.page.messages]
    # The end is in it, too, where streams before this one left no room for an urgent message.
    assert kinds[0][:2] == ["delta", "status"]


async def test_what_a_widget_begins_with() -> None:
    snapshot = Setup().wire.snapshot()
    assert snapshot is not None
    assert (snapshot["label"], snapshot["model"]) == ("a question", "asked-model")
    assert (snapshot["seq"], snapshot["status"], snapshot["parts"]) == (1, "queued", [])
    assert "note" not in snapshot


async def test_the_note() -> None:
    setup = Setup(note="local model (demo quality)")
    snapshot = setup.wire.snapshot()
    assert snapshot is not None
    assert snapshot["note"] == "local model (demo quality)"


async def test_a_retry_and_an_error_on_the_wire() -> None:
    setup = Setup(ApiError(503, "busy"))
    setup.session._policy = type(setup.session._policy)(max_attempts=2, base_delay=0.001)
    setup.start()
    await ended(setup.session)
    await flushed()
    retrying = next(f for f in setup.page.frames if f.get("status") == "retrying")
    assert retrying["retry"]["attempt"] == 2
    failed = setup.page.frames[-1]
    assert failed["error"]["status_code"] == 503
    assert "retry" not in failed
    assert failed["lengths"] == {}


async def test_a_snapshot_has_what_was_sent_and_the_stream_goes_on() -> None:
    setup, _ = await running(chat("a😀"), chat("b"))
    await flushed()
    snapshot = setup.wire.snapshot()
    assert snapshot is not None
    assert snapshot["parts"] == [{"part": "text", "type": "text", "text": "a😀b"}]
    assert snapshot["seq"] == setup.wire.seq == setup.page.seq
    assert snapshot["model"] == "served-model"
    assert snapshot["label"] == "a question"
    setup.page.receive({"v": 1, "frames": [snapshot]})
    setup.session.generation.feed(chat("c"))
    setup.session.generation.feed(chat("d"))
    held = setup.wire.snapshot()
    assert held is not None
    assert len(held["parts"][0]["text"]) == 3 + (setup.wire.seq - snapshot["seq"])
    await stop(setup)
    await flushed()
    assert setup.page.parts == {"text": "a😀bcd"}


async def test_a_snapshot_of_the_end_says_what_is_missing() -> None:
    setup, _ = await running(chat("a"))
    await flushed()
    fresh = Page()
    pace = hub_of(asyncio.get_running_loop())._pace
    pace.spend(time.monotonic(), 100)  # no room for urgent ones
    setup.session.generation.feed(chat("b"))
    await stop(setup)
    snapshot = setup.wire.snapshot()
    assert snapshot is not None
    assert snapshot["status"] == "cancelled"
    assert snapshot["parts"][0]["text"] == "a"
    assert snapshot["lengths"] == {"text": 2}
    del snapshot["lengths"]
    fresh.apply(snapshot)
    before = len(setup.page.messages)
    await flushed()
    for message in setup.page.messages[before:]:
        fresh.receive(message)
    assert fresh.parts == {"text": "ab"}


async def test_nothing_is_scheduled_when_nothing_is_held() -> None:
    setup = await run([chat("a"), DONE])
    assert setup.page.statuses[-1] == "completed"
    assert hub_of(asyncio.get_running_loop())._timer is None


async def test_streams_share_one_hub() -> None:
    setups = [Setup([chat(f"{n}-{m}") for m in range(20)] + [DONE]).start() for n in range(5)]
    for setup in setups:
        await ended(setup.session)
    await flushed()
    for n, setup in enumerate(setups):
        assert setup.page.parts == {"text": "".join(f"{n}-{m}" for m in range(20))}


# -- going on -------------------------------------------------------------------------------------


async def test_a_stream_that_goes_on_sends_a_snapshot_in_place_of_its_end() -> None:
    setup = await run([chat("ab"), ReadError("cut")], [chat("cd"), chat(finish="stop")])
    assert setup.page.frames[-1]["offer"] == "continue"
    setup.session.go_on(asyncio.get_running_loop)
    await until(lambda: setup.session.status == "completed")
    kinds = [frame["kind"] for frame in setup.page.frames]
    after = setup.page.frames[kinds.index("snapshot") :]
    assert "error" not in after[0]
    assert "offer" not in after[0]
    assert after[0]["status"] == "queued"
    assert [frame["seq"] for frame in setup.page.frames] == list(range(2, len(kinds) + 2))
    assert setup.page.parts == {"text": "abcd"}
    assert "renewed" in setup.observed


async def test_what_comes_before_that_snapshot_can_be_sent_follows_it() -> None:
    setup = await run([chat("one "), ReadError("cut")], [chat("two"), DONE])
    sent = len(setup.page.frames)
    # So many urgent messages went out that the next one has to wait.
    hub_of(asyncio.get_running_loop())._pace.spend(time.monotonic(), 10)
    setup.session.go_on(asyncio.get_running_loop)
    await until(lambda: setup.session.status == "completed")
    assert len(setup.page.frames) == sent, "all of it is held"
    await flushed()
    kinds = [frame["kind"] for frame in setup.page.frames[sent:]]
    assert kinds == ["snapshot", "delta", "status", "status"]
    assert setup.page.parts == {"text": "one two"}
    assert setup.page.statuses[-2:] == ["in_progress", "completed"]
