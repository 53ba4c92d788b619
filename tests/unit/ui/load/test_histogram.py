from typing import Any

import pytest

from labctl.load.measure.summary import Bucket, Distribution
from labctl.ui.load.histogram import marks, merged, render
from tests.unit.ui.conftest import Draw

BUCKETS = (Bucket(0, 10, 50), Bucket(10, 20, 45), Bucket(20, 30, 5))


def spread(p50: Any, p95: Any, p99: Any) -> Any:
    return Distribution(count=100, p50=p50, p95=p95, p99=p99)


@pytest.mark.parametrize(("value", "index"), [(0, 0), (9.9, 0), (10, 1), (29, 2), (30, 2), (99, 2), (-1, 0)])
def test_a_percentile_is_marked_once_where_it_falls(value: float, index: int) -> None:
    marked = [bool(marks(bucket, BUCKETS, spread(value, value, value))) for bucket in BUCKETS]

    assert marked == [position == index for position in range(3)]


def test_percentiles_in_one_bucket_share_its_mark() -> None:
    assert marks(BUCKETS[0], BUCKETS, spread(5, 6, 25)) == "◂ p50 p95"


def test_a_long_gap_is_one_line(draw: Draw) -> None:
    buckets = [Bucket(10 * n, 10 * n + 10, 7 if n in {0, 500} else 0) for n in range(501)]

    assert len(draw(render(buckets, spread(5, 5, 5))).splitlines()) == 3


def test_a_single_hit_among_a_million_is_visible(draw: Draw) -> None:
    lonely = draw(render((Bucket(0, 10, 10**6), Bucket(10, 20, 1)), spread(5, 5, 5))).splitlines()[1]

    assert "▏" in lonely
    assert "<0.1 %" in lonely


def test_nothing_to_draw_is_said(draw: Draw) -> None:
    assert "no request was timed" in draw(render((), Distribution()))
    assert "no request was timed" in draw(render((Bucket(0, 1, 0),), Distribution()))


@pytest.mark.parametrize("rows", [1, 2, 5, 40])
def test_merging_keeps_every_hit_and_fits(rows: int, draw: Draw) -> None:
    buckets = [Bucket(n, n + 1, n % 7) for n in range(37)]
    joined = merged(buckets, rows)

    assert sum(bucket.count for bucket in joined) == sum(bucket.count for bucket in buckets)
    assert len(draw(render(joined, spread(5, 5, 5))).splitlines()) <= rows
