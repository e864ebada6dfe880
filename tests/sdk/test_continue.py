"""Going on after a cut, with the real SDK over the loopback server."""

from __future__ import annotations

from typing import Any

import pytest

import nbstream
from nbstream.errors import UsageError
from nbstream.magic.config import NBStream
from nbstream.request.request import GO_ON
from tests.support.fakes import until
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, APIS, FIRST_FIVE, end_of, open_stream, stream
from tests.support.server import Server
from tests.support.tools import half_reply, reply

REST = DEFAULT_TEXT[5:]
ASSISTANT = {"role": "assistant", "content": FIRST_FIVE}


@APIS
@pytest.mark.parametrize("model", ["test/reset", "test/truncate", "test/error-data"])
async def test_an_answer_that_was_cut_goes_on(
    server: Server, either: Any, api: Any, model: str
) -> None:
    w = await end_of(stream(either, model, api=api, system="Be brief."))
    assert w.text == FIRST_FIVE
    # The model begins again with the last words.
    server.enqueue(Scenario(text=["carry an ", "answer piece ", *REST]))
    assert await w.continue_() is w
    assert (w.status, w.text, w.error) == ("completed", ANSWER, None)
    assert "".join([delta async for delta in w]) == ANSWER
    body = server.requests[1].body
    *before, ours, last = body["messages" if api == "chat" else "input"]
    assert (ours, last) == (ASSISTANT, {"role": "user", "content": GO_ON})
    assert before[-1] == {"role": "user", "content": "Hello"}
    assert body["model"] == model


async def test_a_server_that_continues_the_assistants_message(server: Server, aclient: Any) -> None:
    NBStream.instance().prefills = True
    try:
        w = await end_of(stream(aclient, "test/cut"))
        server.enqueue(Scenario(text=REST))
        await w.continue_()
    finally:
        NBStream.instance().prefills = False
    assert w.text == ANSWER
    assert server.requests[1].body["messages"] == [{"role": "user", "content": "Hello"}, ASSISTANT]


async def test_after_the_token_limit(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(text=DEFAULT_TEXT[:5], finish="length"), Scenario(text=REST))
    w = await stream(aclient)
    assert w.status == "incomplete"
    await w.continue_()
    assert (w.status, w.text, w.finish_reason) == ("completed", ANSWER, "stop")


async def test_a_stalled_stream_goes_on_with_another_connection(
    server: Server, aclient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NBStream.instance(), "stall_after", 0.1)
    server.enqueue(server.scenarios["test/stall"], Scenario(text=REST))
    w = stream(aclient)
    # A slow machine may call it stalled before that as well.
    await until(lambda: w.status == "stalled" and w.text == FIRST_FIVE)
    w.continue_()
    await server.requests[0].until_left()
    await end_of(w)
    assert (w.status, w.text) == ("completed", ANSWER)


async def test_try_again(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(status=503))
    w = await end_of(stream(aclient, max_attempts=1))
    assert w.status == "failed"
    await w.continue_()
    assert (w.status, w.text) == ("completed", ANSWER)
    first, second = (request.body for request in server.requests)
    assert first == second


@APIS
@pytest.mark.parametrize("runs", [False, True], ids=["left to the caller", "called"])
async def test_a_call_that_was_cut_stays_so_and_another_one_comes(
    server: Server, aclient: Any, api: Any, runs: bool
) -> None:
    def weather(city: str) -> str:
        return f"clear in {city}"

    # Nothing of the half call is sent back, so the model begins it anew.
    again = reply(api, ("c2", "weather", {"city": "Oslo"}))
    server.enqueue(Scenario(body=half_reply(api, "I look it up.")), Scenario(body=again))
    server.enqueue(Scenario(body=reply(api, text="It is clear.")))
    w = await end_of(stream(aclient, api=api, **({"tools": [weather]} if runs else {})))
    assert (w.status, w.text, w.tool_calls[0].arguments) == ("incomplete", "I look it up.", '{"ci')
    await w.continue_()
    half, whole = w.tool_calls
    assert (half.call_id, half.arguments, half.status) == ("c1", '{"ci', "incomplete")
    assert (whole.call_id, whole.arguments, whole.status) == (
        *("c2", '{"city": "Oslo"}', "completed"),
    )
    assert whole.result == ("clear in Oslo" if runs else "")
    assert w.text == ("I look it up.\n\nIt is clear." if runs else "I look it up.")
    kinds = ["text", "tool", "tool", *(["text"] if runs else [])]
    await until(lambda: [part["type"] for part in w._wire.snapshot()["parts"]] == kinds)


async def test_a_stream_given_to_show_is_not_ours_to_send_again(aclient: Any) -> None:
    w = await end_of(nbstream.show(open_stream(aclient, "test/reset")))
    with pytest.raises(UsageError, match=r"only a stream that nbstream.stream\(\)"):
        w.continue_()
    assert "offer" not in (w._wire.snapshot() or {})
