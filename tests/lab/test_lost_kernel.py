"""A kernel ends mid-stream: the notebook keeps what the page showed, and how it ended.

`--repeats 20` does each twenty times.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.page import _PANEL, NotebookPage
from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_stream import Model, model, wait_text  # noqa: F401  # a fixture

WORDS = tuple(f"word{n} " for n in range(60))
SHOWN = [f"word{n}" for n in range(10)]
HOSTILE = ("<script>window.ran = 1</script> ![](http://192.0.2.1/x) ", "$\\frac{a}{b}$ ```\n")
ENDINGS = r"lost: the kernel (was restarted|crashed|has ended)|cancelled: interrupted"

REST = """async ([method, path, body]) => {
    const { serverSettings } = window.jupyterapp.serviceManager;
    const { session } = window.jupyterapp.shell.currentWidget.sessionContext;
    path = path.replace("KERNEL", session.kernel.id).replace("SESSION", session.id);
    await fetch(serverSettings.baseUrl + path, {
        method,
        body: body && JSON.stringify(body),
        headers: { Authorization: `token ${serverSettings.token}` },
    });
}"""


def rest(method: str, path: str, body: object = None) -> Callable[[NotebookPage], None]:
    """What another page or program asks of the server."""
    return lambda page: page.page.evaluate(REST, [method, path, body])


def has_confirmed(page: NotebookPage, question: str) -> bool:
    """Accept a dialog; returns whether it asks this: JupyterLab also reports a crash in one."""
    dialog = page.page.locator(".jp-Dialog")
    if not dialog.count():
        return False
    text = dialog.first.inner_text()
    dialog.first.locator(".jp-mod-accept").click()
    return question in text


def command(name: str, confirm: str = "") -> Callable[[NotebookPage], None]:
    """What a person chooses in the menu."""

    def choose(page: NotebookPage) -> None:
        page.page.evaluate("(name) => { window.jupyterapp.commands.execute(name) }", name)
        if confirm:
            page.wait(lambda: has_confirmed(page, confirm), "the question")

    return choose


def change(page: NotebookPage) -> None:
    page.page.evaluate(f"() => {_PANEL}.sessionContext.changeKernel({{ name: 'python3' }})")


def kill(page: NotebookPage) -> None:
    pid = int(page.output(1).inner_text())
    os.kill(pid, signal.SIGKILL)


WAYS = {
    "killed": kill,
    "restarted": command("notebook:restart-kernel", confirm="Restart Kernel?"),
    "restarted-elsewhere": rest("POST", "api/kernels/KERNEL/restart"),
    "shut-down": command("kernelmenu:shutdown"),
    "shut-down-elsewhere": rest("DELETE", "api/kernels/KERNEL"),
    "session-deleted-elsewhere": rest("DELETE", "api/sessions/SESSION"),
    "changed": change,
    "changed-elsewhere": rest("PATCH", "api/sessions/SESSION", {"kernel": {"name": "python3"}}),
}


def start(page: NotebookPage, gated: Model, number: int = 1) -> None:
    page.run(1)
    page.start(2)
    gated.request(number).release(10)
    wait_text(page, 2, "word9")


def open_page(open_notebook: OpenNotebook, gated: Model, **options: bool) -> NotebookPage:
    cells = ["import os; print(os.getpid())", f"%%stream {gated.name}\nHi"]
    return open_notebook(cells, **options)


KERNEL = f"{_PANEL}.sessionContext.session?.kernel"
# The server refuses to change a kernel that is just being restarted or shut down.
NEW_KERNEL = f"""async (old) => {{
    if (!{KERNEL} || {KERNEL}.id === old)
        await {_PANEL}.sessionContext.changeKernel({{ name: "python3" }}).catch(() => {{}});
    return {KERNEL} && {KERNEL}.id !== old
        && {KERNEL}.status === "idle" && {KERNEL}.connectionStatus === "connected";
}}"""


def begin_anew(page: NotebookPage, old: str) -> None:
    """Another kernel than ``old`` for the next round, which nothing of the last one reaches."""
    page.wait(lambda: page.page.evaluate(NEW_KERNEL, old), "a new kernel")
    page.command("notebook:clear-all-cell-outputs")  # and the numbers, which begin again
    page.run(0)


def keeps_text(page: NotebookPage) -> None:
    """In the page and in the file."""
    page.wait(lambda: set(page.output_data(2)) == {"text/markdown", "text/plain"}, "the text")
    for text in page.save().cells[2].outputs[0].data.values():
        assert re.findall(r"word\d+", text) == SHOWN
        assert re.search(ENDINGS, text), text
        assert "waiting" not in text
    page.wait(lambda: re.findall(r"word\d+", page.output(2).inner_text()) == SHOWN, "the words")
    page.wait(lambda: page.widget(2).count() == 0, "no clock that runs on, no advice")


@pytest.mark.parametrize("way", WAYS)
def test_the_notebook_keeps_what_the_page_showed(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    way: str,
    repeats: int,
) -> None:
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    # JupyterLab tells of a crash in a dialog, which would be in the next test's way.
    page = open_page(open_notebook, gated, own_page=way == "killed")
    kernel = ""
    for number in range(1, repeats + 1):
        if number > 1:
            begin_anew(page, kernel)
        kernel = page.page.evaluate(f"() => {KERNEL}.id")
        start(page, gated, number)
        WAYS[way](page)
        keeps_text(page)


@lab_only
def test_after_a_reload(open_notebook: OpenNotebook, model: type[Model]) -> None:  # noqa: F811
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    page = open_page(open_notebook, gated, own_page=True)
    start(page, gated)
    page.save()
    page.open(kernel=False)
    # Not the saved text, which a page without a kernel shows.
    page.wait(lambda: "word9" in "".join(page.widget(2).all_inner_texts()), "the live answer")
    WAYS["restarted-elsewhere"](page)
    keeps_text(page)
    page.open()
    page.wait(lambda: re.search(ENDINGS, page.output(2).inner_text()), "the text")
    assert "rror displaying widget" not in page.output(2).inner_text()


@lab_only
@pytest.mark.parametrize("theme", ["light", "dark", "narrow"])
def test_hostile_text_is_kept_and_harmless(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    theme: str,
    shots: Path,
) -> None:
    words = (*HOSTILE, "\n# A title\n\n- a point with **strong** words, ", *["and more " * 20] * 3)
    gated = model(Scenario(reasoning=("Let me think. ",), text=words, gates=frozenset({"finish"})))
    page = open_page(open_notebook, gated, own_page=True, dark=theme == "dark")
    if theme == "narrow":
        page.page.set_viewport_size({"width": 480, "height": 800})
    page.run(1)
    page.start(2)
    output = page.output(2)
    page.wait(lambda: output.inner_text().count("and more") == 60, "all of the text")
    kill(page)  # it has no time left to write the output itself
    page.wait(lambda: page.widget(2).count() == 0, "the text")
    page.wait(lambda: re.search(ENDINGS, output.inner_text()), "how it ended")
    text = output.locator("pre").last
    page.wait(lambda: (text.text_content() or "").strip() == "".join(words).strip(), "the text")
    assert page.page.evaluate("() => window.ran") is None
    assert not [url for url in page.requests if "192.0.2.1" in url]
    assert output.locator("mjx-container").count() == 0
    page.page.locator(".jp-Dialog .jp-mod-accept").click()
    page.page.screenshot(path=shots / f"{page.server.app}-lost-{theme}.png")
