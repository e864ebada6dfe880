"""How long JupyterLab is without an answer while it shows formulas, live and saved."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from playwright.sync_api import Error

from tests.support.formulas import Row, rows
from tests.support.page import NotebookPage

from .browser import load
from .contenders import SETUP
from .summary import columns
from .wire import lab

GOAL_MS = 200
END_MS = 60_000
FORMS = ("live", "saved")
HEAD = ("kind", "formulas", "set", "live ms", "saved ms", "verdict")
FLOOR = "text alone"

KERNEL = (
    SETUP
    + """
import ipywidgets
from IPython.display import clear_output

async def show_each(form, texts):
    for text in texts:
        stream = nbstream.show([text])
        if form == "live":
            display(ipywidgets.VBox([stream]))
        await stream
        if form == "saved":
            display(stream.text_bundle(), raw=True)
        await asyncio.sleep(0.25)
        clear_output(wait=True)
    print("shown")
"""
)
# The longest time between two tasks of the page, in milliseconds.
BEAT = """() => {
    window.longest = 0;
    let last = performance.now();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
        const now = performance.now();
        window.longest = Math.max(window.longest, now - last);
        last = now;
        setTimeout(() => port2.postMessage(null), 4);
    };
    port2.postMessage(null);
}"""
ENDED = """() => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[1].model;
    return cell.executionState !== 'running' && cell.executionCount;
}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--kinds", help="those whose names hold this (default: all)")


def run(options: argparse.Namespace) -> bool:
    """Print the longest times for each kind of formula. True if all meet the goal."""
    kinds = [row for row in rows() if (options.kinds or "") in row.name]
    kinds = kinds[:2] if options.quick else kinds
    table, passed = [], True
    with lab() as open_notebook:

        def fresh() -> NotebookPage:
            page, _ = open_notebook([KERNEL, ""])
            page.page.evaluate(BEAT)
            _show(page, "saved", ["$x$"])  # loads what JupyterLab needs for formulas
            return page

        page = fresh()
        for name, texts, count in [(FLOOR, ["a\n\nb"] * 5, 0), *map(_texts, kinds)]:
            times: list[float | None] = []
            for form in FORMS:
                longest = _show(page, form, texts)
                times.append(longest)
                if longest is None:  # such a page cannot even be closed
                    page = fresh()
            good = all(longest is not None and longest <= GOAL_MS for longest in times)
            passed = passed and good
            shown = ["lost" if longest is None else f"{longest:.0f}" for longest in times]
            print(f"{name}: {', '.join(shown)}", file=sys.stderr, flush=True)
            table.append([name, str(len(texts)), str(count), *shown, "PASS" if good else "short"])
    print(columns(HEAD, table))
    total = sum(int(row[1]) for row in table[1:])
    print(
        f"{total} formulas, each within a line and on a line of its own; goal: {GOAL_MS} ms."
        f" lost: the page ended, or gave no answer for {END_MS / 1000:.0f} s. Load {load()}."
    )
    return passed or bool(options.quick)


def _texts(row: Row) -> tuple[str, list[str], int]:
    members = [*row.shown, *row.source]
    texts = [f"a ${tex}$ b\n\n$${tex}$$\n" for tex in map(row.tex, members)]
    return row.name, texts, len(row.shown)


def _show(page: NotebookPage, form: str, texts: Sequence[str]) -> float | None:
    """The longest time that the page took for one task; None if it was lost."""
    source = f"import json; await show_each({form!r}, json.loads({json.dumps(texts)!r}))"
    evaluate: Callable[..., float] = page.page.evaluate
    try:
        evaluate(
            """(source) => {
                window.longest = 0;
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const { model } = notebook.widgets[1];
                model.sharedModel.setSource(source);
                model.executionCount = null;
            }""",
            source,
        )
        page.start(1)
        page.page.wait_for_function(ENDED, timeout=END_MS)
        return evaluate("() => window.longest")
    except Error:
        return None
