"""When hits are due, for every rate: never early, in order, each once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.load.schedule import DRAIN_S, hits, schedule
from labctl.load.summary import LoadPlan

rates = st.floats(0.01, 1e6)
starts = st.floats(0, 1e6)


def plan(requests=None, duration_s=None, rps=None) -> LoadPlan:
    return LoadPlan("http://127.0.0.1/", requests=requests, duration_s=duration_s, rps=rps)


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
def test_how_many_hits_a_plan_has(requests, duration_s, rps, planned):
    assert hits(plan(requests, duration_s, rps)) == planned


@given(rate=rates, start=starts, number=st.integers(1, 200), steps=st.lists(st.floats(0, 1), max_size=100))
def test_an_open_schedule_never_gives_a_hit_early_twice_or_out_of_order(rate, start, number, steps):
    cursor, now, taken = schedule(plan(number, rps=rate), start), start, []
    for step in [0.0, *steps, number / rate + 1]:
        now += step / rate if step <= 1 else step
        while (due := cursor.take(now)) is not None:
            assert due <= now
            taken.append(due)
        upcoming = cursor.upcoming()
        assert upcoming is None or upcoming > now
    assert taken == [start + index / rate for index in range(number)]
    assert cursor.upcoming() is None


@given(rate=rates, duration=st.floats(0.001, 100))
def test_a_duration_holds_just_the_hits_that_are_due_before_its_end(rate, duration):
    number = hits(plan(duration_s=duration, rps=rate))
    assert (number - 1) / rate < duration <= number / rate


def test_an_hour_does_not_drift():
    cursor = schedule(plan(rps=300.0), 1e5)
    last = [cursor.take(2e5) for _ in range(300 * 3600 + 1)][-1]
    assert last == pytest.approx(1e5 + 3600, abs=1e-9)


def test_a_closed_loop_is_due_when_it_is_asked_until_its_end():
    cursor = schedule(plan(3, duration_s=10.0), 100.0)
    assert [cursor.take(now) for now in (100.5, 105.0, 110.0)] == [100.5, 105.0, None]
    assert cursor.take(109.0) == 109.0
    assert cursor.take(109.0) is None
    assert cursor.upcoming() is None


def test_what_was_due_before_the_end_may_be_sent_a_little_after_it():
    cursor = schedule(plan(duration_s=1.0, rps=10.0), 0.0)
    assert cursor.take(0.95 + DRAIN_S) == 0.0
    assert cursor.take(1.0 + DRAIN_S) is None
    assert cursor.upcoming() is None


@pytest.mark.parametrize("rps", [None, 5.0])
def test_nothing_is_due_after_it_was_closed(rps):
    cursor = schedule(plan(3, rps=rps), 0.0)
    cursor.close()
    assert cursor.take(100.0) is None
    assert cursor.upcoming() is None
