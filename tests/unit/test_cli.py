"""The command line, without starting what it starts."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

import nbstream
from nbstream import doctor, local
from nbstream.cli import commands
from nbstream.errors import LocalModelError
from tests.support.environment import choose_nothing


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"nbstream {nbstream.__version__}\n"


@pytest.mark.parametrize(("remedy", "status"), [(None, 0), ("do this", 1)])
def test_doctor_fails_if_there_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    remedy: str | None,
    status: int,
) -> None:
    monkeypatch.setattr(doctor, "checks", lambda: [doctor.Check("it", "is so", remedy)])
    assert commands.main(["doctor"]) == status
    assert "it: is so" in capsys.readouterr().out


def test_the_demo_says_which_packages_are_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda name: None)
    assert commands.main(["demo"]) == 1
    assert "pip install 'nbstream[local,demo]'" in capsys.readouterr().err


def test_an_error_is_one_message_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ensure_model() -> Path:
        raise LocalModelError("no network; do this")

    choose_nothing(monkeypatch)
    monkeypatch.setattr(local, "ensure_model", ensure_model)
    assert commands.main(["demo", "--check"]) == 1
    assert capsys.readouterr().err == "nbstream: no network; do this\n"


def test_an_installed_package_copies_its_notebooks_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "nbstream"
    (package / "notebooks").mkdir(parents=True)
    (package / "notebooks" / "quickstart.ipynb").write_text("original")
    monkeypatch.setattr(commands, "_PACKAGE", package)
    monkeypatch.chdir(tmp_path)

    folder = commands._working_notebooks()

    assert folder == tmp_path / "nbstream-demo"
    (folder / "quickstart.ipynb").write_text("mine")
    assert commands._working_notebooks() == folder
    assert (folder / "quickstart.ipynb").read_text() == "mine"


def test_a_checkout_opens_its_own_notebooks() -> None:
    assert commands._working_notebooks() == Path(nbstream.__file__).parents[1] / "notebooks"


def test_jupyter_finds_this_python_first_and_a_token_that_others_cannot_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JUPYTER_PATH", "/somewhere")
    with commands._jupyter_paths() as paths:
        first, second = paths["JUPYTER_PATH"].split(os.pathsep)
        spec = json.loads(Path(first, "kernels", "python3", "kernel.json").read_text())
        assert spec["argv"][0] == sys.executable
        assert second == "/somewhere"
        token = Path(paths["JUPYTER_TOKEN_FILE"])
        assert len(token.read_text()) >= 32
        assert stat.S_IMODE(token.parent.stat().st_mode) == 0o700
    assert not token.exists()
