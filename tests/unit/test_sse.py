"""Server-sent events are read whole, however the bytes are cut."""

from __future__ import annotations

import pytest

from nbstream.transport.sse import KEPT, Block, EndMark, EventReader

STREAM = (
    b": welcome\r\n\r\n"
    b"retry: 3000\nid: 7\nevent: note\ndata: one\ndata: two\n\n"
    b"data:caf\xc3\xa9\r\rid\n\n\n\n"
    b"<html>\nevent:\n\n"
)
BLOCKS = [
    Block(comment="welcome", size=9, last="comment"),
    Block(event="note", data="one\ntwo", event_id="7", retry="3000", size=45, last="data"),
    Block(data="café", size=10, last="data"),
    Block(event_id="", size=2, last="event_id"),
    Block(event="", other="<html>", size=12, last="event"),
]


def read(*pieces: bytes) -> list[Block]:
    reader = EventReader()
    blocks = [block for piece in pieces for block in reader.feed(piece)]
    assert reader.rest() is None
    return blocks


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, len(STREAM)])
def test_wherever_the_pieces_end(size: int) -> None:
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert read(*pieces) == BLOCKS


def test_what_is_not_complete() -> None:
    reader = EventReader()
    assert list(reader.feed(b'event: a\ndata: {"b')) == []
    rest = reader.rest()
    assert rest is not None
    assert (rest.event, rest.data) == ("a", '{"b')
    (block,) = reader.feed(b'": 1}\n\n')
    assert (block.event, block.data) == ("a", '{"b": 1}')
    assert rest.data == '{"b', "what was handed out stays as it was"
    assert reader.rest() is None


@pytest.mark.parametrize("size", [1000, 10 * KEPT])
def test_of_a_long_event_the_beginning_is_kept(size: int) -> None:
    long = b"event: image\ndata: " + b"x" * (3 * KEPT) + b"\ndata: more\n\ndata: next\n\n"
    first, second = read(*(long[start : start + size] for start in range(0, len(long), size)))
    assert first.event == "image"
    assert first.data is not None
    assert set(first.data) == {"x"}
    assert first.size == 12 + 6 + 3 * KEPT + 10
    assert first.size - first.missing == KEPT
    assert second == Block(data="next", size=10, last="data")


def test_bytes_that_are_not_utf_8() -> None:
    (block,) = read(b"data: caf\xe9\n\n")
    assert block.data == "caf\ufffd"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1000])
@pytest.mark.parametrize(
    ("body", "has_come"),
    [
        (b"data: {}\n\ndata: [DONE]\n\n", True),
        (b"data:[DONE]\n\n", True),
        (b"data: {}\r\rdata: [DONE]\r\r", True),
        (b"\xef\xbb\xbfdata: [DONE]\r\n\r\n", True),
        (b": comment\nid: 7\ndata: [DONE]", True),
        (b'data: {"text": "\\ndata: [DONE]"}\n\n', False),
        (b"data: x data: [DONE]\n\n", False),
        (b"data: " + 50 * b"data: [DONE]" + b"\n\n", False),
        (b": [DONE]\n\nevent: [DONE]\n\n[DONE]\n\n", False),
        (b"data:  [DONE]\n\n", False),
        (b"data: [DONE\n]\n\n", False),
        (b"", False),
    ],
)
def test_the_mark_at_the_end(body: bytes, size: int, has_come: bool) -> None:
    mark = EndMark()
    for start in range(0, len(body), size):
        mark.feed(body[start : start + size])
    assert mark.has_come == has_come
