"""Gives hostile texts to the renderer and finds the longest frame."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Error, Page

from .browser import Pages
from .summary import columns

GOAL_MS = 50.0
FLOOR, OURS = "floor", "nbstream"
# What a run may take before the rest of its text is left out, and before it is given up.
LIMIT_MS = 15_000
HANGS_MS = 45_000
HEAD = ("input", "arrives", "longest ms", "script ms", "floor ms", "verdict")


@dataclass(frozen=True)
class Longest:
    """The longest frame of one run: js+layout, and script alone."""

    cost: float
    script: float
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

    def run(self, name: str, arrival: str, contender: str) -> Longest:
        """The longest frame, or why there is none."""
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
            return Longest(float("inf"), float("inf"), "crashes" if crashed else "hangs")
        if isinstance(found, str):
            return Longest(float("inf"), float("inf"), found)
        note = f"after {found['frames']} frames, too slow" if found["cutShort"] else ""
        return Longest(found["cost"], found["script"], note)


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
        f"Longest frame: js+layout, median of {rounds} rounds (one if it takes seconds). "
        f"{len(rows) - missed} of {len(rows)} within {GOAL_MS:.0f} ms."
    )
    return missed == 0 or bool(options.quick)


def _rounds(
    runner: Runner, name: str, arrival: str, rounds: int
) -> Iterator[tuple[Longest, Longest]]:
    for _ in range(rounds):
        floor = runner.run(name, arrival, FLOOR)
        ours = runner.run(name, arrival, OURS)
        yield ours, floor
        if ours.note or ours.cost > 1000:
            return


def _row(name: str, arrival: str, found: Sequence[tuple[Longest, Longest]]) -> Sequence[str]:
    cost = median(ours.cost for ours, _ in found)
    script = median(ours.script for ours, _ in found)
    floor = median(base.cost for _, base in found)
    notes = ", ".join(sorted({ours.note for ours, _ in found if ours.note}))
    said = "PASS" if cost <= GOAL_MS and not notes else "short" + (f": {notes}" if notes else "")
    return (name, arrival, f"{cost:.1f}", f"{script:.1f}", f"{floor:.1f}", said)
