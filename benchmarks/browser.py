"""A page of the benchmarks in a real Chromium, its bundle made from this folder's TypeScript."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.support.browser import ensure_chromium

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 900, 700
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # A frame follows the one before at once: thousands of them need not wait for a screen.
    "--disable-gpu-vsync",
    "--disable-frame-rate-limit",
)
HTML = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>benchmarks</title>
<link rel="stylesheet" href="style.css"><body></body>
<script type="module" src="page.js"></script></html>"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        # Only an isolated page has a clock that is finer than 0.1 ms.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the output is the benchmark's."""


class Pages:
    """Opens pages with ``window.bench`` in them, each in a browser of its own."""

    def __init__(self, url: str, highlighted: bool, executable: str) -> None:
        self.url = url
        self.highlighted = highlighted
        self._executable = executable

    @contextmanager
    def open(self) -> Iterator[Page]:
        """A page that is ready. A browser that hangs in it ends with it."""
        with sync_playwright() as playwright:
            browser: Browser = playwright.chromium.launch(
                executable_path=self._executable, args=FLAGS
            )
            try:
                page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
                page.goto(self.url)
                page.wait_for_function("() => window.bench && window.crossOriginIsolated")
                if self.highlighted:
                    page.evaluate("() => bench.loadHighlighter('/highlight.js')")
                yield page
            finally:
                browser.close()


@contextmanager
def serve() -> Iterator[Pages]:
    """Bundles the page and serves it on this machine only."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle(folder)
        (folder / "index.html").write_bytes(HTML)
        handler = functools.partial(_Handler, directory=name)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                url = f"http://127.0.0.1:{server.server_port}/index.html"
                yield Pages(url, (folder / "highlight.js").exists(), ensure_chromium())
            finally:
                server.shutdown()


def bundle(folder: Path) -> None:
    """Write page.js, style.css and, if there is one, highlight.js."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    node = shutil.which("node", path=path) or "node"
    subprocess.run([node, str(FOLDER / "bundle.mjs"), str(folder)], check=True)


def heap(cdp: CDPSession) -> float:
    """Megabytes that are in use after a garbage collection: script's, and the DOM's."""
    cdp.send("HeapProfiler.collectGarbage")
    usage = cdp.send("Runtime.getHeapUsage")
    return float(usage["usedSize"] + usage.get("embedderHeapUsedSize", 0)) / 1e6


def watch_cpu(cdp: CDPSession) -> None:
    """Let the browser count the main thread's processor time from now on."""
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})


def cpu_seconds(cdp: CDPSession) -> float:
    """Seconds the main thread has worked so far; other processes' turns are not in it."""
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")


def load() -> str:
    """How many processes want to run at present: above about 1, others are in the figures."""
    # Not on every system.
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
