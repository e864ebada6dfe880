"""A key that comes in pieces is not in the events of an inspection."""

from __future__ import annotations

import json

import pytest

from nbstream.record import RawEvent
from nbstream.redact import redactor
from nbstream.split_keys import without_split_keys

KEY = "plain-word-key-0123"


def events(*deltas: str, ascii_only: bool = True) -> list[RawEvent]:
    chunks = [{"id": "c", "choices": [{"delta": {"content": delta}}]} for delta in deltas]
    return [
        RawEvent(number, None, None, data=json.dumps(chunk, ensure_ascii=ascii_only))
        for number, chunk in enumerate(chunks, 1)
    ]


def shown(found: list[RawEvent]) -> list[str]:
    return [json.loads(event.data or "")["choices"][0]["delta"]["content"] for event in found]


@pytest.mark.parametrize("at", range(1, len(KEY)))
def test_a_known_key_in_two_pieces(at: int) -> None:
    found = without_split_keys(
        events("The key: ", KEY[:at], KEY[at:], " was refused"), redactor(KEY)
    )
    assert shown(found) == ["The key: ", "[redacted]", "[redacted]", " was refused"]


def test_a_known_key_letter_by_letter() -> None:
    found = without_split_keys(events("a ", *KEY, " b"), redactor(KEY))
    assert shown(found) == ["a ", *["[redacted]"] * len(KEY), " b"]


def test_what_looks_like_a_key_goes_to_its_end() -> None:
    found = without_split_keys(
        events("Use ", "sk-", "proj", "-AbCd", "Ef01", "2345", " now"), redactor()
    )
    assert shown(found) == ["Use ", *["[redacted]"] * 5, " now"]


def test_pieces_between_which_something_else_comes() -> None:
    between = RawEvent(9, None, None, data='{"type":"ping"}')
    first, second = events(KEY[:7], KEY[7:])
    found = without_split_keys([first, between, second], redactor(KEY))
    assert found[1] == between
    assert KEY[:7] not in str(found)
    assert KEY[7:] not in str(found)


def test_chunks_that_are_text() -> None:
    found = without_split_keys(
        [RawEvent(1, None, None, data=f"a {KEY[:9]}"), RawEvent(2, None, None, data=KEY[9:])],
        redactor(KEY),
    )
    assert [event.data for event in found] == ["[redacted]", "[redacted]"]


def test_a_piece_that_also_stands_elsewhere() -> None:
    given = events(KEY[:7], KEY[7:])
    data = json.dumps({"id": KEY[:7], "choices": [{"delta": {"content": KEY[:7]}}]})
    given[0] = RawEvent(1, None, None, data=data)
    assert KEY[:7] not in str(without_split_keys(given, redactor(KEY)))


def test_everything_else_stays() -> None:
    given = events("Käse ", "\ud83d", "sk-ate ", "and ", KEY[:8], " ", KEY[8:], ascii_only=True)
    assert without_split_keys(given, redactor(KEY)) == given
    bare = [RawEvent(1, None, None), RawEvent(2, None, None, data="not JSON {")]
    assert without_split_keys(bare, redactor(KEY)) == bare
