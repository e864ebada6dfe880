"""A stream that ends once what was wanted has come."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.transcript.stop_condition import PIECE, WINDOW, Ending
from nbstream.transcript.transcript import Transcript
from tests.support.fakes import Gate, chat, ended, make


async def run(until: Any, *pieces: str) -> Any:
    """A stream that would go on for ever after these pieces."""
    session, _ = make([*map(chat, pieces), Gate()], ending=Ending(until))
    session.start(asyncio.get_running_loop())
    await ended(session)
    return session


async def test_a_pattern_ends_it_behind_the_match() -> None:
    session = await run("END", "one E", "ND two")
    assert session.transcript.text == "one END"
    assert session.status == "cancelled"
    assert session.reason == "until: END was found; 4 characters after it are left out"
    assert session.generation.deltas == ["one E", "ND"]


async def test_a_compiled_pattern_with_nothing_after_it() -> None:
    session = await run(re.compile(r"\d{3}\b"), "a 12", "3")
    assert session.transcript.text == "a 123"
    assert session.reason == r"until: \d{3}\b was found"


async def test_a_number_of_deltas() -> None:
    session = await run(2, "a", "b", "c")
    assert session.transcript.text == "ab"
    assert session.reason == "until: 2 deltas came"


async def test_a_function_of_the_transcript() -> None:
    def long_enough(transcript: Transcript) -> bool:
        return len(transcript.text) > 3

    session = await run(long_enough, "ab", "cd", "ef")
    assert session.transcript.text == "abcd"
    assert session.reason == "until: long_enough said so"


async def test_a_function_that_raises_is_an_error_of_the_stream() -> None:
    def broken(_: Transcript) -> bool:
        raise ValueError("what now?")

    session = await run(broken, "ab", "cd")
    assert session.status == "failed"
    assert "what now?" in str(session.error)
    assert session.transcript.text == "ab"


def test_a_pattern_may_begin_far_before_the_newest_text() -> None:
    ending = Ending("a{3}b")
    for piece in ("aaa", "b" * 5):
        ending.kept(piece)
    assert ending.reason
    late = Ending(r"begin.*end")
    late.kept("begin")
    late.kept("x" * WINDOW)
    late.kept("end")
    assert late.reason is None, "its beginning is out of the window"


def test_a_long_piece_is_searched_to_its_end() -> None:
    ending = Ending("END")
    text = "x" * (PIECE - 1) + "END" + "y" * PIECE
    assert ending.kept(text) == PIECE + 2
    assert ending.reason == f"until: END was found; {PIECE} characters after it are left out"


def test_a_pattern_that_is_slow_on_a_text_is_looked_for_in_less_of_it() -> None:
    # Cubic: whole windows of a's would take hours.
    ending = Ending("(?s).*a.*b")
    started = time.process_time()
    for piece in ["a" * 40] * 500 + ["a" * 20_000]:
        assert ending.kept(piece) == len(piece)
    assert time.process_time() - started < 20
    assert ending.kept("a b c") == 3


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("(", "not a valid regular expression"),
        ("x*", "matches the empty text"),
        ("(a+)+b", "practically endless time"),
        (re.compile(r"(\w+\s*)+:"), "practically endless time"),
        (0, "above 0"),
        (True, "not a bool"),
        (1.5, "not float"),
        (b"x", "not bytes"),
    ],
)
def test_what_cannot_be_waited_for(until: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Ending(until)
