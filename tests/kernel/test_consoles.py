"""Clients without widgets and display updates print the answer: `jupyter console` and its like."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kernel import Kernel
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT)
GATED = Scenario(gates=frozenset({"deltas"}))


@pytest.fixture
def console(kernel: Kernel) -> Kernel:
    """The kernel, which does not know yet what its client is."""
    code = "from nbstream.widget import console\nconsole._consoles.clear()\nconsole.PATIENCE = 1"
    assert kernel.run(code).status == "ok"
    kernel.messages.clear()
    return kernel


def shown(kernel: Kernel) -> list[str]:
    """The kinds of what a console would show beside what is printed."""
    return [key for data in kernel.displays().values() for key in data]


def test_the_answer_is_printed_once_and_live(console: Kernel, server: Server) -> None:
    server.enqueue(GATED)
    cell = console.send("%%stream\nHi", console=True)
    request = server.wait_for_request(1)
    request.release(5)
    console.until(lambda: console.printed(cell) == "".join(DEFAULT_TEXT[:5]))
    assert "text/plain" not in shown(console), "no placeholder that would stay there"
    request.release(100)
    result = console.finish(cell)
    assert result.status == "ok"
    assert result.stdout.startswith(ANSWER + "\n[")
    assert result.stdout.endswith("done]\n")
    assert result.stdout.count(DEFAULT_TEXT[0]) == 1


def test_a_known_console_is_printed_to_at_once(console: Kernel) -> None:
    console.run("%%stream\nHi", console=True)
    console.messages.clear()
    result = console.run("%%stream\nHi", console=True)
    assert result.stdout.startswith(ANSWER + "\n[")
    assert not console.displays()


def test_a_short_answer_waits_until_it_is_known_who_shows_it(console: Kernel) -> None:
    result = console.run(
        "import nbstream\nw = nbstream.show(['short'])\ndisplay(w)\nawait w\nNone", console=True
    )
    assert result.stdout.startswith("short\n[")


def test_the_cell_that_displayed_it_is_printed_in(console: Kernel, server: Server) -> None:
    server.enqueue(GATED)
    first = console.send("import nbstream\nnbstream.stream('Hi')", console=True)
    console.finish(first)
    server.wait_for_request(1).release(100)
    other = console.run("import asyncio\nawait asyncio.sleep(0)\nprint('other')", console=True)
    console.until(lambda: "done]" in console.printed(first))
    assert console.printed(first).startswith(ANSWER)
    assert other.stdout == "other\n"


def test_a_stream_with_a_thread_of_its_own(console: Kernel) -> None:
    cell = "import nbstream\nw = nbstream.stream('Hi', loop='thread')\ndisplay(w)\nawait w\nNone"
    for _ in range(2):
        assert console.run(cell, console=True).stdout.startswith(ANSWER + "\n[")


def test_a_page_that_says_hello_shows_it(console: Kernel, server: Server) -> None:
    console.run("console.PATIENCE = 5")  # a page that is slower is taken for a console
    server.enqueue(GATED)
    cell = console.send("%%stream\nHi", console=True)
    request = server.wait_for_request(1)
    console.until(console.displays)
    comm, stream = console.opened()
    console.request(comm, kind="hello", have={stream: 1}, page="p")
    console.settle(comm, stream)
    request.release(100)
    result = console.finish(cell)
    assert result.stdout == ""
    console.until(lambda: ANSWER.strip() in console.display().get("text/plain", ""))
    console.messages.clear()
    # ... and is remembered.
    assert console.run("%%stream\nHi", console=True).stdout == ""
    assert "text/plain" in console.display()


def test_a_page_that_is_late_is_not_printed_to_any_more(console: Kernel, server: Server) -> None:
    server.enqueue(GATED)
    cell = console.send("%%stream\nHi", console=True)
    request = server.wait_for_request(1)
    request.release(5)
    console.until(lambda: console.printed(cell) == "".join(DEFAULT_TEXT[:5]))
    comm, stream = console.opened()
    console.request(comm, kind="hello", have={stream: 0}, page="p")
    console.settle(comm, stream)
    request.release(100)
    assert console.finish(cell).stdout == "".join(DEFAULT_TEXT[:5])
    console.until(lambda: ANSWER.strip() in console.display().get("text/plain", ""))
    assert console.run("%%stream\nHi", console=True).stdout == "", "it is not a console"


@pytest.mark.parametrize("options", [{"cell": "c1"}, {"allow_stdin": False, "console": True}])
def test_notebooks_and_runs_without_a_front_end_print_nothing(
    console: Kernel, options: dict[str, object]
) -> None:
    result = console.run("%%stream\nHi", **options)
    assert result.stdout == ""
    console.until(lambda: ANSWER.strip() in console.display()["text/plain"])


def test_an_error_is_told_once(console: Kernel) -> None:
    awaited = console.run("%%stream test/reset\nHi", console=True)
    assert "StreamError" in awaited.error
    assert "connection" not in awaited.stdout
    assert "failed" in awaited.stdout
    alone = console.send("import nbstream\nnbstream.stream('Hi', model='test/401')", console=True)
    console.finish(alone)
    console.until(lambda: "failed]" in console.printed(alone))
    assert "Check the API key" in console.printed(alone)


def test_what_comes_without_text_is_printed_at_the_end(console: Kernel, server: Server) -> None:
    server.enqueue(Scenario(text=[], refusal=["I ", "won't."]))
    result = console.run("%%stream\nHi", console=True)
    assert result.stdout.startswith("I won't.\n[")


def test_interrupt_keeps_what_was_printed(console: Kernel, server: Server) -> None:
    server.enqueue(Scenario(fault="stall", fault_after=3))
    cell = console.send("%%stream\nHi", console=True)
    console.until(lambda: console.printed(cell) == "".join(DEFAULT_TEXT[:3]))
    console.manager.interrupt_kernel()
    server.requests[0].wait_until_left()
    console.finish(cell)
    console.until(lambda: console.printed(cell).endswith("cancelled: interrupted]\n"))


def test_continue_is_printed_behind_the_text(console: Kernel, server: Server) -> None:
    server.enqueue(Scenario(text=["before "], finish="length"), Scenario(text=["behind"]))
    first = console.send("%%stream --as w\nHi", console=True)
    console.finish(first)
    assert console.printed(first).startswith("before \n[")
    console.run("w.continue_()\nawait w\nNone", console=True)
    console.until(lambda: "done]" in console.printed(first))
    assert console.printed(first).count("before") == 1
    assert "token limit" in console.printed(first).partition("behind\n[")[0]


def test_escape_sequences_do_not_reach_a_console(console: Kernel, server: Server) -> None:
    server.enqueue(Scenario(text=["red \x1b[31m", "title \x1b", "]0;x\x07"]))
    out = console.run("%%stream\nHi", console=True).stdout
    assert "red" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def jupyter_run(folder: Path, environment: dict[str, str], code: str) -> subprocess.Popen[bytes]:
    (folder / "cells.py").write_text(code)
    plain = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
    return subprocess.Popen(
        [sys.executable, "-m", "jupyter_client.runapp", "cells.py"],
        cwd=folder,
        env={**plain, "IPYTHONDIR": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


RUN = "import nbstream\nw = nbstream.stream('Hi'{})\ndisplay(w)\nawait w\nNone\n"


def test_jupyter_run(tmp_path: Path, environment: dict[str, str], server: Server) -> None:
    process = jupyter_run(tmp_path, environment, RUN.format(""))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.decode().startswith(ANSWER + "\n[")


def test_ctrl_c_stops_jupyter_run(
    tmp_path: Path, environment: dict[str, str], server: Server
) -> None:
    process = jupyter_run(tmp_path, environment, RUN.format(", model='test/stall'"))
    request = server.wait_for_request(1)
    request.wait_for(lambda r: r.waiting)
    assert process.stdout is not None
    seen = process.stdout.read(10)
    process.send_signal(signal.SIGINT)
    request.wait_until_left()
    out, _ = process.communicate(timeout=60)
    assert (seen + out).decode().startswith("".join(DEFAULT_TEXT[:5]) + "\n[")
    assert b"cancelled: interrupted]" in out
