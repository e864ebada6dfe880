"""Many streams at once, many one after another, and pages that are slow: nothing grows."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import CDPSession

from tests.support.page import NotebookPage

from .browser import load
from .contenders import SETUP
from .model import TOKEN, name
from .notebook import outputs, printed
from .summary import busiest, columns, rate_of
from .wire import lab

RATE_LIMIT = 300
"""Messages a second. jupyter_server drops above 1,000."""
RATE_GOAL = 30.5
DROPPED = "message rate exceeded"
TYPE = re.compile(rb'"msg_type": ?"(\w+)"')
UNCOUNTED = (b"status", b"comm_open", b"execute_input")
"""What jupyter_server does not count towards its limit."""
ALLOWED = {
    "tasks": 0, "connections": 2, "files": 5, "comms": 2, "widgets": 2, "known streams": 2,
    "threads": 2, "kernel MB": 15.0, "stores": 2, "views": 2, "page nodes": 500, "page MB": 15.0,
}  # fmt: skip
"""Growth from a tenth of the streams to all of them; in the page, beyond that of as many plain
widgets. The last stream itself may still be there, and memory breathes."""
SLOWER = 1.2
"""How much longer the kernel may take when its page is slow: a run's time varies."""

KERNEL = (
    SETUP
    + """
import gc
import ipywidgets.widgets.widget as widget_module, psutil
from IPython.display import clear_output
from nbstream.widget import registry
from nbstream.transport import connection_limit

get_ipython().run_line_magic("load_ext", "nbstream")
process, kernel = psutil.Process(), get_ipython().kernel

def census():
    gc.collect()
    return {
        "tasks": len(asyncio.all_tasks()),
        "connections": len(process.net_connections("tcp")),
        "files": process.num_fds(),
        "comms": len(kernel.comm_manager.comms),
        "widgets": len(widget_module._instances),
        "known streams": len(registry.tasks()),
        "threads": process.num_threads(),
        "kernel MB": process.memory_info().rss / 1e6,
    }

async def at_once(model, streams):
    before, wall = process.memory_info().rss, time.perf_counter()
    ws = [nbstream.stream("Hi", model=model) for _ in range(streams)]
    display(ipywidgets.VBox(ws))
    await asyncio.gather(*ws)
    wall = time.perf_counter() - wall
    complete = sum(w.text == "tok " * (len(w.text) // 4) for w in ws)
    lengths = sorted({len(w.text) for w in ws})
    grown = (process.memory_info().rss - before) / 1e6
    print(json.dumps({"wall": wall, "complete": complete, "lengths": lengths, "grown": grown}))

async def plain(count):
    for _ in range(count):
        clear_output(wait=True)
        w = ipywidgets.HTML("tok " * 20)
        display(w)
        await asyncio.sleep(0.02)
        for part in (w, w.layout, w.style):
            part.close()

async def in_turn(model, streams):
    for number in range(streams):
        clear_output(wait=True)
        if number % 2:  # as people write it in a cell, and as a widget that is closed at the end
            await get_ipython().run_cell_magic("stream", model, "Hi")
        else:
            w = nbstream.stream("Hi", model=model)
            display(w)
            await w
            w.close()
"""
)

# What every view in the page shows of the text "tok tok ...", as the number of its words.
WORDS = """() => [...document.querySelectorAll('.jp-Notebook .nbs-view')]
    .map((view) => (view.textContent.match(/tok(?!en)/g) ?? []).length)"""
WAITING = """() => [...document.querySelectorAll('.jp-Notebook .nbs-view')]
    .filter((view) => view.textContent.includes('waiting for a free connection')).length"""
STORES = "() => globalThis[Symbol.for('nbstream.page.1')]?.streams.size ?? 0"
BLOCK = """(ms) => { setTimeout(() => {
    const end = performance.now() + ms; while (performance.now() < end);
}, 500); }"""

Line = tuple[str, str, str, bool]
"""What was measured, its figure, its goal, and whether that is met."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--parts", default="at-once,in-turn,slow", help="which of the three")


def run(options: argparse.Namespace) -> bool:
    """Print the figures. True if every goal is met."""
    quick = bool(options.quick)
    parts = {"at-once": _at_once, "in-turn": _in_turn, "slow": _slow}
    chosen = options.parts.split(",")
    unknown = set(chosen) - set(parts)
    if unknown:
        raise SystemExit(f"--parts takes {', '.join(parts)}, not {', '.join(sorted(unknown))}")
    passed = True
    for part in chosen:
        lines = []
        for line in parts[part](quick):
            lines.append(line)
            passed = passed and line[3]
        cells = [[*line[:3], "PASS" if line[3] else "short"] for line in lines]
        print(columns((part, "measured", "goal", "verdict"), cells), end="\n\n", flush=True)
    print(f"Load {load()}.")
    return passed or quick


# -- at once --------------------------------------------------------------------------------------


def _at_once(quick: bool) -> Iterator[Line]:
    """Streams at once in one kernel; the last time with fewer connections than streams."""
    seconds = 1 if quick else 8
    crowds = ((20, 5),) if quick else ((1, 0), (10, 0), (100, 0), (500, 0), (500, 128))
    for streams, connections in crowds:
        rate = min(100.0, 2000 / streams)
        yield from _crowd(streams, connections, int(rate * seconds), rate)


def _crowd(streams: int, connections: int, tokens: int, rate: float) -> Iterator[Line]:
    limit = f"connection_limit.connections = lambda: {connections}" if connections else ""
    cell = f"await at_once({name(tokens, rate)!r}, {streams})"
    with lab() as open_notebook:
        page, frames = open_notebook([KERNEL + limit, cell])
        frames.clear()
        page.start(1)
        waiting = 0
        while page.execution_count(1) is None:
            waiting = max(waiting, int(page.page.evaluate(WAITING)))
            page.page.wait_for_timeout(250)
        found = printed(page, 1)
        _settle(page, streams, tokens)
        words = page.page.evaluate(WORDS)
        counted = [when for when, data in frames if _counts(data)]
        text = [when for when, data in frames if b'"delta"' in data]
        dropped = _dropped(page)
    what = f"{streams} streams" + (f", {connections} connections" if connections else "")
    whole = found["complete"] == streams and found["lengths"] == [tokens * len(TOKEN)]
    kept = words.count(tokens)
    yield f"{what}: whole in the kernel", str(found["complete"]), str(streams), whole
    yield f"{what}: whole in the page", str(kept), str(streams), kept == streams
    steady = rate_of(text)
    yield f"{what}: messages/s with text", f"{steady:.1f}", f"{RATE_GOAL:.0f}", steady <= RATE_GOAL
    peak = busiest(counted)
    yield f"{what}: most messages in a second", str(peak), str(RATE_LIMIT), peak < RATE_LIMIT
    yield f"{what}: messages dropped", str(dropped), "0", dropped == 0
    if connections:
        yield f"{what}: shown in line", str(waiting), "1 or more", waiting > 0
    yield f"{what}: seconds", f"{found['wall']:.1f}", "", True


def _counts(message: bytes) -> bool:
    # The header is first; the parent's header follows.
    found = TYPE.search(message)
    return found is not None and found[1] not in UNCOUNTED and not found[1].endswith(b"_reply")


def _settle(page: NotebookPage, streams: int, tokens: int) -> None:
    """Give the page time to draw what has come; what is missing then is missing."""
    with contextlib.suppress(AssertionError):
        page.wait(lambda: page.page.evaluate(WORDS).count(tokens) >= streams, "all", timeout=30)


def _dropped(page: NotebookPage) -> int:
    """How often the server said that it dropped messages, in its log and in the notebook."""
    return page.server.log.count(DROPPED) + json.dumps(outputs(page)).count(DROPPED)


# -- one after another ----------------------------------------------------------------------------


def _in_turn(quick: bool) -> Iterator[Line]:
    """Streams one after another, and what has grown between a tenth of them and all."""
    block = 4 if quick else 100
    with lab() as open_notebook:
        streams, others = f"await in_turn({name(20, 0)!r}, {block})", f"await plain({block})"
        page, frames = open_notebook([KERNEL, streams, "print(json.dumps(census()))", others])
        devtools = page.page.context.new_cdp_session(page.page)
        counts = []
        for cells in ([1], [3] * 9, [1] * 9):
            for cell in cells:
                page.run(cell, timeout=300)
                frames.clear()
            counts.append(_census(page, devtools))
        dropped = _dropped(page)
    first, idle, last = counts
    for what, allowed in ALLOWED.items():
        # JupyterLab's page grows with each cell that runs and each widget that was closed.
        usual = idle[what] - first[what] if what.startswith("page") else 0
        grown = last[what] - idle[what] - usual
        figure = f"{idle[what]:,.4g} -> {last[what] - usual:,.4g}"
        yield f"{what}: {block} -> {10 * block} streams", figure, f"+{allowed:g}", grown <= allowed
    yield "messages dropped", str(dropped), "0", dropped == 0


def _census(page: NotebookPage, devtools: CDPSession) -> dict[str, float]:
    """What there is in the kernel and in the page, when the latter has let go of what has ended."""
    # A page tells the kernel a second after the last view of a stream is gone.
    page.page.wait_for_timeout(2500)
    page.run(2)
    found: dict[str, float] = printed(page, 2)
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
    found["stores"] = page.page.evaluate(STORES)
    found["views"] = page.page.locator(".jp-Notebook .nbs-view").count()
    found["page nodes"] = metrics["Nodes"]
    found["page MB"] = metrics["JSHeapUsedSize"] / 1e6
    return found


# -- slow pages -----------------------------------------------------------------------------------


def _slow(quick: bool) -> Iterator[Line]:
    """A page that cannot keep up: the kernel neither waits for it nor keeps what it is sent."""
    seconds = 1 if quick else 8
    cell = f"await at_once({name(2000 * seconds, 2000)!r}, 1)"
    found: dict[str, dict[str, Any]] = {}
    with lab() as open_notebook:
        for what in ("a page that keeps up", "20 times slower", "blocked", "frozen"):
            page, _ = open_notebook([KERNEL, "import nbstream", cell])
            page.run(1)
            devtools = page.page.context.new_cdp_session(page.page)
            if what == "20 times slower":
                devtools.send("Emulation.setCPUThrottlingRate", {"rate": 20})
            page.start(2)
            if what == "blocked":
                page.page.evaluate(BLOCK, 1000 * seconds)
            if what == "frozen":  # as a browser does with hidden tabs
                page.page.wait_for_timeout(500)
                devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
                page.page.wait_for_timeout(1000 * seconds)
                devtools.send("Page.setWebLifecycleState", {"state": "active"})
            while page.execution_count(2) is None:
                page.page.wait_for_timeout(100)
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            found[what] = printed(page, 2)
            _settle(page, 1, 2000 * seconds)
            found[what]["whole"] = page.page.evaluate(WORDS) == [2000 * seconds]
            page.page.context.close()
    usual = found["a page that keeps up"]
    for what, measured in found.items():
        slower = measured["wall"] / usual["wall"]
        grown = measured["grown"] - usual["grown"]
        yield f"{what}: kernel seconds", f"{measured['wall']:.2f}", f"x{SLOWER}", slower <= SLOWER
        memory = ALLOWED["kernel MB"]
        yield (
            f"{what}: kernel MB",
            f"+{measured['grown']:.1f}",
            f"+{memory:g} more",
            grown <= memory,
        )
        yield f"{what}: whole in the page", str(measured["whole"]), "True", measured["whole"]
