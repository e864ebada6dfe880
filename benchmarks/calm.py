"""Counts what a reader would notice while an answer streams: rewriting, flicker, jumps."""

from __future__ import annotations

import argparse
from typing import Any

from .browser import Pages
from .summary import columns, verdict

REWRITTEN_GOAL = 0.02
FLICKER_GOAL = 0.005
OURS = "nbstream"
COMPARED = (OURS, "streaming-markdown")
HEAD = ("contender", "text", "steps", "rewritten", "flicker", "height drops", "largest", "verdict")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--length", type=int, default=40_000, help="characters of each text")
    parser.add_argument("--seeds", default="1,5,6", help="the mixed texts (default: 1,5,6)")


def run(pages: Pages, options: argparse.Namespace) -> bool:
    """Print the counts. True if every goal is met."""
    length = 1500 if options.quick else options.length
    seeds = [int(seed) for seed in options.seeds.split(",")][: 1 if options.quick else None]
    rows = []
    examples: list[str] = []
    passed = True
    with pages.open() as page:
        for seed in seeds:
            for contender in COMPARED:
                found = page.evaluate("(of) => bench.calm.run(...of)", [contender, length, seed])
                row = _row(contender, seed, found)
                rows.append(row)
                if contender == OURS:
                    passed = passed and row[-1] == "PASS"
                    examples += found["examples"]
        survived = page.evaluate("(of) => bench.survival.run(...of)", [OURS, length])
    print(columns(HEAD, rows))
    print("Rewritten: characters taken away or written again, for each one that arrived.")
    for example in examples:
        print(f"  {OURS}: {example}")
    print()
    for name, what in (
        ("selection", "Selection of an earlier paragraph"),
        ("scroll", "Scroll position in a block of code"),
        ("fold", "Opened <details>"),
    ):
        state = {True: "PASS", False: "short", None: "not there to try"}[survived[name]]
        passed = passed and survived[name] is True
        print(f"{what}, at the end of the stream: {state}")
    return passed or bool(options.quick)


def _row(contender: str, seed: int, found: dict[str, Any]) -> list[str]:
    rewritten = found["rewritten"] / found["characters"]
    flicker = found["flickers"] / found["steps"]
    goals = {
        "rewritten": (rewritten, REWRITTEN_GOAL),
        "flicker": (flicker, FLICKER_GOAL),
        "drops": (float(found["drops"]), 0.0),
    }
    return [
        contender,
        f"mixed, seed {seed}",
        str(found["steps"]),
        f"{rewritten:.4f}",
        f"{flicker:.2%}",
        str(found["drops"]),
        f"{found['largestDrop']:.0f} px",
        verdict(goals) if contender == OURS else "",
    ]
