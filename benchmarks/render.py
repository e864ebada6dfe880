"""Streams five texts through the contenders and compares them with the floor."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from playwright.sync_api import Page

from .browser import Pages, heap, task_seconds
from .summary import Run, columns, measure, middle, ratios, verdict

FLOOR, OURS, RIVAL = "floor", "nbstream", "streaming-markdown"
# Ratio to the floor at 8 tokens a frame.
RATIO_GOALS = {"mixed 80 KB": 1.7, "mixed 400 KB": 2.0, "code 2,000 lines": 2.5}
GROWTH_GOAL = 1.3
SLOW_SHARE_GOAL = 0.005
# Where the rival has to be slower.
AHEAD = ("mixed 400 KB", "code 2,000 lines", "list 80 KB", "table 80 KB")
HEAD = (
    "text",
    "tokens",
    "contender",
    "total ms",
    "ratio",
    "growth",
    "p95 ms",
    ">16.7 ms",
    "busy",
    "heap MB",
    "goals",
)

Rounds = dict[str, list[Run]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--rounds", type=int, default=5, help="rounds; medians are shown")
    parser.add_argument("--texts", help="only texts with one of these words: code,list,80")
    parser.add_argument("--tokens", default="8,64", help="tokens a frame (default: 8,64)")
    parser.add_argument("--contenders", help="only these, the floor always: nbstream,marked")
    parser.add_argument(
        "--samples", type=int, default=20, help="frames of marked+DOMPurify that are measured"
    )


def run(pages: Pages, options: argparse.Namespace) -> bool:
    """Print the table. True if every goal that was measured is met."""
    scale = 0.02 if options.quick else 1
    rounds = 1 if options.quick else options.rounds
    samples = 3 if options.quick else options.samples
    tokens = [int(count) for count in options.tokens.split(",")]
    passed = True
    rows: list[Sequence[str]] = []
    with pages.open() as page:
        names = page.evaluate("() => [bench.contenders, bench.render.texts]")
        contenders = [
            name for name in names[0] if name == FLOOR or _chosen(name, options.contenders)
        ]
        texts = [name for name in names[1] if _chosen(name, options.texts)]
        for text in texts:
            for count in tokens:
                found = _rounds(page, text, count, contenders, rounds, scale, samples)
                for row, ok in _rows(text, count, found, options.quick):
                    rows.append(row)
                    passed = passed and ok
                    print("  ".join(row), file=sys.stderr, flush=True)
    print()
    print(columns(HEAD, rows, left=3))
    print(_legend(rounds, samples, pages.highlighted, options.quick))
    return passed


def _chosen(name: str, words: str | None) -> bool:
    return words is None or any(word in name for word in words.split(","))


def _rounds(
    page: Page,
    text: str,
    tokens: int,
    contenders: Sequence[str],
    rounds: int,
    scale: float,
    samples: int,
) -> Rounds:
    """All contenders, one after the other, again and again."""
    found: Rounds = {name: [] for name in contenders}
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    for name in contenders:
        # Compiled and warm before it counts: else the first tenth is slow, and growth looks small.
        _run(page, text, tokens, name, min(scale, 0.05), 2)
    for number in range(rounds):
        # No one always comes after the same one.
        turn = number % len(contenders)
        for name in [*contenders[turn:], *contenders[:turn]]:
            page.evaluate("() => bench.render.clear()")
            empty = heap(cdp)
            before = task_seconds(cdp)
            costs, frames = _run(page, text, tokens, name, scale, samples)
            busy = (task_seconds(cdp) - before) * 1000 * frames / len(costs)
            found[name].append(measure(costs, frames, heap(cdp) - empty, busy))
    cdp.detach()
    return found


def _run(
    page: Page, text: str, tokens: int, contender: str, scale: float, samples: int
) -> tuple[list[float], int]:
    result = page.evaluate(
        "(arguments) => bench.render.run(...arguments)", [text, tokens, contender, scale, samples]
    )
    return result["costs"], result["frames"]


def _rows(
    text: str, tokens: int, found: Rounds, quick: bool
) -> Sequence[tuple[Sequence[str], bool]]:
    rows = []
    floor = found[FLOOR]
    for name, runs in found.items():
        ratio = ratios(runs, floor)
        run = middle(runs)
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
                    f"{run.growth:.2f}",
                    f"{run.p95_ms:.2f}",
                    f"{run.slow_share:.2%}",
                    "" if about else f"{run.busy_ms / middle(floor).busy_ms:.2f}",
                    f"{run.heap_mb:.1f}",
                    said,
                ),
                said in ("", "PASS"),
            )
        )
    return rows


def _goals(
    text: str, tokens: int, run: Run, ratio: float, found: Rounds
) -> Mapping[str, tuple[float, float]]:
    goals = {"growth": (run.growth, GROWTH_GOAL), "slow": (run.slow_share, SLOW_SHARE_GOAL)}
    if tokens == 8 and text in RATIO_GOALS:
        goals["ratio"] = (ratio, RATIO_GOALS[text])
    if text in AHEAD and RIVAL in found:
        goals[f"of {RIVAL}"] = (ratios(found[OURS], found[RIVAL]), 1.0)
    return goals


def _legend(rounds: int, samples: int, highlighted: bool, quick: bool) -> str:
    """How to read the table."""
    lines = [
        f"Medians of {rounds} interleaved rounds; js+layout; highlighting "
        + ("on." if highlighted else "NOT THERE: the highlighter is not built in."),
        f"~ extrapolated from {samples} frames spread over the text.",
        "busy: all work of the main thread, paint included, as a ratio to the floor's.",
    ]
    if quick:
        lines.append("--quick: short texts, one round: a check that it works, no measurement.")
    return "\n".join(lines)
