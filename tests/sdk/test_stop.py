"""The real SDK over the loopback server: Stop stops, at every moment, one of many or all."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import openai
import pytest

import nbstream
from tests.support.fakes import until
from tests.support.patience import PATIENCE
from tests.support.scenario import Scenario
from tests.support.sdk import ANSWER, APIS, FIRST_FIVE, KEY, end_of, stream
from tests.support.server import Server

# -- Stop -----------------------------------------------------------------------------------------


@APIS
@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("test/no-headers", ""),
        ("test/no-first-token", ""),
        ("test/stall", FIRST_FIVE),
        ("test/long?delay=0.01", None),
    ],
)
async def test_stop(
    server: Server,
    aclient: Any,
    monkeypatch: pytest.MonkeyPatch,
    api: Any,
    model: str,
    kept: str | None,
) -> None:
    # Closing the stream ends it, not that nothing ended within a second.
    monkeypatch.setattr("nbstream.session.run.CLOSE_GRACE", 1000.0)
    w = stream(aclient, model, api=api)
    request = await server.until_request()
    if kept is None:
        await until(lambda: len(w.text) > 20)
    elif kept == "":
        await request.until(lambda request: request.waiting)
    else:
        await until(lambda: w.text == kept)
    assert w.cancel()
    text = w.text
    await request.until_left()
    await end_of(w)
    assert (w.status, w.reason, w.error) == ("cancelled", "stopped by you", None)
    assert w.text == (text if kept is None else kept)
    assert len(server.requests) == 1
    assert request.outcome == "client left"
    assert (await w) is w, "a Stop is no error"


@pytest.mark.parametrize("model", ["test/stall", "test/long?delay=0.01"])
async def test_stop_of_a_blocking_client(server: Server, client: Any, model: str) -> None:
    w = stream(client, model)
    await until(lambda: w.text.startswith(FIRST_FIVE) or len(w.text) > 20)
    assert w.cancel()
    request = server.requests[0]
    await request.until_left()
    await end_of(w)
    assert w.status == "cancelled"
    assert w.text


@pytest.mark.parametrize("model", ["test/no-headers", "test/no-first-token"])
async def test_stop_of_a_blocking_client_before_its_first_token(server: Server, model: str) -> None:
    # No headers: a thread is inside the SDK's create() and only its own timeout ends it.
    with openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0, timeout=2.0) as client:
        w = stream(client, model)
        request = await server.until_request()
        await request.until(lambda request: request.waiting)
        ended: list[float] = []
        w._session.done.add_done_callback(lambda _: ended.append(time.monotonic()))
        w.cancel()
        await end_of(w)
        assert (w.status, w.text) == ("cancelled", "")
        left = await request.until_left()
        assert model != "test/no-headers" or ended[0] < left, "it does not wait for the thread"


async def test_stop_while_a_retry_is_counted_down(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(status=429, retry_after=30))
    w = stream(aclient)
    await until(lambda: w.status == "retrying")
    w.cancel()
    await end_of(w, 20)
    assert w.status == "cancelled"
    assert len(server.requests) == 1


async def test_stop_from_another_thread(server: Server, aclient: Any) -> None:
    w = stream(aclient, "test/stall")
    await until(lambda: w.text == FIRST_FIVE)
    thread = threading.Thread(target=w.cancel)
    thread.start()
    await server.requests[0].until_left()
    await end_of(w)
    thread.join()
    assert w.status == "cancelled"


async def test_idle_timeout(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, "test/stall", idle_timeout=1.0))
    assert w.status == "failed"
    assert w.error is not None
    assert w.error.message == "no next token arrived within 1 s"
    assert w.text == FIRST_FIVE
    await server.requests[0].until_left()


async def test_an_interrupted_await_stops_the_stream(server: Server, aclient: Any) -> None:
    w = stream(aclient, "test/stall")
    await until(lambda: w.text == FIRST_FIVE)

    async def cell() -> None:
        await w

    task = asyncio.create_task(cell())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.requests[0].until_left()
    assert (w.status, w.reason) == ("cancelled", "interrupted")


async def test_a_script_and_ctrl_c_free_waiting(server: Server) -> None:
    # Without a running loop the stream is read on a background thread.
    def script() -> tuple[str, str]:
        w = nbstream.stream("Hello", base_url=server.url, model="test/ok")
        return w.wait(PATIENCE).status, "".join(w)

    assert await asyncio.to_thread(script) == ("completed", ANSWER)


# -- many -----------------------------------------------------------------------------------------


async def test_five_at_once_and_one_stopped(server: Server, aclient: Any) -> None:
    models = ["test/slow?delay=0.01"] * 4 + ["test/stall"]
    widgets = [stream(aclient, model) for model in models]
    await until(lambda: widgets[-1].text == FIRST_FIVE)
    widgets[-1].cancel()
    for w in widgets:
        await end_of(w)
    assert [w.status for w in widgets] == ["completed"] * 4 + ["cancelled"]
    assert [w.text for w in widgets] == [ANSWER] * 4 + [FIRST_FIVE]
    outcomes = [await request.until_ended() for request in server.requests]
    assert sorted(outcomes) == ["client left"] + ["completed"] * 4


async def test_cancel_all(server: Server, aclient: Any) -> None:
    widgets = [stream(aclient, "test/stall") for _ in range(3)]
    await until(lambda: all(w.text == FIRST_FIVE for w in widgets))
    assert set(widgets) <= set(nbstream.tasks())
    assert nbstream.cancel_all() == 3
    for w in widgets:
        await end_of(w)
    assert nbstream.cancel_all() == 0
    for request in server.requests:
        await request.until_left()
