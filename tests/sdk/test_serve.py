"""Answers served by FastAPI: a client that leaves closes the connection to the model's server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

import nbstream
from nbstream import engine
from tests.support.fakes import until
from tests.support.patience import PATIENCE
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, FIRST_FIVE, stop_while_busy
from tests.support.server import Server
from tests.support.serving import serving


class App:
    """Serves the model's answers in the forms that people write; ``ended`` says how each did."""

    def __init__(self, upstream: str) -> None:
        self.streams: list[engine.Stream] = []
        self.ended: list[str] = []
        self.url = ""
        self._upstream = upstream
        self.app = FastAPI()
        self.app.get("/block")(self.block)
        self.app.get("/loop")(self.loop)
        self.app.get("/bare")(self.bare)

    def ask(self, model: str) -> engine.Stream:
        self.streams.append(engine.stream("Hello", base_url=self._upstream, model=model))
        return self.streams[-1]

    async def block(self, model: str) -> StreamingResponse:
        async def answer() -> AsyncIterator[str]:
            try:
                async with self.ask(model) as s:
                    async for text in s:
                        yield text
                self.ended.append("complete")
            except BaseException as exc:
                self.ended.append(type(exc).__name__)
                raise

        return StreamingResponse(answer(), media_type="text/plain")

    async def loop(self, model: str) -> StreamingResponse:
        async def answer() -> AsyncIterator[str]:
            async for text in self.ask(model):
                yield text

        return StreamingResponse(answer(), media_type="text/plain")

    async def bare(self, model: str) -> StreamingResponse:
        return StreamingResponse(self.ask(model), media_type="text/plain")


@pytest.fixture
def app(server: Server) -> Iterator[App]:
    made = App(server.url)
    with serving(made.app) as made.url:
        yield made


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as made:
        yield made


def opened(http: Any, app: App, model: str, form: str = "block") -> Any:
    return http.stream("GET", f"{app.url}/{form}", params={"model": model})


FORMS = pytest.mark.parametrize("form", ["block", "loop", "bare"])


@FORMS
async def test_a_whole_answer(app: App, http: httpx.AsyncClient, form: str) -> None:
    answer = await http.get(f"{app.url}/{form}", params={"model": "test/ok"})
    assert (answer.status_code, answer.text) == (200, ANSWER)
    assert app.streams[0].status == "completed"


@FORMS
@pytest.mark.parametrize(
    "model", ["test/no-headers", "test/no-first-token", "test/stall", "test/long?delay=0.005"]
)
async def test_a_client_that_leaves(
    server: Server, app: App, http: httpx.AsyncClient, form: str, model: str
) -> None:
    async with opened(http, app, model, form) as response:
        request = await server.until_request()
        if model in ("test/no-headers", "test/no-first-token"):
            await request.until(lambda request: request.waiting)
        else:
            await anext(response.aiter_text())
        leaves = time.monotonic()
    left = await request.until_left()
    print(f"{form}, {model}: the upstream closed {1000 * (left - leaves):.1f} ms later")
    await until(lambda: app.streams[0].status == "cancelled")
    assert request.outcome == "client left"
    assert len(server.requests) == 1


@FORMS
async def test_a_client_that_does_not_read_and_leaves(
    server: Server, app: App, http: httpx.AsyncClient, form: str
) -> None:
    # More than the buffers of sockets hold: the application waits in its send.
    server.enqueue(Scenario(text=["x" * 1_000_000] * 30, fault="stall", fault_after=30))
    async with opened(http, app, "any", form):
        request = await server.until_request()
        await request.until(lambda request: request.waiting == "stall")
        leaves = time.monotonic()
    left = await request.until_left()
    print(f"{form}, does not read: the upstream closed {1000 * (left - leaves):.1f} ms later")
    await until(lambda: app.streams[0].status == "cancelled")


async def test_one_of_many_leaves(server: Server, app: App, http: httpx.AsyncClient) -> None:
    url = f"{app.url}/block"
    others = [
        asyncio.create_task(http.get(url, params={"model": "test/slow?delay=0.02"}))
        for _ in range(5)
    ]
    async with opened(http, app, "test/stall") as response:
        await anext(response.aiter_text())
    assert [(await other).text for other in others] == [ANSWER] * 5
    outcomes = sorted([await request.until_ended() for request in server.requests])
    assert outcomes == ["client left"] + ["completed"] * 5


# -- such a response's text in a widget -----------------------------------------------------------


async def test_show_the_text_of_a_response(app: App, http: httpx.AsyncClient) -> None:
    async with opened(http, app, "test/ok") as response:
        w = nbstream.show(response.aiter_text())
        shown = [text async for text in w]
    assert (w.status, w.text) == ("completed", ANSWER)
    assert "".join(shown) == ANSWER


@pytest.mark.parametrize("model", ["test/stall", "test/long?delay=0.005"])
async def test_stop_of_a_shown_response_goes_all_the_way(
    server: Server, app: App, http: httpx.AsyncClient, model: str
) -> None:
    async with opened(http, app, model) as response:
        w = nbstream.show(response.aiter_text())
        await until(lambda: len(w.text) >= len(FIRST_FIVE) - 1)
        stopped = time.monotonic()
        w.cancel()
        left = await server.requests[0].until_left()
        print(f"{model}: the upstream closed {1000 * (left - stopped):.1f} ms after Stop")
        await w
        # The connection itself, not only our end of the generator.
        assert http._transport._pool.connections == []  # type: ignore[attr-defined]  # httpx says no more
    assert w.status == "cancelled"
    assert w.text.startswith(DEFAULT_TEXT[0] if model == "test/stall" else "word0 ")
    await until(lambda: app.ended == ["CancelledError"])
    await until(lambda: app.streams[0].status == "cancelled")


@pytest.mark.parametrize("model", ["test/no-first-token", "test/stall", "test/long?delay=0.005"])
async def test_stop_of_a_shown_blocking_response(server: Server, app: App, model: str) -> None:
    with httpx.Client(trust_env=False) as http:
        request = http.build_request("GET", f"{app.url}/block", params={"model": model})
        response = await asyncio.to_thread(http.send, request, stream=True)
        w = nbstream.show(response.iter_text())
        await begun(w, server, model)
        stopped = time.monotonic()
        w.cancel()
        left = await server.requests[0].until_left()
        print(f"{model}: the upstream closed {1000 * (left - stopped):.1f} ms after Stop")
        await w
        response.close()
    assert w.status == "cancelled"
    await until(lambda: app.ended == ["CancelledError"])


@pytest.mark.parametrize("model", ["test/no-first-token", "test/stall", "test/long?delay=0.005"])
@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_leaving_the_block_of_a_shown_response(
    server: Server, app: App, http: httpx.AsyncClient, kind: str, model: str
) -> None:
    if kind == "async":
        async with opened(http, app, model) as response:
            w = nbstream.show(response.aiter_text())
            await begun(w, server, model)
    else:
        with httpx.Client(trust_env=False) as blocking, opened(blocking, app, model) as response:
            w = nbstream.show(response.iter_text())
            await begun(w, server, model)
    await server.requests[0].until_left()
    await w
    assert (w.status, w.reason, w.error) == ("cancelled", "its stream was closed", None)
    await until(lambda: app.ended == ["CancelledError"])


async def begun(w: Any, server: Server, model: str) -> None:
    if model == "test/no-first-token":
        request = await server.until_request()
        await request.until(lambda request: request.waiting)
    else:
        await until(lambda: w.text)


async def test_a_shown_response_is_cut_while_the_loop_is_busy(
    server: Server, app: App, http: httpx.AsyncClient
) -> None:
    async with opened(http, app, "test/stall") as response:
        w = nbstream.show(response.aiter_text())
        await until(lambda: w.text == FIRST_FIVE)
        stop_while_busy(w, server)
        await w
    assert (w.status, w.text) == ("cancelled", FIRST_FIVE)


def test_a_blocking_response_in_a_script(app: App) -> None:
    with (
        httpx.Client(trust_env=False) as http,
        http.stream("GET", f"{app.url}/block", params={"model": "test/ok"}) as response,
    ):
        assert nbstream.show(response.iter_text()).wait(PATIENCE).text == ANSWER
