"""Numbered frames, and the answers to what a front end asks."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from nbstream.hub import hub_of
from nbstream.session import Session
from nbstream.wire import Wire
from tests.support.fakes import ApiError, FakeSource, Gate, ReadError, chat, ended, until

DONE = chat(finish="stop")
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


class Page:
    """A front end that keeps the protocol's rules strictly."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.seq = 1
        self.parts: dict[str, str] = {}
        self.statuses: list[str] = []

    def receive(self, message: Any) -> None:
        assert message["v"] == 1
        self.messages.append(message)
        for frame in message.get("frames", ()):
            self.apply(frame)

    def apply(self, frame: Any) -> None:
        if frame["kind"] == "snapshot":
            assert frame["seq"] >= self.seq
            self.parts = {part["part"]: part["text"] for part in frame["parts"]}
        else:
            assert frame["seq"] == self.seq + 1
        if frame["kind"] == "status":
            self.statuses.append(frame["status"])
        self.seq = frame["seq"]
        for op in frame.get("ops", ()):
            text = self.parts.get(op["part"], "")
            assert op["offset"] == len(text.encode("utf-16-le")) // 2
            self.parts[op["part"]] = text + op["text"]
        for part, length in frame.get("lengths", {}).items():
            assert len(self.parts[part].encode("utf-16-le")) // 2 == length

    @property
    def frames(self) -> list[Any]:
        return [frame for message in self.messages for frame in message["frames"]]


class Setup:
    def __init__(self, *scripts: Any, note: str | None = None) -> None:
        self.page = Page()
        self.observed: list[str] = []
        self.cancelled: list[str] = []
        self.assets: list[str] = []
        self.released = 0
        self.wire = Wire(
            "s1",
            label="a question",
            model="asked-model",
            note=note,
            send=self.page.receive,
            send_asset=self.assets.append,
            outputs=lambda: {"s1-d": {"text/plain": "all"}},
            observe=self.observed.append,
            cancel_all=self.cancelled.append,
            released=self.release,
            renewed=lambda: self.observed.append("renewed"),
            go_on=lambda: self.observed.append("go on"),
        )
        self.session = Session(FakeSource(*scripts), self.wire)
        self.wire.open(self.session)

    def release(self) -> None:
        self.released += 1

    def start(self) -> Setup:
        self.session.start(asyncio.get_running_loop())
        return self


async def run(*scripts: Any) -> Setup:
    setup = Setup(*scripts).start()
    await ended(setup.session)
    await flushed(setup)
    return setup


async def test_a_whole_stream() -> None:
    chunks = [chat(f"w{n}😀 ") for n in range(300)]
    setup = await run([chat(None, reasoning="hm"), *chunks, {**DONE, "usage": USAGE}])
    assert setup.page.parts == {
        "reasoning": "hm",
        "text": "".join(f"w{n}😀 " for n in range(300)),
    }
    assert setup.page.statuses == ["in_progress", "completed"]
    assert len(setup.page.messages) < 100, "merged"
    last = setup.page.frames[-1]
    assert last["model"] == "served-model"
    assert last["finish_reason"] == "stop"
    assert last["usage"] == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    assert set(last["timing"]) >= {"elapsed", "first_token", "since_last"}
    assert set(last["lengths"]) == {"reasoning", "text"}
    assert {"text", "status"} == set(setup.observed)


async def test_text_stands_before_its_status_in_one_message() -> None:
    setup = await run([chat("a"), DONE])
    kinds = [[frame["kind"] for frame in message["frames"]] for message in setup.page.messages]
    assert kinds[0] == ["delta", "status"]


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
    await flushed(setup)
    retrying = next(f for f in setup.page.frames if f.get("status") == "retrying")
    assert retrying["retry"]["attempt"] == 2
    failed = setup.page.frames[-1]
    assert failed["error"]["status_code"] == 503
    assert "retry" not in failed
    assert failed["lengths"] == {}


async def running(*steps: Any) -> tuple[Setup, Gate]:
    gate = Gate()
    setup = Setup([*steps, gate]).start()
    await until(lambda: gate.reached)
    return setup, gate


async def stop(setup: Setup) -> None:
    setup.session.cancel()
    await ended(setup.session)


async def test_a_snapshot_has_what_was_sent_and_the_stream_goes_on() -> None:
    setup, _ = await running(chat("a😀"), chat("b"))
    await flushed(setup)
    snapshot = setup.wire.snapshot()
    assert snapshot is not None
    assert snapshot["parts"] == [{"part": "text", "type": "text", "text": "a😀b"}]
    assert snapshot["seq"] == setup.wire.seq == setup.page.seq
    assert snapshot["model"] == "served-model"
    assert snapshot["label"] == "a question"
    setup.page.receive({"v": 1, "frames": [snapshot]})
    setup.session.feed(chat("c"))
    setup.session.feed(chat("d"))
    held = setup.wire.snapshot()
    assert held is not None
    assert len(held["parts"][0]["text"]) == 3 + (setup.wire.seq - snapshot["seq"])
    await stop(setup)
    await flushed(setup)
    assert setup.page.parts == {"text": "a😀bcd"}


async def test_a_snapshot_of_the_end_says_what_is_missing() -> None:
    setup, _ = await running(chat("a"))
    await flushed(setup)
    fresh = Page()
    pace = hub_of(asyncio.get_running_loop())._pace
    pace.spend(time.monotonic(), 100)  # no room for urgent ones
    setup.session.feed(chat("b"))
    await stop(setup)
    snapshot = setup.wire.snapshot()
    assert snapshot is not None
    assert snapshot["status"] == "cancelled"
    assert snapshot["parts"][0]["text"] == "a"
    assert snapshot["lengths"] == {"text": 2}
    del snapshot["lengths"]
    fresh.apply(snapshot)
    before = len(setup.page.messages)
    await flushed(setup)
    for message in setup.page.messages[before:]:
        fresh.receive(message)
    assert fresh.parts == {"text": "ab"}


async def flushed(setup: Setup) -> None:
    await until(lambda: hub_of(asyncio.get_running_loop()).is_idle)


async def ask(setup: Setup, **request: Any) -> list[Any]:
    """The frames of the answer."""
    await flushed(setup)
    before = len(setup.page.messages)
    setup.wire.handle(request)  # type: ignore[arg-type]
    for _ in range(5):
        await asyncio.sleep(0)
    await flushed(setup)
    return [f for m in setup.page.messages[before:] for f in m.get("frames", ())]


async def test_hello() -> None:
    setup, _ = await running(chat("a"))
    (snapshot,) = await ask(setup, kind="hello", have={}, page="p")
    assert snapshot["kind"] == "snapshot"
    seq = setup.wire.seq
    assert await ask(setup, kind="hello", have={"s1": seq}, page="p") == []
    assert len(await ask(setup, kind="hello", have={"s1": seq - 1}, page="q")) == 1
    assert len(await ask(setup, kind="hello", have={"other": 7}, page="q")) == 1
    assert setup.wire.pages == {"p", "q"}
    await stop(setup)
    assert len(await ask(setup, kind="hello", have={}, page="p")) == 1, "after the end, too"
    assert await ask(setup, kind="hello", have={"s1": setup.wire.seq}, page="p") == []
    setup.wire.detached()
    assert setup.wire.pages == set()


async def test_streams_of_one_page_are_sent_together() -> None:
    setups = [(await running(chat("a")))[0] for _ in range(5)]
    for number, setup in enumerate(setups):
        setup.wire.stream = f"s{number}"
        await flushed(setup)
        assert await ask(setup, kind="hello", have={f"s{number}": setup.wire.seq}, page="p") == []
    before = sum(len(setup.page.messages) for setup in setups)
    for setup in setups:
        setup.page.apply = lambda frame: None  # type: ignore[method-assign]
        setup.session.feed(chat("b"))
    await flushed(setups[0])
    assert sum(len(setup.page.messages) for setup in setups) - before <= 2
    for setup in setups:
        await stop(setup)


async def test_resync() -> None:
    setup, _ = await running(chat("a"))
    frames = await ask(setup, kind="resync", stream="s1", have=0)
    assert frames[-1]["kind"] == "snapshot"
    assert await ask(setup, kind="resync", stream="other", have=0) == []
    await stop(setup)


async def test_cancel() -> None:
    setup, _ = await running(chat("a"))
    await ask(setup, kind="cancel", stream="other", reason="no")
    assert setup.session.status == "in_progress"
    await ask(setup, kind="cancel", stream="*", reason="all")
    assert setup.cancelled == ["all"]
    frames = await ask(setup, kind="cancel", stream="s1", reason="stopped by you")
    statuses = [frame["status"] for frame in frames if frame["kind"] == "status"]
    assert statuses[0] == "cancelling"
    await ask(setup, kind="cancel", stream="s1", reason="again")
    await ended(setup.session)
    await flushed(setup)
    assert setup.page.statuses[-2:] == ["cancelling", "cancelled"]
    assert setup.page.frames[-1]["reason"] == "stopped by you"
    assert setup.page.frames[-1]["lengths"] == {"text": 1}


async def test_requests_from_another_thread_are_answered_on_the_loop() -> None:
    setup, _ = await running(chat("a"))
    await asyncio.to_thread(setup.wire.handle, {"kind": "resync", "stream": "s1", "have": 0})
    await until(lambda: any(f["kind"] == "snapshot" for f in setup.page.frames))
    await asyncio.to_thread(
        setup.wire.handle, {"kind": "cancel", "stream": "s1", "reason": "from a subshell"}
    )
    await ended(setup.session)
    assert setup.session.reason == "from a subshell"


async def test_released() -> None:
    setup = await run([chat("a"), DONE])
    await ask(setup, kind="released", stream="s1")
    assert setup.released == 1


async def test_outputs() -> None:
    setup = await run([chat("a"), DONE])
    await ask(setup, kind="outputs", stream="other")
    assert "outputs" not in setup.page.messages[-1]
    await ask(setup, kind="outputs", stream="s1")
    assert setup.page.messages[-1] == {
        "v": 1,
        "kind": "outputs",
        "stream": "s1",
        "outputs": {"s1-d": {"text/plain": "all"}},
    }


async def test_assets_while_it_runs_and_after_it_has_ended() -> None:
    setup, _ = await running(chat("a"))
    assert await ask(setup, kind="asset", stream="other", name="math") == []
    assert await ask(setup, kind="asset", stream="s1", name="highlight") == []
    assert setup.assets == ["highlight"]
    await asyncio.to_thread(setup.wire.handle, {"kind": "asset", "stream": "s1", "name": "math"})
    await until(lambda: setup.assets == ["highlight", "math"])
    await stop(setup)
    await ask(setup, kind="asset", stream="s1", name="math-font")
    assert setup.assets == ["highlight", "math", "math-font"]
    assert setup.page.seq == setup.wire.seq, "they take no number"


async def test_before_it_is_started() -> None:
    setup = Setup([chat("a")])
    assert (await ask(setup, kind="hello", have={}, page="p"))[0]["status"] == "queued"
    await ask(setup, kind="cancel", stream="s1", reason="early")
    assert setup.page.statuses[-1] == "cancelled"


async def test_nothing_is_scheduled_when_nothing_is_held() -> None:
    setup = await run([chat("a"), DONE])
    assert setup.page.statuses[-1] == "completed"
    assert hub_of(asyncio.get_running_loop())._timer is None


async def test_streams_share_one_hub() -> None:
    setups = [Setup([chat(f"{n}-{m}") for m in range(20)] + [DONE]).start() for n in range(5)]
    for setup in setups:
        await ended(setup.session)
    await flushed(setups[0])
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


async def test_a_page_may_ask_to_go_on() -> None:
    setup = await run([chat("ab"), ReadError("cut")])
    setup.wire.handle({"kind": "continue", "stream": "another"})
    assert "go on" not in setup.observed
    setup.wire.handle({"kind": "continue", "stream": "s1"})
    assert setup.observed[-1] == "go on"
