"""Every pair of states: which moves there are."""

from __future__ import annotations

import itertools
import typing

import pytest

from nbstream.transcript.status import TERMINAL, Status, allowed

STATES: tuple[Status, ...] = typing.get_args(Status)
MOVES = {
    ("queued", "in_progress"),
    ("queued", "stalled"),
    ("queued", "retrying"),
    ("queued", "cancelling"),
    ("queued", "completed"),
    ("queued", "incomplete"),
    ("queued", "failed"),
    ("in_progress", "queued"),
    ("in_progress", "stalled"),
    ("in_progress", "cancelling"),
    ("in_progress", "completed"),
    ("in_progress", "incomplete"),
    ("in_progress", "failed"),
    ("stalled", "in_progress"),
    ("stalled", "queued"),
    ("stalled", "retrying"),
    ("stalled", "cancelling"),
    ("stalled", "completed"),
    ("stalled", "incomplete"),
    ("stalled", "failed"),
    ("retrying", "queued"),
    ("retrying", "cancelling"),
    ("retrying", "failed"),
    ("cancelling", "cancelled"),
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(STATES, repeat=2)))
def test_moves(old: Status, new: Status) -> None:
    assert allowed(old, new) == ((old, new) in MOVES)


def test_nothing_leaves_a_terminal_state() -> None:
    assert {"completed", "incomplete", "failed", "cancelled"} == TERMINAL
    assert not any(old in TERMINAL for old, _ in MOVES)


def test_every_live_state_can_reach_an_end() -> None:
    for state in set(STATES) - TERMINAL:
        reached, todo = set[str](), [state]
        while todo:
            old = todo.pop()
            new = {to for start, to in MOVES if start == old} - reached
            reached |= new
            todo.extend(new)  # type: ignore[arg-type]  # the states, as plain str
        assert reached & TERMINAL
        assert "cancelled" in reached
