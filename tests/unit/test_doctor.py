"""The doctor's findings: complete, without secrets, each problem with a remedy."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from nbstream import doctor, local
from nbstream.errors import LocalModelError
from tests.support.environment import choose_nothing

SECRET = "sk-test-0123456789abcdef"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_nothing(monkeypatch)


def by_name(**options: bool) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.checks(start_local=False, **options)}


def test_names_what_answers_requests() -> None:
    found = by_name()
    assert found["API key"].value == "none is set"
    assert local.MODEL in found["requests"].value
    for package in ("python", "nbstream", "openai", "anywidget", "ipywidgets", "jupyterlab"):
        assert found[package].remedy is None, found[package]


def test_never_shows_a_key_or_the_password_of_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_BASE_URL", f"https://me:{SECRET}@llm.example/v1?key={SECRET}")
    monkeypatch.setenv("NBSTREAM_MODEL", "some-model")

    found = by_name()

    assert found["API key"].value == "OPENAI_API_KEY is set"
    assert found["server"].value == "llm.example"
    assert "some-model" in found["requests"].value
    assert SECRET not in doctor.report(list(found.values()))
    assert SECRET not in repr(found)


def test_requests_that_cannot_be_sent_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://llm.example/v1")
    remedy = by_name()["requests"].remedy
    assert remedy
    assert "llm.example" in remedy


def test_missing_and_old_packages_are_problems_only_where_they_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(name: str) -> str:
        if name in ("anywidget", "jupyterlab"):
            raise PackageNotFoundError(name)
        return {"openai": "1.9.9"}.get(name, "99.0rc1")

    monkeypatch.setattr(doctor, "version", version)
    found = by_name()
    assert found["anywidget"].remedy == "pip install 'anywidget>=0.11'"
    assert found["openai"].remedy == "pip install 'openai>=1.66.3'"
    assert found["jupyterlab"].remedy is None
    assert found["ipywidgets"].remedy is None


def test_a_front_end_that_is_not_built_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_STATIC", tmp_path)
    assert by_name()["front end"].remedy
    for name in ("loader.js", "widget.js", "notebook.js", "widget.css"):
        (tmp_path / name).touch()
    assert by_name()["front end"].remedy is None


def test_an_extension_that_jupyterlab_does_not_find_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path)])
    assert by_name()["JupyterLab extension anywidget"].remedy
    (tmp_path / "anywidget").mkdir()
    (tmp_path / "anywidget" / "package.json").write_text("{}")
    assert by_name()["JupyterLab extension anywidget"].remedy is None


def test_a_model_that_does_not_start_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_server() -> None:
        raise LocalModelError("it does not start; do this")

    monkeypatch.setattr(local, "find_model", lambda: Path("model.gguf"))
    monkeypatch.setattr(local, "get_server", get_server)
    check = doctor.checks()[-1]
    assert check.remedy == "it does not start; do this"


def test_the_report_puts_each_remedy_under_its_problem() -> None:
    checks = [doctor.Check("a", "1"), doctor.Check("b", "2", "do this")]
    lines = doctor.report(checks).splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "problem", "->"]
    assert lines[2].endswith("-> do this")
