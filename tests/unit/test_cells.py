"""Whose cell a stream belongs to."""

from __future__ import annotations

import pytest

from nbstream.kernel.cells import Execution, Notebooks, Runs


class Stream:
    """Stands for a stream: something that can be referred to weakly."""


def outdated(runs: Runs[Stream], execution: Execution, stream: Stream) -> list[Stream]:
    found: list[Stream] = []
    runs.add(execution, stream, found.append)
    return found


def run(cell: str | None, number: int, session: str = "s") -> Execution:
    return Execution(number, session, cell, float(number))


def test_a_new_execution_outdates_all_streams_of_the_earlier_ones() -> None:
    runs: Runs[Stream] = Runs(Notebooks())
    first, second, other, last = (Stream() for _ in range(4))
    assert outdated(runs, run("a", 1), first) == []
    assert outdated(runs, run("a", 1), second) == [], (
        "one execution's streams do not cancel each other"
    )
    assert outdated(runs, run("b", 2), other) == []
    assert {*outdated(runs, run("a", 3), last)} == {first, second}
    assert outdated(runs, run("a", 3), Stream()) == []


def test_a_late_stream_of_an_earlier_execution_outdates_nothing() -> None:
    runs: Runs[Stream] = Runs(Notebooks())
    new, late = Stream(), Stream()
    outdated(runs, run("a", 2), new)
    assert outdated(runs, run("a", 1), late) == []
    assert {*outdated(runs, run("a", 3), Stream())} == {new, late}


def test_without_cells_nothing_is_outdated() -> None:
    runs: Runs[Stream] = Runs(Notebooks())
    assert outdated(runs, run(None, 1), Stream()) == []
    assert outdated(runs, run(None, 2), Stream()) == []


@pytest.mark.parametrize(
    ("pages", "spoke_later", "same"),
    [
        ((None, None), False, False),
        ((None, "p"), False, False),
        (("p", "q"), False, True),
        (("p", "q"), True, False),
        (("p", "p"), False, False),
        (("p", None), False, None),
        (("p", None), True, False),
    ],
    ids=[
        *("no pages", "first without a page", "reloaded", "two windows", "two documents"),
        *("not known yet", "no page yet, and both speak"),
    ],
)
def test_notebooks(
    pages: tuple[str | None, str | None], spoke_later: bool, same: bool | None
) -> None:
    notebooks = Notebooks()
    notebooks.heard("first", pages[0])
    notebooks.heard("second", pages[1])
    if spoke_later:
        notebooks.heard("first")
    assert notebooks.are_same("first", "second") is same
    runs: Runs[Stream] = Runs(notebooks)
    stream = Stream()
    outdated(runs, run("a", 1, "first"), stream)
    assert outdated(runs, run("a", 2, "second"), Stream()) == ([stream] if same else [])


def test_a_reloaded_page_that_runs_a_cell_before_it_says_its_name() -> None:
    notebooks = Notebooks()
    runs: Runs[Stream] = Runs(notebooks)
    stream, other = Stream(), Stream()
    notebooks.heard("first", "p")
    outdated(runs, run("a", 1, "first"), stream)
    found: list[Stream] = []
    notebooks.heard("second")
    runs.add(run("a", 2, "second"), other, found.append)
    assert found == []
    notebooks.heard("second", "q")
    assert found == [stream]
    notebooks.heard("second", "q")
    assert outdated(runs, run("a", 3, "second"), Stream()) == [other]
