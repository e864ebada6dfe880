"""Where no thread can be started, as in a browser: one sentence, or it works without one."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

import nbstream
from nbstream import loops
from nbstream.errors import UsageError
from nbstream.text.redact import redactor
from nbstream.tools.invoke import call
from nbstream.transport import connection_limit
from nbstream.transport.failures import describe


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(loops, "_background", None)


async def test_a_blocking_stream_is_refused_in_one_sentence(no_threads: None) -> None:
    with pytest.raises(UsageError, match=r"its own thread .* asynchronous stream or iterator"):
        nbstream.show(iter(["a"]))
    assert all(w.is_done for w in nbstream.tasks()), "nothing is left waiting"


async def test_the_thread_loop_is_refused_each_time(no_threads: None) -> None:
    for _ in range(2):
        with pytest.raises(UsageError, match="leave loop='thread' out"):
            nbstream.show(iter(["a"]), loop="thread")


async def test_an_asynchronous_stream_needs_none(no_threads: None) -> None:
    async def pieces():  # type: ignore[no-untyped-def]
        yield "a"

    assert (await nbstream.show(pieces())).text == "a"


async def test_a_tool_is_called_all_the_same(no_threads: None) -> None:
    assert (await call(lambda a: a + 1, 2)).value == 3
    assert isinstance((await call(lambda: 1 / 0)).error, ZeroDivisionError)


def test_a_blocking_client_is_told_of() -> None:
    info = describe(RuntimeError("can't start new thread"), redactor())
    assert "no thread can be started here" in info.message
    assert info.hint == "Use an asynchronous client, stream or iterator."


def test_connections_where_nothing_tells_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert connection_limit.connections() == connection_limit.MOST


def test_a_failed_connection_in_a_browser_names_the_cause() -> None:
    code = """
import sys
sys.platform = "emscripten"
from nbstream.transport.failures import describe
from nbstream.text.redact import redactor
class APIConnectionError(Exception): pass
class APITimeoutError(Exception): pass
for failed in (APIConnectionError("Connection error."), APITimeoutError("Request timed out.")):
    print(describe(failed, redactor(), "opening").hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    hints = done.stdout.splitlines()
    assert len(hints) == 2
    for hint in hints:
        assert "no sockets" in hint
