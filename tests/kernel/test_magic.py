"""``%%stream`` in a real kernel."""

from __future__ import annotations

import json
import time

import pytest

from tests.kernel.conftest import KEY
from tests.support.kernel import Kernel
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ANSWER = "".join(DEFAULT_TEXT).strip()
FIRST_FIVE = "".join(DEFAULT_TEXT[:5])
WIDGET = "application/vnd.jupyter.widget-view+json"


def the_display(kernel: Kernel) -> dict[str, str]:
    (shown,) = kernel.displays().values()
    return shown


# -- waiting --------------------------------------------------------------------------------------


def test_a_cell_waits_and_keeps_text(kernel: Kernel, server: Server) -> None:
    result = kernel.run("%%stream --as w\nWhy?")
    assert result.status == "ok", result.error
    assert server.requests[0].body["messages"] == [{"role": "user", "content": "Why?"}]
    first = next(m for m in result.messages if m["msg_type"] == "display_data")
    assert WIDGET in first["content"]["data"]
    final = the_display(kernel)
    assert WIDGET not in final
    assert set(final) == {"text/markdown", "text/plain"}
    assert "Streams carry an answer" in final["text/markdown"]
    assert "done" in final["text/plain"]
    assert kernel.get("w.status") == "'completed'"
    assert kernel.get("w.text") == repr("".join(DEFAULT_TEXT))


def test_the_value_is_the_stream_and_shown_once(kernel: Kernel) -> None:
    result = kernel.run("%%stream\nWhy?")
    assert len(kernel.displays()) == 1
    assert not [m for m in result.messages if m["msg_type"] == "execute_result"]
    assert kernel.get("_.status") == "'completed'"


def test_persist_widget(kernel: Kernel) -> None:
    kernel.run("%%stream --persist widget\nWhy?")
    final = the_display(kernel)
    assert WIDGET in final
    assert "Streams carry an answer" in final["text/markdown"]
    assert "Streams carry an answer" in final["text/plain"]


def test_the_frames_of_one_stream(kernel: Kernel) -> None:
    kernel.run("%%stream test/slow?delay=0.02\nWhy?")
    _, stream = kernel.opened()
    frames = [frame for _, frame in kernel.frames() if frame["stream"] == stream]
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert [frame["kind"] for frame in frames if frame["kind"] != "delta"] == [
        "snapshot",
        "status",
        "status",
    ]
    text = ""
    for op in (op for frame in frames for op in frame.get("ops", ())):
        assert op["offset"] == len(text.encode("utf-16-le")) // 2
        text += op["text"]
    assert text == "".join(DEFAULT_TEXT)
    assert frames[-1]["lengths"] == {"text": len(text.encode("utf-16-le")) // 2}
    assert len([frame for frame in frames if frame["kind"] == "delta"]) > 3, "live, not at once"


def test_background(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(gates=frozenset({"first"})))
    result = kernel.run("%%stream --bg --as w\nWhy?")
    assert result.status == "ok"
    assert kernel.get("w.is_done") == "False"
    server.release()
    result = kernel.run("(await w).status")
    assert "completed" in (result.value or "")
    assert "Streams carry an answer" in the_display(kernel)["text/markdown"]


def test_a_failed_stream_fails_the_cell(kernel: Kernel) -> None:
    result = kernel.run("%%stream test/400\nWhy?")
    assert result.status == "error"
    assert result.reply["content"]["ename"] == "StreamError"
    assert "Unknown parameter" in result.reply["content"]["evalue"]
    assert "Check its parameters" in result.error
    assert "File " not in result.error, "no frames of the library"
    kept = the_display(kernel)
    assert "failed" in kept["text/plain"]
    assert "Unknown parameter" not in json.dumps(kept), "it is said once"


def test_a_failed_stream_in_the_background_says_so_in_its_output(kernel: Kernel) -> None:
    kernel.run("%%stream test/400 --bg --as w\nWhy?")
    kernel.until(lambda: "failed" in the_display(kernel)["text/plain"])
    assert "Unknown parameter" in the_display(kernel)["text/markdown"]
    assert kernel.run("await w").status == "error"
    assert "Unknown parameter" in the_display(kernel)["text/markdown"]


def test_a_stopped_stream_does_not_fail_the_cell(kernel: Kernel, server: Server) -> None:
    cell = kernel.send("%%stream test/stall\nWhy?")
    kernel.until(lambda: "in_progress" in kernel.statuses())
    comm, stream = kernel.opened()
    kernel.request(comm, kind="cancel", stream=stream, reason="stopped by you")
    result = kernel.finish(cell)
    assert result.status == "ok", result.error
    assert "cancelled: stopped by you" in the_display(kernel)["text/plain"]


# -- going on after a cut -------------------------------------------------------------------------


def test_a_page_asks_to_go_on(kernel: Kernel, server: Server) -> None:
    assert kernel.run("%%stream test/reset --as w\nWhy?").status == "error"
    assert "The connection" not in the_display(kernel)["text/plain"]
    comm, stream = kernel.opened()
    (offer,) = [frame["offer"] for _, frame in kernel.frames() if "offer" in frame]
    assert offer == "continue"
    server.enqueue(Scenario(text=DEFAULT_TEXT[5:], gates=frozenset({"finish"})))
    kernel.request(comm, kind="continue", stream=stream)
    kernel.request(comm, kind="continue", stream=stream)
    server.wait_for_request(2).wait_for(lambda r: r.waiting)
    kernel.until(lambda: WIDGET in the_display(kernel), 5)
    server.release()
    kernel.until(lambda: "completed" in kernel.statuses())
    assert kernel.get("(w.status, w.text)") == repr(("completed", "".join(DEFAULT_TEXT)))
    final = the_display(kernel)
    assert WIDGET not in final
    assert ANSWER in final["text/plain"]
    assert len(server.requests) == 2


def test_a_stalled_cell_goes_on_and_ends(kernel: Kernel, server: Server) -> None:
    kernel.run("%config NBStream.stall_after = 0.2")
    try:
        cell = kernel.send("%%stream test/stall --as w\nWhy?")
        kernel.until(lambda: "stalled" in kernel.statuses())
        server.enqueue(Scenario(text=DEFAULT_TEXT[5:]))
        comm, stream = kernel.opened()
        kernel.request(comm, kind="continue", stream=stream)
        assert kernel.finish(cell).status == "ok"
        assert kernel.get("w.text") == repr("".join(DEFAULT_TEXT))
    finally:
        kernel.run("%config NBStream.stall_after = 10")


# -- what stands on the line and below ------------------------------------------------------------


def test_variables(kernel: Kernel, server: Server) -> None:
    kernel.run("topic = 'back{pressure}'")
    assert kernel.run("%%stream\nAbout {{topic}} and {literal} braces.").status == "ok"
    (message,) = server.requests[0].body["messages"]
    assert message["content"] == "About back{pressure} and {literal} braces."


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%stream\nAbout {{no_such_name}}.", "no_such_name"),
        ("%%stream --temprature 1\nHi", "--temperature"),
        ("%%stream -p top_p=high\nHi", "JSON"),
        ("%%stream --system 'open\nHi", "quote"),
        ("%%stream --as 1x\nHi", "1x"),
        ("%%stream\n\n", "empty"),
    ],
)
def test_mistakes_cost_nothing(kernel: Kernel, server: Server, cell: str, words: str) -> None:
    result = kernel.run(cell)
    assert result.status == "error"
    assert words in result.error
    assert "File " not in result.error
    assert server.requests == []


def test_options_are_sent(kernel: Kernel, server: Server) -> None:
    line = "test/markdown --system 'Be brief.' --temperature 0.5 --max-tokens 9"
    cell = f"%%stream {line} -p top_p=0.9 -p top_k=3\nHi"
    assert kernel.run(cell).status == "ok"
    body = server.requests[0].body
    assert body["model"] == "test/markdown"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    numbers = (body["temperature"], body["max_tokens"], body["top_p"], body["top_k"])
    assert numbers == (0.5, 9, 0.9, 3)


def test_the_responses_api(kernel: Kernel, server: Server) -> None:
    assert kernel.run("%%stream --api responses\nHi").status == "ok"
    assert server.requests[0].path == "/v1/responses"


# -- chats and cells that run again ---------------------------------------------------------------


def test_a_chat_and_its_replaced_turn(kernel: Kernel, server: Server) -> None:
    server.enqueue(*(Scenario(text=[f"answer {n}"]) for n in range(1, 4)))
    kernel.run("%%stream --chat c\nFirst?", cell="cell-1")
    kernel.run("%%stream --chat c\nSecond?", cell="cell-2")
    kernel.run("%%stream --chat c\nFirst again?", cell="cell-1")
    kernel.run("%%stream --chat c\nThird?", cell="cell-3")
    sent = [[m["content"] for m in r.body["messages"]] for r in server.requests]
    assert sent == [
        ["First?"],
        ["First?", "answer 1", "Second?"],
        ["First again?"],
        ["First again?", "answer 3", "Second?", "answer 2", "Third?"],
    ]
    assert "c: 3 turns" in kernel.run("%nbstream chats").stdout


def test_a_failed_turn_is_not_remembered(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/reset --chat d\nFirst?", cell="cell-1")
    kernel.run("%%stream --chat d\nSecond?", cell="cell-2")
    assert [m["content"] for m in server.requests[-1].body["messages"]] == ["Second?"]


def test_running_a_cell_again_stops_its_earlier_stream(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/stall --bg --as first\nHi", cell="cell-x")
    kernel.until(lambda: "in_progress" in kernel.statuses())
    kernel.run("%%stream test/stall --bg --as other\nHi", cell="cell-y")
    kernel.run("%%stream --as second\nHi", cell="cell-x")
    server.requests[0].wait_until_left()
    assert kernel.get("(first.status, first.reason)") == "('cancelled', 'the cell was run again')"
    assert kernel.get("(second.status, other.is_done)") == "('completed', False)"


# -- places where a cell cannot wait --------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        "%%time\n%%stream --as w\nHi",
        "%%capture\n%%stream --as w\nHi",
        "get_ipython().run_cell_magic('stream', '--as w', 'Hi') and None",
        "x = get_ipython().run_cell_magic('stream', '--as w', 'Hi')",
        "def f():\n    get_ipython().run_cell_magic('stream', '--as w', 'Hi')\nf()",
        "r = get_ipython().run_cell('%%stream --as w\\nHi')\nr.raise_error()",
    ],
)
def test_nested_it_goes_on_in_the_background(kernel: Kernel, cell: str) -> None:
    result = kernel.run(cell)
    assert result.status == "ok", result.error
    assert "SyntaxError" not in result.stdout + result.stderr
    assert kernel.run("await w; None").status == "ok"
    assert kernel.get("w.status") == "'completed'"


def test_without_autoawait(kernel: Kernel) -> None:
    kernel.run("%autoawait off")
    result = kernel.run("%%stream --as w\nHi")
    assert result.status == "ok", result.error
    kernel.run("%autoawait on")
    assert kernel.run("await w; None").status == "ok"
    assert kernel.get("w.status") == "'completed'"


def test_reload_and_unload(kernel: Kernel) -> None:
    assert kernel.run("%reload_ext nbstream\n%reload_ext nbstream").status == "ok"
    count = "sum(type(t).__name__ == 'AwaitStream' for t in get_ipython().input_transformers_post)"
    assert kernel.get(count) == "1"
    assert kernel.run("%%stream --as w\nHi").status == "ok"
    assert kernel.get("w.is_done") == "True"
    kernel.run("%unload_ext nbstream")
    assert kernel.get(count) == "0"
    assert "not found" in kernel.run("%%stream\nHi").stderr
    assert kernel.run("%load_ext nbstream").status == "ok"


def test_configuration(kernel: Kernel, server: Server) -> None:
    kernel.run("%config NBStream.model = 'test/markdown'")
    try:
        kernel.run("%%stream\nHi")
        assert server.requests[0].body["model"] == "test/markdown"
        assert "NBStream.model = 'test/markdown'" in kernel.run("%nbstream config").stdout
    finally:
        kernel.run("%config NBStream.model = ''")


def test_line_magic(kernel: Kernel, server: Server) -> None:
    result = kernel.run("%nbstream models")
    assert "test/stall" in (result.value or "")
    result = kernel.run("%nbstream model")
    assert "did you mean 'models'" in result.error
    kernel.run("%%stream --bg test/stall --as w\nHi")
    assert kernel.run("%nbstream tasks").status == "ok"


def test_help(kernel: Kernel) -> None:
    reply = kernel.run("%%stream?").reply
    text = json.dumps(reply["content"])
    assert "--persist" in text
    assert "{{expr}}" in text


# -- Stop and interrupt ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["test/no-headers", "test/no-first-token", "test/stall"])
@pytest.mark.parametrize("awaiting", [True, False], ids=["while the cell awaits", "while idle"])
def test_stop_by_message(kernel: Kernel, server: Server, model: str, awaiting: bool) -> None:
    cell = kernel.send(f"%%stream {model} --as w {'' if awaiting else '--bg'}\nHi")
    request = server.wait_for_request()
    request.wait_for(lambda r: r.waiting)
    kernel.until(lambda: kernel.frames())
    if model == "test/stall":
        kernel.until(lambda: kernel.text() == FIRST_FIVE)
    comm, stream = kernel.opened()
    if not awaiting:
        kernel.finish(cell)
    kernel.request(comm, kind="cancel", stream=stream, reason="stopped by you")
    sent = time.monotonic()
    assert request.wait_until_left() - sent < 1.0
    if awaiting:
        assert kernel.finish(cell).status == "ok"
    kernel.until(lambda: "cancelled" in kernel.statuses(stream))
    assert kernel.statuses(stream)[-2:] == ["cancelling", "cancelled"]
    assert kernel.get("w.text") == repr(FIRST_FIVE if model == "test/stall" else "")


def test_stop_all_by_message(kernel: Kernel, server: Server) -> None:
    for _ in range(2):
        kernel.run("%%stream test/stall --bg\nHi")
    server.wait_for_request(2)
    kernel.until(lambda: len([f for _, f in kernel.frames() if f["kind"] == "snapshot"]) == 2)
    comm, _ = kernel.opened()
    kernel.request(comm, kind="cancel", stream="*", reason="stopped by you")
    for request in server.requests:
        request.wait_until_left()


def test_hello_is_answered_with_a_snapshot(kernel: Kernel) -> None:
    kernel.run("%%stream --persist widget\nHi")
    comm, stream = kernel.opened()
    kernel.until(lambda: kernel.statuses()[-1:] == ["completed"])
    before = len(kernel.frames())
    kernel.request(comm, kind="hello", have={stream: 1}, page="p")
    kernel.until(lambda: len(kernel.frames()) > before)
    frame = kernel.frames()[-1][1]
    assert (frame["kind"], frame["status"]) == ("snapshot", "completed")
    assert frame["parts"][0]["text"] == "".join(DEFAULT_TEXT)
    seq = frame["seq"]
    kernel.request(comm, kind="hello", have={stream: seq}, page="p")
    kernel.request(comm, kind="resync", stream=stream, have=0)
    kernel.until(lambda: len(kernel.frames()) > before + 1)
    kernel.get("1")
    assert len(kernel.frames()) == before + 2, "who has all is told nothing"


def test_interrupt(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(gates=frozenset({"first"})))
    kernel.run("%%stream --bg --as background\nHi")
    server.wait_for_request(1)
    cell = kernel.send("%%stream test/stall --as w\nHi")
    server.wait_for_request(2).wait_for(lambda r: r.waiting == "stall")
    interrupted = time.monotonic()
    kernel.manager.interrupt_kernel()
    result = kernel.finish(cell)
    assert time.monotonic() - interrupted < 1.0
    assert result.status == "error"
    assert result.reply["content"]["ename"] in ("KeyboardInterrupt", "CancelledError")
    server.requests[1].wait_until_left()
    assert kernel.get("(w.status, w.reason)") == "('cancelled', 'interrupted')"
    assert kernel.get("background.is_done") == "False"
    server.requests[0].release()
    kernel.run("await background; None")
    assert kernel.get("background.status") == "'completed'"


# -- secrets --------------------------------------------------------------------------------------


def test_the_key_is_nowhere(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream --as w\nHi")
    kernel.run("%%stream test/401 --as failed\nHi", cell="cell-401")
    kernel.run("w, failed, failed.error, w._session, w._wire.snapshot(), failed.get_state()")
    kernel.run("%nbstream config\n%nbstream tasks")
    kernel.run("await failed")
    kernel.run("%tb")
    kernel.run("%xmode Verbose")
    kernel.run("await failed")
    kernel.run("%tb\n%xmode Context")
    kernel.run(
        "try:\n    await failed\nexcept Exception as e:\n    import traceback\n"
        "    traceback.print_exc(); print(e.__cause__, e.__context__)"
    )
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "[redacted]" in json.dumps(kernel.messages, default=str)
    assert KEY not in json.dumps(kernel.messages, default=str)
    assert KEY not in kernel.log
