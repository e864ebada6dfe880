"""Streams five texts through the contenders and compares them with the floor."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from playwright.sync_api import Page

from .browser import Pages, cpu_seconds, heap, load, watch_cpu
from .summary import Figures, Run, columns, figures, ratios, verdict

FLOOR, OURS, RIVAL = "floor", "nbstream", "streaming-markdown"
# Ratio to the floor at 8 tokens a frame.
RATIO_GOALS = {"mixed 80 KB": 1.7, "mixed 400 KB": 2.0, "code 2,000 lines": 2.5}
GROWTH_GOAL = 1.3
SLOW_SHARE_GOAL = 0.005
# Where the rival has to be slower.
AHEAD = ("mixed 400 KB", "code 2,000 lines", "list 80 KB", "table 80 KB")
# The others take many times as long: they are in the first rounds only.
SLOW_ROUNDS = 2
QUICK_SCALE, WARM_SCALE = 0.02, 0.05
HEAD = (
    "text",
    "tokens",
    "contender",
    "total ms",
    "ratio",
    "typical",
    "growth",
    "p95 ms",
    ">16.7 ms",
    "CPU",
    "heap MB",
    "goals",
)

Rounds = dict[str, list[Run]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--rounds", type=int, default=5, help="rounds; medians are shown")
    parser.add_argument("--texts", help="only texts with one of these words: code,list,80")
    parser.add_argument("--tokens", default="8,64", help="tokens a frame (default: 8,64)")
    parser.add_argument(
        "--draw",
        type=int,
        default=0,
        help="tokens after which the browser draws; default: a frame's",
    )
    parser.add_argument(
        "--pause", type=int, default=0, help="milliseconds between frames (default: none)"
    )
    parser.add_argument("--contenders", help="only these, the floor always: nbstream,marked")
    parser.add_argument(
        "--samples", type=int, default=20, help="frames of marked+DOMPurify that are measured"
    )


def run(pages: Pages, options: argparse.Namespace) -> bool:
    """Print the table. True if every goal that was measured is met."""
    if options.quick:
        options.rounds, options.samples = 1, 3
    passed = True
    rows: list[Sequence[str]] = []
    with pages.open() as page:
        bench = Bench(page, options)
        for text in bench.texts:
            for tokens in map(int, options.tokens.split(",")):
                for row, ok in _rows(text, tokens, bench.rounds(text, tokens), options.quick):
                    rows.append(row)
                    passed = passed and ok
                    print("  ".join(row), file=sys.stderr, flush=True)
    print()
    print(columns(HEAD, rows, left=3))
    print(_legend(options, bench.highlighted))
    return passed


class Bench:
    """Runs contenders in one page."""

    def __init__(self, page: Page, options: argparse.Namespace) -> None:
        contenders, texts = page.evaluate("() => [bench.contenders, bench.render.texts]")
        self.texts = [name for name in texts if _chosen(name, options.texts)]
        self._contenders = [
            name for name in contenders if name == FLOOR or _chosen(name, options.contenders)
        ]
        # Seen in the page, not concluded from what was given to the renderer.
        self.highlighted = False
        self._page = page
        self._options = options
        self._scale = QUICK_SCALE if options.quick else 1.0
        self._cdp = page.context.new_cdp_session(page)
        watch_cpu(self._cdp)

    def rounds(self, text: str, tokens: int) -> Rounds:
        """All contenders, one after the other, again and again."""
        found: Rounds = {name: [] for name in self._contenders}
        for name in self._contenders:
            # Compiled before it counts: else the first tenth is slow, and growth looks small.
            self._run(text, tokens, name, min(self._scale, WARM_SCALE))
        for number in range(self._options.rounds):
            names = [name for name in found if number < SLOW_ROUNDS or name in (FLOOR, OURS)]
            # No one always comes after the same one.
            turn = number % len(names)
            for name in [*names[turn:], *names[:turn]]:
                self._page.evaluate("() => bench.render.clear()")
                empty = heap(self._cdp)
                before = cpu_seconds(self._cdp)
                costs, frames = self._run(text, tokens, name, self._scale)
                cpu = (cpu_seconds(self._cdp) - before) * 1000
                found[name].append(Run(costs, frames, heap(self._cdp) - empty, cpu))
        return found

    def _run(self, text: str, tokens: int, contender: str, scale: float) -> tuple[list[float], int]:
        options = self._options
        result = self._page.evaluate(
            "(of) => bench.render.run(...of)",
            [text, tokens, contender, options.draw, options.pause, scale, options.samples],
        )
        self.highlighted = self.highlighted or result["highlighted"]
        return result["costs"], result["frames"]


def _chosen(name: str, words: str | None) -> bool:
    return words is None or any(word in name for word in words.split(","))


def _rows(
    text: str, tokens: int, found: Rounds, quick: bool
) -> Sequence[tuple[Sequence[str], bool]]:
    rows = []
    floor = found[FLOOR]
    base = figures(floor)
    for name, runs in found.items():
        ratio = ratios(runs, floor)
        run = figures(runs)
        said = ""
        if name == OURS:
            said = "" if quick else verdict(_goals(text, tokens, run, ratio, found))
        about = "~" if name.startswith("marked") else ""
        rows.append(
            (
                (
                    text,
                    str(tokens),
                    name,
                    f"{about}{run.total_ms:.0f}",
                    f"{about}{ratio:.2f}",
                    f"{about}{run.typical_ms / base.typical_ms:.2f}",
                    f"{run.growth:.2f}",
                    f"{run.p95_ms:.2f}",
                    f"{run.slow_share:.2%}",
                    "" if about else f"{run.cpu_ms / base.cpu_ms:.2f}",
                    f"{run.heap_mb:.1f}",
                    said,
                ),
                said in ("", "PASS"),
            )
        )
    return rows


def _goals(
    text: str, tokens: int, run: Figures, ratio: float, found: Rounds
) -> Mapping[str, tuple[float, float]]:
    goals = {"growth": (run.growth, GROWTH_GOAL), "slow": (run.slow_share, SLOW_SHARE_GOAL)}
    if tokens == 8 and text in RATIO_GOALS:
        goals["ratio"] = (ratio, RATIO_GOALS[text])
    if text in AHEAD and RIVAL in found:
        goals[f"of {RIVAL}"] = (ratios(found[OURS], found[RIVAL]), 1.0)
    return goals


def _legend(options: argparse.Namespace, highlighted: bool) -> str:
    """How to read the table."""
    lines = [
        f"js+layout; medians of {options.rounds} interleaved rounds, of the first {SLOW_ROUNDS} "
        "for what is neither the floor nor nbstream.",
        "Highlighting " + ("was seen." if highlighted else "was NOT SEEN in any of these texts."),
        f"~ extrapolated from {options.samples} frames spread over the text.",
        "typical (a ratio to the floor) and growth are of each frame's median over the rounds.",
        "CPU: the main thread's processor time, paint included, as a ratio to the floor's.",
        f"Drawn after every {options.draw} tokens." if options.draw else "Each frame is drawn.",
        f"{options.pause} ms between frames.",
        f"Load average {load()}: above about 1, other processes are in the figures.",
    ]
    if options.quick:
        lines.append("--quick: short texts, one round: a check that it works, no measurement.")
    return "\n".join(lines)
