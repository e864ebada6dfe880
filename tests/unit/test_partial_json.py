"""Every beginning of a document has a value, and the values only grow."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from nbstream.adapters.partial_json import MAX_DEPTH, PartialJson
from tests.support.growth import undisturbed

STRINGS = ["", "a", "Zürich", "日本 😀", 'say "hi"', "\\", "\n\t\b", "\u2028", "\ud83d", "a/b"]


def document(random_: random.Random, depth: int = 0) -> Any:
    kind = random_.randrange(9 if depth < 4 else 6)
    if kind < 2:
        return "".join(random_.choices(STRINGS, k=random_.randrange(4)))
    if kind < 6:
        return random_.choice([0, -1, 12345, -1.5e3, 3.25, 10**20, True, False, None])
    count = random_.randrange(4)
    if kind == 6:
        return [document(random_, depth + 1) for _ in range(count)]
    return {random_.choice(STRINGS) + str(n): document(random_, depth + 1) for n in range(count)}


def written(random_: random.Random, value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=random_.random() < 0.5, indent=random_.choice([None, None, 2])
    )


def grown(old: Any, new: Any) -> bool:
    """Whether ``new`` is ``old``, or goes on from it."""
    if old is None:
        return True
    if isinstance(old, str):
        return isinstance(new, str) and new.startswith(old)
    if isinstance(old, list):
        return (
            isinstance(new, list)
            and len(new) >= len(old)
            and all(grown(a, b) for a, b in zip(old, new, strict=False))
        )
    if isinstance(old, dict):
        return isinstance(new, dict) and all(
            key in new and grown(value, new[key]) for key, value in old.items()
        )
    return bool(type(old) is type(new) and old == new)


def test_every_prefix_of_a_thousand_documents() -> None:
    seed = random.randrange(2**32)
    random_ = random.Random(seed)
    for number in range(1000):
        value = document(random_)
        text = written(random_, value)
        parser, before = PartialJson(), None
        for end, character in enumerate(text, 1):
            parser.feed(character)
            now = parser.value
            assert not parser.is_broken, (seed, number, text[:end])
            assert grown(before, now), (seed, number, text[:end], before, now)
            before = now
        parser.finish()
        assert parser.value == value, (seed, number, text)
        assert parser.is_complete


def test_pieces_of_any_size_give_the_same() -> None:
    seed = random.randrange(2**32)
    random_ = random.Random(seed)
    for _ in range(300):
        value = [document(random_)]
        text = written(random_, value)
        parser, at = PartialJson(), 0
        while at < len(text):
            size = random_.randrange(1, 9)
            parser.feed(text[at : at + size])
            at += size
        assert parser.value == value, seed
        assert parser.is_complete


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("  ", None),
        ("12", None),
        ("[12", []),
        ("[12,", [12]),
        ("[tru", []),
        ('{"a', {}),
        ('{"a"', {}),
        ('{"a":', {}),
        ('{"a": "b\\', {"a": "b"}),
        ('{"a": "b\\u00', {"a": "b"}),
        ('{"a": "b\\ud83d', {"a": "b"}),
        ('{"a": "b\\ud83d\\ude00', {"a": "b😀"}),
        ('["\\ud83d\\n', ["\ud83d\n"]),
        ("[1,]", [1]),
        ('{"a": 1,}', {"a": 1}),
    ],
)
def test_what_is_certain(text: str, value: Any) -> None:
    parser = PartialJson()
    parser.feed(text)
    assert parser.value == value
    assert not parser.is_broken


@pytest.mark.parametrize(
    "text",
    ["nope ", "]", "{]", '{"a" 1 ', "[1 2]", '"\\x"', '"a" "b"', "{1: 2}", "[:", "[" * 1000],
)
def test_what_is_no_json_breaks_nothing(text: str) -> None:
    parser = PartialJson()
    parser.feed('[{"kept": 1}, ' if text[0] == "[" else "")
    before = parser.value
    parser.feed(text)
    assert parser.is_broken
    assert grown(before, parser.value)
    parser.feed("[1]")
    parser.finish()
    assert not parser.is_complete or text.startswith('"')


def test_depth_is_limited() -> None:
    parser = PartialJson()
    parser.feed("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert parser.is_complete


def test_the_cost_is_linear() -> None:
    def cost(length: int) -> float:
        parser = PartialJson()
        text = json.dumps({"a": "x" * length, "b": list(range(length // 8))})
        start = time.process_time()
        for at in range(0, len(text), 4):
            parser.feed(text[at : at + 4])
        return time.process_time() - start

    with undisturbed():
        small = min(cost(20_000) for _ in range(3))
        large = min(cost(160_000) for _ in range(3))
    # 8 times the length; a quadratic one would take 64 times as long.
    assert large / small < 24


@pytest.mark.parametrize(
    "text", ['{"a": [1, {"b": "\\ud83d\\ude00"}]}', "[]", "[1,]", '{"a": "\n"}']
)
def test_whole_and_in_pieces_is_the_same(text: str) -> None:
    whole, pieces = PartialJson(), PartialJson()
    whole.feed(text)
    for character in text:
        pieces.feed(character)
    assert whole.is_complete
    assert pieces.is_complete
    assert whole.value == pieces.value
    for parser in (whole, pieces):
        parser.feed(" \n")
        assert parser.is_complete
        parser.feed("{}")
        assert parser.is_broken


def test_what_is_too_deep_is_broken_in_one_piece_too() -> None:
    parser = PartialJson()
    parser.feed("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert parser.is_broken
