from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.ui.kit.bars import bar, interval

SHARES = st.floats(-1, 2)


@pytest.mark.parametrize(("share", "drawn"), [
    (0.0, ""), (1e-9, "▏"), (1 / 8, "▌"), (0.5, "██"), (0.53125, "██▏"), (1.0, "████"), (7.0, "████"),
])
def test_a_bar_is_exact_to_an_eighth_of_a_cell(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


@given(SHARES, SHARES, st.integers(1, 60))
def test_an_interval_always_fills_its_width_and_shows(begin: Any, end: Any, width: Any) -> None:
    drawn = interval(begin, end, width)

    assert len(drawn) == width
    assert drawn.strip()


@pytest.mark.parametrize(("begin", "end", "drawn"), [
    (0.0, 0.5, "██  "), (0.5, 1.0, "  ██"), (0.375, 0.5, " ▐  "), (0.4375, 0.5, " ▕  "), (0.125, 1.0, "▐███"),
    (1.0, 1.0, "   ▕"),
])
def test_an_interval_begins_and_ends_where_it_should(begin: float, end: float, drawn: str) -> None:
    assert interval(begin, end, 4) == drawn


def test_bars_grow_with_their_share() -> None:
    weights = [sum(" ▏▎▍▌▋▊▉█".index(cell) for cell in bar(n / 100, 20)) for n in range(101)]

    assert all(low <= high for low, high in pairwise(weights))
