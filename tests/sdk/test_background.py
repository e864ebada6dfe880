"""What keeps running at the server after a stop: responses in the background."""

from __future__ import annotations

from typing import Any

import openai
import pytest

import nbstream
from nbstream import engine
from nbstream.validation import known_parameters
from tests.support.fakes import until
from tests.support.scenario import Scenario
from tests.support.sdk import end_of, stream
from tests.support.server import CANCEL, Server

pytestmark = pytest.mark.skipif(
    "background" not in known_parameters("responses"), reason="this SDK knows no background"
)
BACKGROUND: dict[str, Any] = {"api": "responses", "background": True}
GOES_ON = "the background response keeps running at the server"


def asked(server: Server) -> list[str]:
    return [request.path for request in server.requests]


async def test_stop_ends_it_at_the_server(server: Server, either: Any) -> None:
    w = stream(either, "test/stall", **BACKGROUND)
    await until(lambda: w.text)
    w.cancel()
    await end_of(w)
    assert (w.status, w.error) == ("cancelled", None)
    assert w.reason == "stopped by you; the server was told to end its background response"
    assert asked(server) == ["/v1/responses", CANCEL]


async def test_a_server_that_refuses(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(fault="stall", fault_after=3), Scenario(status=500))
    w = stream(aclient, **BACKGROUND)
    await until(lambda: w.text)
    w.cancel()
    await end_of(w)
    assert w.reason is not None
    assert w.reason.startswith(f"stopped by you; {GOES_ON}: ending it failed (")
    assert asked(server) == ["/v1/responses", CANCEL]


def create(client: Any) -> Any:
    return client.responses.create(model="test/stall", input="Hi", stream=True, background=True)


async def test_of_a_stream_that_is_shown(server: Server, client: openai.OpenAI) -> None:
    w = nbstream.show(create(client))
    await until(lambda: w.text)
    w.cancel()
    await end_of(w)
    assert w.reason == "stopped by you; the server was told to end its background response"
    assert asked(server)[1:] == [CANCEL]


async def test_whoever_closes_their_stream_may_come_back(server: Server, aclient: Any) -> None:
    shown = await create(aclient)
    w = nbstream.show(shown)
    await until(lambda: w.text)
    await shown.close()
    await end_of(w)
    assert w.reason == f"its stream was closed; {GOES_ON}"
    assert asked(server)[1:] == []


@pytest.mark.parametrize("stops", [False, True], ids=["left", "stopped"])
async def test_in_a_server(server: Server, aclient: Any, stops: bool) -> None:
    s = engine.stream("Hi", client=aclient, model="test/stall", **BACKGROUND)
    async for _ in s:
        if stops:
            s.cancel()
        break
    await until(lambda: s.status == "cancelled")
    await server.requests[0].until_left()
    await s.aclose()
    if stops:
        assert s.reason == "stopped by you; the server was told to end its background response"
    else:
        assert s.reason == f"{engine.LEFT}; {GOES_ON}"
    assert asked(server)[1:] == ([CANCEL] if stops else [])


async def test_one_that_is_complete_is_left_alone(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, **BACKGROUND))
    assert (w.status, w.reason) == ("completed", None)
    assert asked(server) == ["/v1/responses"]
