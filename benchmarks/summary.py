"""Figures from frames: pure functions, no browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

FRAME_MS = 1000 / 60


@dataclass(frozen=True)
class Run:
    """What one contender took for one text in one round."""

    total_ms: float
    growth: float
    p95_ms: float
    slow_share: float
    heap_mb: float
    busy_ms: float = 0.0


def measure(costs: Sequence[float], frames: int, heap_mb: float, busy_ms: float = 0.0) -> Run:
    """The figures of a run; with fewer ``costs`` than ``frames`` these are an even sample."""
    return Run(
        total_ms=fmean(costs) * frames,
        growth=growth(costs),
        p95_ms=quantile(costs, 0.95),
        slow_share=sum(cost > FRAME_MS for cost in costs) / len(costs),
        heap_mb=heap_mb,
        busy_ms=busy_ms,
    )


def growth(costs: Sequence[float]) -> float:
    """The mean of the last tenth over the mean of the first tenth."""
    tenth = max(1, len(costs) // 10)
    return fmean(costs[-tenth:]) / max(fmean(costs[:tenth]), 1e-6)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def middle(runs: Sequence[Run]) -> Run:
    """Each figure's median over the rounds."""
    return Run(
        **{name: median(getattr(run, name) for run in runs) for name in Run.__dataclass_fields__}
    )


def ratios(runs: Sequence[Run], floor: Sequence[Run]) -> float:
    """The median of the ratios of each round: both were measured one after the other."""
    return median(run.total_ms / base.total_ms for run, base in zip(runs, floor, strict=True))


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table in plain text; the first ``left`` columns are aligned to the left."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def verdict(goals: Mapping[str, tuple[float, float]]) -> str:
    """``PASS``, or by how much which goal is missed; a goal is a name, its value, its limit."""
    short = [
        f"{name} {value:.2f} > {limit:g}" for name, (value, limit) in goals.items() if value > limit
    ]
    return "short: " + ", ".join(short) if short else "PASS"
