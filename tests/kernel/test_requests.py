"""What a page asks of a stream in a real kernel: Stop, its text, Continue; and Interrupt."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.kernel import Kernel
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT).strip()
FIRST_FIVE = "".join(DEFAULT_TEXT[:5])
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.mark.parametrize("model", ["test/no-headers", "test/no-first-token", "test/stall"])
@pytest.mark.parametrize("awaiting", [True, False], ids=["while the cell awaits", "while idle"])
def test_stop_by_message(kernel: Kernel, server: Server, model: str, awaiting: bool) -> None:
    cell = kernel.send(f"%%stream {model} --as w {'' if awaiting else '--bg'}\nHi")
    request = server.wait_for_request()
    request.wait_for(lambda r: r.waiting)
    kernel.until(kernel.openings)
    if model == "test/stall":
        kernel.until(lambda: kernel.text() == FIRST_FIVE)
    comm, stream = kernel.opened()
    if not awaiting:
        kernel.finish(cell)
    kernel.request(comm, kind="cancel", stream=stream, reason="stopped by you")
    request.wait_until_left()
    if awaiting:
        assert kernel.finish(cell).status == "ok"
    kernel.until(lambda: "cancelled" in kernel.statuses(stream))
    assert kernel.statuses(stream)[-2:] == ["cancelling", "cancelled"]
    assert kernel.get("w.text") == repr(FIRST_FIVE if model == "test/stall" else "")


def test_stop_all_by_message(kernel: Kernel, server: Server) -> None:
    for _ in range(2):
        kernel.run("%%stream test/stall --bg\nHi")
    server.wait_for_request(2)
    comm, _ = kernel.opened()
    kernel.request(comm, kind="cancel", stream="*", reason="stopped by you")
    for request in server.requests:
        request.wait_until_left()


def test_hello_is_answered_with_a_snapshot(kernel: Kernel) -> None:
    kernel.run("%%stream --persist widget\nHi")
    comm, stream = kernel.opened()
    kernel.until(lambda: kernel.statuses()[-1:] == ["completed"])

    def answers(**request: object) -> list[dict[str, Any]]:
        before = len(kernel.frames())
        kernel.request(comm, **request)
        kernel.settle(comm, stream)
        return [frame for _, frame in kernel.frames()[before:] if frame["stream"] == stream]

    *_, frame = answers(kind="hello", have={stream: 1}, page="p")
    assert (frame["kind"], frame["status"]) == ("snapshot", "completed")
    assert frame["parts"][0]["text"] == "".join(DEFAULT_TEXT)
    assert answers(kind="hello", have={stream: frame["seq"]}, page="p") == [], "it has all"
    assert answers(kind="resync", stream=stream, have=0) == [frame]


def test_one_hello_speaks_for_all_streams_of_its_page(kernel: Kernel) -> None:
    kernel.run("%%stream --persist widget --as first\nHi")
    kernel.run("%%stream --persist widget --as second\nHi")
    kernel.until(lambda: kernel.statuses()[-1:] == ["completed"])
    kernel.run("import nbstream\nclosed = nbstream.show(['a'])\nawait closed\nclosed.close()")
    names = kernel.run("print(*(w._wire.stream for w in (first, second, closed)))")
    first, second, closed = names.stdout.split()
    have = {first: 1, second: 1, closed: 1, "unknown": 1}
    before = len(kernel.frames())
    kernel.request(first, kind="hello", have=have, page="p")
    kernel.settle(first, first)
    pages = kernel.get("[sorted(w._wire.pages) for w in (first, second, closed)]")
    assert pages == "[['p'], ['p'], []]", "a closed one has no page"
    # Until then either may have sent its snapshot again by itself.
    answers = kernel.frames()[before:]
    assert {(c, f["stream"], f["kind"]) for c, f in answers} == {
        *((first, first, "snapshot"), (second, second, "snapshot")),
    }


def test_a_request_arrives_though_the_subshell_that_was_answered_last_has_ended(
    kernel: Kernel,
) -> None:
    kernel.run("%%stream --persist widget\nHi")
    comm, stream = kernel.opened()
    kernel.until(lambda: kernel.statuses()[-1:] == ["completed"])
    subshell = kernel.create_subshell()
    assert subshell is not None

    kernel.settle(comm, stream, subshell)
    kernel.delete_subshell(subshell)
    kernel.settle(comm, stream, subshell)


def test_a_page_that_closes_the_comm_stops_the_stream(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(gates=frozenset({"deltas"})))
    kernel.run("import nbstream\nw = nbstream.stream('Hi')\nw")
    request = server.wait_for_request(1)
    request.release(5)
    comm, _ = kernel.opened()
    kernel.close_comm(comm)
    request.wait_until_left()
    kernel.becomes("(w.status, w.reason)", ("cancelled", "its view was closed"))
    # Its connection is closed first.
    kernel.until(lambda: WIDGET not in kernel.display())


@pytest.mark.parametrize("loop", ["kernel", "thread"])
def test_hooks_of_displays_see_the_final_output(kernel: Kernel, loop: str) -> None:
    """Colab marks outputs that hold widgets by such a hook."""
    kernel.run(
        "def mark(message):\n"
        "    message['content']['metadata']['marked'] = True\n"
        "    return message\n"
        "get_ipython().display_pub.register_hook(mark)"
    )
    kernel.run(f"%%stream --loop {loop}\nHi")
    kernel.until(lambda: WIDGET not in kernel.display())
    kernel.run("get_ipython().display_pub.unregister_hook(mark)")
    shown = [m for m in kernel.messages if m["msg_type"].endswith("display_data")]
    assert [m["msg_type"] for m in shown] == ["display_data", "update_display_data"]
    assert all(m["content"]["metadata"] == {"marked": True} for m in shown)


def test_interrupt(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(gates=frozenset({"first"})))
    kernel.run("%%stream --bg --as background\nHi")
    server.wait_for_request(1)
    cell = kernel.send("%%stream test/stall --as w\nHi")
    server.wait_for_request(2).wait_for(lambda r: r.waiting == "stall")
    kernel.manager.interrupt_kernel()
    result = kernel.finish(cell)
    assert result.status == "error"
    assert result.reply["content"]["ename"] in ("KeyboardInterrupt", "CancelledError")
    server.requests[1].wait_until_left()
    kernel.becomes("(w.status, w.reason)", ("cancelled", "interrupted"))
    assert kernel.get("background.is_done") == "False"
    server.requests[0].release()
    kernel.run("await background; None")
    assert kernel.get("background.status") == "'completed'"


def test_a_page_asks_to_go_on(kernel: Kernel, server: Server) -> None:
    assert kernel.run("%%stream test/reset --as w\nWhy?").status == "error"
    assert "The connection" not in kernel.display()["text/plain"]
    comm, stream = kernel.opened()
    # A message that has to wait for its turn comes after the cell's reply.
    kernel.until(lambda: "failed" in kernel.statuses(stream))
    told = [f for _, f in kernel.frames() if f["kind"] == "status"]
    assert [f["offer"] for f in told if "offer" in f] == ["continue"]
    server.enqueue(Scenario(text=DEFAULT_TEXT[5:], gates=frozenset({"finish"})))
    kernel.request(comm, kind="continue", stream=stream)
    kernel.request(comm, kind="continue", stream=stream)
    server.wait_for_request(2).wait_for(lambda r: r.waiting)
    kernel.until(lambda: WIDGET in kernel.display())
    server.release()
    kernel.until(lambda: "completed" in kernel.statuses())
    assert kernel.get("(w.status, w.text)") == repr(("completed", "".join(DEFAULT_TEXT)))
    # The saved form comes once the connection is closed, a moment after the status.
    kernel.until(lambda: WIDGET not in kernel.display())
    assert ANSWER in kernel.display()["text/plain"]
    assert len(server.requests) == 2


def test_a_stalled_cell_goes_on_and_ends(kernel: Kernel, server: Server) -> None:
    kernel.run("%config NBStream.stall_after = 0.2")
    try:
        cell = kernel.send("%%stream test/stall --as w\nWhy?")
        # On a slow machine it may be called stalled before its first token as well.
        kernel.until(lambda: kernel.text() == FIRST_FIVE)
        kernel.until(lambda: kernel.statuses()[-1:] == ["stalled"])
        server.enqueue(Scenario(text=DEFAULT_TEXT[5:]))
        comm, stream = kernel.opened()
        kernel.request(comm, kind="continue", stream=stream)
        assert kernel.finish(cell).status == "ok"
        assert kernel.get("w.text") == repr("".join(DEFAULT_TEXT))
    finally:
        kernel.run("%config NBStream.stall_after = 10")


def test_what_comes_late_of_an_earlier_stream_is_not_the_next_ones_text(
    kernel: Kernel, server: Server
) -> None:
    for _ in range(2):
        kernel.run("%%stream --as w\nHi")
        kernel.until(lambda: kernel.statuses()[-1:] == ["completed"])
    assert kernel.text() == "".join(DEFAULT_TEXT)
    kernel.messages += [m for m in kernel.messages if m["msg_type"] == "comm_msg"][:1]
    assert kernel.text() == "".join(DEFAULT_TEXT)


@pytest.mark.parametrize("said_hello", [False, True])
def test_a_page_that_has_not_said_hello_is_left_nothing_heavy(
    kernel: Kernel, said_hello: bool
) -> None:
    kernel.run("%%stream --persist widget --as w\nHi")
    comm, stream = kernel.opened()
    kernel.until(lambda: kernel.statuses()[-1:] == ["completed"])
    if said_hello:
        kernel.request(comm, kind="hello", have={stream: 1}, page="p")
        kernel.until(lambda: kernel.get("sorted(w._wire.pages)") == "['p']")
    kernel.messages.clear()
    kernel.run("w.close()")
    sent = [m for m in kernel.messages if m["content"].get("comm_id") == comm]
    # A snapshot may have been sent again before.
    sent = [m for m in sent if m["content"].get("data", {}).get("method") != "custom"]
    assert [m["msg_type"] for m in sent] == ["comm_msg"] * (0 if said_hello else 2) + ["comm_close"]
    for message in sent[:-1]:
        state = message["content"]["data"]["state"]
        assert state == {"_code": "", "_snapshot": None}
