"""A long answer read while it grows: the reader's place, selection, search, print, the raw text."""

from __future__ import annotations

from pathlib import Path

from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .reader import GATES, STEPS, Reader, start
from .test_stream import Model, model, wait_text

__all__ = ["model"]  # a fixture

pytestmark = lab_only

CODE = "```python\n" + f"first = '{'wide ' * 80}'\n" * 3

SCROLLERS = """() => {
    const moved = [];
    for (const el of document.querySelectorAll('*'))
        if (el.scrollTop && !el.closest('.nbs-view') && !el.closest('.cm-editor'))
            moved.push([el.className, el.scrollTop]);
    return moved;
}"""


def test_new_text_moves_the_box_only_while_the_reader_is_at_the_end(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    reader = start(open_notebook, model, 20)
    page = reader.page
    reader.settle()
    assert reader.below <= 1, "it follows"
    assert reader.button("Jump to latest").count() == 0
    reader.wheel(-150)
    top = reader.top
    reader.release(20)
    reader.has("Step 39")
    assert reader.top == top, "it stays where the reader is"
    page.page.screenshot(path=shots / f"{page.server.app}-scrolled-up.png")
    reader.button("Jump to latest").click()
    reader.settle()
    assert reader.below <= 1
    assert reader.button("Jump to latest").count() == 0
    reader.release(20)
    reader.has("Step 59")
    assert reader.below <= 1, "it follows again"
    page.page.keyboard.press("Home")
    page.wait(lambda: reader.top == 0, "the beginning")
    reader.release(20)
    reader.has("Step 79")
    assert reader.top == 0, "keys count as the wheel does"
    page.page.keyboard.press("End")
    page.wait(lambda: reader.below <= 1, "the end")
    reader.release(20)
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
    reader = Reader(page, gated)
    reader.has("first")
    # In the output, with which it goes: others use this page after.
    page.output(1).evaluate(
        """output => {
            const style = document.createElement('style');
            style.textContent = '.nbs-markdown :is(pre, code) { white-space: pre !important }';
            output.append(style);
        }"""
    )
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
    reader = start(open_notebook, model, 3)
    page = reader.page
    raw = reader.button("Raw")
    raw.focus()
    page.page.keyboard.press("Enter")
    assert raw.get_attribute("aria-pressed") == "true"
    assert reader.view.locator(".nbs-raw").text_content() == "".join(STEPS[:3])
    reader.release(27)
    reader.has("Step 29")
    assert reader.view.locator(".nbs-raw").text_content() == "".join(STEPS[:30])
    assert reader.below <= 1
    page.page.screenshot(path=shots / f"{page.server.app}-raw.png")
    assert reader.view.locator(".nbs-markdown h2").count() == 3, "what is not shown does no work"
    page.page.keyboard.press("Enter")
    page.wait(lambda: reader.view.locator(".nbs-markdown h2").count() == 30, "all of it")
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
    # What writes a copy comes when somebody begins to select.
    page.page.locator(".nbs-markdown").last.dispatch_event("selectstart")
    page.wait(
        lambda: page.page.evaluate(COPY, ["with", "The"])["text/markdown"], "what writes a copy"
    )
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
    reader = start(open_notebook, model, 100)
    page = reader.page
    reader.settle()
    assert page.page.evaluate("() => window.find('Paragraph 7 ')"), "text far above is found"
    # The browser's own search box also goes there; `find` alone does not.
    page.page.evaluate("() => getSelection().anchorNode.parentElement.scrollIntoView()")
    reader.settle()
    assert reader.below > 1000
    top = reader.top
    reader.release(10)
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
