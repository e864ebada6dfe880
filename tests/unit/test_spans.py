"""How long reasoning and tools took."""

from __future__ import annotations

from nbstream.transcript.durations import Spans
from nbstream.transcript.events import Info, PartInfo, PartType
from nbstream.transcript.transcript import Append


def seconds(*steps: tuple[float, str, PartType, PartInfo | None], end: float) -> dict[str, float]:
    spans = Spans()
    found: list[Info] = []
    for now, part, type_, info in steps:
        found += spans.feed(Append(part, type_, 0, "x", info), now)
    found += spans.end(end)
    return {info.part: info.fields["seconds"] for info in found}


def test_reasoning_ends_when_something_else_begins() -> None:
    found = seconds(
        (1.0, "reasoning", "reasoning", None),
        (2.0, "reasoning", "reasoning", None),
        (2.5, "text", "text", None),
        (9.0, "text", "text", None),
        end=10.0,
    )
    assert found == {"reasoning": 1.5}


def test_reasoning_that_nothing_follows_ends_with_the_stream() -> None:
    assert seconds((1.0, "reasoning", "reasoning", None), end=4.0) == {"reasoning": 3.0}


def test_answers_side_by_side_do_not_end_each_other() -> None:
    found = seconds(
        (1.0, "reasoning", "reasoning", None),
        (1.5, "1.reasoning", "reasoning", None),
        (2.0, "reasoning", "reasoning", None),
        (3.0, "text", "text", None),
        (4.5, "1.text", "text", None),
        end=5.0,
    )
    assert found == {"reasoning": 2.0, "1.reasoning": 3.0}


def test_only_tools_that_the_server_runs_have_a_time() -> None:
    search = {"kind": "web_search_call", "status": "completed"}
    found = seconds(
        (1.0, "tool:0", "tool", {"status": "in_progress"}),
        (3.0, "tool:0", "tool", search),
        (3.0, "tool:1", "tool", {"kind": "function_call"}),
        (4.0, "tool:1", "tool", {"status": "completed"}),
        end=5.0,
    )
    assert found == {"tool:0": 2.0}
