"""How fast the server sees Stop and Interrupt, on whatever kernel this runs with.

``python3 dev.py kernels`` runs it on every kernel and prints a table. No time is judged here: what
must act while a cell runs does so before the cell may end, and what cannot is shown not to.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import reactions
from tests.support.kernel import Kernel
from tests.support.record import Request
from tests.support.scenario import DEFAULT_TEXT
from tests.support.server import Server
from tests.support.watch import WATCH

FIRST_FIVE = "".join(DEFAULT_TEXT[:5])
UNANSWERED = 0.3
"""Seconds after which a Stop that cannot act while a cell runs is taken to have not acted."""


@pytest.fixture(scope="module")
def version(shared_kernel: Kernel) -> tuple[int, ...]:
    found = shared_kernel.get("__import__('ipykernel').__version__").strip("'")
    assert found == os.environ.get("NBSTREAM_TEST_IPYKERNEL", found)
    return tuple(int(part) for part in found.split("."))


@pytest.fixture(scope="module")
def subshell(shared_kernel: Kernel) -> str | None:
    """What JupyterLab makes for the comms of a page, where the kernel has such."""
    return shared_kernel.create_subshell()


class Busy:
    """A cell that sleeps until it is told to end."""

    def __init__(self, kernel: Kernel, flag: Path) -> None:
        self._kernel, self._flag = kernel, flag
        code = (
            f"import os, time\nprint('busy', flush=True)\nwhile not os.path.exists({str(flag)!r}):"
        )
        self.cell = kernel.send(f"{code}\n    time.sleep(0.01)")
        kernel.until(lambda: any(m["msg_type"] == "stream" for m in kernel.of(self.cell)))

    def end(self) -> None:
        self._flag.touch()


@pytest.fixture
def busy(kernel: Kernel, tmp_path: Path) -> Iterator[type[Busy]]:
    flag = tmp_path / "end"
    yield lambda: Busy(kernel, flag)  # type: ignore[misc]  # a fixture that yields a factory
    flag.touch()


def background(kernel: Kernel, server: Server, loop: str) -> tuple[Request, str, str]:
    """A stream mid-answer: its request, its comm and its id."""
    kernel.run(f"%%stream test/stall --bg --as w --loop {loop}\nHi")
    return streaming(kernel, server)


def streaming(kernel: Kernel, server: Server) -> tuple[Request, str, str]:
    request = server.wait_for_request()
    kernel.until(lambda: kernel.text() == FIRST_FIVE)
    return (request, *kernel.opened())


def stop(kernel: Kernel, route: str, comm: str, stream: str, subshell: str | None) -> float:
    """Send Stop by a route; returns when."""
    cancel = {"kind": "cancel", "stream": stream, "reason": "stopped by you"}
    control = kernel.open_control(subshell) if route == "control" else ""
    sent = time.monotonic()
    if control:
        kernel.control(control, subshell, **cancel)
    else:
        kernel.request(comm, subshell if route == "subshell" else None, **cancel)
    return sent


def can_act(version: tuple[int, ...], situation: str, route: str) -> bool:
    """Whether the kernel hands the message over while its cell goes on."""
    if situation == "idle" or (route != "message" and version < (7, 4)):
        return True
    return situation == "awaiting" or route == "control"


ROUTES = ["message", "subshell", "control"]
"""The widget's comm; the same with JupyterLab's commsOverSubshells; the comm of Stop alone."""


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("loop", ["kernel", "thread"])
@pytest.mark.parametrize("situation", ["idle", "awaiting", "blocking"])
def test_stop(
    kernel: Kernel,
    server: Server,
    version: tuple[int, ...],
    subshell: str | None,
    busy: type[Busy],
    situation: str,
    loop: str,
    route: str,
) -> None:
    if route != "message" and subshell is None:
        pytest.skip("this kernel has no subshells")
    cell, blocker = None, None
    if situation == "awaiting":
        cell = kernel.send(f"%%stream test/stall --as w --loop {loop}\nHi")
        request, comm, stream = streaming(kernel, server)
    else:
        request, comm, stream = background(kernel, server, loop)
        if situation == "blocking":
            blocker = busy()
            cell = blocker.cell
    acts = can_act(version, situation, route)
    sent = stop(kernel, route, comm, stream, subshell)
    if not acts:
        with pytest.raises(AssertionError, match="not within"):
            request.wait_until_left(UNANSWERED)
        sent = time.monotonic()
        assert blocker, "only a cell that computes is in the way"
        blocker.end()
    seconds = request.wait_until_left() - sent
    if blocker:
        blocker.end()
    if cell:
        assert kernel.finish(cell).status == "ok"
    kernel.until(lambda: "cancelled" in kernel.statuses(stream))
    assert kernel.get("(w.status, w.text)") == repr(("cancelled", FIRST_FIVE))
    assert len(server.requests) == 1
    late = "" if acts else " after the cell"
    reactions.note(version, situation, loop, f"Stop by {route}", seconds, late)


@pytest.mark.parametrize("loop", ["kernel", "thread"])
@pytest.mark.parametrize("situation", ["idle", "awaiting", "blocking"])
def test_interrupt(
    kernel: Kernel,
    server: Server,
    version: tuple[int, ...],
    busy: type[Busy],
    situation: str,
    loop: str,
) -> None:
    kernel.run(f"%%stream test/gated --bg --as other --loop {loop}\nHi")
    other = server.wait_for_request()
    other.wait_for(lambda r: r.waiting)
    server.requests.clear()
    kernel.messages.clear()
    seconds: float | None = None
    if situation == "awaiting":
        cell = kernel.send(f"%%stream test/stall --as w --loop {loop}\nHi")
        request, _, _ = streaming(kernel, server)
    elif situation == "blocking":
        cell = busy().cell
    sent = time.monotonic()
    kernel.manager.interrupt_kernel()
    if situation == "awaiting":
        seconds = request.wait_until_left() - sent
    if situation != "idle":
        assert kernel.finish(cell).status == "error"
        seconds = seconds or time.monotonic() - sent
    assert kernel.get("other.is_done") == "False", "a background stream goes on"
    other.release(len(DEFAULT_TEXT))
    assert kernel.run("await other; None").status == "ok"
    assert kernel.get("other.status") == "'completed'"
    what = " (the cell)" if situation == "blocking" else ""
    reactions.note(version, situation, loop, "Interrupt", seconds, what)


WAITING = {
    "magic": "%%stream test/stall --loop {loop}\nHi",
    "await": "{make}\nawait w",
    "async for": "{make}\nasync for delta in w:\n    pass",
    "wait": "{make}\nw.wait()",
    "for": "{make}\nfor delta in w:\n    pass",
    "print": "{make}\nw.print()",
}


@pytest.mark.parametrize("loop", ["kernel", "thread"])
@pytest.mark.parametrize("way", WAITING)
def test_an_interrupt_leaves_one_line(kernel: Kernel, server: Server, way: str, loop: str) -> None:
    if loop == "kernel" and way in ("wait", "for", "print"):
        pytest.skip("blocking the kernel's own loop is refused")
    make = f"import nbstream; w = nbstream.stream('Hi', model='test/stall', loop='{loop}')"
    code = WAITING[way].format(make=make, loop=loop)
    cell = kernel.send(code if way == "magic" else WATCH + code)
    server.wait_for_request().wait_for(lambda r: r.waiting)
    if way != "magic":  # the server may see the request before the cell waits
        kernel.until(lambda: "waits" in kernel.printed(cell))
    kernel.manager.interrupt_kernel()
    result = kernel.finish(cell)
    assert result.status == "error", "Run All stops"
    assert result.error == "Interrupted: the answer was stopped; its text so far is kept."
    assert result.stderr == ""
    if way == "magic":
        kernel.becomes("(_.status, _.reason)", ("cancelled", "interrupted"))


def test_tokens_arrive_while_a_cell_computes(
    kernel: Kernel, server: Server, busy: type[Busy]
) -> None:
    kernel.run("%%stream test/gated --bg --as w --loop thread\nHi")
    request = server.wait_for_request()
    request.wait_for(lambda r: r.waiting)
    blocker = busy()
    request.release(5)
    kernel.until(lambda: kernel.text() == FIRST_FIVE)
    request.release(len(DEFAULT_TEXT))
    kernel.until(lambda: "completed" in kernel.statuses())
    kernel.until(lambda: "nothing is lost" in str(kernel.displays()))
    blocker.end()
    assert kernel.finish(blocker.cell).status == "ok"
    assert kernel.get("w.text") == repr("".join(DEFAULT_TEXT))


@pytest.mark.parametrize("loop", ["kernel", "thread"])
def test_output_stays_with_its_cell(kernel: Kernel, server: Server, loop: str) -> None:
    kernel.run(f"%%stream test/gated --bg --as w --loop {loop}\nHi", cell="cell-a")
    request = server.wait_for_request()
    request.wait_for(lambda r: r.waiting)
    other = kernel.run("print('B')", cell="cell-b")
    request.release(len(DEFAULT_TEXT))
    kernel.until(lambda: "completed" in kernel.statuses())
    kernel.until(lambda: any(m["msg_type"] == "update_display_data" for m in kernel.messages))
    # What is shown goes by the display's id; nothing else of the stream is printed anywhere.
    (shown,) = kernel.displays().values()
    assert "nothing is lost" in shown["text/markdown"]
    kinds = {m["msg_type"] for m in kernel.of(other.reply["parent_header"]["msg_id"])}
    assert not kinds & {"display_data", "error"}
    assert other.stdout == "B\n"
    assert other.stderr == ""


def test_queued_cells_keep_their_order(kernel: Kernel, server: Server) -> None:
    code = "import nbstream\nw = nbstream.stream('Hi', model='test/stall')\nw._repr_mimebundle_()"
    first = kernel.send(f"{code}\nawait w\nprint('after')")
    _, comm, stream = streaming(kernel, server)
    cells = [kernel.send(f"order = [*globals().get('order', ()), {n}]") for n in range(3)]
    kernel.request(comm, kind="cancel", stream=stream, reason="stopped by you")
    result = kernel.finish(first)
    assert (result.status, result.stdout) == ("ok", "after\n"), "it is printed in its cell"
    for cell in cells:
        kernel.finish(cell)
    assert kernel.get("order") == "[0, 1, 2]"


@pytest.mark.parametrize("end", ["crash", "restart", "shutdown"])
def test_the_end_of_a_kernel_closes_every_connection(
    tmp_path: Path, environment: dict[str, str], server: Server, end: str
) -> None:
    with Kernel(tmp_path, environment) as kernel:
        kernel.run("%load_ext nbstream")
        for loop in ("kernel", "thread"):
            kernel.run(f"%%stream test/stall --bg --loop {loop}\nHi")
        kernel.send("%%stream test/stall\nHi")
        server.wait_for_request(3)
        for request in server.requests:
            request.wait_for(lambda r: r.waiting == "stall")
        if end == "crash":
            kernel.manager.signal_kernel(signal.SIGKILL)
        elif end == "restart":
            kernel.manager.restart_kernel()
        else:
            kernel.manager.shutdown_kernel()
        for request in server.requests:
            request.wait_until_left()


def test_what_a_kernel_that_is_shut_down_says(
    tmp_path: Path, environment: dict[str, str], server: Server
) -> None:
    with Kernel(tmp_path, environment) as kernel:
        kernel.run("%load_ext nbstream")
        kernel.run("%%stream test/stall --bg\nWhy?")
        server.wait_for_request().wait_for(lambda r: r.waiting == "stall")
        kernel.manager.shutdown_kernel()
        server.requests[0].wait_until_left()
        said = (
            "nbstream: 1 unfinished at exit: Why?. The kernel was shut down or restarted meanwhile."
        )
        assert said in kernel.log
