"""The demo: real JupyterLab, real kernels, the real local model."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from nbstream.cli import commands
from nbstream.cli.notebooks import check_notebooks

pytestmark = pytest.mark.usefixtures("only_the_local_model")


def notebook(folder: Path, *cells: str) -> Path:
    path = folder / "it.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells]), path)
    return path


def test_check_counts_answers_and_tokens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = notebook(
        tmp_path,
        "import nbstream\n%load_ext nbstream",
        "%%stream --max-tokens 30\nWrite one sentence about the sea.",
        "w = nbstream.stream('Count from 1 to 100.', max_tokens=1500)\nw.cancel();",
    )
    before = path.read_bytes()

    (result,) = check_notebooks([path])

    assert result.error is None
    assert result.statuses["cancelled"] == 1
    assert result.statuses.total() == 2
    assert 0 < result.tokens <= 30
    assert str(result) in capsys.readouterr().out
    assert path.read_bytes() == before


def test_the_check_passes_for_a_notebook_of_the_demo() -> None:
    """One is enough for the check itself: nbval runs the cells of all."""
    (quickstart,) = check_notebooks([Path(__file__).parents[2] / "notebooks/quickstart.ipynb"])
    assert quickstart.error is None


@pytest.mark.parametrize(
    ("cell", "problem"), [("1/0", "ZeroDivisionError"), ("1+1", "no answer came")]
)
def test_check_fails_readably(tmp_path: Path, cell: str, problem: str) -> None:
    (result,) = check_notebooks([notebook(tmp_path, cell)])
    assert result.error
    assert problem in result.error
    assert "\x1b" not in str(result)


class SlowLab:
    """A server that has written where it is, and listens after three looks."""

    def __init__(self, bound: socket.socket) -> None:
        self.bound = bound
        self.looks = 0

    def wait(self, seconds: float) -> int:
        self.looks += 1
        if self.looks == 3:
            self.bound.listen()
        raise subprocess.TimeoutExpired("lab", seconds)


def test_the_address_is_told_once_somebody_listens_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        info = {"url": f"http://127.0.0.1:{port}/", "port": port, "token": "t"}
        (tmp_path / "jpserver-1.json").write_text(json.dumps(info))
        lab = SlowLab(bound)
        commands._print_address(lab, tmp_path, tmp_path)  # type: ignore[arg-type]  # as much of a process as is asked for
    assert lab.looks == 3
    assert f"http://127.0.0.1:{port}/lab/tree/quickstart.ipynb?token=t" in capsys.readouterr().out


def test_demo_opens_the_quickstart_for_this_python_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-u", "-m", "nbstream.cli", "demo", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout
            url = next(line.strip() for line in demo.stdout if "?token=" in line)
            assert re.fullmatch(
                r"http://127\.0\.0\.1:\d+/lab/tree/quickstart\.ipynb\?token=.+", url
            )
            with urllib.request.urlopen(url) as page:
                assert page.status == 200
            api, _, token = url.replace("lab/tree/quickstart.ipynb", "api/kernelspecs").partition(
                "?token="
            )
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(api)
            refused.value.close()
            with urllib.request.urlopen(f"{api}?token={token}") as answer:
                specs = json.load(answer)["kernelspecs"]
            assert specs["python3"]["spec"]["argv"][0] == sys.executable
        finally:
            demo.send_signal(signal.SIGTERM)
        demo.wait(timeout=60)
