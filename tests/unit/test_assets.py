"""The heavy parts of the front end, as files and as messages."""

from __future__ import annotations

import gzip
import typing
from pathlib import Path

import pytest

from nbstream.comm import assets
from nbstream.comm.messages import AssetName
from nbstream.widget import widget
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import FakeSource, chat

FILES = {"highlight.js": b"one", "math.js": b"two", "math-font.woff2": b"\x00\xff"}
FILES |= {"copier.js": b"three", "inspector.js": b"four"}


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    for name in ("loader.js", "widget.js", "notebook.js", "widget.css"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    return tmp_path


def test_every_name_has_its_file(static: Path) -> None:
    assert {"front-end", *assets.FILES} == set(typing.get_args(AssetName))
    assert set(assets.FILES.values()) == set(FILES)
    for name, file in assets.FILES.items():
        content, buffers = assets.answer(name)
        assert content == {"v": 1, "kind": "asset", "name": name}
        assert [bytes(buffer) for buffer in buffers] == [FILES[file]]


def test_a_file_is_read_once(static: Path) -> None:
    _, (first,) = assets.answer("math")
    (static / "math.js").unlink()
    _, (second,) = assets.answer("math")
    assert first.obj is second.obj


def test_what_travels_with_each_widget_is_packed(static: Path) -> None:
    (static / "widget.js").write_text("export const words = '…';", encoding="utf-8")
    (static / "widget.css").write_text('p::before { content: "\\201c" }', encoding="utf-8")
    (static / "notebook.js").write_text("export{notebook};")
    code, notebook, style = gzip.decompress(assets.packed()).decode().split("\n")
    assert (code, notebook) == ("export const words = '…';", "export{notebook};")
    assert style == r'export const css="p::before { content: \"\\201c\" }";'


def test_a_page_without_the_front_end_gets_it(static: Path) -> None:
    content, (code,) = assets.answer("front-end")
    assert content == {"v": 1, "kind": "asset", "name": "front-end"}
    assert bytes(code) == assets.packed()


def test_a_missing_file_is_a_refusal_and_names_no_folder(static: Path) -> None:
    (static / "math.js").unlink()
    content, buffers = assets.answer("math")
    assert buffers == []
    assert content["error"].startswith("math.js cannot be read: ")
    assert str(static) not in content["error"]
    (static / "math.js").write_bytes(b"built now")
    assert assets.answer("math")[1], "a refusal is not kept"


def test_the_version_is_made_of_the_contents(tmp_path: Path) -> None:
    versions = set()
    for number, changed in enumerate(("", "widget.js", "notebook.js", "widget.css", *FILES)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in FILES.items():
            (folder / name).write_bytes(content)
        if changed:
            (folder / changed).write_bytes(b"changed")
        versions.add(assets._version(folder))
    assert len(versions) == 4 + len(FILES)
    (tmp_path / "same").mkdir()
    for name, content in FILES.items():
        (tmp_path / "same" / name).write_bytes(content)
    assert assets._version(tmp_path / "same") in versions


def make() -> StreamWidget:
    return StreamWidget(source=FakeSource([chat("a"), chat(finish="stop")]), label="", model="m")


async def test_a_widget_sends_them(static: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w = make()
    await w
    assert w.get_state()["_assets"] == assets.version()
    sent = []
    monkeypatch.setattr(w, "send", lambda content, buffers=None: sent.append((content, buffers)))
    for name in ("../widget.js", "widget.js", "math-font"):
        w._on_request(w, {"v": 1, "kind": "asset", "stream": w._stream, "name": name}, [])
    assert sent == [({"v": 1, "kind": "asset", "name": "math-font"}, [b"\x00\xff"])]
    w.close()
    w._on_request(w, {"v": 1, "kind": "asset", "stream": w._stream, "name": "math"}, [])


async def test_headless_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget, "is_headless", lambda: True)
    monkeypatch.setattr(assets, "_read", pytest.fail)
    await make()
