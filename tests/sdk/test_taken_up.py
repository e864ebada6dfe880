"""Responses in the background that are taken up in their middle: ``starting_after=N``."""

from __future__ import annotations

from typing import Any

import pytest

import nbstream
from nbstream.session.generation import NO_BEGINNING
from nbstream.validation import known_parameters
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import until
from tests.support.recordings.background import BACKGROUND
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.sdk import ANSWER, end_of
from tests.support.server import CANCEL, RETRIEVE, Server
from tests.support.wire_responses import RESPONSE_ID

pytestmark = pytest.mark.skipif(
    "background" not in known_parameters("responses"), reason="this SDK knows no background"
)
LAST = len(BACKGROUND.payloads) - 1
THINKING = ("The user ", "wants ", "an answer. ")


def take_up(client: Any, number: int | None = None) -> StreamWidget:
    """Show the stream of the response, from behind the event with this number."""
    after = {} if number is None else {"starting_after": number}
    return nbstream.show(client.responses.retrieve(RESPONSE_ID, stream=True, **after))


def parts(widget: StreamWidget) -> list[Any]:
    """All parts in their order, but for what is the stream's: how often an image came, times."""
    found = []
    for part in widget._session.transcript.parts.values():
        info = {key: part.info[key] for key in part.info if key not in ("seconds", "frame")}
        found.append((part.key, part.type, part.text, part.length, info, part.data))
    return found


def shown(widget: StreamWidget) -> list[Any]:
    """What a page has that got every message."""
    snapshot = widget._wire.snapshot()
    assert snapshot is not None
    return [(part["part"], part["type"], part["text"]) for part in snapshot["parts"]]


async def test_after_each_event_the_whole_answer_is_there_at_the_end(
    server: Server, aclient: Any
) -> None:
    body = Scenario(body=BACKGROUND.body)
    server.enqueue(body)
    whole = await end_of(take_up(aclient))
    assert whole.text == BACKGROUND.expected["text"]
    for number in range(LAST):
        server.enqueue(body)
        w = await end_of(take_up(aclient, number))
        assert parts(w) == parts(whole), f"after event {number}"
        assert (w.status, w.reason, w.usage) == ("completed", None, whole.usage)
        wanted = [part[:3] for part in parts(whole)]
        await until(lambda w=w, wanted=wanted: shown(w) == wanted)
        w.close()


@pytest.mark.parametrize("number", [3, 9, 12])
async def test_by_either_client_and_the_helper(server: Server, either: Any, number: int) -> None:
    scenario = Scenario(reasoning=THINKING)
    server.enqueue(scenario, scenario)
    helper = either.responses.stream(response_id=RESPONSE_ID, starting_after=number)
    for w in (take_up(either, number), nbstream.show(helper)):
        await end_of(w)
        assert (w.status, w.text, w.reasoning) == ("completed", ANSWER, "".join(THINKING))


async def test_the_text_is_whole_as_soon_as_it_is_said(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(gates=frozenset({"deltas", "finish"})))
    w = take_up(aclient, 10)
    came = DEFAULT_TEXT[7:]  # behind the response, its item, its content and seven deltas
    for count in range(len(came)):
        await until(lambda count=count: w.text == "".join(came[:count]))
        server.release()
    await until(lambda: w.text == ANSWER)
    assert w.status == "in_progress"
    await until(lambda: shown(w) == [("text:0/0", "text", ANSWER)])
    server.release()
    await end_of(w)
    assert w.text == ANSWER
    deltas = w._session.generation.deltas
    assert deltas == list(came), "what was restored is not a delta of this stream"


@pytest.mark.parametrize(("fault", "status"), [("truncate", "incomplete"), ("reset", "failed")])
async def test_one_that_is_cut_says_what_is_missing(
    server: Server, aclient: Any, fault: Any, status: str
) -> None:
    server.enqueue(Scenario(fault=fault, fault_after=2))
    w = await end_of(take_up(aclient, 10))
    assert (w.status, w.text) == (status, "".join(DEFAULT_TEXT[7:9]))
    assert w.reason is not None
    assert w.reason.endswith(NO_BEGINNING)


async def test_stop_ends_it_at_the_server(server: Server, either: Any) -> None:
    server.enqueue(Scenario(fault="stall", fault_after=2))
    w = take_up(either, 10)
    await until(lambda: w.text)
    w.cancel()
    await end_of(w)
    told = "stopped by you; the server was told to end its background response"
    assert (w.status, w.reason) == ("cancelled", f"{told}; {NO_BEGINNING}")
    assert [request.path for request in server.requests] == [RETRIEVE, CANCEL]


async def test_what_goes_on_when_ending_it_fails(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(fault="stall", fault_after=2), Scenario(status=500))
    w = take_up(aclient, 10)
    await until(lambda: w.text)
    w.cancel()
    await end_of(w)
    assert w.reason is not None
    assert "the background response keeps running at the server" in w.reason
