"""The recipes of the README for other tools that take a notebook: nbval, nbconvert, jupytext."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT)
CELLS = [
    "%load_ext nbstream",
    "topic = 'queues'",
    '%%stream --as answer\nIt\'s about {{topic}} and "words\\d".',
    "assert answer.status == 'completed'",
    "%%stream --chat c\nAnd {{answer}}?",
]
AWAITS = ["import nbstream\nw = nbstream.stream('Hi')", "await w\nprint(w.status)"]
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {
        "name": "python",
        "file_extension": ".py",
        "nbconvert_exporter": "python",
    },
}


class Tools:
    """A folder with a notebook, and the tools that are run on it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        plain = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
        self._environment = {**plain, "IPYTHONDIR": str(folder / "ipython"), **environment}

    def write(self, name: str, cells: list[str], tag: str | None = None) -> None:
        made = [nbformat.v4.new_code_cell(cell) for cell in cells]
        for cell in made:
            if tag and cell.source.startswith("%%stream"):
                cell.metadata["tags"] = [tag]
        notebook = nbformat.v4.new_notebook(cells=made, metadata=METADATA)
        nbformat.write(notebook, self.folder / name)

    def read(self, name: str) -> Any:
        return nbformat.read(self.folder / name, as_version=4)

    def run(self, *command: str, succeeds: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        output = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, output
        return output


@pytest.fixture
def tools(tmp_path: Path, environment: dict[str, str], server: Server) -> Tools:
    return Tools(tmp_path, environment)


EXECUTE = ("nbconvert", "--to", "notebook", "--execute", "--inplace")
NBVAL = ("pytest", "-q", "-p", "no:cacheprovider", "--nbval-current-env")


def test_strict_nbval(tools: Tools, server: Server) -> None:
    tools.write("asks.ipynb", CELLS, tag="nbval-ignore-output")
    tools.run(*EXECUTE, "asks.ipynb")
    assert ANSWER.strip() in tools.read("asks.ipynb").cells[2].outputs[0].data["text/markdown"]
    assert "5 passed" in tools.run(*NBVAL, "--nbval", "asks.ipynb")
    # What it ignores is the output: a stream that fails is a cell that fails.
    server.enqueue(Scenario(status=400))
    failed = tools.run(*NBVAL, "--nbval", "asks.ipynb", succeeds=False)
    assert "BadRequestError 400" in failed


def test_lax_nbval(tools: Tools) -> None:
    tools.write("asks.ipynb", CELLS)
    assert "5 passed" in tools.run(*NBVAL, "--nbval-lax", "asks.ipynb")


def test_a_script_of_nbconvert(tools: Tools, server: Server) -> None:
    tools.write("asks.ipynb", CELLS)
    tools.run("nbconvert", "--to", "script", "asks.ipynb")
    output = tools.run("IPython", "--colors=nocolor", "asks.py")
    assert output.count(ANSWER) == 2
    prompts = [request.body["messages"][-1]["content"] for request in server.requests]
    assert prompts == ['It\'s about queues and "words\\d".', f"And {ANSWER}?"]
    server.enqueue(Scenario(status=400))
    tools.run("IPython", "--colors=nocolor", "asks.py", succeeds=False)


@pytest.mark.parametrize("name", ["asks.ipy", "asks.ipynb"])
def test_a_script_that_awaits(tools: Tools, name: str) -> None:
    tools.write("asks.ipynb", [*CELLS, *AWAITS])
    tools.run("nbconvert", "--to", "script", "asks.ipynb")
    (tools.folder / "asks.py").rename(tools.folder / "asks.ipy")
    output = tools.run("IPython", "--colors=nocolor", name)
    assert output.count(ANSWER) == 2
    assert output.rstrip().endswith("completed")


@pytest.mark.parametrize(
    ("form", "file"), [("md", "asks.md"), ("py:percent", "asks.py"), ("py:light", "asks.py")]
)
def test_jupytext(tools: Tools, server: Server, form: str, file: str) -> None:
    pytest.importorskip("jupytext")
    tools.write("asks.ipynb", CELLS, tag="active-ipynb")
    tools.run("jupytext", "--to", form, "asks.ipynb", "-o", file)
    if file.endswith(".py"):
        compile((tools.folder / file).read_text(), file, "exec")
    tools.run("jupytext", "--to", "ipynb", "--execute", file, "-o", "back.ipynb")
    back = tools.read("back.ipynb")
    assert [cell.source for cell in back.cells] == CELLS
    assert ANSWER.strip() in back.cells[2].outputs[0].data["text/markdown"]
    assert len(server.requests) == 2
