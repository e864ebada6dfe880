"""The heavy parts of the front end, over a real kernel's comm."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.kernel import Kernel
from tests.support.scenario import Scenario
from tests.support.server import Server

FILES = {"highlight.js": b"export const x = 1", "math-font.woff2": bytes(range(256)) * 1000}


@pytest.fixture
def parts(kernel: Kernel, tmp_path: Path) -> Kernel:
    """The kernel, with small files in place of the real ones."""
    for name in ("loader.js", "widget.js", "notebook.js", "widget.css"):
        (tmp_path / name).touch()
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    done = kernel.run(
        "import pathlib\nfrom nbstream.comm import assets\n"
        f"assets.STATIC = pathlib.Path({str(tmp_path)!r})"
    )
    assert done.status == "ok", done.error
    return kernel


def answers(kernel: Kernel) -> list[tuple[dict[str, Any], list[bytes]]]:
    """The messages that brought assets, with their buffers."""
    found = []
    for m in kernel.messages:
        data = m["content"].get("data", {})
        if m["msg_type"] == "comm_msg" and data.get("content", {}).get("kind") == "asset":
            found.append((data["content"], [bytes(buffer) for buffer in m["buffers"]]))
    return found


def ask(kernel: Kernel, name: str) -> tuple[dict[str, Any], list[bytes]]:
    comm, stream = kernel.opened()
    before = len(answers(kernel))
    kernel.request(comm, kind="asset", stream=stream, name=name)
    kernel.until(lambda: len(answers(kernel)) > before)
    return answers(kernel)[-1]


def test_the_front_end_travels_beside_the_json(parts: Kernel, tmp_path: Path) -> None:
    code = "".join(f"export const x{n} = {n};\n" for n in range(1000))
    (tmp_path / "widget.js").write_text(code, encoding="utf-8")
    (tmp_path / "widget.css").write_text("p {}" * 1000, encoding="utf-8")
    parts.run("%%stream --persist widget --as w\nHi")
    comm, _ = parts.opened()
    (opened,) = (
        m
        for m in parts.messages
        if m["msg_type"] == "comm_open" and m["content"]["comm_id"] == comm
    )
    assert opened["content"]["data"]["buffer_paths"] == [["_code"]]
    (packed,) = opened["buffers"]
    text = gzip.decompress(packed).decode()
    assert text.startswith(code)
    assert "p {}" * 1000 in text
    assert len(json.dumps(opened["content"])) < 2000


def test_after_the_stream_has_ended(parts: Kernel) -> None:
    parts.run("%%stream --persist widget --as w\nHi")
    assert ask(parts, "highlight") == (
        {"v": 1, "kind": "asset", "name": "highlight"},
        [FILES["highlight.js"]],
    )
    assert ask(parts, "math-font")[1] == [FILES["math-font.woff2"]]
    assert parts.get("w.status") == "'completed'"


def test_while_a_cell_waits_for_the_stream(parts: Kernel, server: Server) -> None:
    server.enqueue(Scenario(gates=frozenset({"deltas"})))
    cell = parts.send("%%stream\nHi")
    request = server.wait_for_request()
    request.release()
    parts.until(lambda: "in_progress" in parts.statuses())
    assert ask(parts, "highlight")[1] == [FILES["highlight.js"]]
    request.release(100)
    assert parts.finish(cell).status == "ok"


def test_while_the_kernel_is_idle(parts: Kernel, server: Server) -> None:
    server.enqueue(Scenario(gates=frozenset({"deltas"})))
    parts.run("%%stream --bg --as w\nHi")
    request = server.wait_for_request()
    request.release()
    parts.until(lambda: "in_progress" in parts.statuses())
    assert ask(parts, "highlight")[1] == [FILES["highlight.js"]]
    request.release(100)
    parts.run("await w; None")
    _, stream = parts.opened()
    frames = [frame for _, frame in parts.frames() if frame["stream"] == stream]
    # No page said hello: the snapshot comes again, in case that one is late.
    frames = [frame for frame in frames if frame["kind"] != "snapshot" or frame["seq"] == 1]
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))


def test_a_missing_file_is_refused_in_words(parts: Kernel, tmp_path: Path) -> None:
    parts.run("%%stream --persist widget\nHi")
    content, buffers = ask(parts, "math")
    assert buffers == []
    assert content["error"] == "math.js cannot be read: No such file or directory"


def test_no_path_leads_to_other_files(parts: Kernel, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    parts.run("%%stream --persist widget\nHi")
    comm, stream = parts.opened()
    for name in ("secret", str(tmp_path / "secret"), "highlight.js", "../highlight.js", None):
        parts.request(comm, kind="asset", stream=stream, name=name)
    # It comes behind the others.
    ask(parts, "highlight")
    assert [content["name"] for content, _ in answers(parts)] == ["highlight"]
