"""Bounds of percentiles: against tables, against chance, and where there are none."""

from math import comb
from random import Random
from typing import Any

import pytest

from labctl.telemetry.statistics.confidence import intervals, needed, ranks, too_few


@pytest.mark.parametrize(("share", "number"), [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368), (0.999, 3688)])
def test_how_many_samples_a_percentile_needs(share: float, number: int) -> None:
    assert needed(share) == number
    assert share**number <= 0.025 < share ** (number - 1)
    assert too_few(number - 1, share)
    assert not too_few(number, share)


@pytest.mark.parametrize(("count", "expected"), [(6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (50, (18, 33)), (100, (40, 61))])
def test_ranks_of_the_median_are_those_of_the_sign_test(count: int, expected: Any) -> None:
    assert ranks(count, 0.5) == expected


@pytest.mark.parametrize(("count", "share"), [(36, 0.9), (500, 0.99), (1000, 0.95), (1000, 0.5)])
def test_ranks_are_the_closest_that_hold(count: int, share: float) -> None:
    def at_most(number: Any) -> Any:
        return sum(comb(count, one) * share**one * (1 - share) ** (count - one) for one in range(number + 1))

    low, high = ranks(count, share)
    assert at_most(low - 1) <= 0.025 < at_most(low)
    assert at_most(high - 2) < 0.975 <= at_most(high - 1)


def test_millions_take_no_time_and_come_close_together() -> None:
    low, high = ranks(10_000_000, 0.99)
    assert low < 9_900_000 < high
    assert high - low == pytest.approx(2 * 1.96 * (10_000_000 * 0.99 * 0.01) ** 0.5, rel=0.01)


def test_the_interval_holds_the_true_percentile_in_95_of_100_runs() -> None:
    draw, held = Random(5), 0
    values: list[float] = []
    for _ in range(400):
        values = sorted(draw.expovariate(1.0) for _ in range(100))
        (low, high) = intervals(100, lambda shares: [values[int(share * 100)] for share in shares])["p50"]  # noqa: B023
        held += low <= 0.6931 <= high
    assert 370 <= held <= 395


def test_what_has_too_few_samples_is_left_out() -> None:
    assert list(intervals(500, lambda shares: shares)) == ["p50", "p90", "p95", "p99"]
    assert intervals(0, lambda shares: shares) == {}
