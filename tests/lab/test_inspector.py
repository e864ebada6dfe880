"""What came on the wire, in the page: opened mid-stream and at the end, copied as a report."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario

from .conftest import KEY, OpenNotebook, lab_only
from .test_stream import Model, model, wait_text

__all__ = ["model"]  # a fixture

WORDS = tuple(f"word{n} " for n in range(40))
GATED = Scenario(text=WORDS, gates=frozenset({"deltas"}), noise=frozenset({"comments", "ping"}))
# What a clipboard would get: reading it needs a permission that the page asks a person for.
COPIED = """() => {
    window.copied = [];
    navigator.clipboard.writeText = async (text) => { window.copied.push(text); };
}"""


def opened(page: NotebookPage, index: int) -> Locator:
    """The panel below the answer, once the kernel has filled it."""
    page.widget(index).get_by_role("button", name="Inspect").click()
    panel = page.widget(index).get_by_role("region", name="What came on the wire")
    page.wait(lambda: "Waiting" not in (panel.text_content() or "Waiting"), "an answer")
    return panel


def events(panel: Locator) -> list[str]:
    return panel.locator("tbody summary").all_text_contents()


def test_in_mid_stream_and_at_the_end(open_notebook: OpenNotebook, model: type[Model]) -> None:
    gated = model(GATED)
    cell = f"%%stream {gated.name} --inspect --persist widget --as w\nA private prompt"
    page = open_notebook([cell, "print(w.inspect().report())"], own_page=True)
    page.start(1)
    gated.request().release(5)
    wait_text(page, 1, "word4")
    assert page.assets == [], "nothing is fetched before the panel is opened"
    panel = opened(page, 1)
    assert page.assets == ["inspector"]
    page.wait(lambda: '"word4 "' in "".join(events(panel)), "the last word")
    shown = events(panel)
    assert ": keep-alive" in shown
    assert "ping" in panel.locator("tbody .nbs-in-name").all_text_contents()
    fold = panel.locator("tbody details").nth(1)
    fold.locator("summary").click()
    # The browser tells of a fold's opening later.
    page.wait(lambda: '\n  "id": ' in (fold.locator("pre").text_content() or ""), "the event")
    gated.request().release(5)
    page.wait(lambda: '"word9 "' in "".join(events(panel)), "later events")
    assert events(panel)[: len(shown)] == shown
    assert fold.get_attribute("open") is not None, "what is unfolded stays so"
    gated.request().release(len(WORDS))
    wait_text(page, 1, "done")
    page.wait(lambda: "completed" in (panel.text_content() or ""), "the end")
    assert events(panel)[-1] == "[DONE]"
    page.page.evaluate(COPIED)
    panel.get_by_role("button", name="Copy as bug report").click()
    panel.get_by_role("button", name="Copied").wait_for()
    (report,) = page.page.evaluate("() => window.copied")
    app = "JupyterLab" if page.server.app == "lab" else "Jupyter Notebook"
    assert f"front end: {app} " in report
    assert ", Chrome " in report
    assert f"request id: {gated.request().request_id}" in report
    assert "keep-alive" in report
    assert "private" not in report
    assert KEY not in report
    assert KEY not in (panel.text_content() or "")
    page.run(2)
    wait_text(page, 2, "What happened")
    page.wait(lambda: page.output(2).inner_text().count("front end:") == 1, "what it is made of")
    assert page.errors == []


@lab_only
def test_by_keyboard(open_notebook: OpenNotebook, model: type[Model]) -> None:
    gated = model(GATED)
    page = open_notebook([f"%%stream {gated.name} --inspect\nHi"])
    page.start(1)
    gated.request().release(5)
    wait_text(page, 1, "word4")
    button = page.widget(1).get_by_role("button", name="Inspect")
    button.focus()
    page.page.keyboard.press("Enter")
    panel = page.widget(1).get_by_role("region", name="What came on the wire")
    page.wait(lambda: len(events(panel)) > 5, "the events")
    assert button.get_attribute("aria-expanded") == "true"
    page.page.keyboard.press("Tab")
    # It is written into the filter, and is no shortcut of the notebook.
    page.page.keyboard.type("ping")
    page.wait(lambda: " of " in (panel.locator(".nbs-in-title").text_content() or ""), "the count")
    assert set(panel.locator("tbody tr:visible .nbs-in-name").all_text_contents()) == {"ping"}
    page.page.keyboard.press("Escape")
    assert panel.locator(".nbs-in-filter").input_value() == ""
    page.page.keyboard.press("Escape")
    assert panel.count() == 0
    assert button.evaluate("el => el === document.activeElement")
    assert gated.request().outcome is None, "Esc has not stopped the answer"
    gated.request().release(len(WORDS))
    wait_text(page, 1, "40 tokens")


@lab_only
def test_a_stream_that_was_not_recorded_says_how(open_notebook: OpenNotebook) -> None:
    sources = [
        "import nbstream\nw = await nbstream.stream('Hi')\nw",
        "nbstream.show(iter(['Some ', 'words']))",
    ]
    page = open_notebook(sources)
    page.run(1)
    panel = opened(page, 1)
    assert "ask for that with inspect=True" in (panel.text_content() or "")
    assert "req_test_" in (panel.text_content() or "")
    assert "content-type" in (panel.text_content() or "")
    page.run(2)
    wait_text(page, 2, "done")
    panel = opened(page, 2)
    assert events(panel) == ["Some ", "words"]
    assert "without their times" in (panel.text_content() or "")


@lab_only
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_how_it_looks(
    open_notebook: OpenNotebook, model: type[Model], shots: Path, theme: str
) -> None:
    gated = model(GATED)
    made = f"nbstream.stream('Hi', model={gated.name!r}, inspect=True, api='responses')"
    page = open_notebook([f"import nbstream\n{made}"], dark=theme == "dark")
    page.run(1)
    gated.request().release(6)
    wait_text(page, 1, "word5")
    panel = opened(page, 1)
    page.wait(lambda: len(events(panel)) > 10, "the events")
    panel.locator(".nbs-in-headers summary").click()
    panel.locator("tbody details").nth(7).locator("summary").click()
    for width in (1100, 600, 360):
        page.page.set_viewport_size({"width": width, "height": 900})
        panel.scroll_into_view_if_needed()
        page.page.screenshot(path=shots / f"inspector-{theme}-{width}.png")
        # Nothing sticks out at the side.
        wide = panel.evaluate("el => el.scrollWidth - el.clientWidth")
        assert wide <= 0, width
    page.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.page.set_viewport_size({"width": 1100, "height": 900})
    page.page.screenshot(path=shots / f"inspector-{theme}-forced.png")
    gated.request().release(len(WORDS))
