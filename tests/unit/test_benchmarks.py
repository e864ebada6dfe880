"""The benchmarks' figures: medians, growth, ratios, verdicts."""

from __future__ import annotations

import pytest

from benchmarks.summary import (
    Run,
    busiest,
    columns,
    figures,
    growth,
    longest,
    quantile,
    rate_of,
    ratios,
    slow_share,
    verdict,
)


def test_growth_is_of_the_last_tenth_to_the_first() -> None:
    assert growth([2.0] * 10 + [9.0] * 80 + [3.0] * 10) == 1.5
    assert growth([1.0, 4.0]) == 4.0


@pytest.mark.parametrize(
    ("share", "value"), [(0.05, 1), (0.5, 10), (0.95, 19), (0.96, 20), (1.0, 20)]
)
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert quantile([*range(20, 0, -1)], share) == value


def test_a_rate_is_over_a_second_at_least() -> None:
    assert rate_of([10.0, 10.5, 12.0]) == 1.5
    assert rate_of([10.0, 10.1]) == 2.0
    assert rate_of([]) == 0.0


def test_the_busiest_second_may_begin_anywhere() -> None:
    assert busiest([0.0, 0.6, 0.9, 1.5, 1.59, 3.0]) == 4
    assert busiest([0.0, 1.0]) == 1
    assert busiest([]) == 0


def test_a_frame_is_slow_if_a_screen_would_miss_it() -> None:
    assert slow_share([16.6, 16.7, 1.0, 50.0]) == 0.5


def test_what_hits_one_round_is_not_typical() -> None:
    found = figures([Run([1, 1, 1, 1], 4), Run([1, 90, 1, 1], 4), Run([1, 1, 70, 1], 4)])
    assert found.typical_ms == 4
    assert found.total_ms == 73


def test_the_longest_frame_is_one_that_is_long_in_most_rounds() -> None:
    assert longest([[1, 90, 20], [2, 1, 30, 5], [3, 2, 40]]) == 30


def test_a_sample_stands_for_all_frames() -> None:
    assert Run([1.0, 3.0], 100).total_ms == 200
    assert figures([Run([1.0, 3.0], 100)]).typical_ms == 200


def test_a_ratio_is_of_runs_of_the_same_round() -> None:
    ours = [Run([2.0], 1), Run([20.0], 1), Run([3.0], 1)]
    floor = [Run([1.0], 1), Run([10.0], 1), Run([1.0], 1)]
    assert ratios(ours, floor) == 2
    # Whoever is in the first rounds only is compared with those.
    assert ratios(ours[2:], floor) == 3


def test_a_verdict_names_what_is_missed() -> None:
    assert verdict({"growth": (1.3, 1.3), "ratio": (1.0, 1.7)}) == "PASS"
    assert verdict({"growth": (1.31, 1.3), "ratio": (2, 1.7)}) == (
        "short: growth 1.31 > 1.3, ratio 2 > 1.7"
    )


def test_columns_are_aligned() -> None:
    table = columns(["text", "ms", "goals"], [["a", "1.0", "PASS"], ["longer", "10.0", ""]])
    assert table.splitlines() == [
        "text      ms  goals",
        "------  ----  -----",
        "a        1.0  PASS",
        "longer  10.0",
    ]
