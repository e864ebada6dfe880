"""The front end's code travels once to each page, and nothing waits for it that has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbstream.comm.assets import packed
from tests.support.page import NotebookPage

from .conftest import OpenNotebook, lab_only
from .test_stream import wait_text

SETUP = "import ipywidgets, nbstream, time, pathlib"
FORGET = "() => globalThis[Symbol.for('nbstream.loaded.2')].clear()"


def answers(page: NotebookPage, index: int, count: int) -> None:
    page.wait(lambda: page.output(index).inner_text().count("number") == count, f"{count} answers")


def test_ten_short_answers_one_after_another(open_notebook: OpenNotebook, shots: Path) -> None:
    cells = [f"%%stream test/ok\nHi {n}" for n in range(10)]
    page = open_notebook(cells, own_page=True)
    received = []
    for index in range(1, 11):
        before = page.received
        page.run(index)
        wait_text(page, index, "tokens")
        page.wait(lambda index=index: page.widget(index).count() == 0, "the finished text")
        received.append(page.received - before)
    assert page.front_ends == 1
    assert max(received[1:]) < len(packed()) < received[0]
    (shots / f"{page.server.app}-opening.json").write_text(json.dumps(received))


def test_ten_at_once_and_a_reload(open_notebook: OpenNotebook) -> None:
    many = "ipywidgets.VBox([nbstream.show([f'number {n} ']) for n in range(10)])"
    page = open_notebook([SETUP, many, "nbstream.show(['number '])"], own_page=True)
    page.run(1)
    page.run(2)
    answers(page, 2, 10)
    assert page.front_ends == 1
    page.save()
    page.open()
    answers(page, 2, 10)
    assert page.front_ends == 2, "a new page needs it, and gets it with one of ten states"
    page.run(3)
    answers(page, 3, 1)
    assert page.front_ends == 2


@lab_only
@pytest.mark.parametrize("lacks", [False, True])
def test_a_page_that_lacks_the_code_asks_for_it(open_notebook: OpenNotebook, lacks: bool) -> None:
    show = "nbstream.show(['number '])"
    page = open_notebook([SETUP, show, show], own_page=True)
    page.run(1)
    page.run(2)
    answers(page, 2, 1)
    if lacks:
        page.page.evaluate(FORGET)
    page.run(3)
    answers(page, 3, 1)
    assert page.front_ends == 1 + lacks
    assert page.errors == []


@lab_only
def test_two_pages_of_one_kernel_each_get_it(open_notebook: OpenNotebook) -> None:
    show = "nbstream.show(['number '])"
    both = (
        "import asyncio\nfrom nbstream.comm.delivery import delivery\n"
        "while len(delivery._clients) < 2: await asyncio.sleep(0.01)"
    )
    page = open_notebook([SETUP, show, show, show, both], own_page=True)
    page.run(1)
    page.run(2)
    answers(page, 2, 1)
    page.save()
    other = open_notebook(file=page.name)
    answers(other, 2, 1)
    assert other.front_ends == 1
    page.run(5)  # the kernel hears a new page a moment after it shows something
    before = page.front_ends + other.front_ends
    other.run(3)
    answers(other, 3, 1)
    page.run(4)
    answers(page, 4, 1)
    assert page.front_ends + other.front_ends == before


@lab_only
def test_a_busy_kernel_keeps_nothing_blank(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    gates = [tmp_path / name for name in ("first", "second")]
    cells = [
        "from IPython.display import display\n"
        "for n in range(2):\n"
        "    w = nbstream.show(iter(['number ', 'two ']), loop='thread')\n"
        "    display(w)\n"
        f"while not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.01)"
        for gate in gates
    ]
    page = open_notebook([SETUP, *cells], own_page=True)
    page.run(1)
    for index, gate in enumerate(gates, 2):
        page.start(index)
        answers(page, index, 2)
        gate.touch()
        page.wait(lambda index=index: page.execution_count(index) is not None, "the end")
    assert page.front_ends == 1


@lab_only
def test_saved_widget_state_shows_each_answer_without_a_kernel(open_notebook: OpenNotebook) -> None:
    cells = [f"%%stream test/ok --persist widget\nHi {n}" for n in range(2)]
    page = open_notebook(cells, own_page=True)
    for index in (1, 2):
        page.run(index)
        wait_text(page, index, "done")
    assert page.front_ends == 1
    save_state = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    page.command(save_state)
    try:
        saved = page.save()
        states = saved.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
        models = [s for s in states.values() if s["model_name"] == "AnyModel"]
        kept = [{buffer["path"][0] for buffer in model["buffers"]} for model in models]
        assert kept == [{"_code"}, {"_code"}]
        saved.metadata.pop("kernelspec")
        again = open_notebook(file=page.name, kernel=False)
        for index in (1, 2):
            wait_text(again, index, "Streams carry an answer")
            assert again.widget(index).count() == 1
    finally:
        page.command(save_state)
