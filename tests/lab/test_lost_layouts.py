"""A kernel ends mid-stream: the notebook keeps streams in layouts, streams whose widget was to
stay, and the images of answers."""

from __future__ import annotations

import base64
import re
import zlib

import pytest

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_lost_kernel import ENDINGS, WAYS
from .test_stream import Model, model, wait_text  # noqa: F401  # a fixture

pytestmark = lab_only

WORDS = tuple(f"word{n} " for n in range(60))
TITLES = ["**first**", "**second**"]


def _png() -> bytes:
    """A red square."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(name + data)
        return len(data).to_bytes(4, "big") + name + data + checksum.to_bytes(4, "big")

    size = 8
    header = size.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    rows = zlib.compress((b"\0" + b"\xff\0\0" * size) * size)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


PNG = base64.b64encode(_png()).decode()
IMAGE = f"""\
import asyncio, nbstream
async def events():
    item = {{"id": "ig_1", "type": "image_generation_call", "status": "in_progress"}}
    yield {{"type": "response.output_text.delta", "item_id": "m", "output_index": 0,
           "content_index": 0, "delta": "Here it is:"}}
    yield {{"type": "response.output_item.added", "output_index": 1, "item": item}}
    yield {{"type": "response.image_generation_call.partial_image", "item_id": "ig_1",
           "output_index": 1, "partial_image_index": 0, "partial_image_b64": {PNG!r}}}
    await asyncio.Event().wait()
drawn = nbstream.show(events())
drawn
"""
BOX = """\
import ipywidgets
ask = lambda name: nbstream.stream("Hi", model=name)
ended, first, second = ask({ended!r}), ask({first!r}), ask({second!r})
button = ipywidgets.Button(description="A button")
ipywidgets.VBox([ended, ipywidgets.HBox([first, button, second])])
"""


def open_page(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
) -> NotebookPage:
    """Streams that run in a box, beside one that has ended, in widgets that stay, and an image."""
    ended = model(Scenario(text=("# A title\n\nwith ", "**strong** words")))
    gated = [
        model(Scenario(text=(f"{title} ", *WORDS), gates=frozenset({"deltas"})))
        for title in (*TITLES, "**third**")
    ]
    box = BOX.format(ended=ended.name, first=gated[0].name, second=gated[1].name)
    page = open_notebook(
        [
            "import os, nbstream; print(os.getpid())",
            box,
            f"%%stream {gated[2].name} --bg --persist widget\nHi",
            f"%%stream {ended.name} --persist widget\nHi",
            IMAGE,
        ],
        own_page=True,
    )
    for index in (1, 2, 3, 4, 5):
        page.run(index)
    for one in gated:
        one.request().release(10)
    page.wait(lambda: page.output(2).inner_text().count("word8") == 2, "both streams in the box")
    wait_text(page, 2, "strong words")
    wait_text(page, 3, "word8")
    wait_text(page, 4, "strong words")
    image = page.output(5).locator("img")
    page.wait(lambda: image.count() and image.evaluate("el => el.naturalWidth") == 8, "the image")
    return page


def keeps_all(page: NotebookPage) -> None:
    for index in (2, 3, 4, 5):
        what = f"the text of cell {index}"
        page.wait(
            lambda index=index: set(page.output_data(index)) == {"text/markdown", "text/plain"},
            what,
            60,
        )
    saved = [cell.outputs[0].data for cell in page.save().cells[2:]]
    box, stays, ended, drawn = (
        [data[f"text/{one}"] for one in ("markdown", "plain")] for data in saved
    )
    shown = [f"word{n}" for n in range(9)]
    for text in box:
        assert re.findall(r"word\d+", text) == shown * 2
        assert len(re.findall(ENDINGS, text)) == 2
        places = [text.index(word) for word in ("A title", "first", "second")]
        assert places == sorted(places), "in the order of the page"
    assert "# A title\n\nwith **strong** words" in box[0], "what has ended is Markdown"
    for text in stays:
        assert re.findall(r"word\d+", text) == shown
        assert re.search(ENDINGS, text)
    for text in ended:
        assert "strong" in text
        assert "done" in text
    for text in drawn:
        assert "Here it is:" in text
        assert re.search(ENDINGS, text)
    assert f"![Image made by the model](data:image/png;base64,{PNG})" in drawn[0]


@pytest.mark.parametrize("way", ["killed", "restarted", "shut-down", "changed"])
def test_all_that_the_page_showed_stays(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    way: str,
) -> None:
    page = open_page(open_notebook, model)
    WAYS[way](page)
    keeps_all(page)
    assert page.page.locator(".nbs-view").count() == 0, "no clock that runs on"
    page.open(kernel=False)
    wait_text(page, 2, "word8")
    image = page.output(5).locator("img")
    page.wait(lambda: image.count() and image.evaluate("el => el.naturalWidth") == 8, "the image")
    text = page.page.locator(".jp-Notebook").inner_text()
    assert "rror displaying widget" not in text
    assert "odel not found" not in text
