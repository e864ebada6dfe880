"""Responses without end are given up in words, at little cost, and Stop acts while they come."""

from __future__ import annotations

import os

import pytest

from tests.support.bombs import BOMBS, Bomb, meet

QUICK = ("one line of data, gzip", "JSON in place of events", "a refusal, gzip", "headers")

MOST_MEMORY = 150
"""Megabytes: an event of 32 MB is held once, and its last growth doubles that."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows does not tell the peak of memory")


def named(name: str) -> Bomb:
    (found,) = (bomb for bomb in BOMBS if bomb.name == name)
    return found


@pytest.mark.parametrize("name", QUICK)
def test_it_is_given_up(name: str) -> None:
    bomb = named(name)
    seen = meet(bomb)
    assert seen.ended
    assert seen.status == bomb.status
    assert bomb.words in seen.words
    assert seen.memory < MOST_MEMORY


@pytest.mark.parametrize("name", ["comments", "empty lines"])
def test_stop_acts_while_it_comes(name: str) -> None:
    seen = meet(named(name), stop_after=0.3)
    assert seen.status == "cancelled"
    assert seen.stop < 20
    assert seen.memory < MOST_MEMORY
