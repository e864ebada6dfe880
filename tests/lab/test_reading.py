"""A long answer read while it grows: the reader's place, selection, search, print, the raw text."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario

from .conftest import OpenNotebook
from .test_stream import Model, model, wait_text

__all__ = ["model"]  # a fixture

GATES = frozenset({"deltas", "finish"})
STEPS = [
    f"## Step {n}\n\nParagraph {n} with *some* words, and `code {n}`.\n\n- item {n}\n- more\n\n"
    for n in range(120)
]
CODE = "```python\n" + f"first = '{'wide ' * 80}'\n" * 3

SCROLLERS = """() => {
    const moved = [];
    for (const el of document.querySelectorAll('*'))
        if (el.scrollTop && !el.closest('.nbs-view') && !el.closest('.cm-editor'))
            moved.push([el.className, el.scrollTop]);
    return moved;
}"""


class Reader:
    """The box of the live answer in cell 1."""

    def __init__(self, page: NotebookPage) -> None:
        self.page = page
        self.view = page.widget(1)
        self.box = self.view.locator(".nbs-box")

    @property
    def top(self) -> float:
        """How far the box is scrolled."""
        return float(self.box.evaluate("box => box.scrollTop"))

    @property
    def below(self) -> float:
        """How much is below what is seen."""
        return float(
            self.box.evaluate("box => box.scrollHeight - box.clientHeight - box.scrollTop")
        )

    def wheel(self, distance: int) -> None:
        """Turn the wheel over the box, and wait until something has come of it."""
        before = self.top
        frame = self.box.bounding_box()
        assert frame
        self.page.page.mouse.move(frame["x"] + 200, frame["y"] + 60)
        self.page.page.mouse.wheel(0, distance)
        self.page.wait(lambda: self.top != before, "the box to scroll")
        self.settle()

    def settle(self) -> None:
        """Until the box has stood still for some frames."""
        self.box.evaluate(
            """box => new Promise(done => {
                let top = -1, still = 0;
                const look = () => {
                    still = box.scrollTop === top ? still + 1 : 0;
                    top = box.scrollTop;
                    if (still > 10) done();
                    else requestAnimationFrame(look);
                };
                look();
            })"""
        )

    def button(self, name: str) -> Locator:
        """A button of the view."""
        return self.view.get_by_role("button", name=name)

    def has(self, text: str) -> None:
        """Wait until `text` is there."""
        self.page.wait(lambda: text in (self.box.text_content() or ""), repr(text))
        self.settle()


def start(
    open_notebook: OpenNotebook, gated: Model, released: int, *, width: int = 1100
) -> tuple[NotebookPage, Reader]:
    """A notebook in which cell 1 streams and has shown so many steps."""
    page = open_notebook(
        [f"%%stream {gated.name}\nHi", *(f"# cell {n}" for n in range(12))], width=width
    )
    page.start(1)
    gated.request().release(released)
    wait_text(page, 1, f"Step {released - 1}")
    return page, Reader(page)


def test_new_text_moves_the_box_only_while_the_reader_is_at_the_end(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    gated = model(Scenario(text=STEPS, gates=GATES))
    page, reader = start(open_notebook, gated, 20)
    reader.settle()
    assert reader.below <= 1, "it follows"
    assert reader.button("Jump to latest").count() == 0
    reader.wheel(-150)
    top = reader.top
    gated.request().release(20)
    reader.has("Step 39")
    assert reader.top == top, "it stays where the reader is"
    page.page.screenshot(path=shots / f"{page.server.app}-scrolled-up.png")
    reader.button("Jump to latest").click()
    reader.settle()
    assert reader.below <= 1
    assert reader.button("Jump to latest").count() == 0
    gated.request().release(20)
    reader.has("Step 59")
    assert reader.below <= 1, "it follows again"
    page.page.keyboard.press("Home")
    page.wait(lambda: reader.top == 0, "the beginning")
    gated.request().release(20)
    reader.has("Step 79")
    assert reader.top == 0, "keys count as the wheel does"
    page.page.keyboard.press("End")
    page.wait(lambda: reader.below <= 1, "the end")
    gated.request().release(20)
    reader.has("Step 99")
    assert reader.below <= 1
    assert page.page.evaluate(SCROLLERS) == [], "nothing but the box has been scrolled"
    frame = reader.box.bounding_box()
    assert frame
    page.page.mouse.move(frame["x"] + 200, frame["y"] + 60)

    def moved() -> object:
        page.page.mouse.wheel(0, 100)
        return page.page.evaluate(SCROLLERS)

    page.wait(moved, "the wheel to move the notebook at the end of the box")


def test_what_the_reader_does_in_the_text_survives_new_text(
    open_notebook: OpenNotebook, model: type[Model]
) -> None:
    text = [STEPS[0], CODE, "last = 1\n```\n\n", *STEPS[1:60]]
    gated = model(Scenario(text=text, gates=GATES))
    page = open_notebook([f"%%stream {gated.name}\nHi"])
    page.start(1)
    gated.request().release(2)
    reader = Reader(page)
    reader.has("first")
    page.page.add_style_tag(content=".nbs-markdown :is(pre, code) { white-space: pre !important }")
    reader.box.locator("pre").evaluate("pre => { pre.scrollLeft = 90 }")
    reader.box.evaluate(
        """box => {
            const text = box.querySelector('p').firstChild;
            getSelection().setBaseAndExtent(text, 2, text, 9);
        }"""
    )
    selected = page.page.evaluate("() => getSelection().toString()")
    gated.request().release(30)
    reader.has("Step 29")
    assert page.page.evaluate("() => getSelection().toString()") == selected == "ragraph"
    assert reader.box.locator("pre").evaluate("pre => pre.scrollLeft") == 90
    assert reader.top == 0, "who selects is not moved"
    assert reader.button("Jump to latest").is_visible()


def test_raw_text_in_the_middle_of_the_stream(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    gated = model(Scenario(text=STEPS, gates=GATES))
    page, reader = start(open_notebook, gated, 3)
    raw = reader.button("Raw")
    raw.focus()
    page.page.keyboard.press("Enter")
    assert raw.get_attribute("aria-pressed") == "true"
    assert reader.view.locator(".nbs-raw").text_content() == "".join(STEPS[:3])
    gated.request().release(27)
    reader.has("Step 29")
    assert reader.view.locator(".nbs-raw").text_content() == "".join(STEPS[:30])
    assert reader.below <= 1
    page.page.screenshot(path=shots / f"{page.server.app}-raw.png")
    assert reader.view.locator(".nbs-markdown h2").count() == 3, "what is not shown does no work"
    page.page.keyboard.press("Enter")
    assert reader.view.locator(".nbs-markdown h2").count() == 30
    reader.settle()
    assert reader.below <= 1


COPY = """([from, to]) => {
    const answer = document.querySelector('.nbs-markdown');
    const find = (words) => {
        const walker = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT);
        while (walker.nextNode())
            if (walker.currentNode.data.includes(words)) return walker.currentNode;
    };
    const [first, last] = [find(from), find(to)];
    getSelection().setBaseAndExtent(
        first, first.data.indexOf(from), last, last.data.indexOf(to) + to.length);
    const copied = {};
    const read = (event) => {
        for (const type of ['text/plain', 'text/markdown', 'text/html'])
            copied[type] = event.clipboardData.getData(type);
    };
    document.addEventListener('copy', read, { once: true });
    document.execCommand('copy');
    return copied;
}"""


def test_a_copy_is_markdown_and_plain_text(open_notebook: OpenNotebook, model: type[Model]) -> None:
    text = """\
Words with **weight**, and $n \\le 10$:

3. three
4. four

```python
a = 1
    b = 2
```

| x | y |
|---|---|
| 1 | 2 |

The end.
"""
    gated = model(Scenario(text=text.splitlines(keepends=True), gates=frozenset({"finish"})))
    page = open_notebook([f"%%stream {gated.name}\nHi"])
    page.start(1)
    wait_text(page, 1, "The end.")
    copied = page.page.evaluate(COPY, ["with", "The"])
    assert copied["text/plain"] == (
        "with weight, and $n \\le 10$:\n\n3. three\n4. four\n\na = 1\n    b = 2\n\n"
        "x\ty\n1\t2\n\nThe"
    )
    assert "```python\na = 1\n    b = 2\n```" in copied["text/markdown"]
    assert "| x | y |" in copied["text/markdown"]
    assert '<ol start="3"><li>three</li>' in copied["text/html"]
    assert "class" not in copied["text/html"]


def test_print_and_search_reach_all_of_it(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    gated = model(Scenario(text=STEPS, gates=GATES))
    page, reader = start(open_notebook, gated, 100)
    reader.settle()
    assert page.page.evaluate("() => window.find('Paragraph 7 ')"), "text far above is found"
    # The browser's own search box also goes there; `find` alone does not.
    page.page.evaluate("() => getSelection().anchorNode.parentElement.scrollIntoView()")
    reader.settle()
    assert reader.below > 1000
    top = reader.top
    gated.request().release(10)
    reader.has("Step 109")
    assert reader.top == top, "and stays there"
    page.page.emulate_media(media="print")
    heights = reader.box.evaluate("box => [box.clientHeight, box.scrollHeight]")
    assert heights[0] == heights[1] > 5000, "paper shows everything"
    skipped = reader.box.evaluate(
        """box => [...box.querySelectorAll('*')].filter(
            el => getComputedStyle(el).contentVisibility === 'auto').length"""
    )
    assert skipped == 0
    assert reader.button("Stop").count() == 0


EDGE = """([selector, words]) => {
    const blocks = [...document.querySelectorAll(`${selector} p`)];
    return blocks.find(block => block.textContent.includes(words)).getBoundingClientRect().top;
}"""


def test_expand_and_collapse_leave_in_place_what_is_looked_at(
    open_notebook: OpenNotebook, model: type[Model]
) -> None:
    gated = model(Scenario(text=STEPS[:60], gates=GATES))
    _, reader = start(open_notebook, gated, 60)
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


@pytest.mark.parametrize("where", ["end", "middle"])
def test_the_finished_text_takes_the_place_of_the_view(
    open_notebook: OpenNotebook, model: type[Model], shots: Path, where: str
) -> None:
    gated = model(Scenario(text=STEPS[:60], gates=GATES))
    page, reader = start(open_notebook, gated, 60)
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
    before = page.page.evaluate(EDGE, [".nbs-markdown", words])
    height = page.output(1).evaluate("output => output.offsetHeight")
    gated.request().release()
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
    gated.request(2)
    page.wait(lambda: page.output(1).locator(".nbs-show-all").count() == 0, "a fresh output")


def test_a_short_answer_has_no_box(open_notebook: OpenNotebook, model: type[Model]) -> None:
    gated = model(Scenario(text=STEPS[:2], gates=frozenset({"finish"})))
    page = open_notebook([f"%%stream {gated.name}\nHi"])
    page.start(1)
    wait_text(page, 1, "Step 1")
    reader = Reader(page)
    assert reader.box.evaluate("box => box.scrollHeight - box.clientHeight") == 0
    assert reader.box.get_attribute("tabindex") is None
    assert reader.button("Expand").count() == 0
    gated.request().release()
    page.wait(lambda: page.widget(1).count() == 0, "the widget to give way to text")
    text = page.output(1).locator(".jp-RenderedMarkdown")
    page.wait(lambda: text.locator("h2").count() == 2, "the finished text")
    assert text.get_attribute("style") is None or "max-height" not in text.get_attribute("style")
    assert page.output(1).locator(".nbs-show-all").count() == 0
