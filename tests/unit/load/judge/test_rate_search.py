"""The highest rate that holds, for servers of known capacity."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.load.judge.rate_search import highest_rate


@given(capacity=st.floats(1, 1e5), guess=st.floats(1e-6, 50))
def test_it_ends_just_below_the_capacity(capacity: Any, guess: Any) -> None:
    tried = []
    found = highest_rate(lambda rate: tried.append(rate) or rate <= capacity, capacity * guess)
    assert capacity / 1.04 <= found <= capacity
    assert len(tried) < 150


def test_a_good_guess_takes_few_trials() -> None:
    tried = []
    highest_rate(lambda rate: tried.append(rate) or rate <= 1000, 900)
    assert len(tried) <= 9


def test_nothing_holds() -> None:
    tried = []
    assert highest_rate(lambda rate: bool(tried.append(rate)), 1000.0) == 0.0
    assert min(tried) == 10.0
    assert len(tried) <= 10


def test_everything_holds() -> None:
    assert highest_rate(lambda _: True, 1000.0) == 1e6


@pytest.mark.parametrize("seed", range(5))
def test_what_is_disturbed_now_and_then_is_tried_again(seed: Any) -> None:
    chance = Random(seed)
    assert highest_rate(lambda rate: rate <= 1000 and chance.random() > 0.1, 700.0) > 900
