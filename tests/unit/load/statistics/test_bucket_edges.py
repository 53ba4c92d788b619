"""Edges that one likes to read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.load.statistics.bucket_edges import edges


@pytest.mark.parametrize(("low", "body", "high", "expected"), [
    # a narrow distribution: equal steps of 5
    (80, 117, 120, [80, 85, 90, 95, 100, 105, 110, 115, 120]),
    # the same with a few at half a second: the body keeps its shape, the tail is a few lines
    (80, 117, 520, [80, 85, 90, 95, 100, 105, 110, 115, 120, 150, 200, 300, 400, 500, 520]),
    # a stall of a second over 5 ms
    (5, 5.4, 1010, [5, 5.05, 5.1, 5.15, 5.2, 5.25, 5.3, 5.35, 5.4, 10, 20, 50, 100, 200, 500, 1000, 1100]),
    # five decades
    (0.05, 0.4, 12000, [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 1, 10, 100, 1000, 10000, 12000]),
    # wide all over: no tail
    (100, 900, 1000, [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]),
    (0.001, 0.002, 0.0021, [0.001, 0.0012, 0.0014, 0.0016, 0.0018, 0.002, 0.0022]),
    # one value
    (5, 5, 5, [5, 5.01]),
])
def test_edges(low: float, body: float, high: float, expected: Any) -> None:
    assert edges(low, body, high) == expected


@given(st.lists(st.floats(1e-4, 1e6), min_size=3, max_size=3).map(sorted))
def test_edges_rise_hold_everything_and_fit_on_a_screen(values: Any) -> None:
    low, body, high = values
    found = edges(low, body, high)
    assert found == sorted(set(found))
    assert found[0] <= low * (1 + 1e-6)
    assert found[-1] >= high * (1 - 1e-6)
    assert 2 <= len(found) <= 17
