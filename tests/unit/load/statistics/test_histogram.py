"""The histogram against a sorted list of the same values."""

from array import array
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.load.statistics.histogram import Histogram

SHARES = (0.0, 0.5, 0.9, 0.99, 0.999, 1.0)
times = st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=300)


def counted(*chunks: Any) -> Histogram:
    hdr = Histogram()
    for chunk in chunks:
        hdr.add(array("d", chunk))
    return hdr


@given(times)
def test_quantiles_have_three_digits_that_are_right(values: Any) -> None:
    in_order = sorted(values)
    for share, found in zip(SHARES, counted(values).quantiles(SHARES), strict=True):
        assert found == pytest.approx(in_order[max(ceil(share * len(values)), 1) - 1], rel=1 / 2048)


@given(times)
def test_count_sum_and_extremes_are_exact(values: Any) -> None:
    hdr = counted(values)
    assert (hdr.count, hdr.min, hdr.max) == (len(values), min(values), max(values))
    assert hdr.total == pytest.approx(sum(values), rel=1e-12)
    assert hdr.quantiles([1.0]) <= [hdr.max]


@given(times, times)
def test_merging_is_counting_both(one: Any, other: Any) -> None:
    merged, both = counted(one), counted(one, other)
    merged.quantiles(SHARES)
    merged.merge(counted(other))
    assert merged.quantiles(SHARES) == both.quantiles(SHARES)
    assert (merged.count, merged.min, merged.max) == (both.count, both.min, both.max)
    assert merged.total == pytest.approx(both.total)


@given(times, st.floats(1e-6, 1e4))
def test_how_many_lie_below(values: Any, edge: Any) -> None:
    (found,) = counted(values).below([edge])
    assert sum(value < edge * (1 - 1 / 1024) for value in values) <= found <= sum(value < edge for value in values)


def test_an_empty_one_says_zero() -> None:
    assert Histogram().quantiles([0.5]) == [0.0]
    assert Histogram().below([1.0]) == [0]
    hdr = counted([1.0])
    hdr.merge(Histogram())
    assert (hdr.count, hdr.min) == (1, 1.0)


def test_memory_is_bounded_by_the_range_and_not_by_the_count() -> None:
    hdr = counted(*([0.001 * (1 + index / 5000) for index in range(5000)] for _ in range(20)))
    assert hdr.count == 100_000
    assert len(hdr._counts) <= 1025
