import math
import time
from typing import Any

import pytest

from labctl import numbers


@pytest.mark.parametrize(("value", "shown"), [
    (0, "0 ms"), (0.004, "<0.01 ms"), (0.42, "0.42 ms"), (0.996, "1.0 ms"), (9.96, "10.0 ms"), (98.34, "98.3 ms"),
    (99.96, "100 ms"), (131.4, "131 ms"), (999.6, "1.00 s"), (1234, "1.23 s"), (12_345, "12.3 s"), (125_000, "2 min 5 s"),
    (-3, "-3.0 ms"),
])
def test_milliseconds(value: float, shown: str) -> None:
    assert numbers.milliseconds(value) == shown


@pytest.mark.parametrize(("value", "shown"), [
    (0, "0.0 s"), (99.94, "99.9 s"), (99.96, "1 min 40 s"), (119.6, "2 min 0 s"), (3599.7, "1 h 0 min"), (90_000, "1 d 1 h"),
])
def test_seconds(value: float, shown: str) -> None:
    assert numbers.seconds(value) == shown


@pytest.mark.parametrize(("part", "whole", "shown"), [
    (0, 5, "0 %"), (1, 10**6, "<0.1 %"), (2, 500, "0.4 %"), (9.96, 100, "10 %"), (402, 503, "80 %"), (999_999, 10**6, ">99 %"),
    (5, 5, "100 %"), (0, 0, "\N{EN DASH}"),
])
def test_percent_never_rounds_to_none_or_all(part: float, whole: int, shown: str) -> None:
    assert numbers.percent(part, whole) == shown


@pytest.mark.parametrize(("low", "high", "shown"), [
    (95, 100, "95-100 ms"), (0, 0.25, "0-0.25 ms"), (900, 1200, "900 ms-1.2 s"), (0, 2000, "0-2 s"),
    (10_000, math.inf, "≥ 10 s"),
])
def test_interval_names_a_shared_unit_once(low: int, high: Any, shown: str) -> None:
    assert numbers.interval(low, high).replace("\N{EN DASH}", "-") == shown


def test_counts_and_rates_are_grouped() -> None:
    assert numbers.count(2_500_000) == "2 500 000"
    assert numbers.plural(1, "span") == "1 span"
    assert numbers.plural(2500, "span") == "2 500 spans"
    assert [numbers.rate(value) for value in (50, 49.94, 999.7, 1234)] == ["50/s", "49.9/s", "1 000/s", "1 234/s"]


@pytest.mark.parametrize(("low", "high", "shown"), [
    (98.1, 98.9, "98.1-98.9 ms"), (412.0, 1250.0, "412 ms-1.25 s"), (1250.0, 2000.0, "1.25-2.00 s"), (0.0, 0.4, "0-0.40 ms"),
    (100e3, 125e3, "1 min 40 s-2 min 5 s"), (12e3, 125e3, "12.0 s-2 min 5 s"),
])
def test_two_times_name_a_shared_unit_once(low: float, high: float, shown: str) -> None:
    assert numbers.between(low, high).replace("\N{EN DASH}", "-") == shown


@pytest.mark.parametrize(("seconds", "shown"), [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")])
def test_age_has_one_unit(seconds: float, shown: str) -> None:
    assert numbers.age(seconds) == shown


@pytest.mark.parametrize(("least", "step"), [(0.3, 0.5), (1.0, 1.0), (1.01, 2.0), (60.0, 100.0), (7.1e-3, 1e-2)])
def test_a_step_is_a_round_number(least: float, step: float) -> None:
    assert numbers.round_step(least) == pytest.approx(step)


def test_a_moment_has_its_date_only_on_another_day() -> None:
    now = time.mktime((2026, 11, 26, 14, 6, 30, 0, 0, -1))
    assert numbers.moment(now - 200, now) == "14:03:10, 3 min ago"
    assert numbers.moment(now - 86400, now) == "2026-11-25 14:06:30, 1 d ago"
