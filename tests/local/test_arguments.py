"""The local model calls no tools, but chooses the arguments of one where a schema asks for them."""

from __future__ import annotations

import pytest

import nbstream
from nbstream.tools.definition import Tool


def book(city: str, days: int) -> str:
    """Book a trip."""
    return f"{days} days in {city}: booked"


pytestmark = pytest.mark.usefixtures("only_the_local_model")


async def test_arguments_by_schema_for_a_call_by_hand() -> None:
    tool = Tool(book)
    prompt = "I want to see Paris for three days. Give the city and the number of days as JSON."
    w = await nbstream.stream(prompt, schema=tool.json_schema, max_tokens=60, temperature=0)
    arguments = tool.arguments(w.text)
    assert arguments == w.parsed
    assert tool.function(**arguments) == f"{arguments['days']} days in {arguments['city']}: booked"


async def test_functions_given_to_it_change_nothing() -> None:
    """Its template has no tools: it answers in words, and the stream ends as any other."""
    w = await nbstream.stream("Say hello.", tools=[book], max_tokens=20)
    assert w.text
    assert not w.tool_calls
    assert w.status in ("completed", "incomplete")
