"""A long answer in a page, and somebody who reads it while it grows."""

from __future__ import annotations

from playwright.sync_api import Locator

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario

from .conftest import OpenNotebook
from .test_stream import Model, wait_text

GATES = frozenset({"deltas", "finish"})
STEPS = [
    f"## Step {n}\n\nParagraph {n} with *some* words, and `code {n}`.\n\n- item {n}\n- more\n\n"
    for n in range(120)
]


class Reader:
    """The box of the live answer in cell 1, and the model behind it."""

    def __init__(self, page: NotebookPage, gated: Model) -> None:
        self.page = page
        self.gated = gated
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

    def release(self, count: int | None = None) -> None:
        """Let the model send so many more steps; None: all, and the end."""
        self.gated.request().release(*([] if count is None else [count]))


def start(
    open_notebook: OpenNotebook, model: type[Model], released: int, steps: int = len(STEPS)
) -> Reader:
    """A notebook in which cell 1 streams and has shown so many of its steps."""
    gated = model(Scenario(text=STEPS[:steps], gates=GATES))
    page = open_notebook([f"%%stream {gated.name}\nHi", *(f"# cell {n}" for n in range(12))])
    page.start(1)
    gated.request().release(released)
    wait_text(page, 1, f"Step {released - 1}")
    return Reader(page, gated)
