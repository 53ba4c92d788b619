"""The search for the highest rate, against servers whose capacity is what they were given."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from labctl.errors import LabError
from labctl.load.generator.session import StopEarly
from labctl.load.judge.capacity import find_capacity
from labctl.load.measure.summary import Bucket, Slice, Snapshot, Timeline
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.thresholds import parse
from tests.unit.load.judge.test_verdicts import LATENCY, SUMMARY

PLAN = LoadPlan("http://127.0.0.1/", duration_s=5.0, concurrency=50)
SLICE_S = 0.25


def timeline(plan: LoadPlan, most: float, service_s: float = 0.0) -> Timeline:
    """Of a run at a constant rate: answers come `service_s` after what they answer was due, and at most so many a second."""
    ends = [place * SLICE_S for place in range(round((plan.duration_s + service_s) / SLICE_S) + 1)]
    due = [round(min(end, plan.duration_s) * (plan.rps or most)) for end in ends]
    came = [round(max(min(end, plan.duration_s + service_s) - service_s, 0.0) * min(plan.rps or most, most)) for end in ends]
    steps = zip(ends, pairwise(due), pairwise(came), strict=False)
    return Timeline(SLICE_S, (), [
        Slice(start, after - before, after - before, 0, 0, 0.0, 0.0, later - sooner, {}, {})
        for start, (before, after), (sooner, later) in steps
    ])


def server(most: float, p99_ms: float = 50.0) -> Any:
    """What a run against a server that answers so many a second would give; beyond it, the queue grows over the run."""
    def run(plan: Any, watch: Any) -> Any:
        rate = min(plan.rps or most, most)
        queued_ms = 1e3 * plan.duration_s * (plan.rps - rate) / rate if plan.rps else 0.0
        latency = replace(LATENCY, count=1000, p50=20 + queued_ms / 2, p99=p99_ms + queued_ms)
        beyond = 500 if queued_ms > 200 else 0
        try:
            watch(Snapshot(
                2.0, 1000, 900, 900, 0, 0, rate, plan.rps, replace(latency, count=900),
                (Bucket(0, 100, 900 - beyond), Bucket(200, 9000, beyond)), {},
            ))
        except StopEarly:
            return replace(SUMMARY, rate=rate, target_rate=plan.rps, latency=latency, failed=0, dropped=100, interrupted=True)
        return replace(
            SUMMARY, rate=rate, target_rate=plan.rps, latency=latency, failed=0, dropped=0, timeline=timeline(plan, most),
        )
    return run


def test_it_ends_within_ten_percent_and_shows_its_way() -> None:
    told: list[Any] = []
    found = find_capacity(PLAN, parse("p99<200ms,errors<1%"), told.append, server(430.0))
    assert 0.9 * 430 <= found.best.rps <= 1.1 * 430
    assert [one.rps for one in found.curve] == sorted({one.rps for one in told})
    assert {one.held for one in found.curve} == {True, False}
    assert "p99 < 200 ms broken" in {one.why for one in found.curve}


def test_a_growing_queue_does_not_hold_although_the_bound_does() -> None:
    found = find_capacity(PLAN, parse("p99<10s"), lambda _: None, server(430.0))
    assert 0.9 * 430 <= found.best.rps <= 1.1 * 430
    assert any("answers fell behind, by " in one.why for one in found.curve)


@pytest.mark.parametrize("service_s", [0.0, 0.1, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("warmup_s", [0.0, 1.0])
def test_answers_that_take_long_do_not_fall_behind(service_s: float, warmup_s: float) -> None:
    def run(plan: Any, _: Any) -> Any:
        assert plan.rps is not None or plan.warmup_s == 0
        times = replace(LATENCY, mean=service_s * 1e3, p99=service_s * 1e3)
        return replace(
            SUMMARY, target_rate=plan.rps, latency=times, service_time=times, failed=0, dropped=0,
            rate=min(plan.rps or 400.0, 400.0) * 5 / (5 + service_s), timeline=timeline(plan, 400.0, service_s),
        )

    plan = replace(PLAN, warmup_s=warmup_s, duration_s=5 + warmup_s)
    found = find_capacity(plan, parse("errors<1%"), lambda _: None, run)
    assert 0.9 * 400 <= found.best.rps <= 1.1 * 400
    short = find_capacity(replace(plan, duration_s=1.2 * service_s + warmup_s), parse("errors<1%"), lambda _: None, run)
    assert short.best is None or not service_s
    assert not service_s or "too short for answers" in short.curve[0].why


def test_what_fails_does_not_hold_though_nothing_is_asked_of_errors() -> None:
    def run(plan: Any, _: Any) -> Any:
        whole = timeline(plan, plan.rps or 100.0)
        return replace(SUMMARY, failed=20 if (plan.rps or 0) > 90 else 0, dropped=0, timeline=whole)

    assert find_capacity(PLAN, parse("p99<1s"), lambda _: None, run).best.rps <= 90
    assert "2.0 % failed" in {one.why for one in find_capacity(PLAN, parse("p99<1s"), lambda _: None, run).curve}
    assert find_capacity(PLAN, parse("p99<1s,errors<5%"), lambda _: None, run).best.rps > 1e5


def test_what_fails_without_an_answer_does_not_wait() -> None:
    def run(plan: Any, _: Any) -> Any:
        whole = timeline(replace(plan, rps=plan.rps or 100.0), 1e9)
        lossy = [replace(one, answered=one.answered - 5, errors={"timeout": 5}) for one in whole.slices]
        return replace(SUMMARY, rate=100.0, failed=0, dropped=0, timeline=replace(whole, slices=lossy))

    assert find_capacity(PLAN, parse("p99<1s"), lambda _: None, run).best.rps > 1e5


def sleeper(plan: Any, watch: Any) -> Any:
    """A run against a server where each answer takes 100 ms, and none waits for another."""
    most = plan.concurrency / 0.1
    rate = min(plan.rps or most, most)
    latency, waited = replace(LATENCY, count=1000, p50=100.0, p99=100.0), 1e3 * ((plan.rps or most) / rate - 1)
    return replace(
        SUMMARY, rate=rate, target_rate=plan.rps, failed=0, dropped=0, queued=SUMMARY.sent if waited else 0, service_time=latency,
        latency=replace(latency, p50=100 + waited * 2, p99=100 + waited * 4), timeline=timeline(plan, most, 0.1),
    )


def test_workers_are_added_where_they_are_what_is_missing() -> None:
    found = find_capacity(PLAN, parse("p99<200ms"), lambda _: None, sleeper, workers=400)
    assert 0.9 * 4000 <= found.best.rps <= 1.1 * 4000
    assert found.best.workers == 400
    assert not found.short()


def test_where_none_may_be_added_it_says_so() -> None:
    found = find_capacity(PLAN, parse("p99<200ms"), lambda _: None, sleeper, workers=50)
    assert found.best.rps <= 1.1 * 500
    assert found.short()
    assert not find_capacity(PLAN, parse("p99<200ms,errors<1%"), lambda _: None, server(430.0)).short()


def test_no_rate_holds() -> None:
    found = find_capacity(PLAN, parse("p99<40ms"), lambda _: None, server(430.0))
    assert found.best is None
    assert found.as_json()["best"] is None


def test_a_server_that_only_fails_has_no_capacity() -> None:
    def run(plan: Any, _: Any) -> Any:
        return replace(SUMMARY, successful=0, failed=10)

    with pytest.raises(LabError, match="no request succeeded") as error:
        find_capacity(PLAN, parse("p99<1s"), lambda _: None, run)
    assert error.value.detail == "10 http 500"


def test_an_interruption_ends_the_search() -> None:
    with pytest.raises(KeyboardInterrupt):
        find_capacity(PLAN, parse("p99<1s"), lambda _: None, lambda *_: replace(SUMMARY, interrupted=True))
