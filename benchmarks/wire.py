"""What goes over the wire in JupyterLab, and how long a token takes from server to paint."""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import ensure_chromium
from tests.support.jupyter import JupyterServer
from tests.support.page import NotebookPage, write_notebook

from .browser import load
from .contenders import NAMES, SETUP, cell
from .model import name, serve_model
from .notebook import printed
from .summary import columns, quantile

MESSAGES_GOAL = 30.5
"""A second; what is urgent may come a little earlier."""
OVERHEAD_GOAL = 700
BYTES_GOALS = {500: 10.0, 2000: 3.5, 0: 1.3}
LATENCY_GOALS = (50.0, 100.0)
SHORT = 45
"""Tokens of a short answer."""
OPENING_GOAL = 30_000
"""Bytes of a short answer in a page that has shown one: the front end's code alone has more."""
CONTENDERS = ("nbstream", "markdown", "html")
CARRYING = {
    "nbstream": rb'"frames": ?\[',
    "markdown": rb'"update_display_data"',
    "html": rb'"method": ?"update"',
}
"""What brings text while it streams; what an output keeps comes once, at the end."""
HEAD = (
    "contender", "streams", "tokens/s", "messages", "messages/s", "bytes beside text",
    "bytes per useful byte", "p50 ms", "p95 ms",
)  # fmt: skip

# Notes when each stamp (a time in ms) is first in a frame that was painted.
WATCH = """() => {
    window.seen = new Map();
    const look = () => {
        const output = document.querySelectorAll('.jp-Notebook .jp-Cell')[1];
        const text = output.querySelector('.jp-OutputArea')?.textContent ?? '';
        const fresh = [...text.matchAll(/\\d{13}\\.\\d/g)].map(([stamp]) => stamp)
            .filter((stamp) => !window.seen.has(stamp));
        if (fresh.length) {
            for (const stamp of fresh) window.seen.set(stamp, null);
            // A task that follows the frame: it has been painted.
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => {
                const now = performance.timeOrigin + performance.now();
                for (const stamp of fresh) window.seen.set(stamp, now - Number(stamp));
            };
            port2.postMessage(null);
        }
        requestAnimationFrame(look);
    };
    look();
}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--others", action="store_true", help="what people do today, too")


def run(options: argparse.Namespace) -> bool:
    """Print the figures. True if every goal is met."""
    seconds = 1 if options.quick else 10
    full = 2000 if options.quick else 20_000
    many = 10 if options.quick else 100
    rates = (100,) if options.quick else (100, 500, 2000, 0)
    cases = [("nbstream", 1, rate) for rate in rates] + [("nbstream", many, 20)]
    if options.others:
        cases += [(contender, 1, 100) for contender in CONTENDERS[1:]]
    rows, passed = [], True
    with lab() as open_notebook:
        opening = _opening(open_notebook)
        for contender, streams, rate in cases:
            stamps = streams == 1 and rate == 100
            tokens = rate * seconds if rate else full
            model = name(tokens, rate, stamps=stamps)
            page, frames = open_notebook([SETUP, cell(contender, model, streams)])
            row, met = _measure(contender, page, frames, tokens * streams, stamps, rate, streams)
            rows.append([NAMES[contender], str(streams), f"{rate:g}" if rate else "full", *row])
            passed = passed and (met or contender != "nbstream")
            page.page.context.close()
    passed = passed and max(opening[1:]) <= OPENING_GOAL
    first, second, last = (opening[index] for index in (0, 1, -1))
    print(
        f"A new page's 1st short answer: {first:,} bytes in all; its 2nd: {second:,}; its"
        f" {len(opening)}th: {last:,} (goal: {OPENING_GOAL:,} from the 2nd on)"
    )
    print(columns(HEAD, rows))
    print(
        f"Goals: {MESSAGES_GOAL:.0f} messages/s; {OVERHEAD_GOAL} bytes beside the text for each"
        f" stream in a message; bytes per useful byte {BYTES_GOALS}; p50, p95 {LATENCY_GOALS}."
        f" Load {load()}."
    )
    return passed or bool(options.quick)


OpenNotebook = Callable[[list[str]], tuple[NotebookPage, list[tuple[float, bytes]]]]


@contextmanager
def lab() -> Iterator[OpenNotebook]:
    """Opens notebooks in JupyterLab: the page, and the frames of its sockets as they come."""
    with (
        serve_model() as url,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        root = Path(folder) / "notebooks"
        root.mkdir()
        environment = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "bench"}
        browser: Browser = playwright.chromium.launch(
            executable_path=ensure_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        with JupyterServer("lab", root, environment) as server:

            def open_notebook(sources: list[str]) -> tuple[NotebookPage, list[tuple[float, bytes]]]:
                file = f"{len(list(root.iterdir()))}.ipynb"
                write_notebook(root / file, sources)
                context = browser.new_context(viewport={"width": 1100, "height": 800})
                frames: list[tuple[float, bytes]] = []
                fresh = context.new_page()

                def note(data: bytes | str) -> None:
                    raw = data.encode() if isinstance(data, str) else data
                    frames.append((time.monotonic(), raw))

                fresh.on("websocket", lambda socket: socket.on("framereceived", note))
                page = NotebookPage(fresh, server, file).open()
                page.run(0)
                return page, frames

            yield open_notebook
        browser.close()


def _opening(open_notebook: OpenNotebook) -> list[int]:
    """The bytes of all messages to a new page for each of ten short answers."""
    cell = f"%%stream {name(SHORT, 100)}\nHi"
    page, frames = open_notebook(["%load_ext nbstream", *[cell] * 10])
    sizes = []
    for index in range(1, 11):
        frames.clear()
        page.run(index)
        finished = page.widget(index)
        page.wait(lambda finished=finished: finished.count() == 0, "the finished text")  # type: ignore[misc]  # mypy: defaults
        page.page.wait_for_timeout(500)
        sizes.append(sum(len(data) for _, data in frames))
    page.page.context.close()
    return sizes


def _measure(
    contender: str,
    page: NotebookPage,
    frames: list[tuple[float, bytes]],
    tokens: int,
    stamps: bool,
    rate: float,
    streams: int,
) -> tuple[list[str], bool]:
    if stamps:
        page.page.evaluate(WATCH)
    frames.clear()
    page.run(1, timeout=600)
    useful = printed(page, 1)["lengths"]
    page.page.wait_for_timeout(500)
    carrying = [(when, data) for when, data in frames if re.search(CARRYING[contender], data)]
    size = sum(len(data) for _, data in carrying)
    text = sum(useful)
    took = max(1.0, carrying[-1][0] - carrying[0][0]) if carrying else 1.0
    per_second = len(carrying) / took
    parts = sum(data.count(b'"ops"') or 1 for _, data in carrying)
    beside = (size - text) / (len(carrying) if streams == 1 else parts)
    row = [str(len(carrying)), f"{per_second:.1f}", f"{beside:.0f}", f"{size / text:.2f}"]
    met = per_second <= MESSAGES_GOAL and beside <= OVERHEAD_GOAL
    met = met and size / text <= BYTES_GOALS.get(int(rate), float("inf"))
    if not stamps:
        return [*row, "", ""], met
    found: list[Any] = page.page.evaluate("() => [...window.seen.values()]")
    latencies = [value for value in found if value is not None]
    if len(latencies) < 0.9 * tokens:
        return [*row, "?", "?"], met
    median, late = quantile(latencies, 0.5), quantile(latencies, 0.95)
    row += [f"{median:.0f}", f"{late:.0f}"]
    return row, met and median <= LATENCY_GOALS[0] and late <= LATENCY_GOALS[1]
