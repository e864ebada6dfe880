"""Structure and early ends: asked of a server, and acted on, with the real SDK."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import openai
import pytest

import nbstream
from nbstream.errors import UsageError
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import until
from tests.support.scenario import Scenario
from tests.support.sdk import APIS, DEFAULT_TEXT, end_of, open_stream, stream
from tests.support.server import Server


@dataclass
class Planet:
    name: str
    moons: int


JSON = ('{"na', 'me": "Ma', 'rs", "mo', 'ons": 2}')


def has_deltas(widget: StreamWidget, count: int) -> bool:
    return len(widget._session.generation.deltas) == count


@APIS
async def test_the_object_grows_and_is_validated(server: Server, aclient: Any, api: Any) -> None:
    server.enqueue(Scenario(text=JSON, gates=frozenset({"deltas", "finish"})))
    w = stream(aclient, schema=Planet, api=api)
    request = await server.until_request()
    assert w.partial is None
    seen = []
    for count in range(1, len(JSON) + 1):
        server.release()
        await until(partial(has_deltas, w, count))
        seen.append(w.partial)
        assert w.parsed is None
    assert seen == [{}, {"name": "Ma"}, {"name": "Mars"}, {"name": "Mars", "moons": 2}]
    server.release()
    await end_of(w)
    assert w.parsed == Planet("Mars", 2)
    asked = (
        request.body["text"]["format"] if api == "responses" else request.body["response_format"]
    )
    assert asked["type"] == "json_schema"
    assert "Planet" in str(asked)


async def test_an_answer_that_does_not_fit(server: Server, aclient: Any) -> None:
    server.enqueue(Scenario(text=('{"name": "Mars"}',)))
    w = await end_of(stream(aclient, schema=Planet))
    assert w.status == "completed"
    with pytest.raises(nbstream.SchemaError, match="does not fit Planet: moons"):
        w.parsed  # noqa: B018  # that reading it raises is the test


async def test_schema_and_response_format_exclude_each_other(aclient: Any) -> None:
    with pytest.raises(UsageError, match="either schema or response_format"):
        stream(aclient, schema=Planet, response_format={"type": "json_object"})


@APIS
async def test_until_closes_the_connection(server: Server, aclient: Any, api: Any) -> None:
    w = stream(aclient, "test/long?delay=0.01", api=api, until="word7")
    request = await server.until_request()
    await request.until_left()
    await end_of(w)
    assert w.text == "".join(f"word{n} " for n in range(8)).rstrip()
    assert (w.status, w.error) == ("cancelled", None)
    assert w.reason == "until: word7 was found; 1 character after it is left out"


async def test_until_of_a_stream_that_is_shown(server: Server, client: openai.OpenAI) -> None:
    w = nbstream.show(open_stream(client, "test/long"), until=3)
    await end_of(w)
    assert w.text == "word0 word1 word2 "
    assert w.reason == "until: 3 deltas came"


async def test_until_is_not_in_the_way_of_going_on(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, until=2))
    assert w.text == "".join(DEFAULT_TEXT[:2])
    await w.continue_()
    assert w.status == "completed"
    assert w.text.startswith("".join(DEFAULT_TEXT[:2]))
    assert len(w.text) > len("".join(DEFAULT_TEXT[:2]))


async def test_several_answers_are_asked_for(server: Server, aclient: Any) -> None:
    w = await end_of(stream(aclient, n=2))
    assert server.requests[0].body["n"] == 2
    assert w.choices[0].text == w.text
