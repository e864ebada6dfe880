"""Plain scripts and IPython in a terminal: tokens print as they come, Ctrl-C stops."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.kernel.conftest import KEY
from tests.support.patience import PATIENCE
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server
from tests.support.watch import WATCH

FIRST_FIVE = "".join(DEFAULT_TEXT[:5])


class Process:
    """A Python process whose output can be waited for."""

    def __init__(self, folder: Path, environment: dict[str, str], *command: str) -> None:
        plain = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
        plain |= {"IPYTHONDIR": str(folder / "ipython"), "TERM": "dumb", **environment}
        self.output = ""
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=plain,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, pipe: IO[bytes]) -> None:
        while data := os.read(pipe.fileno(), 65536):
            with self._changed:
                self.output += data.decode(errors="replace")
                self._changed.notify_all()

    def until(self, words: str, timeout: float = PATIENCE, count: int = 1) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.output.count(words) >= count, timeout):
                raise AssertionError(f"no {words!r} within {timeout} s in: {self.output!r}")

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def wait(self, timeout: float = PATIENCE) -> int:
        code = self.process.wait(timeout)
        self._reader.join(PATIENCE)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)  # it would read from a closed pipe
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Any]:
    started: list[Process] = []

    def begin(*command: str) -> Process:
        started.append(Process(tmp_path, environment, *command))
        return started[-1]

    yield begin
    for process in started:
        process.close()


SCRIPT = """
import sys, nbstream
w = nbstream.stream("Hi", model=sys.argv[1])
w.print()
print(w.status, w.usage.output_tokens)
"""


def test_a_script_prints_live(start: Any, server: Server) -> None:
    server.enqueue(Scenario(gates=frozenset({"deltas"})))
    script = start("-c", SCRIPT, "test/ok")
    request = server.wait_for_request(1)
    request.release(5)
    script.until(FIRST_FIVE)
    assert "nothing is lost" not in script.output
    request.release(100)
    assert script.wait() == 0, script.output
    assert script.output.rstrip().endswith(f"completed {len(DEFAULT_TEXT)}")
    assert "".join(DEFAULT_TEXT) in script.output
    assert "done]" in script.output
    assert KEY not in script.output


@pytest.mark.parametrize("model", ["test/stall", "test/no-first-token", "test/no-headers"])
def test_ctrl_c_stops_a_script(start: Any, server: Server, model: str) -> None:
    prints = model == "test/stall"
    script = start("-c", SCRIPT if prints else WATCH + SCRIPT, model)
    request = server.wait_for_request(1)
    request.wait_for(lambda r: r.waiting)
    # The server may see the request before the script waits.
    script.until(FIRST_FIVE if prints else "waits")
    script.interrupt()
    request.wait_until_left()
    assert script.wait() != 0
    assert "KeyboardInterrupt" in script.output
    assert "cancelled: interrupted" in script.output


def test_an_error_in_a_script(start: Any, server: Server) -> None:
    script = start("-c", SCRIPT, "test/401")
    assert script.wait() == 1
    assert "StreamError" in script.output
    assert "[redacted]" in script.output
    assert KEY not in script.output


def test_an_async_script(start: Any, server: Server) -> None:
    code = (
        "import asyncio, nbstream\n"
        "async def main():\n"
        "    w = nbstream.stream('Hi')\n"
        "    async for delta in w:\n"
        "        print(delta, end='')\n"
        "asyncio.run(main())\n"
    )
    script = start("-W", "error", "-c", code)
    assert script.wait() == 0, script.output
    assert script.output == "".join(DEFAULT_TEXT)


ENDS_EARLY = {
    "too early": (
        "w = nbstream.stream('Lost', model='test/stall')",
        "1 unfinished at exit: Lost. The script ended first. w.wait() or w.print() waits for the",
    ),
    "by an error": (
        "w = nbstream.stream('Lost', model='test/stall')\nraise SystemExit(0)",
        "1 unfinished at exit: Lost. The script ended first.",
    ),
    "with its event loop": (
        "async def main():\n    nbstream.stream('Lost', model='test/stall')\nasyncio.run(main())",
        "1 cut short: Lost. The event loop ended first. `await w` waits for the answer",
    ),
    "without reading": (
        "async def lost():\n    yield 'a'\nw = nbstream.show(lost())",
        "1 never read: async_generator. `await w` or `async for` in an event loop reads it.",
    ),
    "many": (
        "ws = [nbstream.stream(f'{n}', model='test/stall') for n in range(7)]",
        "7 unfinished at exit: 0, 1, 2, 3, 4 and 2 more.",
    ),
    "after a stop": ("w = nbstream.stream('Lost', model='test/stall')\nw.cancel()", ""),
    "after the answer": ("nbstream.stream('Kept', model='test/ok').wait()", ""),
}


@pytest.mark.parametrize("end", ENDS_EARLY)
def test_what_a_script_that_ends_says(start: Any, server: Server, end: str) -> None:
    code, words = ENDS_EARLY[end]
    script = start("-c", f"import asyncio, nbstream\n{code}\n")
    assert script.wait() == 0, script.output
    if words:
        said = [line for line in script.output.splitlines() if line.strip()]
        assert len(said) == 1, script.output
        assert f"nbstream: {words}" in said[0] + " "
    else:
        assert script.output == ""


def test_what_a_terminal_that_ends_says(start: Any, server: Server) -> None:
    shell = start("-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor")
    shell.type("%load_ext nbstream")
    shell.type("get_ipython().run_cell_magic('stream', 'test/stall --bg', 'Lost')")
    server.wait_for_request(1)
    shell.type("exit")
    shell.wait()
    words = "1 unfinished at exit: Lost. IPython ended first. w.wait(), or %%stream without --bg,"
    assert f"nbstream: {words} waits for the answer." in shell.output


HOSTILE = "a\x1b]0;title\x07\x1b[2J\x9b31mb\u202ec\r\x08"


@pytest.mark.parametrize(
    "scenario",
    [Scenario(text=[HOSTILE, "\x1b", "[31m"]), Scenario(status=400, error_message=HOSTILE)],
    ids=["answer", "error"],
)
@pytest.mark.parametrize("shell", ["script", "ipython"])
def test_nothing_steers_a_terminal(
    tmp_path: Path, environment: dict[str, str], server: Server, scenario: Scenario, shell: str
) -> None:
    server.enqueue(scenario)
    if shell == "script":
        command = ["-c", SCRIPT, "test/ok"]
    else:
        cell = "get_ipython().run_cell_magic('stream', '', 'Hi')"
        options = ["--simple-prompt", "--no-banner", "--colors=nocolor", "--ext=nbstream"]
        command = ["-m", "IPython", *options, "-c", cell]
    printed = run_in_pty(tmp_path, environment, *command)
    assert "title" in printed
    # The programs themselves print no control characters but line ends.
    assert [c for c in printed if c in "\x07\x08\x1b\x9b\u202e"] == []
    assert "\r" not in printed.replace("\r\n", "\n")


def run_in_pty(folder: Path, environment: dict[str, str], *command: str) -> str:
    """What a Python process prints to a terminal of its own."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
    plain |= {"IPYTHONDIR": str(folder / "ipython"), "TERM": "dumb", **environment}
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=plain,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        printed = b""
        # Linux answers EIO once the last process has closed its side.
        with contextlib.suppress(OSError):
            while data := os.read(ours, 65536):
                printed += data
        os.close(ours)
        process.wait(PATIENCE)
    return printed.decode()


def test_ipython(start: Any, server: Server) -> None:
    shell = start("-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor")
    shell.type("%load_ext nbstream")
    shell.type("get_ipython().run_cell_magic('stream', '--as w', 'Hi')")
    shell.until("done]")
    shell.type("print('status', w.status)")
    shell.until("status completed")
    assert "".join(DEFAULT_TEXT) in shell.output
    assert shell.output.count(FIRST_FIVE) == 1
    shell.type("get_ipython().run_cell_magic('stream', 'test/stall --as w', 'Hi')")
    request = server.wait_for_request(2)
    shell.until(FIRST_FIVE, count=2)
    shell.interrupt()
    request.wait_until_left()
    shell.until("cancelled: interrupted]")
    shell.type("print('status', w.status)")
    shell.until("status cancelled")
    shell.type("exit")
    shell.wait()
