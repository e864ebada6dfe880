"""Text is kept whole; offsets count as JavaScript does."""

from __future__ import annotations

import random

import pytest

from nbstream.transcript.events import Delta, Failure, Finish, Meta, Usage
from nbstream.transcript.transcript import Append, Transcript, utf16_length


@pytest.mark.parametrize(
    "text", ["", "abc", "é", "日本", "😀", "a😀b", "👩‍👩‍👧", "\U0010ffff\uffff"]
)
def test_utf16_length(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


def test_offsets_are_utf16() -> None:
    transcript = Transcript()
    pieces = ["a😀", "é", "😀😀", "z"]
    appends = [transcript.apply(Delta("text", "text", piece)) for piece in pieces]
    assert [append.offset for append in appends if append] == [0, 3, 4, 8]
    assert transcript.lengths == {"text": 9}
    assert transcript.text == "".join(pieces)


def test_parts_keep_their_order_and_type() -> None:
    transcript = Transcript()
    for delta in (
        Delta("reasoning", "reasoning", "hm "),
        Delta("text:0/0", "text", "one "),
        Delta("text:1/0", "text", "two"),
        Delta("text:0/0", "text", "more "),
        Delta("refusal", "refusal", "no"),
    ):
        transcript.apply(delta)
    assert transcript.text == "one more two"
    assert transcript.reasoning == "hm "
    assert transcript.refusal == "no"
    assert list(transcript.parts) == ["reasoning", "text:0/0", "text:1/0", "refusal"]
    assert transcript.parts["text:0/0"].type == "text"


def test_an_empty_delta_makes_no_part() -> None:
    transcript = Transcript()
    assert transcript.apply(Delta("text", "text", "")) is None
    assert transcript.parts == {}


def test_a_refusal_is_not_text() -> None:
    transcript = Transcript()
    append = transcript.apply(Delta("refusal", "refusal", "no"))
    assert append == Append("refusal", "refusal", 0, "no")
    assert transcript.text == ""


def test_the_last_word_counts() -> None:
    transcript = Transcript()
    for event in (
        Meta("m", "r1"),
        Meta(None, None),
        Usage(1, 1, 2),
        Usage(1, 5, 6),
        Finish("length"),
        Finish("stop"),
        Failure("t", "m"),
    ):
        assert transcript.apply(event) is None
    assert (transcript.model, transcript.response_id) == ("m", "r1")
    assert transcript.usage == Usage(1, 5, 6)
    assert transcript.finish_reason == "stop"
    assert transcript.failure == Failure("t", "m")


def test_random_pieces_put_together_give_the_text() -> None:
    seed = random.randrange(2**32)
    random_ = random.Random(seed)
    alphabet = "ab \n\té日😀👍\U0001f9d1"
    transcript, whole = Transcript(), ""
    for _ in range(500):
        piece = "".join(random_.choices(alphabet, k=random_.randrange(6)))
        append = transcript.apply(Delta("text", "text", piece))
        if append:
            assert append.offset == len(whole.encode("utf-16-le")) // 2, f"seed {seed}"
        whole += piece
        if random_.random() < 0.1:
            assert transcript.text == whole, f"seed {seed}"
    assert transcript.text == whole, f"seed {seed}"
