"""What the inspector sees of the real SDK's streams: their bytes, in every supported release."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest

import nbstream
from nbstream import engine
from tests.support.fakes import until
from tests.support.scenario import Scenario
from tests.support.sdk import ANSWER, APIS, KEY, PROMPT, SDK, end_of, open_stream, stream
from tests.support.server import Server
from tests.support.tools import reply

WIRE = (
    b": welcome\n\n: keep-alive\r\n\r\n"
    # After an id no comments: the SDK then takes each for an event without data, and fails.
    b'retry: 3000\nid: 7\ndata: {"choices": [{"index": 0,\n'
    b'data:  "delta": {"content": "caf\xc3\xa9"}, "finish_reason": null}]}\n\n'
    b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
    b"data: [DONE]\n\n"
)


def shown(client: Any, model: str, api: str = "chat") -> Any:
    return nbstream.show(open_stream(client, model, api), inspect=True)


@APIS
@pytest.mark.parametrize("how", ["stream", "show"])
async def test_every_event_is_seen_as_the_server_sent_it(either: Any, api: Any, how: str) -> None:
    if how == "stream":
        w = stream(either, api=api, inspect=True)
    elif isinstance(either, openai.AsyncOpenAI):
        w = shown(either, "test/ok", api)
    else:
        w = await asyncio.to_thread(shown, either, "test/ok", api)
    found = (await end_of(w)).inspect()
    assert w.text == ANSWER
    assert found.seen == "bytes"
    assert (found.status_code, found.request_id) == (200, "req_test_1")
    assert found.headers["content-type"] == "text/event-stream"
    assert found.attempts[-1].host == "127.0.0.1"
    payloads = [json.loads(e.data or "") for e in found.events if e.data != "[DONE]"]
    if api == "responses":
        assert [event.event for event in found.events] == [one["type"] for one in payloads]
        said = [one["delta"] for one in payloads if one["type"] == "response.output_text.delta"]
    else:
        assert {event.event for event in found.events} == {None}
        assert found.events[-1].data == "[DONE]"
        said = [c["delta"].get("content") or "" for one in payloads for c in one["choices"]]
    assert "".join(said) == ANSWER
    times = [event.at or 0.0 for event in found.events]
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] <= found.elapsed


@pytest.mark.parametrize("size", [None, 1, 7])
async def test_fields_that_the_sdk_does_not_give(
    server: Server, either: Any, size: int | None
) -> None:
    server.enqueue(Scenario(body=WIRE, write_size=size))
    w = await end_of(stream(either, inspect=True))
    assert (w.status, w.text) == ("completed", "café")
    first, second, third, fourth, last = w.inspect().events
    assert (first.comment, first.data) == ("welcome", None)
    assert second.comment == "keep-alive"
    assert (third.event_id, third.retry) == ("7", "3000")
    assert (third.data or "").startswith('{"choices": [{"index": 0,\n "delta"')
    assert '"stop"' in (fourth.data or "")
    assert last.data == "[DONE]"
    assert sum(event.size for event in w.inspect().events) < len(WIRE)


async def test_without_being_asked_for_nothing_is_recorded(either: Any) -> None:
    w = await end_of(stream(either))
    found = w.inspect()
    assert (found.seen, list(found.events)) == ("nothing", [])
    assert (found.request_id, found.status_code) == ("req_test_1", 200)


async def test_in_mid_stream_and_with_an_event_that_is_cut(either: Any) -> None:
    w = stream(either, "test/stall", inspect=True)
    await until(lambda: len(w.text) > 20)
    found = w.inspect()
    assert found.status == "in_progress"
    assert len(found.events) >= 5
    w.cancel()
    await end_of(w)
    assert w.inspect().status == "cancelled"
    w = await end_of(stream(either, "test/half-event", inspect=True))
    last = w.inspect().events[-1]
    assert not last.is_complete
    assert last.data == '{"id": "chatcmpl-test", "…'


async def test_each_attempt_is_there(either: Any) -> None:
    w = await end_of(stream(either, "test/503-then-ok", inspect=True))
    found = w.inspect()
    assert [attempt.status_code for attempt in found.attempts] == [503, 503, 200]
    assert [attempt.request_id for attempt in found.attempts] == [
        f"req_test_{number}" for number in (1, 2, 3)
    ]
    assert "overloaded" in (found.attempts[0].error or "")
    assert [bool(attempt.events) for attempt in found.attempts] == [False, False, True]


@pytest.mark.skipif(SDK < (1, 109), reason="this SDK has no chat.completions.stream")
@APIS
async def test_the_helpers_that_are_context_managers(either: Any, api: Any) -> None:
    if api == "responses":
        manager = either.responses.stream(model="test/ok", input="Hello")
    else:
        manager = either.chat.completions.stream(model="test/ok", messages=PROMPT)
    found = (await end_of(nbstream.show(manager, inspect=True))).inspect()
    assert found.seen == "bytes"
    assert found.request_id == "req_test_1"
    assert len(found.events) > 40


async def test_a_stream_that_was_begun_before_shows_its_chunks(client: Any) -> None:
    begun = open_stream(client, "test/ok")
    next(begun)
    w = await end_of(nbstream.show(begun, inspect=True))
    found = w.inspect()
    assert found.seen == "chunks"
    assert (found.events[0].event, found.events[0].at is not None) == ("ChatCompletionChunk", True)
    assert "chunks are shown instead" in found.note


async def test_a_page_in_place_of_events_can_be_read(either: Any) -> None:
    w = await end_of(stream(either, "test/html", inspect=True))
    assert w.status == "failed"
    found = w.inspect()
    assert "<h1>Bad gateway</h1>" in (found.events[0].other or "")
    assert found.headers["content-type"] == "text/html"


@pytest.mark.parametrize("key", [KEY, "plain/word+key"])
async def test_keys_that_the_server_repeats_are_not_shown(
    server: Server, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(text: str) -> bytes:
        return (
            b"data: " + json.dumps({"error": None, "choices": [], "said": text}).encode() + b"\n\n"
        )

    body = said(f"the key {key}") + said("https://planted:planted@host/?sig=planted") + WIRE
    body += b'data: {"api_key": "planted"'
    headers = {"server": key, "set-cookie": "planted", "x-ratelimit-reset": f"Bearer {key}"}
    server.enqueue(Scenario(body=body, headers=tuple(headers.items())))
    async with openai.AsyncOpenAI(base_url=server.url, api_key=key, max_retries=0) as client:
        w = await end_of(stream(client, inspect=True))
    found = w.inspect()
    places = {
        "repr": repr(found),
        "report": found.report(),
        "events": str(found.events) + repr(found.events) + "".join(map(str, found.events)),
        "attempts": repr(found.attempts),
        "headers": str(found.headers),
        "all": str(vars(found)),
        "session": repr(vars(w._session)),
    }
    sent: list[Any] = []
    monkeypatch.setattr(w, "send", lambda content, buffers=None: sent.append(content))
    w._on_request(w, {"v": 1, "kind": "inspect", "stream": w._stream, "front_end": "a page"}, [])
    places["page"] = json.dumps(sent)
    assert [content["kind"] for content in sent] == ["inspection"]
    for place, text in places.items():
        for secret in (key, json.dumps(key)[1:-1], "planted"):
            assert secret not in text, place
    assert "[redacted]" in places["events"]
    assert found.headers["server"] == "[redacted]"
    assert "front end: a page" in w.inspect().report()


async def test_the_setting_and_the_argument(server: Server, aclient: Any) -> None:
    from nbstream.magic.config import NBStream

    NBStream.instance().inspect = True
    try:
        assert (await stream(aclient)).inspect().seen == "bytes"
        assert (await stream(aclient, inspect=False)).inspect().seen == "nothing"
        assert (await nbstream.show(["a"])).inspect().seen == "chunks"
    finally:
        NBStream.instance().inspect = False
    with pytest.raises(nbstream.NbstreamError, match="True or False"):
        stream(aclient, inspect="yes")


async def test_a_stream_outside_notebooks(aclient: Any) -> None:
    s = engine.stream("Hello", client=aclient, model="test/ok", inspect=True)
    assert "".join([text async for text in s]) == ANSWER
    found = s.inspect()
    assert (found.seen, found.request_id) == ("bytes", "req_test_1")
    assert "API keys are redacted" in found.report()


async def test_the_text_of_an_http_response(server: Server) -> None:
    body = json.dumps({"model": "test/ok", "stream": True}).encode()
    client = pytest.importorskip("httpx2" if SDK >= (3, 0) else "httpx").AsyncClient()
    async with client, client.stream("POST", f"{server.url}/chat/completions", content=body) as r:
        found = (await nbstream.show(r.aiter_text(), inspect=True)).inspect()
    assert found.seen == "bytes"
    assert found.events[-1].data == "[DONE]"
    assert found.status_code == 200


@APIS
async def test_each_reply_of_a_stream_with_tools(server: Server, either: Any, api: Any) -> None:
    def weather() -> str:
        return "clear"

    bodies = [reply(api, ("c1", "weather", {})), reply(api, text="Clear.")]
    server.enqueue(*(Scenario(body=body) for body in bodies))
    w = await end_of(stream(either, api=api, tools=[weather], inspect=True))
    assert w.text == "Clear."
    first, second = w.inspect().attempts
    assert (first.request_id, second.request_id) == ("req_test_1", "req_test_2")
    assert "weather" in str(first.events)
    assert "weather" not in str(second.events)
    assert "Clear." in str(second.events)
    assert first.error is None
