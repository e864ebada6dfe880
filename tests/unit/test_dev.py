"""The bootstrap: what decides a new installation, how results are counted, what is refused."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import browser

ROOT = Path(__file__).parents[2]
REPORT = """<testsuites><testsuite tests="5">
<testcase name="a"/><testcase name="b"/>
<testcase name="c"><failure message="x"/></testcase>
<testcase name="d"><error message="x"/></testcase>
<testcase name="e"><skipped message="x"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """dev.py, working in an empty project."""
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # dataclasses looks its module up.
    monkeypatch.setitem(sys.modules, "dev", module)
    spec.loader.exec_module(module)
    (tmp_path / "js" / "src").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "constraints.txt").write_text("openai==1\nhttpx==2\n")
    (tmp_path / "js" / "src" / "index.ts").write_text("1")
    for name, path in {"ROOT": "", "VENV": ".venv", "CACHE": ".cache", "STATIC": "static"}.items():
        monkeypatch.setattr(module, name, tmp_path / path)
    module.CACHE.mkdir()
    return module


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt", "js/src/index.ts"])
def test_a_changed_source_changes_the_fingerprint(dev: ModuleType, changed: str) -> None:
    before = dev.fingerprint()
    assert dev.fingerprint() == before
    (dev.ROOT / changed).write_text("changed")
    assert dev.fingerprint() != before


def test_installs_once_until_something_changes(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(dev, "PYTHON", sys.executable)
    monkeypatch.setattr(dev, "call", lambda command, *_: calls.append(command) or 0)
    for folder in (dev.VENV, dev.STATIC):
        folder.mkdir()
    (dev.STATIC / "widget.js").touch()

    assert dev.install("local", "demo")
    assert dev.install("local", "demo")
    assert len(calls) == 1
    assert calls[0][-2:] == ["-e", ".[local,demo]"]

    (dev.ROOT / "constraints.txt").write_text("openai==2\n")
    assert dev.install("local", "demo")
    (dev.STATIC / "widget.js").unlink()
    assert dev.install("local", "demo")
    assert len(calls) == 3


def test_a_failed_installation_is_tried_again(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "PYTHON", sys.executable)
    monkeypatch.setattr(dev, "call", lambda *_: 1)
    dev.VENV.mkdir()

    assert not dev.install("local")
    assert not dev.install("local")
    assert "Check the network" in capsys.readouterr().out


def test_a_missing_ensurepip_is_named(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def create(path: Path, with_pip: bool) -> None:
        path.mkdir()
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr(dev.venv, "create", create)

    assert not dev.make_venv()
    assert "-venv" in capsys.readouterr().out
    assert not dev.VENV.exists()


def test_counts_the_tests_of_a_report(dev: ModuleType, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert dev.read_report(report) == (0, 0, 0)
    report.write_text(REPORT)
    assert dev.read_report(report) == (2, 2, 1)


WRITE_REPORT = f"open(sys.argv[-1], 'w').write('''{REPORT}'''); sys.exit(1)"


@pytest.mark.parametrize(
    ("program", "passed", "failed"),
    [
        ("pass", 0, 0),
        ("raise SystemExit(4)", 0, 1),
        (f"import sys; {WRITE_REPORT}", 2, 2),
    ],
)
def test_a_failing_step_fails_the_run(
    dev: ModuleType,
    capsys: pytest.CaptureFixture[str],
    program: str,
    passed: int,
    failed: int,
) -> None:
    steps = dev.Steps()
    report = dev.CACHE / "report.xml"
    steps.run("it", [sys.executable, "-c", program, str(report)], os.environ, report=report)
    steps.run("gate", [sys.executable, "-c", "pass"], os.environ, cwd=dev.ROOT)

    assert steps.finish() == (1 if failed else 0)
    assert capsys.readouterr().out.splitlines()[-1] == f"{passed + 1} passed, {failed} failed"


def test_a_command_beside_other_steps_is_printed_and_counted_behind_them(
    dev: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = dev.Steps()
    report = dev.CACHE / "beside.xml"
    program = f"import sys; open(sys.argv[1], 'w').write('beside'); print('beside'); {WRITE_REPORT}"
    command = [sys.executable, "-c", program, str(dev.ROOT / "flag"), str(report)]
    wait = "import os, sys\nwhile not os.path.exists(sys.argv[1]): pass\nprint('step')"
    with steps.beside("it", command, os.environ, report):
        steps.run("step", [sys.executable, "-c", wait, str(dev.ROOT / "flag")], os.environ)
    assert steps.finish() == 1
    out = capfd.readouterr().out
    assert out.index("step") < out.index("beside")
    assert out.splitlines()[-1] == "3 passed, 2 failed"


def test_a_command_beside_other_steps_ends_with_them(dev: ModuleType) -> None:
    steps = dev.Steps()
    command = [sys.executable, "-c", "import time\nwhile True: time.sleep(1)"]
    with (
        pytest.raises(KeyboardInterrupt),
        steps.beside("it", command, os.environ, dev.CACHE / "beside.xml"),
    ):
        raise KeyboardInterrupt
    assert steps.counts == {"passed": 0, "failed": 0}


def test_older_sdks_are_installed_with_the_other_pins(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def call(command: list[str]) -> int:
        commands.append(command)
        Path(command[command.index("--target") + 1]).mkdir()
        return 0

    monkeypatch.setattr(dev, "call", call)
    for _ in range(2):
        environment = dev.older_openai("1.66.3", {"PATH": "x"})
    assert len(commands) == 1
    assert commands[0][-1] == "openai==1.66.3"
    constraints = Path(commands[0][commands[0].index("-c") + 1])
    assert constraints.read_text() == "httpx==2\n"
    assert environment["PYTHONPATH"] == str(dev.CACHE / "openai-1.66.3")
    assert (dev.CACHE / "openai-1.66.3").is_dir()


def test_older_kernels_come_with_an_ipython_of_their_time(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(dev, "call", lambda command: commands.append(command) or 1)
    (dev.ROOT / "constraints.txt").write_text("ipykernel==7\nipython==9\nipython-x==1\n")
    environment = dev.older_kernel("6.29.5", {"PATH": "x"})
    assert commands[0][-2:] == ["ipykernel==6.29.5", "ipython==8.12.3"]
    constraints = Path(commands[0][commands[0].index("-c") + 1])
    assert constraints.read_text() == "ipython-x==1\n"
    assert environment["NBSTREAM_TEST_IPYKERNEL"] == "6.29.5"
    assert environment["NBSTREAM_TEST_KERNEL_PATH"] == str(dev.CACHE / "ipykernel-6.29.5")


def test_benchmarks_get_the_packages_and_the_arguments(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(dev, "install", lambda *_: True)
    monkeypatch.setattr(dev, "call", lambda command, *_: commands.append(command) or 0)

    assert dev.main(["bench", "render", "--quick"]) == 0
    assert commands[0][1:3] == ["install", "--no-save"]
    assert commands[1][1:] == ["-m", "benchmarks", "render", "--quick"]


@pytest.mark.parametrize(
    ("arguments", "status"), [([], 2), (["tests"], 2), (["--help"], 0), (["test", "--help"], 0)]
)
def test_says_how_it_is_used(arguments: list[str], status: int) -> None:
    command = [sys.executable, str(ROOT / "dev.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "dev.py test" in done.stdout


def fake_browser(path: Path, status: int = 0) -> Path:
    path.write_text(f"#!/bin/sh\necho Chromium 1.2.3\nexit {status}\n")
    path.chmod(0o755)
    return path


def test_a_named_browser_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = fake_browser(tmp_path / "mine")
    monkeypatch.setenv("CHROMIUM", str(chosen))
    assert browser.ensure_chromium() == str(chosen)

    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(browser.NoBrowserError, match="does not start"):
        browser.ensure_chromium()


def test_a_browser_that_does_not_start_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    fake_browser(tmp_path / "chromium", status=1)
    good = fake_browser(tmp_path / "google-chrome")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find_chromium() == str(good)


def test_without_any_browser_the_remedy_is_named_after_both_ways_were_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    monkeypatch.setattr(browser, "_fetch_with_playwright", lambda: tried.append("playwright"))
    monkeypatch.setattr(browser, "_fetch_with_apt", lambda: tried.append("apt"))
    with pytest.raises(browser.NoBrowserError, match="CHROMIUM"):
        browser.ensure_chromium()
    assert tried == ["playwright", "apt"]


def test_a_command_ends_with_dev_py() -> None:
    script = (
        "import dev, sys; sys.exit(dev.call([sys.executable, '-c',"
        " 'import time; print(1, flush=True); time.sleep(600)']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "1\n"
        process.terminate()
        # The pipe ends when the last process that holds it has ended.
        assert process.stdout.read() == ""
