"""A cut answer and its continuation become one text."""

from __future__ import annotations

import random

import pytest

from nbstream.transcript.continuation import REACH, Splice, overlap

CUT = "Streams carry an answer piece by piece, so that reading starts bef"


@pytest.mark.parametrize(
    ("kept", "new", "repeated"),
    [
        ("", "anything", ""),
        ("anything", "", ""),
        # Continued where it ended, in a word or after it.
        (CUT, "ore the writing ends.", ""),
        ("Hello", " world", ""),
        ("hel", "lo", ""),
        ("is that", " that is", ""),
        # Begun again with a word, some words, the sentence, the line.
        ("An international", "international treaty", "international"),
        (CUT, "reading starts before the writing", "reading starts bef"),
        (CUT, CUT + "ore the writing", CUT),
        ("Intro.\n\n- first item\n- second it", "- second item\n- third", "- second it"),
        ("def f():\n    return va", "    return value", "    return va"),
        # In the middle of a word, only what is long enough to be no chance.
        ("unforgettable", "gettable", ""),
        ("so-called internationalisation", "nationalisation!", "nationalisation"),
        # Runs say nothing.
        ("    " * 9, "    " * 3 + "x", ""),
        ("| a | b |\n" + "-" * 30, "-" * 20, ""),
        ("ha" * 20, "ha" * 3, ""),
        # Other scripts have words without spaces.
        ("今日は天気がいいので散歩に行きました", "散歩に行きました。", ""),
        (
            "今日は天気がいいので散歩に行きました",
            "いいので散歩に行きました。",
            "いいので散歩に行きました",
        ),
        # The longest of two.
        ("one two three, one two three", "one two three, one two three!", "one two three, " * 2),
    ],
)
def test_overlap(kept: str, new: str, repeated: str) -> None:
    assert overlap(kept, new) == len(repeated.removesuffix(", "))
    assert new.startswith(repeated.removesuffix(", "))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    "new",
    [
        *("ore the writing ends.", "reading starts before the writing ends.", CUT + "ore", ""),
        *("stream", "reading starts bef", "reading starts", "piece by piece"),
    ],
)
def test_pieces_give_what_the_whole_gives(new: str, size: int) -> None:
    splice = Splice(CUT)
    pieces = [new[start : start + size] for start in range(0, len(new), size)]
    text = "".join(map(splice.feed, pieces)) + splice.end()
    assert text == new[overlap(CUT, new) :]


def test_any_cut_with_any_restart() -> None:
    """However far a model goes back, the text is the same as if it had not been cut."""
    words = random.Random(7)
    text = " ".join(f"{words.choice('abcdefgh')}{n} word{n * 7}" for n in range(200))
    for _ in range(300):
        cut = words.randrange(50, len(text) - 20)
        start = text.rfind(" ", 0, max(1, cut - words.randrange(15, REACH - 20))) + 1
        splice, kept = Splice(text[:cut]), text[:cut]
        new = text[start:]
        if cut - start > REACH:
            continue
        while new:
            size = words.randrange(1, 30)
            kept += splice.feed(new[:size])
            new = new[size:]
        assert kept + splice.end() == text


def test_what_cannot_repeat_is_not_held() -> None:
    splice = Splice(CUT)
    assert splice.feed("ore") == "ore"
    assert splice.feed(" reading starts bef") == " reading starts bef"
    assert splice.end() == ""


def test_a_long_text_costs_no_more_than_its_end() -> None:
    splice = Splice("x y " * 1_000_000)
    assert splice.feed("quite new") == "quite new"
