"""Which streams a cell that runs again ends, and which it leaves alone; in a real kernel."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from tests.support.kernel import Kernel
from tests.support.scenario import Scenario
from tests.support.server import Server

CALL = "get_ipython().run_cell_magic('stream', 'test/stall{options}', f'Question {{n}}')"
LOOP = f"ws = []\nfor n in range(3):\n    ws.append({CALL.format(options='')})"


def in_progress(kernel: Kernel, server: Server, count: int) -> None:
    server.wait_for_request(count)
    for request in server.requests[-count:]:
        request.wait_for(lambda r: r.waiting)


@pytest.mark.parametrize("options", ["", " --bg", " --loop thread"])
def test_a_loop(kernel: Kernel, server: Server, options: str) -> None:
    code = f"ws = []\nfor n in range(3):\n    ws.append({CALL.format(options=options)})"
    assert kernel.run(code, cell="loop").status == "ok"
    in_progress(kernel, server, 3)
    assert kernel.get("[w.is_done for w in ws]") == "[False, False, False]"
    assert kernel.run("old = ws; None").status == "ok"
    kernel.run(code, cell="loop")
    for request in server.requests[:3]:
        request.wait_until_left()
    assert kernel.get("{w.reason for w in old}") == "{'the cell was run again'}"
    assert kernel.get("[w.is_done for w in ws]") == "[False, False, False]"


def test_gather(kernel: Kernel, server: Server) -> None:
    code = (
        "import asyncio\nasync def ask(n):\n    await asyncio.sleep(0)\n"
        f"    return await {CALL.format(options='').replace('test/stall', 'test/ok')}\n"
        "ws = await asyncio.gather(*map(ask, range(3)))"
    )
    assert kernel.run(code, cell="gather").status == "ok"
    assert kernel.get("[w.status for w in ws]") == repr(["completed"] * 3)


@pytest.mark.parametrize("kind", ["script", "ipython script", "notebook"])
def test_run(kernel: Kernel, server: Server, tmp_path: Path, kind: str) -> None:
    if kind == "notebook":
        path = tmp_path / "asks.ipynb"
        cells = [f"%%stream test/stall --as w{n}\nQuestion {n}" for n in range(2)]
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        nbformat.write(made, path)
    else:
        path = tmp_path / ("asks.ipy" if kind == "ipython script" else "asks.py")
        call = "get_ipython().run_cell_magic('stream', 'test/stall --as w{n}', 'Question {n}')\n"
        lines = "".join(call.format(n=n) for n in range(2))
        path.write_text(f"from IPython import get_ipython\n{lines}")
    result = kernel.run(f"%run {path}", cell="run")
    assert result.status == "ok", result.error
    in_progress(kernel, server, 2)
    assert kernel.get("[w.is_done for w in (w0, w1)]") == "[False, False]"


def test_a_cell_that_fails_its_checks_ends_nothing(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/stall --bg --as first\nHi", cell="cell-x")
    in_progress(kernel, server, 1)
    assert kernel.run("%%stream --nonsense\nHi", cell="cell-x").status == "error"
    assert kernel.get("first.is_done") == "False"


def test_a_task_of_an_earlier_execution_ends_nothing(kernel: Kernel, server: Server) -> None:
    late = (
        "import asyncio\ngo = asyncio.Event()\n"
        "async def later(go=go):\n    await go.wait()\n"
        "    get_ipython().run_cell_magic('stream', 'test/stall --as late', 'Hi')\n"
        "task = asyncio.ensure_future(later())"
    )
    kernel.run(late, cell="cell-x")
    kernel.run("%%stream test/stall --bg --as new\nHi", cell="cell-x")
    kernel.run("go.set(); await task")
    in_progress(kernel, server, 2)
    assert kernel.get("(new.is_done, late.is_done)") == "(False, False)"


def test_a_copy_of_the_notebook_on_the_same_kernel(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/stall --bg --as one\nHi", cell="cell-x", session="notebook")
    in_progress(kernel, server, 1)
    kernel.run("%%stream test/stall --bg --as two\nHi", cell="cell-x", session="copy")
    in_progress(kernel, server, 2)
    assert kernel.get("(one.is_done, two.is_done)") == "(False, False)"
    kernel.run("%%stream test/stall --bg --as three\nHi", cell="cell-x", session="copy")
    server.requests[1].wait_until_left()
    assert kernel.get("(one.is_done, two.reason)") == "(False, 'the cell was run again')"


@pytest.mark.parametrize("page", ["page 2", "page 1"], ids=["reloaded", "beside it"])
def test_a_notebook_that_is_opened_again(kernel: Kernel, server: Server, page: str) -> None:
    def says_hello(session: str, page: str) -> None:
        kernel.request(comm, None, session, kind="hello", have={stream: 1}, page=page)

    first, again = f"first, {page}", f"again, {page}"
    kernel.run("%%stream test/stall --bg --as one\nHi", cell="cell-x", session=first)
    in_progress(kernel, server, 1)
    comm, stream = kernel.opened()
    says_hello(first, "page 1")
    says_hello(again, page)
    kernel.run("%%stream test/stall --bg --as two\nHi", cell="cell-x", session=again)
    if page == "page 2":
        server.requests[0].wait_until_left()
        kernel.becomes("one.is_done", True)
    else:
        assert kernel.get("one.is_done") == "False"


def contents(server: Server) -> list[list[str]]:
    return [[m["content"] for m in request.body["messages"]] for request in server.requests]


@pytest.mark.parametrize("options", ["", " --loop thread"])
def test_a_chat_in_a_loop_is_answered_in_order(
    kernel: Kernel, server: Server, options: str
) -> None:
    answers = [Scenario(text=[f"Answer {n}"], gates=frozenset({"first"})) for n in range(3)]
    server.enqueue(*answers)
    code = LOOP.replace("test/stall", f"test/ok --chat loop{len(options)}{options}")
    kernel.run(code, cell="loop")
    server.wait_for_request(1)
    waits = f"waiting for the answer before this one in the chat 'loop{len(options)}'"
    kernel.run(f"import asyncio\nwhile ws[2].reason != {waits!r}:\n    await asyncio.sleep(0.01)")
    assert len(server.requests) == 1
    server.release(3)
    assert kernel.run("for w in ws:\n    await w").status == "ok"
    assert contents(server) == [
        ["Question 0"],
        ["Question 0", "Answer 0", "Question 1"],
        ["Question 0", "Answer 0", "Question 1", "Answer 1", "Question 2"],
    ]
    assert json.loads(kernel.get("[w.text for w in ws]").replace("'", '"')) == [
        f"Answer {n}" for n in range(3)
    ]


def test_a_chat_goes_on_behind_an_answer_that_was_stopped_or_failed(
    kernel: Kernel, server: Server
) -> None:
    kernel.run("%%stream test/stall --bg --chat c --as one\nFirst?", cell="cell-1")
    kernel.run("%%stream test/400 --bg --chat c --as two\nSecond?", cell="cell-2")
    kernel.run("%%stream test/ok --bg --chat c --as three\nThird?", cell="cell-3")
    in_progress(kernel, server, 1)
    kernel.run("one.cancel()")
    assert kernel.run("await three; None").status == "ok"
    first = kernel.get("one.text").strip("'")
    assert contents(server)[1:] == [["First?", first, "Second?"], ["First?", first, "Third?"]]


def test_a_stream_that_waits_for_its_turn_can_be_stopped(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/stall --bg --chat d --as one\nFirst?", cell="cell-1")
    kernel.run("%%stream test/ok --bg --chat d --as two\nSecond?", cell="cell-2")
    in_progress(kernel, server, 1)
    kernel.run("two.cancel(); await two")
    assert kernel.get("(two.status, two.text, one.is_done)") == "('cancelled', '', False)"
    kernel.run("one.cancel(); await two.continue_()")
    assert kernel.get("two.status") == "'completed'"
    first = kernel.get("one.text").strip("'")
    assert contents(server)[1:] == [["First?", first, "Second?"]]


def test_turns_of_a_copy_of_the_notebook(kernel: Kernel, server: Server) -> None:
    server.enqueue(*(Scenario(text=[f"Answer {n}"]) for n in range(3)))
    kernel.run("%%stream --chat e\nFirst?", cell="cell-1", session="chat notebook")
    kernel.run("%%stream --chat e\nFirst of the copy?", cell="cell-1", session="chat copy")
    kernel.run("%%stream --chat e\nSecond?", cell="cell-2", session="chat notebook")
    assert contents(server)[2] == [
        *("First?", "Answer 0", "First of the copy?", "Answer 1", "Second?"),
    ]
