"""What a page shows of everything that is not plain text, against what the kernel has of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nbstream.adapters import pick
from nbstream.saved.document import tool_name
from nbstream.transcript.choices import choices
from nbstream.transcript.transcript import Transcript
from tests.support.page import NotebookPage
from tests.support.recordings import ALL, Recording
from tests.support.recordings.background import BACKGROUND

from .conftest import OpenNotebook, lab_only

pytestmark = lab_only

SETUP = """\
import asyncio, json, nbstream

gate = asyncio.Event()

async def replay(events, stop=None):
    for number, event in enumerate(events):
        if number == stop:
            await gate.wait()
        yield event
        await asyncio.sleep(0)
"""
# In the page: everything that a view shows, by what it is.
SHOWN = """\
(view) => {
    const texts = (found) => [...view.querySelectorAll(found)].map((el) => el.textContent.trim());
    return {
        text: texts(".nbs-text .nbs-markdown"),
        reasoning: texts(".nbs-reasoning .nbs-markdown"),
        refusal: texts(".nbs-refusal .nbs-markdown"),
        audio: texts(".nbs-audio .nbs-markdown"),
        tools: texts(".nbs-tool-name"),
        results: texts(".nbs-tool-result:not([hidden])"),
        code: texts(".nbs-tool code").map((code) => code.replace(/\\s/g, "")),
        briefs: texts(".nbs-tool-brief").filter(Boolean),
        sources: texts(".nbs-sources li"),
        images: [...view.querySelectorAll("img")].map((image) => image.naturalWidth),
        lanes: texts(".nbs-lane > .nbs-mark").length,
    };
}
"""
KINDS = {
    *("text", "refusal", "reasoning_content", "think tags in pieces", "content as a list"),
    *("tool calls by index", "a custom tool", "a function call of old", "annotations", "audio"),
    *("several answers", "tools that the service ran", "legacy", "reasoning in two ways"),
    *("tools of the server", "a remote server's tools", "an image that gets sharper"),
    *("citations of three kinds",),
}
CHOSEN = [recording for recording in ALL if recording.name in KINDS]


def source(payloads: Sequence[Any], more: str = "") -> str:
    return f"w = nbstream.show(replay(json.loads({json.dumps(payloads)!r}){more}))\nw"


def expected(recording: Recording) -> dict[str, Any]:
    """What `SHOWN` gives for the transcript of a recording."""
    adapter, transcript = pick(recording.payloads[0]), Transcript()
    for payload in recording.payloads:
        for event in adapter.feed(payload):
            transcript.apply(event)
    for event in adapter.end(has_end=True):
        transcript.apply(event)
    parts = list(transcript.parts.values())

    def texts(type_: str) -> list[str]:
        return [part.text.strip() for part in parts if part.type == type_ and part.text]

    tools = [part for part in parts if part.type == "tool"]
    searches = [part for part in tools if part.info.get("kind", "").endswith("search_call")]
    results = ["\n".join(filter(None, (t.info.get("error"), t.info.get("result")))) for t in tools]
    answers = choices(transcript)
    return {
        **{type_: texts(type_) for type_ in ("text", "reasoning", "refusal", "audio")},
        "tools": [tool_name(part.info) for part in tools],
        "results": [result.strip() for result in results if result],
        "code": [
            "".join(part.text.split()) for part in tools if part.text and part not in searches
        ],
        "briefs": [" ".join(part.text.split()) for part in searches if part.text],
        "sources": [shown(dict(one)) for answer in answers for one in answer.sources],
        "images": [1 for part in parts if part.type == "image"],
        "lanes": len(answers) if len(answers) > 1 else 0,
    }


def wait_for(page: NotebookPage, number: int, wanted: dict[str, Any]) -> None:
    """Until the view in this cell shows what is wanted."""
    found: dict[str, Any] = {}

    def same() -> bool:
        found.update(page.widget(number).evaluate(SHOWN))
        return found == wanted

    try:
        page.wait(same, "what the kernel has")
    except AssertionError:
        assert found == wanted


def shown(cited: dict[str, Any]) -> str:
    host = cited["url"].split("/")[2] if "url" in cited else ""
    return f"{cited['title']} {host}".strip()


def test_every_kind_is_shown_as_the_kernel_has_it(open_notebook: OpenNotebook) -> None:
    cells = [source(recording.payloads) + "\nawait w\nw" for recording in CHOSEN]
    page = open_notebook([SETUP, *cells])
    assert len(CHOSEN) == len(KINDS)
    page.run(1)
    for number, recording in enumerate(CHOSEN, 2):
        page.run(number)
        wait_for(page, number, expected(recording))
    assert not page.errors
    outside = [url for url in page.requests if not url.startswith(("http://127.0.0.1", "blob:"))]
    assert [url for url in outside if not url.startswith(("ws://127.0.0.1", "data:"))] == []


def test_one_that_is_taken_up_in_its_middle_is_whole_at_its_end(
    open_notebook: OpenNotebook,
) -> None:
    later = [event for event in BACKGROUND.payloads if event["sequence_number"] > 49]
    page = open_notebook([SETUP, source(later, ", 3"), "gate.set()"])
    page.run(1)
    page.run(2)
    text = page.widget(2).locator(".nbs-text .nbs-markdown")
    page.wait(lambda: text.all_inner_texts() == ["rich, sun 😀 in"], "what came by now")
    page.run(3)
    wait_for(page, 2, expected(BACKGROUND))
    assert not page.errors


def chat(finish: str | None = None, index: int = 0, **delta: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "model": "made-up", "choices": [choice]}


CITED = [
    {"type": "url_citation", "url_citation": {"url": f"https://{name}.example/", "title": name}}
    for name in ("weather", "almanac")
]
PARALLEL = [
    chat(reasoning="The user asks for the weather in two cities. "),
    chat(reasoning="I call the tool twice."),
    chat(
        tool_calls=[
            {
                "index": 0,
                "id": "call_1",
                "function": {"name": "get_weather", "arguments": '{"city": "Zürich"}'},
            }
        ]
    ),
    chat(
        tool_calls=[
            {
                "index": 1,
                "id": "call_2",
                "function": {"name": "get_weather", "arguments": '{"city": "Oslo", "days": [1, '},
            }
        ]
    ),
    chat(tool_calls=[{"index": 1, "function": {"arguments": '2, 3], "units": "metric"}'}}]),
    chat(content="It is **sunny** in Zürich and rains in Oslo.", annotations=CITED),
    chat("stop"),
]
LANES = [
    chat(content="Rain on tin roofs, slow.\n\nThe kettle hums along."),
    chat(index=1, content="Night trains, far off.\n\nA window keeps the last light."),
    chat("stop"),
    chat("length", index=1),
]
REFUSAL = [chat(refusal="I cannot help with that, but "), chat(refusal="I can explain why.")]
MOMENTS = {"tool": (PARALLEL, 4), "lanes": (LANES, 2), "refusal": ([*REFUSAL, chat("stop")], 1)}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_how_it_looks(open_notebook: OpenNotebook, shots: Path, theme: str) -> None:
    """In the middle and at the end, wide and narrow: for people to look at."""
    cells = [source(events, f", {stop}") for events, stop in MOMENTS.values()]
    page = open_notebook([SETUP, *cells, "gate.set()"], dark=theme == "dark")
    for number in range(1, 2 + len(cells)):
        page.run(number)
    page.wait(lambda: page.output(2).locator(".nbs-tok-string").count() > 0, "colours")
    assert page.widget(2).locator(".nbs-tool-status").all_inner_texts() == ["…", "…"]
    shoot(page, shots, f"{theme}-parts-mid")
    page.run(2 + len(cells))
    page.wait(lambda: page.widget(2).locator(".nbs-sources li").count() == 2, "sources")
    page.wait(lambda: page.widget(4).get_attribute("data-status") == "completed", "the end")
    shoot(page, shots, f"{theme}-parts-end")
    assert not page.errors


def shoot(page: NotebookPage, shots: Path, name: str) -> None:
    for width, height in ((1100, 1500), (480, 1900)):
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.evaluate("() => new Promise(requestAnimationFrame)")
        page.page.screenshot(path=shots / f"{page.server.app}-{name}-{width}.png")


def test_text_that_turns_out_to_be_reasoning_moves_to_its_fold(open_notebook: OpenNotebook) -> None:
    (opened,) = [one for one in ALL if one.name == "a tag that the template has opened"]
    page = open_notebook([SETUP, source(opened.payloads, ", 3"), "gate.set()"])
    page.run(1)
    page.run(2)
    text = page.widget(2).locator(".nbs-text .nbs-markdown")
    page.wait(lambda: text.all_inner_texts() == ["Let me see."], "the text so far")
    page.run(3)
    reasoning = page.widget(2).locator(".nbs-reasoning .nbs-markdown")
    page.wait(lambda: reasoning.all_text_contents() == ["Let me see."], "the reasoning")
    page.wait(lambda: text.all_inner_texts() == ["Blue sky."], "the answer")
    assert not page.errors
