"""What people do to a cell whose answer streams: delete, cut, move, copy, merge, split, clear it,
and undo that later."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.page import _PANEL, NotebookPage
from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_stream import Model, model  # noqa: F401  # a fixture

pytestmark = lab_only

WORDS = tuple(f"word{n} " for n in range(20))
GATED = Scenario(text=WORDS, gates=frozenset({"deltas"}))

OUTPUTS = f"""() => {_PANEL}.content.widgets.flatMap(({{ model }}) =>
    [...Array(model.outputs?.length ?? 0).keys()].map((n) => model.outputs.get(n).data))"""


def outputs(page: NotebookPage) -> list[dict[str, Any]]:
    """All outputs of the notebook that are an answer, wherever they are."""
    found: list[dict[str, Any]] = page.page.evaluate(OUTPUTS)
    return [data for data in found if "text/markdown" in data]


def shown(page: NotebookPage) -> list[int]:
    """How many words each live answer shows."""
    views = page.page.locator(".jp-Notebook .nbs-view").all_inner_texts()
    return [len(re.findall(r"word\d+", text)) for text in views]


def streams(page: NotebookPage) -> set[str]:
    """The streams that the page knows."""
    names = "() => [...(window[Symbol.for('nbstream.page.1')]?.streams.keys() ?? [])]"
    return set(page.page.evaluate(names))


def act(page: NotebookPage, index: int, *commands: str) -> None:
    """Choose a cell, and run commands on it one after another."""
    page.page.evaluate(f"(i) => {{ {_PANEL}.content.activeCellIndex = i }}", index)
    for name in commands:
        page.command(name)


def finish(page: NotebookPage, count: int, ending: str = "20 tokens", words: int = 20) -> None:
    """All ``count`` outputs have become text, in the page and in the file."""

    def ended() -> bool:
        return all(set(data) == {"text/markdown", "text/plain"} for data in outputs(page))

    page.wait(lambda: len(outputs(page)) == count and ended(), f"{count} finished outputs")
    for data in outputs(page):
        assert len(re.findall(r"word\d+", data["text/plain"])) == words
        assert ending in data["text/markdown"]
    page.wait(lambda: "rror displaying" not in page.page.inner_text(".jp-Notebook"), "the text")
    saved = page.save()
    kept = [o for cell in saved.cells for o in cell.get("outputs", ()) if "data" in o]
    assert len([o for o in kept if ending in o.data.get("text/markdown", "")]) == count


@pytest.mark.parametrize(
    ("what", "commands", "count"),
    [
        ("moved", ["notebook:move-cell-down"], 1),
        ("cut-and-pasted", ["notebook:cut-cell", "notebook:paste-cell-below"], 1),
        ("copied", ["notebook:copy-cell", "notebook:paste-cell-below"], 2),
        ("deleted-and-undone", ["notebook:delete-cell", "notebook:undo-cell-action"], 1),
        ("split", ["notebook:split-cell-at-cursor"], 1),
    ],
)
def test_a_cell_in_mid_stream(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    what: str,
    commands: list[str],
    count: int,
) -> None:
    gated = model(GATED)
    page = open_notebook([f"%%stream {gated.name} --bg\nHi", "1 + 1", "2 + 2"])
    page.run(1)
    gated.request().release(10)
    page.wait(lambda: shown(page) == [10], "ten words")
    act(page, 1, *commands)
    page.wait(lambda: shown(page) == [10] * count, "the views")
    gated.request().release(5)
    page.wait(lambda: shown(page) == [15] * count, "the next words")
    gated.request().release(len(WORDS))
    finish(page, count)


@pytest.mark.parametrize(
    "commands",
    [
        ["notebook:delete-cell"],
        # JupyterLab clears the output.
        ["notebook:extend-marked-cells-below", "notebook:merge-cells"],
    ],
    ids=["deleted", "merged"],
)
def test_a_cell_that_is_back_long_after_its_stream_was_stopped(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    commands: list[str],
) -> None:
    gated = model(GATED)
    page = open_notebook([f"%%stream {gated.name} --bg\nHi", "1 + 1"])
    before = streams(page)
    page.run(1)
    gated.request().release(10)
    page.wait(lambda: shown(page) == [10], "ten words")
    act(page, 1, *commands)
    gated.request().wait_until_left()
    page.wait(lambda: streams(page) <= before, "the kernel to forget the stream")
    page.command("notebook:undo-cell-action")
    finish(page, 1, "cancelled: its cell was deleted", 10)


@pytest.mark.parametrize("when", ["live", "ended"])
def test_what_capture_took_is_shown_later(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    when: str,
) -> None:
    gated = model(GATED)
    stream = f"get_ipython().run_cell_magic('stream', {gated.name!r} ' --bg', 'Hi')"
    page = open_notebook([f"%%capture taken\nw = {stream}", "taken.show()", "await w; None"])
    before = streams(page)
    page.run(1)
    gated.request().release(10)
    page.wait(lambda: streams(page) - before, "the page to know the stream")
    if when == "live":
        page.run(2)
        page.wait(lambda: shown(page) == [10], "ten words")
    gated.request().release(len(WORDS))
    page.run(3)
    if when == "ended":
        page.wait(lambda: streams(page) <= before, "the kernel to forget the stream")
        page.run(2)
    finish(page, 1)


@pytest.mark.parametrize("how", ["notebook:clear-cell-output", "notebook:clear-all-cell-outputs"])
def test_a_stream_whose_output_was_cleared_can_be_stopped(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    how: str,
) -> None:
    gated = model(GATED)
    page = open_notebook([f"%%stream {gated.name} --bg\nHi", "%nbstream tasks"])
    page.run(1)
    gated.request().release(10)
    page.wait(lambda: shown(page) == [10], "ten words")
    act(page, 1, how)
    page.wait(lambda: outputs(page) == [], "an empty output")
    page.run(2)
    page.output(2).get_by_role("button", name="Stop").click()
    gated.request().wait_until_left()
    page.wait(lambda: "cancelled: stopped by you" in page.output(2).inner_text(), "the end")
