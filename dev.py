#!/usr/bin/env python3
"""Everything a newcomer needs, in commands that set up what they use:

    python3 dev.py demo                try it: JupyterLab on the demo notebook
    python3 dev.py demo --check        run the demo notebooks without a browser and report
    python3 dev.py test                all checks and tests, as in continuous integration
    python3 dev.py test -k wire        pytest only, with these arguments
    python3 dev.py bench render        what streaming Markdown costs; or adversarial, calm,
                                       kernel, wire, load, adapters, serve: what streams cost;
                                       formulas: whether any keeps JupyterLab from answering
    python3 dev.py bench agreement     whether live view and saved output read Markdown alike
    python3 dev.py kernels             how fast Stop and Interrupt act, kernel by kernel
    python3 dev.py sdks                all tests of tests/sdk with each older release of openai
    python3 dev.py faults              what each fault of a server or network leads to, as a table;
                                       with an older SDK: python3 dev.py faults 1.66.3
    python3 dev.py replay DIRECTORY    recorded streams (NAME.sse and NAME.expected.json): whether
                                       each is understood, whole and in small pieces

Needs Python 3.10 or newer and nothing else. A virtual environment is made in .venv, and brought
up to date when pyproject.toml, constraints.txt or the front end's sources change.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / ("python.exe" if os.name == "nt" else "python"))
PIP_INSTALL = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
STATIC = ROOT / "nbstream" / "static"
# Not npm ci: it refuses a lock file that lacks other systems' optional binaries, and registry
# mirrors may not carry them. What the lock file names is installed as it says.
NPM_INSTALL = ["install", "--no-save", "--no-audit", "--no-fund"]
# The newest is the one in the environment. The others: the oldest that is supported, the last of
# each earlier major version's line that behaves differently.
OLDER_OPENAI = ("1.66.3", "1.109.1", "2.54.0")
# What `test` runs with the releases between the oldest and the newest: where the SDK matters most.
OF_THE_SDK = tuple(
    f"tests/sdk/test_{name}.py"
    for name in ("faults", "recordings", "show_refuses", "stop_everywhere", "environment")
)
# The newest is the one in the environment. The others treat messages differently while a cell runs,
# and come with an IPython of their time.
OLDER_KERNELS = {
    "6.29.5": "8.12.3",
    "6.30.1": "8.39.0",
    "7.0.1": "8.39.0",
    "7.1.0": "9.18.1",
    "7.3.0": "9.18.1",
}
REACTIONS = "tests/kernel/test_reactions.py"


TEST_HELP = """\
usage: python3 dev.py test [pytest arguments]

Without arguments: linters, type checkers, all tests of Python and the front end, the SDK tests
with older releases of openai (a part with some: `sdks` runs all), an older kernel, and the demo
notebooks. The last line is a summary. A Chromium is looked for (CHROMIUM may name one), and fetched
if there is none.

With arguments: pytest only, with these arguments.
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    # People run this file with whatever their python3 is.
    if sys.version_info < (3, 10):  # noqa: UP036
        print(f"dev.py needs Python 3.10 or newer, this is {sys.version.split()[0]}.")
        return 1
    command, rest = arguments[:1], arguments[1:]
    if command == ["demo"]:
        return run_demo(rest)
    if command == ["test"] and rest not in (["-h"], ["--help"]):
        return run_tests(rest)
    if command == ["bench"]:
        return run_bench(rest)
    if command == ["kernels"] and not rest:
        return run_kernels()
    if command == ["sdks"] and not rest:
        return run_sdks()
    if command == ["faults"] and len(rest) <= 1 and not {"-h", "--help"} & set(rest):
        return run_faults(rest)
    if command == ["replay"] and rest and not {"-h", "--help"} & set(rest):
        return run_replay(rest)
    print(TEST_HELP if command == ["test"] else __doc__)
    return 0 if {"-h", "--help"} & set(arguments) else 2


def run_demo(arguments: Sequence[str]) -> int:
    """Set up and hand over to ``nbstream demo``."""
    if not install("local", "demo"):
        return 1
    return call([PYTHON, "-m", "nbstream.cli", "demo", *arguments])


def run_tests(arguments: Sequence[str]) -> int:
    """Set up and run everything, or only pytest if there are arguments for it."""
    if not install("local", "demo", "test"):
        return 1
    steps = Steps()
    environment = tool_environment()
    if arguments:
        # A browser is looked for by the tests that need one.
        return call([PYTHON, "-m", "pytest", *arguments], environment)
    browser = find_browser(environment)
    if browser is None:
        steps.failed.append("browser")
        steps.counts["failed"] += 1
    else:
        environment["CHROMIUM"] = browser
    js = ROOT / "js"
    npm = shutil.which("npm", path=environment["PATH"]) or "npm"
    steps.run("ruff check", [PYTHON, "-m", "ruff", "check", "."], environment)
    steps.run("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "."], environment)
    steps.run("front end: packages", [npm, *NPM_INSTALL], environment, cwd=js)
    # Two processes: Playwright keeps an event loop running on the main thread, where pytest-asyncio
    # then cannot run another. https://github.com/pytest-dev/pytest-asyncio/issues/359
    # At the same time: pages mostly wait. What runs whole notebooks and scripts is beside, too, so
    # that both take about as long.
    report = CACHE / "pytest-lab.xml"
    beside = ["tests/lab", "tests/kernel/test_headless.py", "tests/kernel/test_terminal.py"]
    lab = pytest(report, *beside)
    with steps.beside("tests/lab in a browser, notebooks, scripts", lab, environment, report):
        steps.run("mypy", [PYTHON, "-m", "mypy"], environment)
        steps.run("front end: types, lint", [npm, "run", "check"], environment, cwd=js)
        steps.run_vitest(npm, environment, js)
        others = ["tests", *(f"--ignore={path}" for path in beside)]
        steps.run_pytest("pytest", others, environment)
        for version in OLDER_OPENAI:
            older = older_openai(version, environment)
            tests = ["tests/sdk"] if version == OLDER_OPENAI[0] else OF_THE_SDK
            steps.run_pytest(f"openai {version}", tests, older)
        older = older_kernel("6.29.5", environment)
        steps.run_pytest("tests/kernel with ipykernel 6.29.5", [REACTIONS], older)
        steps.run_pytest(
            "demo notebooks", ["--nbval-lax", "--nbval-current-env", "notebooks"], environment
        )
    return steps.finish()


def run_kernels() -> int:
    """Measure on every kernel how fast a stream reacts, and print the table."""
    if not install("local", "demo", "test"):
        return 1
    steps = Steps()
    environment = tool_environment()
    measured = CACHE / "reactions.jsonl"
    measured.unlink(missing_ok=True)
    environment["NBSTREAM_TEST_REACTIONS"] = str(measured)
    for version in OLDER_KERNELS:
        older = older_kernel(version, environment)
        steps.run_pytest(f"ipykernel {version}", [REACTIONS], older)
    steps.run_pytest("the ipykernel of .venv", [REACTIONS], environment)
    headline("how fast the server saw it")
    table = [PYTHON, "-m", "tests.support.reactions", str(measured)]
    return call(table, environment) or steps.finish()


def run_sdks() -> int:
    """Run all tests of the SDK's layer with each older release."""
    if not install("local", "demo", "test"):
        return 1
    steps = Steps()
    for version in OLDER_OPENAI:
        older = older_openai(version, tool_environment())
        steps.run_pytest(f"openai {version}", ["tests/sdk"], older)
    return steps.finish()


def run_bench(arguments: Sequence[str]) -> int:
    """Set up and hand over to the benchmarks, which need a browser and the front end's packages."""
    if not install("local", "demo", "test"):
        return 1
    environment = tool_environment()
    npm = shutil.which("npm", path=environment["PATH"]) or "npm"
    if call([npm, *NPM_INSTALL, "--silent"], environment, ROOT / "js"):
        return 1
    return call([PYTHON, "-m", "benchmarks", *arguments], environment)


def run_replay(arguments: Sequence[str]) -> int:
    """Replay recorded streams through the SDK and compare."""
    if not install("local", "demo", "test"):
        return 1
    return call([PYTHON, "-m", "tests.support.replay", *arguments])


def run_faults(arguments: Sequence[str]) -> int:
    """Set up and print the table of faults, as the SDK of this environment meets them, or the
    release of openai that is named."""
    if not install("local", "demo", "test"):
        return 1
    environment = tool_environment()
    for version in arguments:
        environment = older_openai(version, environment)
    return call([PYTHON, "-m", "tests.support.faults"], environment)


@dataclass
class Steps:
    """Runs step after step, whatever fails, and sums up at the end."""

    counts: dict[str, int] = field(default_factory=lambda: {"passed": 0, "failed": 0})
    failed: list[str] = field(default_factory=list)

    def run(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        cwd: Path = ROOT,
        report: Path | None = None,
    ) -> None:
        """Run a command. It counts as one check, or as the tests in its JUnit ``report``."""
        headline(name)
        if report:
            report.unlink(missing_ok=True)
        started = time.monotonic()
        self._count(name, call(command, environment, cwd), started, report)

    @contextlib.contextmanager
    def beside(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], report: Path
    ) -> Iterator[None]:
        """Run a command while the steps of the block run; what it printed comes behind theirs."""
        printed = report.with_suffix(".txt")
        report.unlink(missing_ok=True)
        started = time.monotonic()
        with printed.open("w") as out:
            process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            yield
            headline(name)
            status = process.wait()
            print(printed.read_text(errors="replace"), flush=True)
            self._count(name, status, started, report)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()

    def _count(self, name: str, status: int, started: float, report: Path | None) -> None:
        passed, failed, skipped = read_report(report) if report else (int(status == 0), 0, 0)
        if status and not failed:
            failed = 1
        self.counts["passed"] += passed
        self.counts["failed"] += failed
        if failed:
            self.failed.append(name)
        more = f", {skipped} skipped" if skipped else ""
        result = f"FAILED ({failed})" if failed else "ok"
        print(f"-- {name}: {result}{more}, {time.monotonic() - started:.1f} s", flush=True)

    def run_pytest(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Run pytest and count its tests."""
        report = CACHE / "pytest.xml"
        self.run(name, pytest(report, *arguments), environment, report=report)

    def run_vitest(self, npm: str, environment: Mapping[str, str], js: Path) -> None:
        """Run vitest and count its tests."""
        report = CACHE / "vitest.xml"
        reporters = ["--reporter=default", "--reporter=junit", f"--outputFile.junit={report}"]
        command = [npm, "test", "--", *reporters]
        self.run("front end: tests", command, environment, cwd=js, report=report)

    def finish(self) -> int:
        """Print the summary and return the exit status."""
        print()
        for name in self.failed:
            print(f"FAILED: {name}")
        print(f"{self.counts['passed']} passed, {self.counts['failed']} failed", flush=True)
        return 1 if self.failed else 0


def pytest(report: Path, *arguments: str) -> list[str]:
    """The command that runs pytest and leaves a ``report``."""
    return [PYTHON, "-m", "pytest", f"--junitxml={report}", *arguments]


def read_report(report: Path) -> tuple[int, int, int]:
    """The numbers of passed, failed and skipped tests in a JUnit file; zeros without a file."""
    if not report.exists():
        return 0, 0, 0
    cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    failed = sum(
        case.find("failure") is not None or case.find("error") is not None for case in cases
    )
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped


def install(*extras: str) -> bool:
    """Make .venv what the sources say. Quick if nothing has changed."""
    if not Path(PYTHON).exists() and not make_venv():
        return False
    # Only the environment of dev.py itself is stamped: the extras of an earlier command stay.
    stamp = VENV / f".nbstream-{'-'.join(extras)}"
    state = fingerprint()
    if stamp.exists() and stamp.read_text() == state and (STATIC / "widget.js").exists():
        return True
    headline(f"install into {VENV.name}")
    requirement = f".[{','.join(extras)}]"
    started = time.monotonic()
    if call([*PIP_INSTALL, "-c", "constraints.txt", "-e", requirement]):
        print("\nThe installation failed. Check the network and pip's settings, and run it again.")
        return False
    print(f"-- installed, {time.monotonic() - started:.1f} s", flush=True)
    stamp.write_text(state)
    return True


def make_venv() -> bool:
    """Make .venv, or say what is missing."""
    headline(f"make {VENV.name}")
    try:
        venv.create(VENV, with_pip=True)
    except (Exception, SystemExit) as error:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        print(
            f"The virtual environment could not be made: {error}\n"
            "Where Python comes without ensurepip, as on Debian and Ubuntu, run:\n"
            f"    sudo apt-get install python{version}-venv"
        )
        return False
    return True


def fingerprint() -> str:
    """A hash of all that decides what is installed and built."""
    js = ROOT / "js"
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    files += sorted(path for path in js.glob("*") if path.is_file())
    files += sorted(path for path in (js / "src").rglob("*") if path.is_file())
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def tool_environment() -> dict[str, str]:
    """The environment of the tools: the Node in .venv comes before the machine's."""
    CACHE.mkdir(exist_ok=True)
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def find_browser(environment: Mapping[str, str]) -> str | None:
    """The path of a Chromium, fetched if the machine has none."""
    headline("browser")
    command = [PYTHON, str(ROOT / "tests" / "support" / "browser.py")]
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    found = done.stdout.strip()
    print(f"-- browser: {found or 'FAILED'}", flush=True)
    return found or None


def older_openai(version: str, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which ``import openai`` finds this version."""
    target = install_apart(f"openai=={version}")
    # The tests check that this is the version they got: without the folder they fail.
    return {**environment, "PYTHONPATH": str(target), "NBSTREAM_TEST_OPENAI": version}


def older_kernel(version: str, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which the tests start their kernels with this ipykernel."""
    target = install_apart(f"ipykernel=={version}", f"ipython=={OLDER_KERNELS[version]}")
    # The tests check the version, as above.
    return {
        **environment,
        "NBSTREAM_TEST_KERNEL_PATH": str(target),
        "NBSTREAM_TEST_IPYKERNEL": version,
    }


def install_apart(*pins: str) -> Path:
    """A folder outside the environment with these releases and what they need."""
    target = CACHE / pins[0].replace("==", "-")
    if not target.exists():
        headline(f"install {' and '.join(pins)}")
        names = tuple(pin.split("==")[0] + "==" for pin in pins)
        constraints = CACHE / f"constraints-{target.name}.txt"
        lines = (ROOT / "constraints.txt").read_text().splitlines(keepends=True)
        constraints.write_text("".join(line for line in lines if not line.startswith(names)))
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        if not call([*PIP_INSTALL, "-c", str(constraints), "--target", str(partial), *pins]):
            partial.rename(target)
    return target


def headline(text: str) -> None:
    """Announce a step."""
    print(f"\n== {text}", flush=True)


def call(
    command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> int:
    """Run a command in the foreground and return its exit status."""
    process = subprocess.Popen(command, env=environment, cwd=cwd)
    # Whoever ends this process means the command: it must not stay behind.
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                # The command got it too, and ends as it thinks fit.
                continue
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
