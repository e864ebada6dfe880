"""Notebooks executed with nobody looking: nbclient, papermill, nbconvert."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from tests.kernel.conftest import KEY
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT)
WIDGET = "application/vnd.jupyter.widget-view+json"


def notebook(*cells: str) -> Any:
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(source) for source in ("%load_ext nbstream", *cells)]
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return made


@pytest.fixture
def execute(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def run(*cells: str, **options: Any) -> Any:
        made = notebook(*cells)
        nbclient.NotebookClient(made, timeout=60, kernel_name="python3", **options).execute()
        return made

    return run


def markdown(cell: Any) -> list[str]:
    datas = [output.get("data", {}) for output in cell.outputs]
    return [data["text/markdown"] for data in datas if "text/markdown" in data]


def test_nbclient(execute: Any, server: Server) -> None:
    made = execute("%%stream --as w\nWhy?", "w.status", "%%stream test/length\nMore?")
    (shown,) = markdown(made.cells[1])
    assert "Streams carry an answer" in shown
    assert "done" in shown
    assert made.cells[2].outputs[0]["data"]["text/plain"] == "'completed'"
    (cut,) = markdown(made.cells[3])
    assert "token limit" in cut
    text = nbformat.writes(made)
    assert WIDGET not in text
    assert "_esm" not in text
    assert "widgets" not in made.metadata
    assert len(text) < 10_000
    assert KEY not in text


def test_persist_widget_has_no_script_either(execute: Any, server: Server) -> None:
    made = execute(
        "%%stream --persist widget\nWhy?",
        "import nbstream; w = nbstream.stream('Hi')\nw",
        "await w",
    )
    text = nbformat.writes(made)
    assert "_esm" not in text
    assert "Streams carry an answer" in markdown(made.cells[1])[0]


def test_background_waits_where_nobody_looks(execute: Any, server: Server) -> None:
    server.enqueue(Scenario(delay=0.02))
    made = execute("%%stream --bg\nWhy?")
    (shown,) = markdown(made.cells[1])
    assert "nothing is lost and nothing comes twice." in shown


def test_a_stream_of_python_is_kept_by_its_await(execute: Any, server: Server) -> None:
    server.enqueue(Scenario(delay=0.02))
    made = execute("import nbstream\nw = nbstream.stream('Hi')\nawait w")
    shown = "".join(markdown(made.cells[1]))
    assert "nothing is lost and nothing comes twice." in shown


@pytest.mark.parametrize("client", ["OpenAI", "AsyncOpenAI"])
def test_a_shown_stream_is_kept_by_its_for(execute: Any, server: Server, client: str) -> None:
    wait, read = ("await ", "async for") if client == "AsyncOpenAI" else ("", "for")
    made = execute(
        "import openai, os, nbstream\n"
        f"client = openai.{client}(api_key=os.environ['NBSTREAM_API_KEY'])\n"
        "asked = {'model': 'test/ok', 'messages': [{'role': 'user', 'content': 'Why?'}]}\n"
        f"s = {wait}client.chat.completions.create(**asked, stream=True)\n"
        f"w = nbstream.show(s)\ndisplay(w)\n{read} chunk in w:\n    pass"
    )
    (shown,) = markdown(made.cells[1])
    assert "Streams carry an answer" in shown


def test_a_server_error_fails_the_run(execute: Any, server: Server) -> None:
    with pytest.raises(nbclient.exceptions.CellExecutionError) as caught:
        execute("%%stream test/401\nWhy?", "print('not reached')")
    said = str(caught.value)
    assert "StreamError" in said
    assert "Incorrect API key provided: [redacted]" in said
    assert "Check the API key" in said
    assert KEY not in said


def test_an_error_may_be_let_through(execute: Any, server: Server) -> None:
    made = execute("%%stream test/reset\nWhy?", "print('reached')", allow_errors=True)
    (shown,) = markdown(made.cells[1])
    assert "Streams carry" in shown, "the text so far is kept"
    assert made.cells[2].outputs[0]["text"] == "reached\n"
    assert KEY not in nbformat.writes(made)


def run(
    folder: Path, environment: dict[str, str], *command: str
) -> subprocess.CompletedProcess[str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**plain, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


PAPERMILL = ("papermill", "in.ipynb", "out.ipynb", "--no-progress-bar")
NBCONVERT = ("nbconvert", "--to", "notebook", "--execute", "in.ipynb", "--output", "out.ipynb")


@pytest.mark.parametrize("command", [PAPERMILL, NBCONVERT], ids=["papermill", "nbconvert"])
def test_commands(
    tmp_path: Path, environment: dict[str, str], server: Server, command: tuple[str, ...]
) -> None:
    nbformat.write(
        notebook("%%stream\nWhy?", "%%stream --bg test/markdown\nWhy?"), tmp_path / "in.ipynb"
    )
    done = run(tmp_path, environment, *command)
    assert done.returncode == 0, done.stderr
    made = nbformat.read(tmp_path / "out.ipynb", 4)
    cells = made.cells[-2:]
    assert "Streams carry an answer" in "".join(markdown(cells[0]))
    assert "Backpressure" in "".join(markdown(cells[1]))
    text = json.dumps(made)
    assert "_esm" not in text
    for place in (text, done.stdout, done.stderr):
        assert KEY not in place

    nbformat.write(notebook("%%stream test/400\nWhy?"), tmp_path / "in.ipynb")
    failed = run(tmp_path, environment, *command)
    assert failed.returncode != 0
    assert "Unknown parameter: 'bogus'" in failed.stderr
    assert KEY not in failed.stderr + failed.stdout
