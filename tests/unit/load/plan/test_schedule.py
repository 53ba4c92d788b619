"""When hits are due, for every plan: never early, in order, each once, and as many as the rate says."""

from itertools import pairwise
from math import expm1, inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.schedule import DRAIN_S, offsets, schedule
from labctl.load.plan.stages import Stage, area
from tests.unit.load.kolmogorov_smirnov import ONE_PERCENT, distance

rates = st.floats(0.01, 1e6)
stage_rates = st.just(0.0) | st.floats(0.01, 1e3)
starts = st.floats(0, 1e6)
stages = st.lists(
    st.builds(Stage, st.just(0.0) | st.floats(0.001, 100), stage_rates, stage_rates),
    min_size=1, max_size=4,
)
plans = st.builds(
    LoadPlan, st.just("http://127.0.0.1/"), requests=st.integers(1, 200), duration_s=st.none() | st.floats(0.001, 100), rps=rates,
    stages=st.just(()) | stages, arrivals=st.sampled_from(["constant", "poisson"]),
    burst=st.integers(1, 7), seed=st.integers(0, 9),
    offsets=st.just(()) | st.lists(st.floats(0, 100), min_size=1).map(sorted),
)
RAMP = (Stage(4.0, 0.0, 100.0), Stage(0.0, 100.0, 50.0), Stage(3.0, 0.0, 0.0), Stage(2.0, 50.0, 50.0), Stage(10.0, 50.0, 10.0))


def plan(requests: Any = None, duration_s: Any = None, rps: Any = None, **more: Any) -> LoadPlan:
    return LoadPlan("http://127.0.0.1/", requests=requests, duration_s=duration_s, rps=rps, **more)


def asked_before(moment: float, stages: Any = RAMP) -> float:
    """How many hits the stages ask for before a moment, added up in a hundred steps."""
    steps = 100
    total, begin = 0.0, 0.0
    for stage in stages:
        inside = min(max(moment - begin, 0.0), stage.seconds)
        slope = (stage.to_rps - stage.from_rps) / stage.seconds if stage.seconds else 0.0
        total += sum(stage.from_rps + slope * inside * (step + 0.5) / steps for step in range(steps)) * inside / steps
        begin += stage.seconds
    return total


@pytest.mark.parametrize(("requests", "duration_s", "rps", "planned"), [
    (500, None, None, 500),
    (500, None, 50.0, 500),
    (None, 10.0, 50.0, 500),                # 0, 0.02, …, 9.98
    (None, 10.01, 50.0, 501),               # and 10.0
    (None, 0.1, 30.0, 3),                   # 0.1 * 30 is a little more than 3 in binary
    (500, 1.0, 50.0, 50),                   # the time ends first
    (20, 1.0, 50.0, 20),                    # the requests do
    (None, 10.0, None, None),               # as many as there is time for
    (7, 10.0, None, 7),
])
def test_how_many_hits_a_plan_has(requests: int | None, duration_s: float | None, rps: float | None, planned: int | None) -> None:
    assert plan(requests, duration_s, rps).planned == planned


@given(plan=plans, start=starts, steps=st.lists(st.floats(0, 2), max_size=100))
def test_no_schedule_gives_a_hit_early_twice_or_out_of_order(plan: Any, start: Any, steps: Any) -> None:
    expected = [start + offset for offset in offsets(plan)]
    cursor, now, taken = schedule(plan, start), start, []
    for step in [*steps, inf]:
        now = min(now + step, max(expected, default=start))
        while (due := cursor.take(now)) is not None:
            assert due <= now
            taken.append(due)
        upcoming = cursor.upcoming()
        assert upcoming is None or upcoming > now
    assert taken == sorted(taken) == expected
    assert len(taken) == plan.planned
    assert cursor.upcoming() is None


@given(plan=plans)
def test_what_is_due_is_due_within_the_plans_length(plan: Any) -> None:
    end = plan.length_s
    assert all(0 <= offset <= (inf if end is None else end) for offset in offsets(plan))


@given(plan=plans, of=st.integers(1, 4))
def test_the_parts_of_a_plan_are_the_plan(plan: Any, of: Any) -> None:
    cursors = [schedule(plan, 0.0, (first, of)) for first in range(of)]
    taken = []
    for cursor in cursors:
        while (due := cursor.upcoming()) is not None:
            taken.append(cursor.take(due))
    assert sorted(taken) == list(offsets(plan))


def test_a_constant_rate_counts_from_the_start() -> None:
    assert list(offsets(plan(5, rps=4.0))) == [0, 0.25, 0.5, 0.75, 1]
    assert plan(5, rps=4.0).mean_rps == 4.0


def test_bursts_keep_the_rate() -> None:
    assert list(offsets(plan(7, rps=10.0, burst=3))) == [0, 0, 0, 0.3, 0.3, 0.3, 0.6]
    assert plan(duration_s=1.0, rps=10.0, burst=3).planned == 10


def test_a_ramp_gives_each_hit_when_the_rate_summed_up_says_so() -> None:
    ramp = plan(stages=RAMP)
    found = list(offsets(ramp))
    figures: tuple[Any, ...] = (len(found), ramp.length_s, area(RAMP), ramp.mean_rps)
    assert figures == (600, 19.0, 600.0, pytest.approx(600 / 19))
    assert [asked_before(offset) for offset in found[::23]] == pytest.approx(range(0, 600, 23), abs=1e-3)
    assert not [offset for offset in found if 4.0 <= offset < 7.0]


@pytest.mark.parametrize(("slices", "due"), [
    ((Stage(2.0, 0.0, 4.0),), [0, 1, 2**0.5, 3**0.5]),              # n = t²
    ((Stage(2.0, 4.0, 0.0),), [0, 2 - 3**0.5, 2 - 2**0.5, 1]),      # the same backwards
    ((Stage(1.0, 2.0, 2.0), Stage(1.0, 4.0, 4.0)), [0, 0.5, 1, 1.25, 1.5, 1.75]),
    ((Stage(5.0, 0.0, 0.0),), []),
])
def test_stages_by_hand(slices: Any, due: Any) -> None:
    assert list(offsets(plan(stages=slices))) == pytest.approx(due)


@pytest.mark.parametrize("seed", range(8))
def test_poisson_arrivals_fit(seed: Any) -> None:
    known = plan(2000, rps=50.0, arrivals="poisson", seed=seed)
    found = list(offsets(known))
    assert distance(found, lambda moment: moment / 40.0) < ONE_PERCENT
    gaps = [after - before for before, after in pairwise([0.0, *found])]
    assert distance(gaps, lambda gap: -expm1(-gap * 50.0)) < ONE_PERCENT


def test_the_tests_of_fit_notice_what_does_not_fit() -> None:
    regular = list(offsets(plan(2000, rps=50.0)))
    assert distance([b - a for a, b in pairwise(regular)], lambda gap: -expm1(-gap * 50.0)) > 5 * ONE_PERCENT
    ramp = list(offsets(plan(stages=(Stage(40.0, 40.0, 60.0),), arrivals="poisson")))
    assert distance(ramp, lambda moment: moment / 40.0) > ONE_PERCENT


def test_poisson_arrivals_follow_a_ramp() -> None:
    slices = (Stage(10.0, 0.0, 200.0), Stage(10.0, 200.0, 50.0))
    found = list(offsets(plan(stages=slices, arrivals="poisson", seed=3)))
    assert len(found) == 2250
    assert distance(found, lambda moment: asked_before(moment, slices) / 2250) < ONE_PERCENT


def test_poisson_arrivals_without_an_end_have_the_same_gaps() -> None:
    found = [due for due, _ in zip(offsets(plan(rps=50.0, arrivals="poisson")), range(2000), strict=False)]
    assert distance([b - a for a, b in pairwise([0.0, *found])], lambda gap: -expm1(-gap * 50.0)) < ONE_PERCENT


def test_poisson_arrivals_are_those_of_their_seed() -> None:
    first, same, other = (list(offsets(plan(20, rps=5.0, arrivals="poisson", seed=seed))) for seed in (1, 1, 2))
    assert first == same != other


def test_replay_sends_at_its_offsets_until_the_time_is_over() -> None:
    assert list(offsets(plan(offsets=(0.1, 0.1, 2.0, 5.0)))) == [0.1, 0.1, 2.0, 5.0]
    assert plan(duration_s=2.0, offsets=(0.1, 0.1, 2.0, 5.0)).planned == 2
    assert plan(3, offsets=(0.1, 0.1, 2.0, 5.0)).planned == 3
    assert plan(offsets=(0.0, 1.0, 2.0)).mean_rps == 1.5


@given(rate=rates, duration=st.floats(0.001, 100))
def test_a_duration_holds_just_the_hits_that_are_due_before_its_end(rate: Any, duration: Any) -> None:
    number = plan(duration_s=duration, rps=rate).planned
    assert (number - 1) / rate < duration <= number / rate


@pytest.mark.parametrize("hour", [
    plan(rps=300.0), plan(stages=[Stage(1800.0, 0.0, 600.0), Stage(1800.0, 600.0, 0.0), Stage(1.0, 300.0, 300.0)]),
    plan(rps=300.0, burst=10), plan(stages=[Stage(36.1, 300.0, 300.0)] * 100),
], ids=["constant", "ramp", "bursts", "a hundred stages"])
def test_an_hour_does_not_drift(hour: Any) -> None:
    cursor, now, number = schedule(hour, 1e5), 1e5, 0
    while number <= 300 * 3600:                         # a clock that jumps to where the next hit is due
        now = cursor.upcoming() or 0.0
        number += cursor.take(now) is not None
    assert now == pytest.approx(1e5 + 3600, abs=1e-6)


def test_a_closed_loop_is_due_when_it_is_asked_until_its_end() -> None:
    cursor = schedule(plan(3, duration_s=10.0), 100.0)
    assert [cursor.take(now) for now in (100.5, 105.0, 110.0)] == [100.5, 105.0, None]
    assert cursor.take(109.0) == 109.0
    assert cursor.take(109.0) is None
    assert cursor.upcoming() is None


def test_what_was_due_before_the_end_may_be_sent_a_little_after_it() -> None:
    cursor = schedule(plan(duration_s=1.0, rps=10.0), 0.0)
    assert cursor.take(0.95 + DRAIN_S) == 0.0
    assert cursor.take(1.0 + DRAIN_S) is None
    assert cursor.upcoming() is None


@pytest.mark.parametrize("rps", [None, 5.0])
def test_nothing_is_due_after_it_was_closed(rps: float | None) -> None:
    cursor = schedule(plan(3, rps=rps), 0.0)
    cursor.close()
    assert cursor.take(100.0) is None
    assert cursor.upcoming() is None
