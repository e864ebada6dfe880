"""``%%stream`` in a real kernel: a cell waits, shows its answer and keeps it."""

from __future__ import annotations

import json

import pytest

from tests.support.kernel import Kernel
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

WIDGET = "application/vnd.jupyter.widget-view+json"


def test_a_cell_waits_and_keeps_text(kernel: Kernel, server: Server) -> None:
    result = kernel.run("%%stream --as w\nWhy?")
    assert result.status == "ok", result.error
    assert server.requests[0].body["messages"] == [{"role": "user", "content": "Why?"}]
    first = next(m for m in result.messages if m["msg_type"] == "display_data")
    assert WIDGET in first["content"]["data"]
    final = kernel.display()
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
    final = kernel.display()
    assert WIDGET in final
    assert "Streams carry an answer" in final["text/markdown"]
    assert "Streams carry an answer" in final["text/plain"]


def test_the_frames_of_one_stream(kernel: Kernel) -> None:
    kernel.run("%%stream test/slow?delay=0.02\nWhy?")
    _, stream = kernel.opened()
    frames = [frame for _, frame in kernel.frames() if frame["stream"] == stream]
    # No page said hello: the snapshot comes again, in case that one is late.
    frames = [frame for frame in frames if frame["kind"] != "snapshot" or frame["seq"] == 1]
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
    assert "Streams carry an answer" in kernel.display()["text/markdown"]


def test_a_failed_stream_fails_the_cell(kernel: Kernel) -> None:
    result = kernel.run("%%stream test/400\nWhy?")
    assert result.status == "error"
    assert result.reply["content"]["ename"] == "StreamError"
    assert "Unknown parameter" in result.reply["content"]["evalue"]
    assert "Check its parameters" in result.error
    assert "File " not in result.error, "no frames of the library"
    kept = kernel.display()
    assert "failed" in kept["text/plain"]
    assert "Unknown parameter" not in json.dumps(kept), "it is said once"


@pytest.mark.parametrize("name", ["_", "answer"])
def test_after_a_failed_cell_the_hint_names_its_stream(
    kernel: Kernel, server: Server, name: str
) -> None:
    kernel.run("'the value of an earlier cell'")
    server.enqueue(Scenario(text=DEFAULT_TEXT[:5], fault="reset", fault_after=5))
    server.enqueue(Scenario(text=DEFAULT_TEXT[5:]))
    option = "" if name == "_" else f"--as {name}"
    result = kernel.run(f"%%stream {option}\nWhy?")
    call = f"await {name}.continue_()"
    assert f"To continue from the text so far, run `{call}`." in result.error
    assert kernel.get(f"(_ is {name}, _.status, __)") == repr(
        (True, "failed", "the value of an earlier cell")
    )
    assert kernel.run(call).status == "ok"
    assert kernel.get(f"({name}.status, {name}.text)") == repr(("completed", "".join(DEFAULT_TEXT)))


def test_a_cell_that_completes_is_the_value_of_one_cell(kernel: Kernel) -> None:
    kernel.run("'before'")
    kernel.run("%%stream\nWhy?")
    assert kernel.get("(_.status, __)") == "('completed', 'before')"


def test_only_its_own_cell_gives_a_stream_that_fails_a_name(kernel: Kernel, server: Server) -> None:
    kernel.run("'before'")
    server.enqueue(server.scenarios["test/reset"])
    error = kernel.run("r = get_ipython().run_cell_magic('stream', '', 'Hi')\nawait r").error
    assert "To continue from the text so far, call its continue_()." in error
    kernel.run("import nbstream")
    assert kernel.run("await nbstream.stream('Hi', model='test/400')").status == "error"
    assert kernel.get("(_ is r, __)") == "(True, 'before')"


def test_a_failed_stream_in_the_background_says_so_in_its_output(kernel: Kernel) -> None:
    kernel.run("%%stream test/400 --bg --as w\nWhy?")
    kernel.until(lambda: "Unknown parameter" in kernel.display()["text/markdown"])
    assert kernel.run("await w").status == "error"
    assert "Unknown parameter" in kernel.display()["text/markdown"]


def test_a_stopped_stream_does_not_fail_the_cell(kernel: Kernel, server: Server) -> None:
    cell = kernel.send("%%stream test/stall\nWhy?")
    kernel.until(lambda: "in_progress" in kernel.statuses())
    comm, stream = kernel.opened()
    kernel.request(comm, kind="cancel", stream=stream, reason="stopped by you")
    result = kernel.finish(cell)
    assert result.status == "ok", result.error
    assert "cancelled: stopped by you" in kernel.display()["text/plain"]


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
