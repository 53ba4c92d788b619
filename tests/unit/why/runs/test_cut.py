"""Which requests are called slow: those that stand out, whatever their share; else the end of the distribution, by that name."""

import random

import pytest

from labctl.why.runs.cut import CutReason, choose

RANDOM = random.Random(7)
ORDINARY = [RANDOM.triangular(80, 120) for _ in range(2000)]


@pytest.mark.parametrize("share", [0.005, 0.01, 0.05, 0.2, 0.5, 0.6])
def test_a_second_group_is_found_whatever_its_share(share: float) -> None:
    chance = random.Random(3)
    slow = [chance.random() < share for _ in ORDINARY]
    cut = choose([one + 200 * late for one, late in zip(ORDINARY, slow, strict=True)])
    assert cut
    assert cut.reason in {CutReason.GAP, CutReason.OUTLIERS}
    assert 120 < cut.above_ms < 280


def test_outliers_of_all_sizes() -> None:
    times = [*ORDINARY[:1000], 151, 160, 180, 240, 330, 700, 2000]
    cut = choose(times)
    assert cut
    assert cut.reason is CutReason.OUTLIERS
    assert 120 < cut.above_ms < 165


def test_one_distribution_has_no_slow_group() -> None:
    cut = choose(ORDINARY)
    assert cut
    assert cut.reason is CutReason.SLOWEST
    assert sum(one > cut.above_ms for one in ORDINARY) == 20


def test_then_the_runs_own_threshold_counts() -> None:
    cut = choose(ORDINARY, threshold=110)
    assert cut
    assert (cut.above_ms, cut.reason) == (110, CutReason.THRESHOLD)
    beyond_all = choose(ORDINARY, threshold=500)
    assert beyond_all
    assert beyond_all.reason is CutReason.SLOWEST


def test_what_the_user_chose_comes_first() -> None:
    cut = choose([100.0, 300.0], chosen=200)
    assert cut
    assert cut.reason is CutReason.CHOSEN


@pytest.mark.parametrize("times", [[], [100.0] * 9, ORDINARY[:100]])
def test_of_few_ordinary_requests_none_is_called_slow(times: list[float]) -> None:
    assert choose(times) is None


def test_requests_that_all_took_the_same_time() -> None:
    cut = choose([100.0] * 1000)
    assert cut is None or not sum(cut.above_ms < 100.0 for _ in range(1000))


def test_a_few_that_are_far_away_beside_a_long_tail() -> None:
    chance = random.Random(4)
    cut = choose([*(9.0 + 12 * chance.lognormvariate(0, 1.0) for _ in range(195)), *(700.0 + 10 * place for place in range(5))])
    assert cut
    assert cut.reason is CutReason.GAP
    assert cut.above_ms > 200
