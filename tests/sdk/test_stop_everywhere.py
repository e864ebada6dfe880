"""Stop of every kind of stream at every moment: the server sees it, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

import nbstream
from nbstream.errors import UsageError
from nbstream.magic.config import NBStream
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import until
from tests.support.patience import PATIENCE
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import FIRST_FIVE, KEY, PROMPT, SDK, end_of, stop_while_busy
from tests.support.server import Server

Make = Callable[[Any, str], StreamWidget]

MOMENTS = {
    "stalled": "test/stall",
    "before the headers": "test/no-headers",
    "before the first token": "test/no-first-token",
    "mid-stream": "test/long?delay=0.01",
}
if "NBSTREAM_TEST_OPENAI" in os.environ:
    # An older SDK differs in how its readers wake, and test_stop.py runs with it, too.
    MOMENTS = {"stalled": "test/stall"}


def request(api: str, loop: str = "kernel") -> Make:
    return lambda client, model: nbstream.stream(
        "Hello", client=client, model=model, api=api, loop=loop if loop == "thread" else None
    )


def helper(api: str, loop: str | None = None) -> Make:
    """What the SDK's helpers return: context managers, which send when they are entered."""

    def make(client: Any, model: str) -> StreamWidget:
        if api == "responses":
            manager = client.responses.stream(model=model, input="Hello")
        else:
            manager = client.chat.completions.stream(model=model, messages=PROMPT)
        return nbstream.show(manager, loop=loop)

    return make


MADE = {
    "async chat": request("chat"),
    "async responses": request("responses"),
    "sync chat": request("chat"),
    "sync chat on a thread's loop": request("chat", "thread"),
    "async chat helper": helper("chat"),
    "async responses helper": helper("responses"),
    "sync chat helper": helper("chat"),
}


@pytest.fixture
def quick(server: Server) -> Iterator[openai.OpenAI]:
    """Without headers a thread is inside the SDK, and only the SDK's own limit ends it."""
    with openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0, timeout=1.5) as made:
        yield made


def readers() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if t.name == "nbstream-reader"}


async def begun(w: StreamWidget, server: Server, moment: str) -> None:
    if moment == "mid-stream":
        await until(lambda: len(w.text) > 20)
    elif moment == "stalled":
        await until(lambda: w.text == FIRST_FIVE)
    else:
        request = await server.until_request()
        await request.until(lambda request: request.waiting)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", MADE)
async def test_stop(server: Server, aclient: Any, quick: Any, kind: str, moment: str) -> None:
    if "helper" in kind and SDK < (1, 109):
        pytest.skip("this SDK has no such helper")
    tasks, others = asyncio.all_tasks(), readers()
    w = MADE[kind](aclient if kind.startswith("async") else quick, MOMENTS[moment]).start()
    await begun(w, server, moment)
    assert w.cancel()
    text = w.text
    assert not w.cancel(), "again is no news"
    await end_of(w)
    request = server.requests[0]
    await request.until_left()
    await until(lambda: asyncio.all_tasks() <= tasks)
    await until(lambda: readers() <= others)
    assert (w.status, w.reason, w.error) == ("cancelled", "stopped by you", None)
    assert w.text == text, "no late token"
    assert len(server.requests) == 1, "nothing is sent again"


@pytest.mark.parametrize("kind", MADE)
async def test_the_connection_is_cut_while_the_loop_is_busy(
    server: Server, aclient: Any, client: Any, kind: str
) -> None:
    if "helper" in kind and SDK < (1, 109):
        pytest.skip("this SDK has no such helper")
    w = MADE[kind](aclient if kind.startswith("async") else client, "test/stall").start()
    await until(lambda: w.text == FIRST_FIVE)
    cut = stop_while_busy(w, server)
    assert cut == ([] if "thread" in kind else [w._wire.stream])
    await end_of(w)
    assert (w.status, w.reason, w.text) == ("cancelled", "stopped by you", FIRST_FIVE)


@pytest.mark.parametrize("kind", MADE)
async def test_stop_before_anything_is_sent(
    server: Server, aclient: Any, quick: Any, kind: str
) -> None:
    if "helper" in kind and SDK < (1, 109):
        pytest.skip("this SDK has no such helper")
    tasks, others = asyncio.all_tasks(), readers()
    w = MADE[kind](aclient if kind.startswith("async") else quick, "test/stall")
    w.cancel()
    await end_of(w)
    await until(lambda: asyncio.all_tasks() <= tasks)
    assert w.status == "cancelled"
    for request in server.requests:  # a thread may have been quicker than the Stop
        await request.until_left()
    await until(lambda: readers() <= others)
    del w
    gc.collect()  # Python warns of a request that nobody awaited


@pytest.mark.parametrize("kind", ["async", "sync"])
async def test_stop_of_plain_iterators(kind: str) -> None:
    go_on = threading.Event()
    closed: list[str] = []

    def words() -> Iterator[str]:
        try:
            yield "one "
            go_on.wait(2 * PATIENCE)
            yield "two "
        finally:
            closed.append("sync")

    async def awords() -> Any:
        try:
            yield "one "
            await asyncio.to_thread(go_on.wait, 2 * PATIENCE)
            yield "two "
        finally:
            closed.append("async")

    others = readers()
    w = nbstream.show(awords() if kind == "async" else words())
    await until(lambda: w.text == "one ")
    w.cancel()
    await end_of(w)
    go_on.set()
    await until(lambda: closed == [kind])
    await until(lambda: readers() <= others)
    assert (w.status, w.text) == ("cancelled", "one ")


async def test_stop_all_on_both_loops(server: Server, aclient: Any, quick: Any) -> None:
    widgets = [
        nbstream.stream("Hello", client=client, model="test/stall", loop=loop)
        for client, loop in ((aclient, "kernel"), (quick, "kernel"), (quick, "thread"))
    ]
    await until(lambda: all(w.text == FIRST_FIVE for w in widgets))
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(nbstream.cancel_all())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for w in widgets:
        await end_of(w)
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert sum(counts) == 3, "each is stopped once"
    for request in server.requests:
        await request.until_left()
    assert len(server.requests) == 3


async def test_no_retry_after_a_stop_between_two_attempts(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(status=503, retry_after=30), Scenario(gates=frozenset({"headers"})))
    w = nbstream.stream("Hello", client=aclient, model="test/ok")
    await until(lambda: w.status == "retrying")
    w.cancel()
    await end_of(w)
    await until(lambda: len(asyncio.all_tasks()) == 1)
    assert (w.status, len(server.requests)) == ("cancelled", 1)


async def test_whole_answers_on_the_other_loop(server: Server, quick: Any) -> None:
    own = nbstream.stream("Hello", base_url=server.url, model="test/ok", loop="thread")
    given = nbstream.stream("Hello", client=quick, model="test/ok", loop="thread")
    shown = nbstream.show(
        quick.chat.completions.create(model="test/ok", messages=PROMPT, stream=True), loop="thread"
    )
    for w in (own, given, shown):
        assert (await w).text == "".join(DEFAULT_TEXT)
    assert shown._session.generation.chunks is not None
    assert len(list(shown)) == len(shown._session.generation.chunks)


async def test_what_cannot_run_on_the_other_loop(
    server: Server, aclient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="blocking kind"):
        nbstream.stream("Hello", client=aclient, model="test/ok", loop="thread")
    with pytest.raises(UsageError, match="'kernel' or 'thread'"):
        nbstream.stream("Hello", client=aclient, model="test/ok", loop="main")  # type: ignore[arg-type]  # that it is refused is the test
    # The configuration is for what it fits.
    monkeypatch.setattr(NBStream.instance(), "loop", "thread")
    w = await nbstream.stream("Hello", client=aclient, model="test/ok")
    assert w._session.loop is asyncio.get_running_loop()
