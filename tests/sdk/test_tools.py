"""Tools over the real SDK: what is sent, what comes back, both APIs, both kinds of clients."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from typing import Any

import openai
import pytest

import nbstream
from nbstream.errors import UsageError
from nbstream.tools.invoke import ToolStopped
from nbstream.validation import known_parameters
from tests.support.fakes import until
from tests.support.patience import PATIENCE
from tests.support.scenario import Scenario
from tests.support.sdk import APIS, KEY, end_of, open_stream, stream
from tests.support.server import Server
from tests.support.tools import reply


def weather(city: str, days: int = 1) -> dict[str, Any]:
    """The weather of a city."""
    if city == "Atlantis":
        raise ValueError(f"no such city ({KEY})")
    return {"city": city, "days": days, "sky": "clear"}


def enqueue(server: Server, *bodies: bytes) -> None:
    server.enqueue(*(Scenario(body=body) for body in bodies))


def turns(server: Server, number: int) -> Any:
    """What request ``number`` (from 1) has behind the prompt."""
    body = server.requests[number - 1].body
    return body["messages" if "messages" in body else "input"][1:]


def results(server: Server, number: int) -> list[str]:
    """What it tells of calls."""
    said = [turn.get("output", turn.get("content")) for turn in turns(server, number)]
    marked = [turn.get("role") == "tool" or "output" in turn for turn in turns(server, number)]
    return [words for words, is_result in zip(said, marked, strict=True) if is_result]


@APIS
async def test_parallel_calls_of_which_one_fails(server: Server, either: Any, api: Any) -> None:
    calls = [(f"c{n}", "weather", {"city": city}) for n, city in enumerate(("Oslo", "Atlantis"))]
    enqueue(server, reply(api, *calls), reply(api, text="Clear in Oslo."))
    w = await end_of(stream(either, api=api, tools=[weather]))
    assert (w.status, w.text) == ("completed", "Clear in Oslo.")
    oslo, atlantis = w.tool_calls
    assert json.loads(oslo.result) == {"city": "Oslo", "days": 1, "sky": "clear"}
    assert atlantis.error == "ValueError: no such city ([redacted])"
    assert [call.status for call in w.tool_calls] == ["completed", "failed"]
    assert results(server, 2) == [oslo.result, f"Error: {atlantis.error}"]
    assert w.usage is not None
    assert w.usage.to_wire() == {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}
    assert KEY not in str(server.requests[1].body)
    assert KEY not in json.dumps(w._wire.snapshot(), default=str)


async def test_what_chat_is_sent(server: Server, aclient: Any) -> None:
    enqueue(server, reply("chat", ("c1", "weather", {"city": "Oslo"})), reply("chat", text="Ok."))
    w = await end_of(stream(aclient, tools=[weather], tool_choice="required"))
    first, second = (request.body for request in server.requests)
    (spec,) = first["tools"]
    assert (spec["type"], spec["function"]["name"]) == ("function", "weather")
    assert spec["function"]["description"] == "The weather of a city."
    assert second["tools"] == first["tools"]
    # One that forces a call would never let the model answer.
    assert (first["tool_choice"], second.get("tool_choice")) == ("required", None)
    assert turns(server, 2) == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": w.tool_calls[0].result},
    ]


CALL = {"type": "function_call", "call_id": "c1", "name": "weather", "status": "completed"}


@pytest.mark.parametrize("stored", [True, False])
async def test_what_responses_is_sent(server: Server, aclient: Any, stored: bool) -> None:
    call, again = (("c1", "weather", {"city": "Oslo"}), ("c2", "weather", {"city": "Oslo"}))
    enqueue(
        server,
        reply("responses", call, text="Let me see."),
        reply("responses", again),
        reply("responses", text="Ok."),
    )
    more = {} if stored else {"store": False}
    w = await end_of(stream(aclient, api="responses", tools=[weather], **more))
    assert w.text == "Let me see.\n\nOk."
    first = server.requests[0].body
    assert (first["tools"][0]["name"], first["tools"][0]["strict"]) == ("weather", False)
    assert first.get("include") == (None if stored else ["reasoning.encrypted_content"])

    def ids(id_: str) -> dict[str, str]:
        return {"id": id_} if stored else {}

    content = {"type": "output_text", "text": "Let me see.", "annotations": []}
    reasoning = {"type": "reasoning", "summary": [], "encrypted_content": "e", **ids("rs_1")}
    called = {**CALL, "arguments": '{"city": "Oslo"}', **ids("fc_c1")}
    message = {"type": "message", "role": "assistant", "status": "completed", "content": [content]}
    gave = {"type": "function_call_output", "call_id": "c1", "output": w.tool_calls[0].result}
    expected = [reasoning, called, {**message, **ids("msg_1")}, gave]
    assert turns(server, 2) == expected
    called = {**called, "call_id": "c2", **ids("fc_c2")}
    assert turns(server, 3) == [*expected, reasoning, called, {**gave, "call_id": "c2"}]


@APIS
async def test_the_same_id_for_two_calls(server: Server, aclient: Any, api: Any) -> None:
    """Each call and its result share an id that no other has, also in what is handed back."""
    same = [("c1", "weather", {"city": city}) for city in ("Oslo", "Bern")]
    enqueue(server, reply(api, *same), reply(api, *same[:1]), reply(api, text="Ok."))
    w = await end_of(stream(aclient, api=api, tools=[weather]))
    ids = [call.call_id for call in w.tool_calls]
    assert ids[0] == "c1"
    assert len(set(ids)) == 3
    if api == "chat":
        said = [call["id"] for turn in turns(server, 3) for call in turn.get("tool_calls") or ()]
        answered = [turn["tool_call_id"] for turn in turns(server, 3) if turn["role"] == "tool"]
    else:
        kinds: dict[str, list[str]] = {"function_call": [], "function_call_output": []}
        for item in turns(server, 3):
            kinds.get(item["type"], []).append(item.get("call_id", ""))
        said, answered = kinds.values()
    assert said == answered == ids


async def test_items_that_share_a_place_are_all_handed_back(server: Server, aclient: Any) -> None:
    both = reply("responses", *[(f"c{n}", "weather", {"city": "Oslo"}) for n in range(2)])
    shared = re.sub(rb'"output_index": \d', b'"output_index": 0', both)
    enqueue(server, shared, reply("responses", text="Ok."))
    await end_of(stream(aclient, api="responses", tools=[weather]))
    kinds = [(item["type"], item.get("call_id")) for item in turns(server, 2)]
    assert kinds[:3] == [("reasoning", None), ("function_call", "c0"), ("function_call", "c1")]


@pytest.mark.skipif(
    "conversation" not in known_parameters("responses"), reason="this release does not know it"
)
async def test_a_conversation_is_kept_by_the_server(server: Server, aclient: Any) -> None:
    call = ("c1", "weather", {"city": "Oslo"})
    enqueue(server, reply("responses", call), reply("responses", text="Ok."))
    await end_of(stream(aclient, api="responses", tools=[weather], conversation="conv_1"))
    (gave,) = server.requests[1].body["input"]
    assert gave["type"] == "function_call_output"


@APIS
async def test_ten_rounds_are_the_most(server: Server, aclient: Any, api: Any) -> None:
    bodies = [reply(api, (f"c{n}", "weather", {"city": "Oslo"})) for n in range(11)]
    enqueue(server, *bodies)
    w = await end_of(stream(aclient, api=api, tools=[weather]))
    assert len(server.requests) == 10
    assert w.status == "incomplete"
    assert w.reason == "the model still called tools after 10 requests; raise max_rounds"
    assert len(results(server, 10)) == 9
    assert [call.status for call in w.tool_calls] == ["completed"] * 9 + ["not_run"]
    assert w.usage is not None
    assert w.usage.total_tokens == 150
    with pytest.raises(UsageError, match="can be continued"):
        w.continue_()


async def test_max_rounds(server: Server, aclient: Any) -> None:
    enqueue(server, reply("chat", ("c1", "weather", {"city": "Oslo"})))
    w = await end_of(stream(aclient, tools=[weather], max_rounds=1))
    assert w.reason == "the model still called tools after 1 request; raise max_rounds"


@APIS
async def test_a_declined_call(server: Server, aclient: Any, api: Any) -> None:
    calls = [(f"c{n}", "weather", {"city": "Oslo"}) for n in range(2)]
    enqueue(server, reply(api, *calls), reply(api, text="Then not."))
    w = stream(aclient, api=api, tools=[weather], approve="ask")
    await until(lambda: w.reason is not None and w.reason.startswith("waiting for your approval"))
    with pytest.raises(UsageError, match="no call of this stream has the id 'c9'"):
        w.approve("c9")
    assert await asyncio.to_thread(w.decline, "c0", "not today")
    assert w.approve("c1")
    assert not w.approve("c0")
    await end_of(w)
    assert w.tool_calls[0].error == "the call was declined: not today"
    assert results(server, 2)[0] == "Error: the call was declined: not today"
    assert w.text == "Then not."


@APIS
async def test_a_stopped_async_tool(server: Server, aclient: Any, api: Any) -> None:
    cancelled = asyncio.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    enqueue(server, reply(api, ("c1", "wait", {})))
    w = stream(aclient, api=api, tools=[wait])
    await until(lambda: w.reason == "calling wait")
    assert w.cancel()
    await end_of(w)
    await asyncio.wait_for(cancelled.wait(), PATIENCE)
    assert (w.status, w.tool_calls[0].status) == ("cancelled", "stopped")
    assert len(server.requests) == 1


async def test_a_stopped_tool_in_a_thread(server: Server, aclient: Any) -> None:
    stopped = threading.Event()

    def work() -> None:
        try:
            while True:
                stopped.wait(0.001)
        except ToolStopped:
            stopped.set()

    enqueue(server, reply("chat", ("c1", "work", {})))
    w = stream(aclient, tools=[work])
    await until(lambda: w.reason == "calling work")
    w.cancel()
    await end_of(w)
    await until(stopped.is_set)
    assert (w.status, w.tool_calls[0].status) == ("cancelled", "stopped")
    assert len(server.requests) == 1


async def test_the_request_of_a_later_round_is_sent_again(server: Server, aclient: Any) -> None:
    enqueue(server, reply("chat", ("c1", "weather", {"city": "Oslo"})))
    server.enqueue(Scenario(status=503, status_times=1, body=reply("chat", text="Ok.")))
    w = await end_of(stream(aclient, tools=[weather]))
    assert (w.status, w.text) == ("completed", "Ok.")
    assert len(server.requests) == 3
    assert server.requests[1].body == server.requests[2].body


@APIS
async def test_a_later_reply_that_was_cut_goes_on(server: Server, aclient: Any, api: Any) -> None:
    enqueue(server, reply(api, ("c1", "weather", {"city": "Oslo"}), text="One moment."))
    server.enqueue(Scenario(text=["Streams carry ", "an ans"], fault="reset", fault_after=2))
    server.enqueue(Scenario(text=["carry an answer."]))
    w = await end_of(stream(aclient, api=api, tools=[weather]))
    assert (w.status, w.text) == ("failed", "One moment.\n\nStreams carry an ans")
    await w.continue_()
    assert w.text == "One moment.\n\nStreams carry an answer."
    *before, said, _ = turns(server, 3)
    assert before == turns(server, 2)
    assert said == {"role": "assistant", "content": "Streams carry an ans"}


async def test_the_structure_is_that_of_the_last_reply(server: Server, aclient: Any) -> None:
    call = ("c1", "weather", {"city": "Oslo"})
    enqueue(server, reply("chat", call, text="Hm {"), reply("chat", text="[1, 2]"))
    w = await end_of(stream(aclient, tools=[weather], schema=list[int]))
    assert (w.partial, w.parsed) == ([1, 2], [1, 2])


async def test_dict_tools_go_to_the_server_as_they_are(server: Server, aclient: Any) -> None:
    other = {"type": "function", "function": {"name": "other", "parameters": {}}}
    enqueue(server, *[reply("chat", ("c1", "other", {"a": 1}))] * 2)
    for tools in ([other], [weather, other]):
        w = await end_of(stream(aclient, tools=tools))
        assert (w.status, w.finish_reason) == ("completed", "tool_calls")
        assert (w.tool_calls[0].arguments, w.tool_calls[0].result) == ('{"a": 1}', "")
    assert server.requests[0].body["tools"] == [other]
    assert len(server.requests[1].body["tools"]) == 2
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tools": [weather], "n": 2}, "go with one answer"),
        ({"tools": weather}, "tools takes a list of functions or dicts, not function"),
        ({"tools": [{"type": "x", "y": b""}]}, "tools has bytes, which JSON cannot hold"),
        ({"tools": [weather], "approve": False}, "approve takes True, 'ask' or a function, not F"),
        ({"tools": [weather], "max_rounds": 0}, "max_rounds takes a whole number from 1 on"),
        ({"tool": [weather]}, "did you mean 'tools'"),
    ],
)
async def test_what_cannot_be(server: Server, aclient: Any, options: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        stream(aclient, **options)
    assert not server.requests


async def test_show_makes_no_calls(server: Server, client: openai.OpenAI) -> None:
    enqueue(server, reply("chat", ("c1", "weather", {"city": "Oslo"})))
    w = await end_of(nbstream.show(open_stream(client, "test/ok")))
    assert (w.status, w.tool_calls[0].result) == ("completed", "")


def test_in_a_script(server: Server, client: openai.OpenAI, capsys: Any) -> None:
    """Without a loop of its own the stream has a thread, and without a page it says who waits."""
    enqueue(server, reply("chat", ("c1", "weather", {"city": "Oslo"})), reply("chat", text="Ok."))
    w = stream(client, tools=[weather], approve="ask")
    asyncio.run(until(lambda: [call.status for call in w.tool_calls] == ["awaiting_approval"]))
    assert w.approve("c1")
    w.wait(PATIENCE)
    assert w.text == "Ok."
    assert 'weather({"city": "Oslo"}) waits for w.approve(\'c1\')' in capsys.readouterr().err
