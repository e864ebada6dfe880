"""Figures from frames: pure functions, no browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import fmean, median

FRAME_MS = 1000 / 60


@dataclass(frozen=True)
class Run:
    """One contender, one text, one round: js+layout of each frame, in milliseconds.

    With fewer ``costs`` than ``frames``, these are an even sample of the frames.
    """

    costs: Sequence[float]
    frames: int
    heap_mb: float = 0.0
    cpu_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        """What all frames take."""
        return fmean(self.costs) * self.frames


@dataclass(frozen=True)
class Figures:
    """One contender and one text, over all rounds."""

    total_ms: float
    typical_ms: float
    growth: float
    p95_ms: float
    slow_share: float
    heap_mb: float
    cpu_ms: float


def figures(runs: Sequence[Run]) -> Figures:
    """Medians over the rounds.

    ``typical_ms`` and ``growth`` are of the frames' own medians: what hits a frame in one round
    only, another process or a garbage collection, is not in them.
    """
    frames = [median(costs) for costs in zip(*(run.costs for run in runs), strict=False)]
    return Figures(
        total_ms=median(run.total_ms for run in runs),
        typical_ms=fmean(frames) * runs[0].frames,
        growth=growth(frames),
        p95_ms=median(quantile(run.costs, 0.95) for run in runs),
        slow_share=median(slow_share(run.costs) for run in runs),
        heap_mb=median(run.heap_mb for run in runs),
        cpu_ms=median(run.cpu_ms for run in runs),
    )


def longest(rounds: Sequence[Sequence[float]]) -> float:
    """The longest frame, by each frame's median over the rounds that have it."""
    frames = zip_longest(*rounds)
    return max(median(cost for cost in costs if cost is not None) for costs in frames)


def slow_share(costs: Sequence[float]) -> float:
    """The share of the frames that a screen with 60 Hz would miss."""
    return sum(cost > FRAME_MS for cost in costs) / len(costs)


def growth(costs: Sequence[float]) -> float:
    """The mean of the last tenth over the mean of the first tenth."""
    tenth = max(1, len(costs) // 10)
    return fmean(costs[-tenth:]) / max(fmean(costs[:tenth]), 1e-6)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def rate_of(times: Sequence[float]) -> float:
    """Events a second, from the first to the last; fewer than a second count as one."""
    return len(times) / max(1.0, times[-1] - times[0]) if times else 0.0


def busiest(times: Sequence[float], seconds: float = 1.0) -> int:
    """The most events in any stretch of so many seconds; ``times`` are in order."""
    most = first = 0
    for last, time in enumerate(times):
        while time - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def ratios(runs: Sequence[Run], floor: Sequence[Run]) -> float:
    """The median of the ratios of each round that both are in: they followed each other."""
    return median(run.total_ms / base.total_ms for run, base in zip(runs, floor, strict=False))


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table in plain text; the first ``left`` columns and the last are aligned to the left."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if left <= index < len(row) - 1 else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def verdict(goals: Mapping[str, tuple[float, float]]) -> str:
    """``PASS``, or by how much which goal is missed; a goal is a name, its value, its limit."""
    short = [
        f"{name} {value:.3g} > {limit:g}" for name, (value, limit) in goals.items() if value > limit
    ]
    return "short: " + ", ".join(short) if short else "PASS"
