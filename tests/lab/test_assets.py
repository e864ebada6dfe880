"""Heavy parts of the front end in real pages: over the wire once, whatever the page holds."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbstream.comm.assets import STATIC
from tests.support.page import NotebookPage

from .conftest import OpenNotebook, lab_only

pytestmark = lab_only

HIGHLIGHT = """\
globalThis.modules = [...(globalThis.modules ?? []), "highlight"];
const reader = { line: (text) => [{ end: text.length, style: "keyword" }], copy: () => reader };
export const highlighter = { open: () => reader };
"""
MATH = """\
globalThis.modules = [...(globalThis.modules ?? []), "math"];
export const math = { render: () => document.createElement("math") };
"""
SETUP = """\
import pathlib, ipywidgets, nbstream, nbstream.comm.assets
nbstream.comm.assets.STATIC = pathlib.Path({!r})
"""
WIDGETS = "ipywidgets.VBox([nbstream.show(['Answer ', f'number{n}']) for n in range(10)])"
CODE = """\
code = 'Answer\\n\\n```python\\nx = 1\\ny = 2\\n```\\n'
ipywidgets.VBox([nbstream.show([code]) for n in range(10)])
"""

# What a renderer does: every widget's, through the page's registry, which all copies of the
# module share.
NEED = """(name) => {
    const pages = [...globalThis[Symbol.for("nbstream.assets")].values()];
    window.told = 0;
    window.values = [];
    for (const page of pages) for (const line of page.lines) {
        const tell = () => { window.told += 1; };
        window.values.push(page.get(name, tell, { line, ended: false }));
    }
    return [pages.length, window.values.length, window.values.filter(Boolean).length];
}"""


STYLE_SHEETS = """() => [...document.styleSheets, ...document.adoptedStyleSheets].filter(
    ({ cssRules }) => [...cssRules].some((rule) => rule.selectorText === ".nbs-view")).length"""


def open_page(open_notebook: OpenNotebook, folder: Path, *more: str) -> NotebookPage:
    for name in ("loader.js", "widget.js", "notebook.js", "widget.css"):
        shutil.copy(STATIC / name, folder)
    (folder / "highlight.js").write_text(HIGHLIGHT)
    (folder / "math.js").write_text(MATH)
    page = open_notebook([SETUP.format(str(folder)), WIDGETS, *more], own_page=True)
    page.run(1)
    page.run(2)
    page.wait(lambda: page.output(2).inner_text().count("number") == 10, "ten answers")
    return page


def test_ten_widgets_one_message(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    page = open_page(open_notebook, tmp_path, "nbstream.show(['later'])")
    assert page.assets == [], "nothing is fetched before it is needed"
    assert page.page.evaluate(STYLE_SHEETS) == 1
    assert page.page.evaluate(NEED, "highlight") == [1, 10, 0]
    page.page.wait_for_function("() => window.told === 10")
    assert page.page.evaluate(NEED, "highlight") == [1, 10, 10]
    page.run(3)
    page.wait(lambda: page.widget(3).count() == 1, "a widget that comes later")
    assert page.page.evaluate(NEED, "highlight") == [1, 11, 11]
    assert page.page.evaluate(NEED, "math") == [1, 11, 0]
    page.page.wait_for_function("() => window.told === 11")
    page.wait(lambda: page.assets.count("math-font"), "the refusal of the missing font")
    assert sorted(page.assets) == ["highlight", "math", "math-font"]
    assert page.page.evaluate("() => window.modules") == ["highlight", "math"]
    warned = [text for text in page.warnings if "nbstream" in text]
    assert len(warned) == 1, warned
    assert "math-font.woff2 cannot be read" in warned[0]


def test_a_busy_kernel_answers_late_and_once(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    busy = f"import time\nwhile not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.01)"
    page = open_page(open_notebook, tmp_path, busy, "1 + 1")
    page.start(3)
    page.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
        " === 'busy'"
    )
    assert page.page.evaluate(NEED, "highlight")[:2] == [1, 10]
    gate.touch()
    page.page.wait_for_function("() => window.told === 10")
    page.run(4)
    assert page.assets == ["highlight"]


def test_a_widget_asks_again_in_a_reloaded_page(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    page = open_page(open_notebook, tmp_path)
    page.page.evaluate(NEED, "highlight")
    page.page.wait_for_function("() => window.told === 10")
    page.save()
    page.assets.clear()
    page.open()
    page.wait(lambda: page.output(2).inner_text().count("number") == 10, "ten answers again")
    assert page.page.evaluate(NEED, "highlight") == [1, 10, 0]
    page.page.wait_for_function("() => window.told === 10")
    # The states of ten widgets hold the front end at most once, so a page may ask for it.
    assert [name for name in page.assets if name != "front-end"] == ["highlight"]
    assert page.assets.count("front-end") <= 1


def test_code_in_ten_widgets_is_highlighted_by_one_message(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    page = open_page(open_notebook, tmp_path, CODE)
    page.run(3)
    tokens = page.output(3).locator(".nbs-tok-keyword")
    page.wait(lambda: tokens.count() == 20, "two lines in each of ten widgets")
    assert page.assets == ["highlight"]
    assert page.page.evaluate("() => window.modules") == ["highlight"]


def test_a_widget_in_a_shadow_root_is_styled(open_notebook: OpenNotebook) -> None:
    """marimo and Panel give each widget a shadow root of its own."""
    page = open_notebook(["import nbstream\nnbstream.show(['one'])"])
    page.run(1)
    page.wait(lambda: "one" in page.widget(1).inner_text(), "the answer")
    header = page.page.evaluate_handle(
        """(view) => {
            const host = document.createElement("div");
            document.body.append(host);
            // VS Code sets both, Jupyter's to the font of its editor.
            host.style.setProperty("--vscode-font-family", "serif");
            host.style.setProperty("--jp-content-font-family", "monospace");
            host.attachShadow({ mode: "open" }).append(view.parentElement);
            return view.querySelector(".nbs-header");
        }""",
        page.widget(1).element_handle(),
    )
    page.page.wait_for_function(
        "(header) => getComputedStyle(header).display === 'flex'", arg=header
    )
    assert header.evaluate("(el) => getComputedStyle(el.parentElement).fontFamily") == "serif"
