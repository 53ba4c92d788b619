from typing import Any

import pytest

from labctl.telemetry.statistics.quantile import quantile

BOUNDS = (10, 20, 40)


@pytest.mark.parametrize(("q", "counts", "value"), [
    (0.5, (0, 10, 0, 0), 15),      # rank 5 of 10 in (10, 20]
    (0.9, (5, 0, 5, 0), 36),       # rank 9: 4 of 5 into (20, 40]
    (0.5, (10, 0, 0, 0), 5),       # the first bucket starts at 0
    (0.0, (0, 10, 0, 0), 10),
    (1.0, (1, 1, 1, 0), 40),
    (0.99, (1, 0, 0, 9), 40),      # the last bucket has no upper edge
])
def test_values_lie_evenly_in_their_bucket(q: float, counts: Any, value: int) -> None:
    assert quantile(q, BOUNDS, counts) == pytest.approx(value)


def test_no_bucket_reaches_beyond_the_extremes_where_they_are_known() -> None:
    assert quantile(0.5, BOUNDS, (10, 0, 0, 0), 4, 8) == 6
    assert quantile(0.5, BOUNDS, (0, 0, 0, 10), 50, 90) == 70
    assert quantile(1.0, BOUNDS, (0, 10, 0, 0), 12, 17) == 17


def test_a_first_bucket_below_zero_answers_with_its_edge() -> None:
    assert quantile(0.5, (-5, 5), (4, 0, 0)) == -5


@pytest.mark.parametrize(("bounds", "counts"), [((), ()), ((), (3,)), (BOUNDS, (0, 0, 0, 0))])
def test_without_observations_or_edges_there_is_no_quantile(bounds: Any, counts: Any) -> None:
    assert quantile(0.5, bounds, counts) is None
