"""A notebook in a real browser page, driven the way a person would."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

from nbstream.comm.assets import packed

from .jupyter import JupyterServer
from .patience import PATIENCE

_ASSET = re.compile(rb'"kind": ?"asset", ?"name": ?"([^"]*)"')
# Notebook 7 logs this at its start, also for a notebook without widgets.
_AT_START = "reading 'schema'"
# The server refuses to end a kernel that is just being restarted.
_SHUT_DOWN = """async () => {
    const { sessions, kernels } = window.jupyterapp.serviceManager;
    try {
        await sessions.shutdownAll();
    } catch {
        return false;
    }
    await kernels.refreshRunning();
    return true;
}"""
_PANEL = "window.jupyterapp.shell.currentWidget"


def write_notebook(path: Path, sources: Sequence[str]) -> None:
    """A notebook with one code cell for each source."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(notebook, path)


class NotebookPage:
    """One notebook document in one page."""

    def __init__(self, page: Page, server: JupyterServer, name: str) -> None:
        self.page = page
        self.server = server
        self.name = name
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.assets: list[str] = []
        self.received = 0  # bytes of websocket messages
        self.front_ends = 0  # how many of them brought the front end's code
        self._listeners: dict[Any, Callable[[Any], None]] = {
            "request": lambda request: self.requests.append(request.url),
            "pageerror": lambda error: self._failed(str(error)),
            "console": self._on_console,
            "websocket": lambda socket: socket.on("framereceived", self._on_frame),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            self._failed(message.text)
        if message.type == "warning":
            self.warnings.append(message.text)

    def _failed(self, text: str) -> None:
        if self.server.app == "lab" or _AT_START not in text:
            self.errors.append(text)

    def _on_frame(self, payload: bytes | str) -> None:
        """Notes the assets that the kernel sends: content and buffers travel in one frame."""
        data = payload.encode() if isinstance(payload, str) else payload
        self.received += len(data)
        self.front_ends += data.count(packed())
        self.assets += [name.decode() for name in _ASSET.findall(data)]

    def open(self, kernel: bool = True) -> NotebookPage:
        """Load the page; by default until its kernel is idle."""
        self.page.goto(self.server.url(self.name))
        self._wait_open()
        if kernel:
            self.wait_idle()
        return self

    def open_here(self) -> NotebookPage:
        """Open the document in a page that has loaded JupyterLab, and wait for its kernel."""
        # Not awaited: in JupyterLab 4.6 the promise takes 10 s longer than the notebook does.
        self.page.evaluate(
            "(path) => { window.jupyterapp.commands.execute('docmanager:open', { path }) }",
            self.name,
        )
        self._wait_open()
        self.wait_idle()
        return self

    def leave(self) -> None:
        """Close all documents without a question, end all kernels, and hear no more of the page."""
        self.page.evaluate(
            "() => { for (const open of [...jupyterapp.shell.widgets('main')]) open.dispose() }"
        )
        self.wait(lambda: self.page.evaluate(_SHUT_DOWN), "the end of all kernels")
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def _wait_open(self) -> None:
        self.page.wait_for_function(
            f"(name) => window.jupyterapp && {_PANEL}?.content?.widgets?.length"
            f" && {_PANEL}.context.path === name",
            arg=self.name,
            timeout=1000 * PATIENCE,
        )

    def wait_idle(self) -> None:
        """Until the kernel is connected and idle."""
        self.page.wait_for_function(
            f"() => {{ const k = {_PANEL}.sessionContext.session?.kernel;"
            " return k && k.connectionStatus === 'connected' && k.status === 'idle' }",
            timeout=1000 * PATIENCE,
        )

    def start(self, index: int) -> None:
        """Run a cell and do not wait for it."""
        self.page.evaluate(
            f"(i) => {{ {_PANEL}.content.activeCellIndex = i;"
            " window.jupyterapp.commands.execute('notebook:run-cell'); }",
            index,
        )

    def run(self, index: int, timeout: float = PATIENCE) -> None:
        """Run a cell and wait until it has ended."""
        before = self.execution_count(index)
        self.start(index)
        self.wait(
            lambda: self.execution_count(index) not in (None, before), "the cell to end", timeout
        )

    def execution_count(self, index: int) -> int | None:
        """The number in the cell's prompt; None while it runs."""
        count: int | None = self.page.evaluate(
            f"(i) => {_PANEL}.content.widgets[i].model.executionState === 'running' ? null"
            f" : {_PANEL}.content.widgets[i].model.executionCount",
            index,
        )
        return count

    def output(self, index: int) -> Locator:
        """The output area of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-OutputArea").first

    def output_data(self, index: int) -> dict[str, str]:
        """The first output of a cell, as it would be saved: MIME type to text."""
        found: dict[str, str] = self.page.evaluate(
            f"(i) => {_PANEL}.content.widgets[i].model.outputs.get(0).data", index
        )
        return found

    def widget(self, index: int) -> Locator:
        """The live stream in a cell's output."""
        return self.output(index).locator(".nbs-view")

    def command(self, name: str, **arguments: Any) -> None:
        """Run a command of the application."""
        self.page.evaluate(
            f"() => window.jupyterapp.commands.execute({json.dumps(name)}, {json.dumps(arguments)})"
        )

    def save(self) -> nbformat.NotebookNode:
        """Save the document and read it from disk."""
        self.command("docmanager:save")
        self.wait(lambda: not self.page.evaluate(f"() => {_PANEL}.context.model.dirty"), "the save")
        saved: nbformat.NotebookNode = nbformat.read(self.server.root / self.name, as_version=4)
        return saved

    def wait(self, condition: Callable[[], object], what: str, timeout: float = PATIENCE) -> None:
        """Until ``condition()`` is true, letting the page go on meanwhile."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout} s for {what}")
            self.page.wait_for_timeout(20)
