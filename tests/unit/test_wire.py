"""Numbered frames, and the answers to what a front end asks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

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
        self.seq = 0
        self.parts: dict[str, str] = {}
        self.statuses: list[str] = []

    def receive(self, message: Any) -> None:
        assert message["v"] == 1
        self.messages.append(message)
        for frame in message["frames"]:
            self.apply(frame)

    def apply(self, frame: Any) -> None:
        if frame["kind"] == "snapshot":
            assert frame["seq"] >= self.seq
            self.parts = {part["part"]: part["text"] for part in frame["parts"]}
        else:
            assert frame["seq"] == self.seq + 1
        self.seq = frame["seq"]
        for op in frame.get("ops", ()):
            text = self.parts.get(op["part"], "")
            assert op["offset"] == len(text.encode("utf-16-le")) // 2
            self.parts[op["part"]] = text + op["text"]
        if "status" in frame:
            self.statuses.append(frame["status"])
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
    first, last = setup.page.frames[0], setup.page.frames[-1]
    assert first["kind"] == "opened"
    assert (first["label"], first["model"]) == ("a question", "asked-model")
    assert "note" not in first
    assert last["model"] == "served-model"
    assert last["finish_reason"] == "stop"
    assert last["usage"] == {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    assert set(last["timing"]) >= {"elapsed", "first_token", "since_last"}
    assert set(last["lengths"]) == {"reasoning", "text"}
    assert {"text", "status"} == set(setup.observed)


async def test_text_stands_before_its_status_in_one_message() -> None:
    setup = await run([chat("a"), DONE])
    kinds = [[frame["kind"] for frame in message["frames"]] for message in setup.page.messages]
    assert kinds[:2] == [["opened"], ["delta", "status"]]


async def test_the_note() -> None:
    setup = Setup(note="local model (demo quality)")
    assert setup.page.frames[0]["note"] == "local model (demo quality)"
    snapshot = setup.wire.snapshot()
    assert snapshot is not None
    assert snapshot["note"] == "local model (demo quality)"


async def test_a_retry_and_an_error_on_the_wire() -> None:
    setup = Setup(ApiError(503, "busy"))
    setup.session._policy = type(setup.session._policy)(max_attempts=2, base_delay=0.001)
    setup.start()
    await ended(setup.session)
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


async def test_a_snapshot_is_all_text_and_the_stream_goes_on() -> None:
    setup, _ = await running(chat("a😀"), chat("b"))
    snapshot = setup.wire.snapshot()
    assert snapshot is not None
    assert snapshot["parts"] == [{"part": "text", "type": "text", "text": "a😀b"}]
    assert snapshot["seq"] == setup.wire.seq == setup.page.seq
    assert snapshot["model"] == "served-model"
    assert snapshot["label"] == "a question"
    fresh = Page()
    fresh.apply(snapshot)
    assert fresh.parts == setup.page.parts == {"text": "a😀b"}, "what was held went out first"
    setup.page.receive({"v": 1, "frames": [snapshot]})
    await stop(setup)
    assert setup.page.parts == {"text": "a😀b"}


async def ask(setup: Setup, **request: Any) -> list[Any]:
    """The frames of the answer."""
    before = len(setup.page.messages)
    setup.wire.handle(request)  # type: ignore[arg-type]
    for _ in range(5):
        await asyncio.sleep(0)
    return [f for m in setup.page.messages[before:] for f in m["frames"]]


async def test_hello() -> None:
    setup, _ = await running(chat("a"))
    (snapshot,) = [f for f in await ask(setup, kind="hello", have={}) if f["kind"] != "delta"]
    assert snapshot["kind"] == "snapshot"
    assert await ask(setup, kind="hello", have={"s1": setup.wire.seq}) == []
    assert len(await ask(setup, kind="hello", have={"s1": setup.wire.seq - 1})) == 1
    assert len(await ask(setup, kind="hello", have={"other": 7})) == 1
    await stop(setup)
    assert len(await ask(setup, kind="hello", have={})) == 1, "after the end, too"
    assert await ask(setup, kind="hello", have={"s1": setup.wire.seq}) == []


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
    assert frames[0]["status"] == "cancelling"
    await ask(setup, kind="cancel", stream="s1", reason="again")
    await ended(setup.session)
    assert setup.page.statuses[-2:] == ["cancelling", "cancelled"]
    assert setup.page.frames[-1]["reason"] == "stopped by you"
    assert setup.page.frames[-1]["lengths"] == {"text": 1}


async def test_requests_from_another_thread_are_answered_on_the_loop() -> None:
    setup, _ = await running(chat("a"))
    await asyncio.to_thread(setup.wire.handle, {"kind": "resync", "stream": "s1", "have": 0})
    await until(lambda: setup.page.frames[-1]["kind"] == "snapshot")
    await asyncio.to_thread(
        setup.wire.handle, {"kind": "cancel", "stream": "s1", "reason": "from a subshell"}
    )
    await ended(setup.session)
    assert setup.session.reason == "from a subshell"


async def test_released() -> None:
    setup = await run([chat("a"), DONE])
    await ask(setup, kind="released", stream="s1")
    assert setup.released == 1


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
    assert (await ask(setup, kind="hello", have={}))[0]["status"] == "queued"
    await ask(setup, kind="cancel", stream="s1", reason="early")
    assert setup.page.statuses[-1] == "cancelled"


@pytest.mark.parametrize("kind", ["stream", "hub"])
async def test_nothing_is_scheduled_when_nothing_is_held(kind: str) -> None:
    setup = await run([chat("a"), DONE])
    hub = hub_of(asyncio.get_running_loop())
    await until(lambda: hub._timer is None or hub._timer.cancelled())
    assert setup.page.statuses[-1] == "completed"
    assert hub._box.due_in(0.0) is None


async def test_streams_share_one_hub() -> None:
    setups = [Setup([chat(f"{n}-{m}") for m in range(20)] + [DONE]).start() for n in range(5)]
    for setup in setups:
        await ended(setup.session)
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
    assert [frame["seq"] for frame in setup.page.frames] == list(range(1, len(kinds) + 1))
    assert setup.page.parts == {"text": "abcd"}
    assert "renewed" in setup.observed


async def test_a_page_may_ask_to_go_on() -> None:
    setup = await run([chat("ab"), ReadError("cut")])
    setup.wire.handle({"kind": "continue", "stream": "another"})
    assert "go on" not in setup.observed
    setup.wire.handle({"kind": "continue", "stream": "s1"})
    assert setup.observed[-1] == "go on"
