"""What moves when an answer is expanded, and when its finished text takes the view's place."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .reader import STEPS, Reader, start
from .test_stream import Model, model, wait_text

__all__ = ["model"]  # a fixture

EDGE = """([selector, words]) => {
    const blocks = [...document.querySelectorAll(`${selector} p`)];
    return blocks.find(block => block.textContent.includes(words)).getBoundingClientRect().top;
}"""

LEFT = EDGE.replace(".top", ".left")


@lab_only
def test_expand_and_collapse_leave_in_place_what_is_looked_at(
    open_notebook: OpenNotebook, model: type[Model]
) -> None:
    reader = start(open_notebook, model, 60, 60)
    reader.wheel(-1000)
    middle = reader.view.locator(".nbs-markdown h2").nth(40)

    def top(locator: Locator) -> float:
        return float(locator.evaluate("el => el.getBoundingClientRect().top"))

    before = top(middle)
    button = reader.view.locator(".nbs-expand")
    button.click()
    assert button.inner_text() == "Collapse"
    assert reader.box.evaluate("box => box.scrollHeight - box.clientHeight") <= 1
    assert abs(top(middle) - before) <= 2, "the text has not moved"
    button.scroll_into_view_if_needed()
    before = top(button)
    button.click()
    assert button.inner_text() == "Expand"
    assert abs(top(button) - before) <= 2, "the button has not moved"
    reader.settle()
    assert reader.below <= 1


def test_the_finished_text_takes_the_place_of_the_view(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    takes_the_place(open_notebook, model, shots, "end")


@lab_only
def test_the_finished_text_takes_the_place_of_a_view_that_was_scrolled(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    takes_the_place(open_notebook, model, shots, "middle")


def takes_the_place(
    open_notebook: OpenNotebook, model: type[Model], shots: Path, where: str
) -> None:
    reader = start(open_notebook, model, 60, 60)
    page = reader.page
    words = "Paragraph 59 "
    if where == "middle":
        reader.wheel(-3000)
        words = page.page.evaluate(
            """() => {
                const {top} = document.querySelector('.nbs-box').getBoundingClientRect();
                return [...document.querySelectorAll('.nbs-markdown p')].find(
                    p => p.getBoundingClientRect().top > top).textContent.slice(0, 13);
            }"""
        )
    page.page.screenshot(path=shots / f"{page.server.app}-swap-{where}-1.png")
    reader.settle()
    before = page.page.evaluate(EDGE, [".nbs-markdown", words])
    height = page.output(1).evaluate("output => output.offsetHeight")
    reader.release()
    page.wait(lambda: page.widget(1).count() == 0, "the widget to give way to text")
    show = page.output(1).get_by_role("button", name="Show all")
    page.wait(lambda: show.count() == 1, "the finished text in its bounds")
    page.page.screenshot(path=shots / f"{page.server.app}-swap-{where}-2.png")
    after = page.page.evaluate(EDGE, [".jp-RenderedMarkdown", words])
    assert abs(after - before) <= 2, "the words have not moved"
    assert abs(page.output(1).evaluate("output => output.offsetHeight") - height) <= 30
    show.click()
    text = page.output(1).locator(".jp-RenderedMarkdown")
    assert text.evaluate("text => text.scrollHeight <= text.clientHeight + 1"), "all of it"
    page.output(1).get_by_role("button", name="Show less").click()
    assert text.evaluate("text => text.scrollHeight > text.clientHeight")
    saved = page.save().cells[1].outputs[0]
    assert "Show all" not in str(saved)
    page.start(1)
    reader.gated.request(2)
    page.wait(lambda: page.output(1).locator(".nbs-show-all").count() == 0, "a fresh output")


@lab_only
def test_a_short_answer_has_no_box(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    gated = model(Scenario(text=STEPS[:2], gates=frozenset({"finish"})))
    page = open_notebook([f"%%stream {gated.name}\nHi"])
    page.start(1)
    wait_text(page, 1, "Step 1")
    reader = Reader(page, gated)
    reader.settle()
    assert reader.box.evaluate("box => box.scrollHeight - box.clientHeight") == 0
    assert reader.box.get_attribute("tabindex") is None
    assert reader.button("Expand").count() == 0
    live = [".nbs-markdown", "Paragraph 1 "]
    before = page.page.evaluate(EDGE, live), page.page.evaluate(LEFT, live)
    page.page.screenshot(path=shots / f"{page.server.app}-swap-short-1.png")
    gated.request().release()
    page.wait(lambda: page.widget(1).count() == 0, "the widget to give way to text")
    text = page.output(1).locator(".jp-RenderedMarkdown")
    page.wait(lambda: text.locator("h2").count() == 2, "the finished text")
    assert text.get_attribute("style") is None or "max-height" not in text.get_attribute("style")
    assert page.output(1).locator(".nbs-show-all").count() == 0
    saved = [".jp-RenderedMarkdown", "Paragraph 1 "]
    after = page.page.evaluate(EDGE, saved), page.page.evaluate(LEFT, saved)
    page.page.screenshot(path=shots / f"{page.server.app}-swap-short-2.png")
    assert after == pytest.approx(before, abs=2), "the words have not moved"
