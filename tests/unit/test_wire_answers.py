"""The answers to what a front end asks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nbstream.comm import wire
from nbstream.comm.wire import OPENING
from tests.support.fakes import DONE, Gate, ReadError, chat, ended, until
from tests.support.frames import Page, Setup, ask, flushed, run, running, stop
from tests.support.protocol import read_message
from tests.support.tools import CALLED, Handed, called, rounds


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


async def test_a_page_that_was_there_from_the_opening_on_is_not_told_again() -> None:
    setup, _ = await running(chat("a"))
    await flushed()
    assert setup.wire.seq > OPENING
    assert await ask(setup, kind="hello", have={"s1": OPENING}, page="p") == []
    again = await ask(setup, kind="hello", have={"s1": OPENING}, page="p")
    assert [frame["kind"] for frame in again] == ["snapshot"], "it has missed the last of it"
    await stop(setup)
    assert len(await ask(setup, kind="hello", have={"s1": OPENING}, page="q")) == 1


async def test_streams_of_one_page_are_sent_together() -> None:
    setups = [(await running(chat("a")))[0] for _ in range(5)]
    for number, setup in enumerate(setups):
        setup.wire.stream = f"s{number}"
        await flushed()
        assert await ask(setup, kind="hello", have={f"s{number}": setup.wire.seq}, page="p") == []
    before = sum(len(setup.page.messages) for setup in setups)
    for setup in setups:
        setup.page.apply = lambda frame: None  # type: ignore[method-assign]  # the page hears nothing
        setup.session.generation.feed(chat("b"))
    await flushed()
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
    await flushed()
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


async def test_an_inspection_while_it_runs_and_after_it_has_ended() -> None:
    setup, _ = await running(chat("a"))
    await ask(setup, kind="inspect", stream="other", front_end="a page")
    assert setup.inspections == []
    await ask(setup, kind="inspect", stream="s1", front_end="a page")
    await stop(setup)
    await ask(setup, kind="inspect", stream="s1", front_end="another")
    assert setup.inspections == ["a page", "another"]


async def test_before_it_is_started() -> None:
    setup = Setup([chat("a")])
    assert (await ask(setup, kind="hello", have={}, page="p"))[0]["status"] == "queued"
    await ask(setup, kind="cancel", stream="s1", reason="early")
    assert setup.page.statuses[-1] == "cancelled"


async def test_a_page_may_ask_to_go_on() -> None:
    setup = await run([chat("ab"), ReadError("cut")])
    setup.wire.handle({"kind": "continue", "stream": "another"})
    assert "go on" not in setup.observed
    setup.wire.handle({"kind": "continue", "stream": "s1"})
    assert setup.observed[-1] == "go on"


async def test_a_decision_on_a_call_and_all_rounds_on_the_page() -> None:
    def double(number: int) -> int:
        return 2 * number

    first = [chat("Hm."), called("double", {"number": 1}), CALLED]
    cut = [chat("Two"), called("double", '{"nu'), ReadError("cut")]
    tools = rounds(Handed(), [double], "ask")
    setup = Setup(first, cut, [chat(" it is."), DONE], rounds=tools).start()
    await until(lambda: setup.session.reason is not None)
    await ask(setup, kind="decide", stream="other", part="tool:0", approved=True)
    await ask(setup, kind="decide", stream="s1", part="tool:1", approved=True)
    assert setup.session.status == "queued"
    await ask(setup, kind="decide", stream="s1", part="tool:0", approved=True)
    await until(lambda: setup.session.status == "failed")
    await flushed()
    for message in setup.page.messages:
        read_message(message)
    assert setup.page.parts["2/tool:0"] == '{"nu'
    setup.session.go_on(asyncio.get_running_loop)
    await until(lambda: setup.session.status == "completed")
    await flushed()
    # The half call stays as it is, on the page, too.
    assert setup.page.parts == {
        "text": "Hm.\n\n",
        "tool:0": '{"number": 1}',
        "2/text": "Two it is.",
        "2/tool:0~": '{"nu',
    }
    infos = [op["info"] for f in setup.page.frames for op in f.get("ops", ()) if "info" in op]
    assert "2" in [info.get("result") for info in infos]


async def test_a_page_that_comes_late_and_says_no_hello_gets_the_text_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "REPEATS", (0.001, 0.3))
    setup, _ = await running(chat("a"), chat("b"))
    await until(lambda: len(snapshots(setup)) == 2)
    late = Page()
    late.apply(snapshots(setup)[-1])
    assert late.parts == {"text": "ab"}
    before = len(setup.page.messages)
    for text in "cd":
        setup.session.generation.feed(chat(text))
        await flushed()
    for message in setup.page.messages[before:]:
        late.receive(message)
    assert late.parts == {"text": "abcd"}, "and hears all that follows"
    await stop(setup)
    await flushed()
    assert len(snapshots(setup)) == 2, "a few times: others never say hello"


async def test_a_page_that_said_hello_gets_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "REPEATS", (0.001,))
    setup = Setup([chat("a"), gate := Gate()])
    setup.wire.pages = frozenset({"p"})
    setup.start()
    await until(lambda: gate.reached)
    await flushed()
    await asyncio.sleep(0)
    assert not setup.wire._is_repeating
    await stop(setup)
    assert snapshots(setup) == []


def snapshots(setup: Setup) -> list[Any]:
    return [frame for frame in setup.page.frames if frame["kind"] == "snapshot"]
