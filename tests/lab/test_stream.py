"""What a person sees and does: tokens that appear, Stop that stops, text that stays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page import NotebookPage
from tests.support.record import Request
from tests.support.scenario import MARKDOWN, Scenario
from tests.support.server import Server

from .conftest import KEY, OpenNotebook, lab_only

WORDS = tuple(f"word{n} " for n in range(40))


class Model:
    """A scenario of its own under a model name of its own, and the requests for it."""

    def __init__(self, server: Server, name: str, scenario: Scenario) -> None:
        server.scenarios[name] = scenario
        self._server = server
        self.name = name

    def replace(self, scenario: Scenario) -> None:
        """Answer later requests so."""
        self._server.scenarios[self.name] = scenario

    @property
    def requests(self) -> list[Request]:
        return [r for r in self._server.requests if r.body and r.body.get("model") == self.name]

    def request(self, number: int = 1) -> Request:
        """The request with this number, once it came."""
        self._server.wait_for(lambda: len(self.requests) >= number)
        return self.requests[number - 1]


@pytest.fixture
def model(model_server: Server, request: pytest.FixtureRequest) -> type[Model]:
    created: list[str] = []

    def make(scenario: Scenario) -> Model:
        name = f"{request.node.name}-{len(created)}"
        created.append(name)
        return Model(model_server, name, scenario)

    return make  # type: ignore[return-value]  # a function stands for the type


def wait_text(page: NotebookPage, index: int, text: str) -> None:
    page.wait(lambda: text in page.output(index).inner_text(), f"{text!r} in the output")


def test_tokens_are_painted_while_the_server_sends(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    painted(open_notebook, model, shots, "light")


@lab_only
def test_tokens_are_painted_in_the_dark_theme(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    painted(open_notebook, model, shots, "dark")


def painted(open_notebook: OpenNotebook, model: type[Model], shots: Path, theme: str) -> None:
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    page = open_notebook([f"%%stream {gated.name}\nTell me words."], dark=theme == "dark")
    shot = f"{page.server.app}-{theme}"
    page.start(1)
    gated.request().release(10)
    wait_text(page, 1, "word9")
    assert "word10" not in page.output(1).inner_text()
    assert gated.request().outcome is None, "the server is still sending"
    page.page.screenshot(path=shots / f"{shot}-mid.png")
    page.page.set_viewport_size({"width": 480, "height": 800})
    page.page.screenshot(path=shots / f"{shot}-mid-narrow.png")
    page.page.set_viewport_size({"width": 1100, "height": 800})
    gated.request().release(len(WORDS))
    wait_text(page, 1, "40 tokens")
    page.wait(lambda: page.widget(1).count() == 0, "the widget to give way to text")
    page.wait(lambda: "".join(WORDS).strip() in page.output(1).inner_text(), "all of the text")
    page.page.screenshot(path=shots / f"{shot}-end.png")


@pytest.mark.parametrize("end", ["stopped", "limit"])
def test_continue_is_there_while_the_widget_lives(
    open_notebook: OpenNotebook, model: type[Model], end: str
) -> None:
    gates = frozenset({"deltas"} if end == "stopped" else ())
    cut = model(Scenario(text=WORDS if gates else WORDS[:10], gates=gates, finish="length"))
    page = open_notebook([f"%%stream {cut.name} --persist widget\nTell me words."])
    page.start(1)
    if end == "stopped":
        cut.request().release(10)
        wait_text(page, 1, "word9")
        page.widget(1).get_by_role("button", name="Stop").click()
        wait_text(page, 1, "Stopped by you.")
    else:
        wait_text(page, 1, "The answer is incomplete")
    cut.replace(Scenario(text=WORDS[10:]))
    page.widget(1).get_by_role("button", name="Continue").click()
    wait_text(page, 1, "word39")
    # Its end, and that of the cell that showed it, are those of the whole answer.
    page.wait(lambda: "done" in page.output_data(1)["text/plain"], "the end in the output")
    assert page.output_data(1)["text/plain"].startswith("".join(WORDS).rstrip())
    assert len(cut.requests) == 2
    assert cut.requests[1].body["messages"][1]["content"] == "".join(WORDS[:10])


def test_stop_reaches_the_server_while_the_cell_waits(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    stop_reaches_the_server(open_notebook, model, "mid-stream", shots)


@lab_only
@pytest.mark.parametrize("where", ["before-first-token", "stalled", "before-headers"])
def test_stop_reaches_the_server_while_nothing_comes(
    open_notebook: OpenNotebook, model: type[Model], where: str, shots: Path
) -> None:
    stop_reaches_the_server(open_notebook, model, where, shots)


def stop_reaches_the_server(
    open_notebook: OpenNotebook, model: type[Model], where: str, shots: Path
) -> None:
    scenario = {
        "mid-stream": Scenario(text=WORDS, gates=frozenset({"deltas"})),
        "before-first-token": Scenario(fault="stall"),
        "stalled": Scenario(text=WORDS, fault="stall", fault_after=5),
        "before-headers": Scenario(gates=frozenset({"headers"})),
    }[where]
    stopped = model(scenario)
    page = open_notebook([f"%%stream {stopped.name} --as w\nHi", "print('status', w.status)"])
    page.start(1)
    if where == "mid-stream":
        stopped.request().release(5)
    stopped.request()
    if where in ("mid-stream", "stalled"):
        wait_text(page, 1, "word4")
    page.widget(1).get_by_role("button", name="Stop").click()
    stopped.request().wait_until_left()
    wait_text(page, 1, "cancelled: stopped by you")
    if where in ("mid-stream", "stalled"):
        wait_text(page, 1, "word4")
    page.page.screenshot(path=shots / f"{page.server.app}-stopped-{where}.png")
    page.run(2)
    wait_text(page, 2, "status cancelled")  # a stop lets the next cell run
    assert len(stopped.requests) == 1, "nothing is sent again after a stop"


def test_escape_stops_a_background_stream(open_notebook: OpenNotebook, model: type[Model]) -> None:
    stalled = model(Scenario(text=WORDS, fault="stall", fault_after=5))
    page = open_notebook([f"%%stream {stalled.name} --bg\nHi"])
    page.run(1)
    wait_text(page, 1, "word4")
    page.widget(1).get_by_role("button", name="Stop").focus()
    page.page.keyboard.press("Escape")
    stalled.request().wait_until_left()
    wait_text(page, 1, "cancelled: stopped by you")


@lab_only
def test_interrupt_ends_a_stalled_cell(open_notebook: OpenNotebook, model: type[Model]) -> None:
    stalled = model(Scenario(text=WORDS, fault="stall", fault_after=5))
    page = open_notebook([f"%%stream {stalled.name}\nHi"])
    page.start(1)
    wait_text(page, 1, "word4")
    page.command("notebook:interrupt-kernel")
    stalled.request().wait_until_left()
    wait_text(page, 1, "cancelled: interrupted")
    wait_text(page, 1, "word4")


@lab_only
def test_an_error_is_shown_in_place_and_fails_the_cell(
    open_notebook: OpenNotebook, shots: Path
) -> None:
    page = open_notebook(
        ["%%stream test/error-data\nHi", "import nbstream\nw = nbstream.stream('Hi', "
         "model='test/error-data')\nw"]
    )  # fmt: skip
    page.run(1)
    wait_text(page, 1, "StreamError")
    page.run(2)
    wait_text(page, 2, "failed")
    page.wait(lambda: page.widget(2).count() == 1, "the widget")
    page.page.screenshot(path=shots / f"{page.server.app}-failed.png")
    for part in ("server_error", "The server reported an error", "Streams carry an answer"):
        wait_text(page, 2, part)


@lab_only
def test_five_streams_at_once_one_stopped(open_notebook: OpenNotebook, model: type[Model]) -> None:
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    page = open_notebook(
        [
            "import nbstream, ipywidgets\n"
            f"ws = [nbstream.stream(f'Hi {{n}}', model={gated.name!r}) for n in range(5)]\n"
            "ipywidgets.VBox(ws)",
            "await asyncio.gather(*ws)\n[(w.status, len(w.text)) for w in ws]",
        ]
    )
    page.page.evaluate("() => 0")
    page.run(1)
    gated.request(5)
    for request in gated.requests:
        request.release(5)
    page.wait(lambda: page.output(1).inner_text().count("word4") == 5, "five live streams")
    widgets = page.output(1).locator(".nbs-view")
    widgets.nth(2).get_by_role("button", name="Stop").click()
    page.wait(lambda: sum(r.left for r in gated.requests) == 1, "one disconnect")
    for request in gated.requests:
        request.release(len(WORDS))
    page.wait(lambda: page.output(1).inner_text().count("word39") == 4, "four complete answers")
    page.wait(lambda: "cancelled" in widgets.nth(2).inner_text(), "the stopped one")
    assert sum(r.left for r in gated.requests) == 1


def test_the_saved_notebook_reads_everywhere(
    open_notebook: OpenNotebook, model: type[Model], tmp_path: Path
) -> None:
    page = open_notebook(["%%stream test/markdown\nHi", "1 + 1"])
    page.run(1)
    wait_text(page, 1, "done")
    saved = page.save()
    file = page.server.root / page.name
    text = file.read_text()
    output = saved.cells[1].outputs[0]
    assert set(output.data) == {"text/markdown", "text/plain"}
    assert "# Backpressure" in output.data["text/markdown"]
    assert "_esm" not in text
    assert "widgets" not in saved.metadata
    assert len(text) < 4000
    assert KEY not in text
    for format_, extension in (("html", "html"), ("markdown", "md")):
        command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", format_, str(file)]
        command.append(f"--output-dir={tmp_path}")
        subprocess.run(command, check=True, capture_output=True)
        converted = (tmp_path / file.name).with_suffix(f".{extension}").read_text()
        assert "Backpressure" in converted
        assert "producer" in converted
    for fresh_kernel in (True, False):
        if not fresh_kernel:
            saved.metadata.pop("kernelspec")
        again = open_notebook(file=page.name, kernel=fresh_kernel)
        wait_text(again, 1, "A fast producer and a slow consumer")
        assert "rror displaying widget" not in again.output(1).inner_text()


def test_nothing_but_this_machine_is_asked(open_notebook: OpenNotebook) -> None:
    sources = ["%%stream test/ok\nHi", "import nbstream\nnbstream.stream('Hi')"]
    page = open_notebook(sources, own_page=True)
    page.run(1)
    page.run(2)
    wait_text(page, 2, "done")
    outside = [u for u in page.requests if not u.startswith(("data:", "blob:"))]
    assert [u for u in outside if "//127.0.0.1:" not in u] == []
    assert page.errors == []


@lab_only
def test_a_key_in_an_error_reaches_no_one(open_notebook: OpenNotebook) -> None:
    page = open_notebook(
        [
            "%%stream test/401 --as w\nHi",
            "import nbstream\nw = nbstream.stream('Hi', model='test/401')\nw",
            "print(repr(w), w.error, w._wire.snapshot())\nimport traceback\n"
            "try:\n    await w\nexcept Exception:\n    traceback.print_exc()",
        ]
    )
    for index in (1, 2, 3):
        page.run(index)
    wait_text(page, 3, "AuthenticationError")
    page.save()
    wait_text(page, 3, "[redacted]")
    assert KEY not in page.page.content()
    assert KEY not in (page.server.root / page.name).read_text()
    assert KEY not in page.server.log


@lab_only
def test_a_view_that_comes_later_has_all_text(
    open_notebook: OpenNotebook, model: type[Model]
) -> None:
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    page = open_notebook([f"%%stream {gated.name} --bg --as w\nHi", "w"])
    page.run(1)
    gated.request().release(10)
    wait_text(page, 1, "word9")
    page.run(2)
    wait_text(page, 2, "word9")
    gated.request().release(len(WORDS))
    wait_text(page, 2, "word39")
    wait_text(page, 1, "40 tokens")
    page.wait(lambda: "40 tokens" in page.output_data(2)["text/markdown"], "the fallback")
    saved = page.save()
    assert "word39" in saved.cells[1].outputs[0].data["text/markdown"]
    assert "word39" in saved.cells[2].outputs[0].data["text/markdown"]
    page.wait(lambda: page.widget(1).count() == 0, "the widget to give way to text")
    assert page.widget(2).count() == 1, "what a person displays stays a widget"
    assert json.dumps(saved.metadata).count("_esm") == 0


@lab_only
def test_answers_beside_each_other_share_the_row(
    open_notebook: OpenNotebook, model: type[Model]
) -> None:
    names = [model(Scenario(text=WORDS)).name for _ in range(3)]
    setup = f"import ipywidgets, nbstream\nws = [nbstream.stream('Hi', model=m) for m in {names}]"
    page = open_notebook([f"{setup}\nipywidgets.HBox(ws)", "ws[0].layout.width = '200px'"])
    page.run(1)
    views = page.output(1).locator(".nbs-view")
    page.wait(lambda: views.count() == 3, "three answers")

    def widths() -> list[float]:
        return [views.nth(n).bounding_box()["width"] for n in range(3)]

    row = page.output(1).locator(".widget-hbox").bounding_box()["width"]
    page.wait(lambda: widths() == pytest.approx([row / 3] * 3, abs=4), "a third for each")
    wait_text(page, 1, "word39")
    page.run(2)
    page.wait(lambda: widths()[0] == 200, "the width that was asked for")
    page.page.set_viewport_size({"width": 480, "height": 800})
    page.wait(lambda: min(widths()) > 150, "room for words in a narrow page")


def test_the_output_does_not_collapse_when_text_replaces_the_widget(
    open_notebook: OpenNotebook, model: type[Model]
) -> None:
    paragraphs = [f"Paragraph {n} with some words in it.\n\n" for n in range(12)]
    gated = model(Scenario(text=paragraphs, gates=frozenset({"finish"})))
    # The first Markdown output of this page: JupyterLab's parser is not loaded yet.
    page = open_notebook([f"%%stream {gated.name}\nHi"], own_page=True)
    page.start(1)
    wait_text(page, 1, "Paragraph 11")
    page.page.evaluate(
        """() => {
            const output = document.querySelectorAll('.jp-Notebook .jp-Cell')[1]
                .querySelector('.jp-OutputArea');
            window.heights = [];
            const record = () => {
                window.heights.push(output.getBoundingClientRect().height);
                window.recording = requestAnimationFrame(record);
            };
            record();
        }"""
    )
    page.page.wait_for_function("() => window.heights.length > 5")
    gated.request().release()
    page.wait(lambda: page.widget(1).count() == 0, "the widget to give way to text")
    page.page.wait_for_function("(n) => window.heights.length > n + 60", arg=60)
    heights = page.page.evaluate("() => window.heights")
    assert min(heights) > 0.7 * min(heights[0], heights[-1]), sorted(set(map(round, heights)))


@lab_only
def test_markdown_is_rendered_while_it_streams(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    lines = [line + "\n" for line in MARKDOWN.splitlines()]
    gated = model(Scenario(text=lines, gates=frozenset({"deltas", "finish"})))
    page = open_notebook([f"%%stream {gated.name}\nHi"])
    page.start(1)
    live = page.output(1).locator(".nbs-markdown")
    code = lines.index("```python\n") + 2
    gated.request().release(code)
    page.wait(lambda: "maxsize" in live.locator("pre code").inner_text(), "half the code")
    assert live.locator("h1").inner_text() == "Backpressure"
    assert live.locator("strong").inner_text() == "slow"
    assert "```" not in live.inner_text()
    gated.request().release(len(lines) - code)
    page.wait(lambda: live.locator("ol li").count() == 2, "the list")
    assert live.locator("tr").count() == 3
    page.page.screenshot(path=shots / f"{page.server.app}-markdown.png")
    before = live.inner_text().split()
    gated.request().release()
    page.wait(lambda: page.widget(1).count() == 0, "the widget to give way to text")
    saved = page.output(1).locator(".jp-RenderedMarkdown")
    # The formula is set in the saved text only.
    same = before[: before.index("limit:")]
    page.wait(lambda: saved.inner_text().split()[: len(same)] == same, "the same words")


@lab_only
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_streams_beside_each_other(
    open_notebook: OpenNotebook, model: type[Model], shots: Path, theme: str
) -> None:
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    source = f"ask = lambda: nbstream.stream('Hi', model={gated.name!r})"
    box = f"import ipywidgets, nbstream\n{source}\nipywidgets.HBox([ask(), ask()])"
    page = open_notebook([box, "%nbstream tasks"], dark=theme == "dark")
    page.run(1)
    for number in (1, 2):
        gated.request(number).release(20)
    page.wait(lambda: page.output(1).inner_text().count("word15") == 2, "both answers")
    page.run(2)
    for width in (1200, 480):
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.evaluate("() => new Promise(requestAnimationFrame)")
        page.page.screenshot(path=shots / f"{page.server.app}-{theme}-beside-{width}.png")
        for view in page.widget(1).all():
            wide = "el => el.scrollWidth - el.clientWidth"
            assert view.locator(".nbs-header").evaluate(wide) <= 0, "no button sticks out"
            assert view.locator(".nbs-model").evaluate("el => el.clientWidth") > 40
    labels = page.output(2).locator(".widget-label")
    assert labels.first.evaluate("el => getComputedStyle(el).display") == "block"
