"""The widget as an object: traits, waiting, displays, layouts. No front end, no network."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator
from typing import Any

import comm
import ipywidgets
import pytest
import traitlets

import nbstream
from nbstream.errors import UsageError
from nbstream.widget import widget as widget_module
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import ApiError, FakeSource, Gate, chat, until
from tests.support.frames import flushed
from tests.support.patience import PATIENCE

DONE = chat(finish="stop")
WIDGET = "application/vnd.jupyter.widget-view+json"


def make(*scripts: Any, **options: Any) -> StreamWidget:
    return StreamWidget(source=FakeSource(*scripts), label="q", model="m", **options)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with comms of its own, and so with a page that shows widgets."""
    monkeypatch.setattr(comm, "create_comm", lambda **given: comm.DummyComm(**given))


async def run(*scripts: Any) -> StreamWidget:
    w = make(*scripts).start()
    await until(w._session.done.done)
    return w


@pytest.mark.usefixtures("host")
async def test_a_comm_manager_that_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    w = make([DONE])
    w.open()
    layout = w.layout
    monkeypatch.setattr(comm, "get_comm_manager", comm.CommManager)
    w.close()
    assert w.comm is None
    assert layout.comm is None


async def test_reading() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    w = await run([chat(None, reasoning="hm"), chat("Hi"), {**DONE, "usage": usage}])
    assert (w.status, w.text, w.reasoning, w.refusal) == ("completed", "Hi", "hm", "")
    assert w.finish_reason == "stop"
    assert w.usage is not None
    assert w.usage.total_tokens == 3
    assert (w.model, w.label, w.note, w.error) == ("served-model", "q", None, None)
    assert repr(w) == "<StreamWidget served-model: completed, 2 characters>"


async def test_facts_cannot_be_written() -> None:
    w = await run([DONE])
    for name in ("status", "text", "error"):
        with pytest.raises(traitlets.TraitError):
            setattr(w, name, "x")


async def test_observing() -> None:
    w = make([chat("a"), chat("b"), DONE])
    statuses: list[str] = []
    texts: list[str] = []
    w.observe(lambda change: statuses.append(change.new), names="status")
    w.observe(lambda change: texts.append(change["new"]), names="text")
    w.start()
    await w
    assert statuses == ["in_progress", "completed"]
    assert texts[-1] == "ab"
    assert texts == sorted(texts, key=len)
    w.unobserve_all()


async def test_observing_the_unknown() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'modle'"):
        make([DONE], modle="x")
    with pytest.raises(UsageError, match="did you mean 'temperature'"):
        nbstream.stream("Hi", client=object(), model="m", temprature=1)


async def test_awaiting() -> None:
    w = make([chat("a"), DONE])
    assert await w is w
    failed = make(ApiError(400, "no"))
    with pytest.raises(nbstream.StreamError, match="no"):
        await failed
    assert failed.text == ""


async def test_async_for_raises_at_the_end() -> None:
    w = make([chat("a"), ValueError("boom")])
    got = []

    async def collect() -> None:
        async for delta in w:
            got.append(delta)

    with pytest.raises(nbstream.StreamError, match="boom"):
        await collect()
    assert got == ["a"]


async def test_cancel_and_close() -> None:
    gate = Gate()
    w = make([chat("a"), gate]).start()
    await until(lambda: gate.reached)
    w.close()
    await w
    assert (w.status, w.reason, w.text) == ("cancelled", "the widget was closed", "a")
    assert not w.cancel()


@pytest.mark.parametrize("by", ["page", "host"])
@pytest.mark.usefixtures("host")
async def test_a_comm_that_is_closed_ends_the_stream(by: str) -> None:
    w = make([chat("a"), Gate(), DONE]).start()
    await until(lambda: w.text == "a")
    first = w.comm
    if by == "page":
        first.handle_close({})
    else:  # as marimo closes the comms of a cell that runs again
        first.close()
    await until(w._session.done.done)
    assert (w.status, w.reason, w.text) == ("cancelled", "its view was closed", "a")
    assert w.comm is None
    # It can be displayed again, and be closed again.
    assert WIDGET in w._repr_mimebundle_()[0]
    assert w.comm is not first
    w.comm.close()
    assert w.comm is None


@pytest.mark.usefixtures("host")
async def test_closing_a_widget_does_not_count_as_its_view_being_closed() -> None:
    w = make([Gate(), DONE]).start()
    opened = w.comm
    w.close()
    opened.close()
    await until(w._session.done.done)
    assert w.reason == "the widget was closed"


async def test_wait_is_refused_on_the_loop_and_works_beside_it() -> None:
    gate = Gate()
    w = make([chat("a"), gate, DONE]).start()
    with pytest.raises(UsageError, match="await w"):
        w.wait()
    with pytest.raises(TimeoutError, match=r"after 0\.01 s"):
        await asyncio.to_thread(w.wait, 0.01)
    gate.open()
    assert await asyncio.to_thread(w.wait, PATIENCE) is w


async def test_start_once() -> None:
    w = make([chat("a"), DONE])
    threads = [threading.Thread(target=w.start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    await w
    assert w._session.source.opens == 1


async def test_messages_reach_the_wire() -> None:
    gate = Gate()
    w = make([chat("a"), gate]).start()
    await until(lambda: gate.reached)
    for nonsense in (None, 5, {}, {"v": 2, "kind": "cancel"}):
        w._on_request(w, nonsense, [])
    assert w.status == "in_progress"
    w._on_request(
        w, {"v": 1, "kind": "cancel", "stream": w._stream, "reason": "stopped by you"}, []
    )
    await w
    assert w.status == "cancelled"


async def test_the_state_holds_the_text_and_no_key() -> None:
    w = await run([chat("Hi"), DONE])
    await flushed()
    state = w.get_state()
    assert state["_stream"] == w._stream
    assert state["_snapshot"]["parts"] == [{"part": "text", "type": "text", "text": "Hi"}]
    assert state["_snapshot"]["status"] == "completed"


async def test_a_seed_does_not_give_two_streams_one_name() -> None:
    names = set()
    for _ in range(2):
        random.seed(1)
        names.add(make()._wire.stream)
    assert len(names) == 2
    assert {len(name) for name in names} == {8}


@pytest.mark.usefixtures("host")
async def test_layouts_and_the_bundle() -> None:
    w = await run([chat("Hi"), DONE])
    box = ipywidgets.VBox([w, ipywidgets.Label("below")])
    assert box.children[0] is w
    bundle, _ = w._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Hi")
    assert bundle[WIDGET]["model_id"] == w.model_id
    w.close()
    bundle, _ = w._repr_mimebundle_()
    assert WIDGET in bundle, "a closed widget can be shown again"


async def test_headless_there_is_no_comm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget_module, "is_headless", lambda: True)
    w = await run([chat("Hi"), DONE])
    assert w.comm is None
    bundle, _ = w._repr_mimebundle_()
    assert set(bundle) == {"text/markdown", "text/plain"}


async def test_in_a_script_there_is_no_comm_until_a_layout_asks_for_it() -> None:
    w = await run([chat("Hi"), DONE])
    assert w.comm is None
    box = ipywidgets.VBox([w])
    assert f"IPY_MODEL_{w.model_id}" in box.get_state("children")["children"]
    assert WIDGET in w._repr_mimebundle_()[0]
    box.close()
    w.close()


async def test_show_an_iterator() -> None:
    async def words() -> AsyncIterator[str]:
        for word in ("a ", "b"):
            yield word

    w = nbstream.show(words(), label="words")
    assert [word async for word in w] == ["a ", "b"]
    assert (w.status, w.text, w.label) == ("completed", "a b", "words")


async def test_tasks_and_cancel_all() -> None:
    gate = Gate()
    w = make([chat("a"), gate]).start()
    await until(lambda: gate.reached)
    assert w in nbstream.tasks()
    assert nbstream.cancel_all("enough") >= 1
    await w
    assert w.reason == "enough"
