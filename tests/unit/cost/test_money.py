"""Amounts as they are written."""

import pytest

from labctl.cost.money import Money


@pytest.mark.parametrize(("low", "high", "precision", "text"), [
    (3.2, 3.2, 0.01, "$3.20"), (3, 4, 1, "$3–4"), (1.25, 1.675, 1, "$1–2"), (0, 1, 1, "<$1"), (0, 0, 1, "$0"),
    (0, 0, 0.01, "$0.00"), (0.001, 0.001, 0.01, "<$0.01"), (1234.5, 1234.5, 0.01, "$1 234"), (9.851, 11.49, 0.01, "$9.85–11.49"),
    (-2.1, -2.1, 0.01, "-$2.10"),
    (-2, 1, 0.01, "-$2.00 to $1.00"), (0, 1, 0.01, "$0.00–1.00"), (99.6, 120, 0.01, "$100–120"), (7.25, 11.675, 1, "$7–12"),
])
def test_text(low: float, high: float, precision: float, text: str) -> None:
    assert Money(low, high).text(precision) == text


def test_a_difference_pairs_the_lows_and_the_highs() -> None:
    assert Money(3, 5) - Money(1, 2) == Money(2, 3)
