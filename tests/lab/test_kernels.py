"""Stop while a cell computes, a kernel that ends, a cell that is deleted: in the real page.

Each test goes through several cases, since a page and a kernel take longer to start than they run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_stream import Model, model, wait_text

__all__ = ["model"]

WORDS = tuple(f"word{n} " for n in range(40))
STALLED = Scenario(text=WORDS, fault="stall", fault_after=5)


@pytest.fixture
def flag(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "end"
    yield path
    path.touch()


def busy(flag: Path) -> str:
    """A cell that sleeps until it is told to end."""
    wait = f"while not os.path.exists({str(flag)!r}):\n    time.sleep(0.01)"
    return f"import os, time\nprint('busy', flush=True)\n{wait}"


def test_while_a_cell_computes(
    open_notebook: OpenNotebook, model: type[Model], flag: Path, shots: Path
) -> None:
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    stalled = {loop: model(STALLED) for loop in ("kernel", "thread")}
    page = open_notebook(
        [
            *(f"%%stream {m.name} --bg --loop {loop}\nHi" for loop, m in stalled.items()),
            f"%%stream {gated.name} --bg --loop thread\nHi",
            busy(flag),
        ]
    )
    for index in (1, 2, 3):
        page.run(index)
    wait_text(page, 1, "word4")
    wait_text(page, 2, "word4")
    page.start(4)
    wait_text(page, 4, "busy")
    # Tokens on the thread's loop keep coming.
    gated.request().release(5)
    wait_text(page, 3, "word4")
    # Stop reaches the server at once; what the kernel's loop has to say must wait for the cell.
    for index, (loop, told) in enumerate(stalled.items(), start=1):
        clicked = time.monotonic()
        page.widget(index).get_by_role("button", name="Stop").click()
        left = told.request().wait_until_left()
        print(f"{page.server.app}, {loop} loop: {(left - clicked) * 1000:.0f} ms to the server")
    wait_text(page, 1, "The answer is stopped")
    wait_text(page, 2, "cancelled: stopped by you")
    page.page.screenshot(path=shots / f"{page.server.app}-stopped-while-busy.png")
    gated.request().release(len(WORDS))
    wait_text(page, 3, "40 tokens")
    flag.touch()
    wait_text(page, 1, "cancelled: stopped by you")
    wait_text(page, 1, "word4")


@lab_only
def test_a_kernel_that_ends_is_said(
    open_notebook: OpenNotebook, model: type[Model], shots: Path
) -> None:
    stalled = model(STALLED)
    stream = f"%load_ext nbstream\nimport nbstream\nnbstream.stream('Hi', model={stalled.name!r})"
    # JupyterLab tells of a crash in a dialog.
    page = open_notebook([stream, stream, "import os\nos._exit(1)"], own_page=True)
    page.run(1)
    wait_text(page, 1, "word4")
    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    stalled.request(1).wait_until_left()
    wait_text(page, 1, "lost: the kernel was restarted")
    page.wait_idle()
    page.run(2)
    wait_text(page, 2, "word4")
    page.start(3)
    stalled.request(2).wait_until_left()
    for index, end in ((1, "lost: the kernel was restarted"), (2, "lost: the kernel crashed")):
        # The view and the text that takes its place both say so, and nothing is there in between.
        for words in (end, "word4"):
            wait_text(page, index, words)
    page.page.screenshot(path=shots / f"{page.server.app}-kernel-ended.png")


@lab_only
def test_a_deleted_cell_stops_its_stream_and_a_moved_one_does_not(
    open_notebook: OpenNotebook, model: type[Model]
) -> None:
    deleted, closed = model(STALLED), model(STALLED)
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    page = open_notebook(
        [
            *(f"%%stream {m.name} --bg --as w\nHi" for m in (deleted, gated, closed)),
            "w.close()",
        ]
    )
    for index in (1, 2, 3):
        page.run(index)
    gated.request().release(5)
    for index in (1, 2, 3):
        wait_text(page, index, "word4")
    page.run(4)
    closed.request().wait_until_left()
    select(page, 2)
    page.command("notebook:move-cell-down")
    select(page, 1)
    page.command("notebook:delete-cell")
    deleted.request().wait_until_left()
    gated.request().release(len(WORDS))
    wait_text(page, 2, "word39")
    wait_text(page, 2, "done")


def select(page: NotebookPage, index: int) -> None:
    page.page.evaluate(
        "(i) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = i }", index
    )
