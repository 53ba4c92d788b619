"""The shift between two sets of figures, and its bounds."""

from random import Random

import pytest

from labctl.telemetry.statistics.rank_test import shift


def test_by_hand() -> None:
    """All 25 differences of 1…5 and 11…15 lie around 10; the first that the rank test allows at 99 % is the second smallest."""
    found = shift([1, 2, 3, 4, 5], [11, 12, 13, 14, 15], 0.99)
    assert (found.estimate, found.low, found.high, found.sure) == (10, 6, 14, True)


def test_too_few_give_nothing() -> None:
    assert shift([1.0] * 4, [2.0] * 50, 0.99) is None


def test_equal_ones_are_found_different_about_as_often_as_was_said() -> None:
    draw = Random(1).gauss
    sure = sum(shift([draw(0, 1) for _ in range(20)], [draw(0, 1) for _ in range(20)], 0.95).sure for _ in range(400))
    assert 8 <= sure <= 34                              # 20 are to be expected


@pytest.mark.parametrize("wild", [0, 1, 2])
def test_a_shift_is_found_in_spite_of_wild_values(wild: int) -> None:
    draw = Random(2).gauss
    before, after = [draw(10, 0.3) for _ in range(20)], [draw(11, 0.3) for _ in range(20 - wild)] + [1e6] * wild
    found = shift(before, after, 0.99)
    assert found.low < 1 < found.high
    assert found.estimate == pytest.approx(1, abs=0.2)
    assert found.sure
