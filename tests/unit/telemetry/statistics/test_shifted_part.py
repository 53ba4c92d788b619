"""A difference of means is told as that of a part only where it is one."""

from random import Random

from labctl.telemetry.statistics.shifted_part import shifted_part

DRAW = Random(5)


def values(count: int, slower: float = 0.0, by: float = 45.0) -> list[float]:
    return [DRAW.gauss(10, 1) + (by if place < count * slower else 0.0) for place in range(count)]


def test_more_than_half_are_each_as_much_longer() -> None:
    found = shifted_part(values(500), values(500, 0.57))
    assert found is not None
    assert 0.55 < found.share < 0.6
    assert 44 < found.by < 46


def test_a_few_that_were_slow_before_too_are_no_hindrance() -> None:
    found = shifted_part(values(500, 0.02), values(500, 0.3))
    assert found is not None
    assert 0.28 < found.share < 0.32


def test_a_few_much_longer_ones_are_not_mixed_with_the_others() -> None:
    """Where all differ a little too."""
    for seed in range(20):
        draw = Random(seed)
        fast = [draw.gauss(9.7, 0.3) for _ in range(1000)]
        slow = [draw.gauss(10, 0.3) + (400 if place < 22 else 0) for place in range(1000)]
        found = shifted_part(fast, slow)
        assert found is not None
        assert 0.02 < found.share < 0.025
        assert 390 < found.by < 410


def test_where_all_are_longer_it_is_no_part() -> None:
    assert shifted_part(values(500), values(500, 1.0)) is None
    assert shifted_part(values(500), [value * 1.2 for value in values(500)]) is None


def test_equal_ones_and_few_have_none() -> None:
    assert shifted_part(values(500), values(500)) is None
    assert shifted_part(values(20), values(20, 0.5)) is None
