"""Reloads, tabs, lost connections and messages: the page has the kernel's text all the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_stream import Model, model  # noqa: F401  # a fixture

WORDS = tuple(f"word{n} " for n in range(60))
GATED = Scenario(text=WORDS, gates=frozenset({"deltas"}))
pytestmark = lab_only

KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"


def words(page: NotebookPage, index: int) -> list[str]:
    """The words of the answer that the page shows."""
    return re.findall(r"word\d+", page.output(index).inner_text())


def wait_words(page: NotebookPage, index: int, count: int) -> None:
    expected = [word.strip() for word in WORDS[:count]]
    page.wait(lambda: words(page, index) == expected, f"exactly {count} words")


def finished(page: NotebookPage, index: int) -> None:
    """The output has become text, in the page and in the file."""
    page.wait(lambda: page.widget(index).count() == 0, "the widget to give way to text")
    wait_words(page, index, len(WORDS))
    saved = page.save().cells[index].outputs[0].data
    assert set(saved) == {"text/markdown", "text/plain"}
    assert saved["text/plain"].startswith("".join(WORDS).strip())
    assert "60 tokens" in saved["text/markdown"]


def test_reload_while_the_cell_waits(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
) -> None:
    gated = model(GATED)
    page = open_notebook([f"%%stream {gated.name}\nHi"])
    page.start(1)
    gated.request().release(10)
    wait_words(page, 1, 10)
    page.save()
    page.page.goto("about:blank")
    gated.request().release(10)
    page.open(kernel=False)
    wait_words(page, 1, 20)
    gated.request().release(len(WORDS))
    finished(page, 1)


def test_reload_of_a_background_stream_while_the_kernel_is_idle_and_blocked(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    tmp_path: Path,
) -> None:
    gated = model(GATED)
    flag = tmp_path / "go on"
    blocking = f"import time, os\nwhile not os.path.exists({str(flag)!r}): time.sleep(0.01)"
    page = open_notebook([f"%%stream {gated.name} --bg\nHi", blocking], own_page=True)
    page.run(1)
    gated.request().release(10)
    wait_words(page, 1, 10)
    page.save()
    page.page.goto("about:blank")
    gated.request().release(10)
    # For the first time in this browser, after the one that saw the stream begin is gone.
    page = open_notebook(file=page.name)
    wait_words(page, 1, 20)
    page.start(2)
    page.page.wait_for_function(f"() => {KERNEL}.status === 'busy'")
    page.page.goto("about:blank")
    gated.request().release(10)
    page.open(kernel=False)
    flag.touch()
    wait_words(page, 1, 30)
    gated.request().release(len(WORDS))
    finished(page, 1)


def test_two_tabs_more_views_and_a_connection_that_breaks(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
) -> None:
    gated = model(GATED)
    # Each update of a display makes a new view, and JupyterLab ends none of the old ones.
    update = (
        "from IPython.display import display\n"
        "handle = display(w, display_id='again')\n"
        "bundle = w._repr_mimebundle_()[0]\n"
        "for _ in range(30): display(bundle, raw=True, display_id='again', update=True)\n"
        "print('\\n' * 200)"
    )
    page = open_notebook([f"%%stream {gated.name} --bg --as w\nHi", "w", update], own_page=True)
    for index in (1, 2, 3):
        page.run(index)
    gated.request().release(10)
    wait_words(page, 1, 10)
    page.save()
    other = open_notebook(file=page.name)
    wait_words(other, 1, 10)
    page.page.evaluate(
        """() => {
            const { commands, shell } = window.jupyterapp;
            const panel = shell.currentWidget;
            panel.content.activeCellIndex = 1;
            const made = commands.execute('notebook:create-output-view');
            made.then(() => shell.activateById(panel.id));
        }"""
    )
    linked = page.page.locator(".jp-LinkedOutputView")
    page.wait(lambda: linked.count() == 1, "the second view")
    page.wait(
        lambda: page.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets"
                                   "?.length === 4"), "the notebook"
    )  # fmt: skip
    page.output(3).evaluate("(el) => el.scrollIntoView({ block: 'end' })")
    gated.request().release(20)
    wait_words(other, 1, 30)
    page.output(1).evaluate("(el) => el.scrollIntoView()")
    wait_words(page, 1, 30)
    page.wait(lambda: "word29" in (linked.text_content() or ""), "the second view's text")
    streams = page.page.evaluate("() => window[Symbol.for('nbstream.page.1')].streams.size")
    assert streams == 1
    # It is mended so soon that a look at the state may come too late.
    page.page.evaluate(
        f"""() => new Promise((broken) => {{
            const kernel = {KERNEL};
            kernel.connectionStatusChanged.connect((_, s) => s === 'connected' || broken());
            kernel._ws.close();
        }})"""
    )
    gated.request().release(20)
    wait_words(page, 1, 50)
    gated.request().release(len(WORDS))
    finished(page, 1)
    for tab in (page, other):
        for index in (1, 2):
            wait_words(tab, index, 60)
        # The text is there before the message that replaces the widget: wait for that, too.
        tab.wait(lambda tab=tab: tab.widget(1).count() == 0, "the widget to give way to text")
        assert set(tab.output_data(1)) == {"text/markdown", "text/plain"}
        assert tab.widget(2).count() == 1, "what a person displays stays a widget"
        fallback = "its fallback to be the whole text"
        tab.wait(lambda tab=tab: "60 tokens" in tab.output_data(2)["text/markdown"], fallback)


class Disorder:
    """Between a page and its kernel: every third message of a stream is lost, every third comes
    twice, and every third after the next."""

    def __init__(self, page: Page) -> None:
        self.seen = 0
        self._late: list[Any] = []
        page.route_web_socket(re.compile(r"/api/kernels/.*/channels"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def forward(message: str | bytes) -> None:
            data = message.encode() if isinstance(message, str) else message
            if b'"frames"' not in data:
                socket.send(message)
                return
            self.seen += 1
            late, self._late = self._late, []
            if self.seen % 3 == 1:
                self._late = [message]
            elif self.seen % 3 == 2:
                socket.send(message)
                socket.send(message)
            for held in late:
                socket.send(held)

        server.on_message(forward)


def test_messages_lost_doubled_and_out_of_order(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
) -> None:
    ways: list[Disorder] = []
    paced = model(Scenario(text=WORDS, delay=0.03))
    gated = model(GATED)
    page = open_notebook(
        [f"%%stream {paced.name} --persist widget\nHi", f"%%stream {gated.name} --bg\nHi"],
        own_page=True,
        prepare=lambda fresh: ways.append(Disorder(fresh)),
    )
    page.run(1)
    wait_words(page, 1, 60)
    page.wait(lambda: "done" in page.widget(1).inner_text(), "the end")
    assert ways[0].seen > 20
    page.run(2)
    gated.request().release(10)
    wait_words(page, 2, 10)
    gated.request().release(30)
    wait_words(page, 2, 40)
    gated.request().release(len(WORDS))
    finished(page, 2)
