"""Which streams a cell that runs again ends: those of its own notebook, in a page that was loaded
again as well."""

from __future__ import annotations

import shutil

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario
from tests.support.server import Server

from .conftest import OpenNotebook, lab_only

WORDS = tuple(f"word{n} " for n in range(20))
STALL = Scenario(text=WORDS, fault="stall", fault_after=5)
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"


def streaming(page: NotebookPage, index: int) -> None:
    page.wait(lambda: "word4" in page.output(index).inner_text(), "the answer's beginning")


@lab_only
def test_a_copy_of_the_notebook_on_the_same_kernel(
    open_notebook: OpenNotebook, model_server: Server
) -> None:
    model_server.scenarios["stalls-in-copies"] = STALL
    first = open_notebook(["%%stream stalls-in-copies --bg\nHi"])
    first.run(1)
    streaming(first, 1)
    kernel = first.page.evaluate(f"() => {KERNEL}")
    first.save()
    shutil.copy(first.server.root / first.name, first.server.root / "copy.ipynb")
    copy = NotebookPage(first.page, first.server, "copy.ipynb")
    copy.command("docmanager:open", path="copy.ipynb", kernel={"id": kernel})
    copy.page.wait_for_function(f"(id) => {KERNEL} === id", arg=kernel)
    copy.wait_idle()
    copy.start(1)

    def requests() -> list[str | None]:
        found = (r for r in model_server.requests if r.body)
        return [r.outcome for r in found if r.body.get("model") == "stalls-in-copies"]

    copy.wait(lambda: len(requests()) == 2, "the request of the copy")
    copy.start(1)
    copy.wait(lambda: len(requests()) == 3, "its request when it runs again")
    copy.wait(lambda: requests()[1] == "client left", "the end of the copy's first stream")
    assert requests() == [None, "client left", None], "the original's stream stays"


@lab_only
def test_a_cell_that_runs_again_in_a_reloaded_page(
    open_notebook: OpenNotebook, model_server: Server
) -> None:
    model_server.scenarios["stalls-when-reloaded"] = STALL
    page = open_notebook(["%%stream stalls-when-reloaded --bg\nHi"], own_page=True)
    page.run(1)
    streaming(page, 1)
    page.save()
    page.page.reload()
    page.open()
    streaming(page, 1)
    page.start(1)
    asked = (r for r in model_server.requests if r.body)
    first = next(r for r in asked if r.body["model"] == "stalls-when-reloaded")
    page.wait(lambda: first.outcome == "client left", "the end of the stream of the first run")
