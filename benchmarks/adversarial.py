"""Gives hostile texts to the renderer and finds the longest frame."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from playwright.sync_api import Error, Page

from .browser import Pages, load
from .summary import columns, longest

GOAL_MS = 50.0
FLOOR, OURS = "floor", "nbstream"
# What a run may take before the rest of its text is left out, and before it is given up.
LIMIT_MS = 15_000
# What need not be measured again to see that it is far from the goal.
SLOW_MS = 2_000
HANGS_MS = 45_000
HEAD = ("input", "arrives", "longest ms", "script ms", "worst ms", "floor ms", "verdict")


@dataclass(frozen=True)
class Outcome:
    """The frames of one run, js+layout and script alone; or why there are none."""

    costs: Sequence[float] = ()
    scripts: Sequence[float] = ()
    note: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--rounds", type=int, default=3, help="rounds; medians are shown")
    parser.add_argument("--inputs", help="only inputs with one of these words: quotes,code")


class Runner:
    """Runs inputs one by one; after one that hangs or crashes, in a new browser."""

    def __init__(self, pages: Pages, scale: float) -> None:
        self._pages = pages
        self._scale = scale
        self._stack = ExitStack()
        self._page: Page | None = None

    def close(self) -> None:
        """End the browser."""
        self._page = None
        self._stack.close()

    def page(self) -> Page:
        """The page that is open."""
        if self._page is None:
            self._page = self._stack.enter_context(self._pages.open())
        return self._page

    def run(self, name: str, arrival: str, contender: str) -> Outcome:
        """The frames, or why there are none."""
        page = self.page()
        try:
            page.evaluate(
                "(of) => { window.result = null; bench.adversarial.run(...of)"
                ".then((found) => { result = found; }, (error) => { result = String(error); }); }",
                [name, arrival, contender, self._scale, LIMIT_MS],
            )
            page.wait_for_function("() => result", timeout=HANGS_MS)
            found = page.evaluate("() => result")
        except Error as error:
            # A page that hangs answers no one; the browser ends with it.
            self.close()
            crashed = "crash" in str(error).lower()
            return Outcome(note="crashes" if crashed else "hangs")
        if isinstance(found, str):
            return Outcome(note=found)
        note = f"too slow, ended at frame {len(found['costs'])}" if found["cutShort"] else ""
        return Outcome(found["costs"], found["scripts"], note)


def run(pages: Pages, options: argparse.Namespace) -> bool:
    """Print the longest frames. True if none is over the goal."""
    scale = 0.02 if options.quick else 1
    rounds = 1 if options.quick else options.rounds
    runner = Runner(pages, scale)
    rows: list[Sequence[str]] = []
    try:
        inputs, arrivals = runner.page().evaluate(
            "(scale) => [bench.adversarial.inputs(scale), bench.adversarial.ARRIVALS]", scale
        )
        # The first runs compile the code.
        for contender in (FLOOR, OURS):
            for name in inputs[:4]:
                runner.run(name, arrivals[1], contender)
        chosen = options.inputs.split(",") if options.inputs else [""]
        for name in inputs:
            if not any(word in name for word in chosen):
                continue
            for arrival in arrivals:
                row = _row(name, arrival, list(_rounds(runner, name, arrival, rounds)))
                rows.append(row)
                print("  ".join(row), file=sys.stderr, flush=True)
    finally:
        runner.close()
    missed = sum(row[-1] != "PASS" for row in rows)
    print(columns(HEAD, rows, left=2))
    print(
        f"Longest frame: js+layout, by each frame's median over {rounds} rounds; worst: of any "
        f"round, whatever else the machine did.\n{len(rows) - missed} of {len(rows)} within "
        f"{GOAL_MS:.0f} ms. Load average {load()}."
    )
    return missed == 0 or bool(options.quick)


def _rounds(
    runner: Runner, name: str, arrival: str, rounds: int
) -> Iterator[tuple[Outcome, Outcome]]:
    for _ in range(rounds):
        floor = runner.run(name, arrival, FLOOR)
        ours = runner.run(name, arrival, OURS)
        yield ours, floor
        if ours.note or max(ours.costs) > SLOW_MS:
            return


def _row(name: str, arrival: str, found: Sequence[tuple[Outcome, Outcome]]) -> Sequence[str]:
    notes = ", ".join(sorted({ours.note for ours, _ in found if ours.note}))
    costs = [ours.costs for ours, _ in found if ours.costs]
    scripts = [ours.scripts for ours, _ in found if ours.costs]
    floor = [base.costs for _, base in found if base.costs]
    passed = costs and not notes and longest(costs) <= GOAL_MS
    return (
        name,
        arrival,
        f"{longest(costs):.1f}" if costs else "-",
        f"{longest(scripts):.1f}" if costs else "-",
        f"{max(map(max, costs)):.1f}" if costs else "-",
        f"{longest(floor):.1f}" if floor else "-",
        "PASS" if passed else "short" + (f": {notes}" if notes else ""),
    )
