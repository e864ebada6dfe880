"""Tools in a real kernel: by the magic, approved by a page, and where nobody can be asked."""

from __future__ import annotations

from tests.support.kernel import Kernel
from tests.support.scenario import Scenario
from tests.support.server import Server
from tests.support.tools import chat_reply

DEFINE = """\
import threading

def where() -> str:
    '''The thread that this runs in.'''
    print("called")
    return threading.current_thread().name

async def twice(number: int) -> int:
    return 2 * number

both = [where, twice]
"""
CALLS = (("c1", "where", {}), ("c2", "twice", {"number": 4}))
STATES = "[(call.status, call.result) for call in w.tool_calls]"


def replies(server: Server) -> None:
    server.enqueue(Scenario(body=chat_reply(*CALLS)), Scenario(body=chat_reply(text="Done.")))


def test_the_magic_waits_for_the_page(kernel: Kernel, server: Server) -> None:
    kernel.run(DEFINE)
    replies(server)
    cell = kernel.send("%%stream --tools both --approve ask --as w\nHi")
    waiting = "waiting for your approval of where, twice"
    kernel.until(lambda: waiting in [frame.get("reason") for _, frame in kernel.frames()])
    comm, stream = kernel.opened()
    for part, approved in (("tool:0", True), ("tool:1", False)):
        kernel.request(comm, kind="decide", stream=stream, part=part, approved=approved)
    result = kernel.finish(cell)
    assert result.status == "ok"
    # In the cell that made the stream.
    assert result.stdout == "called\n"
    assert kernel.get(STATES) == "[('completed', 'nbstream-tool'), ('declined', '')]"
    assert kernel.get("w.text") == "'Done.'"
    assert [spec["function"]["name"] for spec in server.requests[0].body["tools"]] == [
        "where",
        "twice",
    ]


def test_without_a_front_end_calls_are_declined(kernel: Kernel, server: Server) -> None:
    kernel.run(DEFINE)
    replies(server)
    code = "%%stream --tools where,twice --approve ask --as w\nHi"
    assert kernel.run(code, allow_stdin=False).status == "ok"
    assert kernel.get("{call.status for call in w.tool_calls}") == "{'declined'}"
    assert "nobody can be asked" in kernel.get("w.tool_calls[0].error")


def test_one_that_is_not_shown_says_how_to_decide(kernel: Kernel, server: Server) -> None:
    kernel.run(DEFINE)
    replies(server)
    result = kernel.run(
        "import asyncio, nbstream\n"
        "w = nbstream.stream('Hi', tools=both, approve='ask')\n"
        "while not (w.reason or '').startswith('waiting for your'): await asyncio.sleep(0.01)\n"
        "assert [w.approve(call.call_id) for call in w.tool_calls] == [True, True]\n"
        "w = await w\n"
    )
    assert result.status == "ok", result.error
    assert "nbstream: where({}) waits for w.approve('c1') or w.decline('c1')" in result.stderr
    assert kernel.get(STATES) == "[('completed', 'nbstream-tool'), ('completed', '8')]"


def test_the_magic_limits_the_rounds(kernel: Kernel, server: Server) -> None:
    kernel.run(DEFINE)
    server.enqueue(*[Scenario(body=chat_reply(("c1", "twice", {"number": 4})))] * 2)
    kernel.run("%%stream --tools twice --max-rounds 2 --as w\nHi")
    said = "the model still called tools after 2 requests; raise max_rounds"
    assert kernel.get("(w.status, w.reason)") == str(("incomplete", said))
    assert len(server.requests) == 2


def test_stop_of_a_tool_by_an_interrupt(kernel: Kernel, server: Server) -> None:
    kernel.run("import asyncio\nasync def wait() -> None:\n    await asyncio.Event().wait()")
    server.enqueue(Scenario(body=chat_reply(("c1", "wait", {}))))
    cell = kernel.send("%%stream --tools wait --as w\nHi")
    kernel.until(lambda: "calling wait" in [frame.get("reason") for _, frame in kernel.frames()])
    kernel.manager.interrupt_kernel()
    kernel.finish(cell)
    kernel.becomes("(w.status, w.tool_calls[0].status)", ("cancelled", "stopped"))
    assert len(server.requests) == 1


def test_a_name_that_is_not_there(kernel: Kernel, server: Server) -> None:
    kernel.run(DEFINE)
    error = kernel.run("%%stream --tools wher\nHi").error
    assert "--tools: wher is not defined (did you mean 'where'?); run its cell first" in error
    assert not server.requests
