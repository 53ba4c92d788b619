"""The search for the highest rate, against servers whose capacity is what they were given."""

from dataclasses import replace

import pytest

from labctl.errors import LabError
from labctl.load.capacity import find_max
from labctl.load.session import Enough
from labctl.load.slo import parse
from labctl.load.summary import Bucket, LoadPlan, Snapshot
from tests.unit.load.test_slo import LATENCY, SUMMARY

PLAN = LoadPlan("http://127.0.0.1/", duration_s=5.0, concurrency=50)


def server(most: float, p99_ms: float = 50.0):
    """What a run against a server that answers so many a second would give; beyond it, the queue grows over the run."""
    def run(plan, watch):
        rate = min(plan.rps or most, most)
        queued_ms = 1e3 * plan.duration_s * (plan.rps - rate) / rate if plan.rps else 0.0
        latency = replace(LATENCY, count=1000, p50=20 + queued_ms / 2, p99=p99_ms + queued_ms)
        beyond = 500 if queued_ms > 200 else 0
        try:
            watch(Snapshot(
                2.0, 1000, 900, 900, 0, 0, rate, plan.rps, replace(latency, count=900),
                (Bucket(0, 100, 900 - beyond), Bucket(200, 9000, beyond)), {},
            ))
        except Enough:
            return replace(SUMMARY, rate=rate, target_rate=plan.rps, latency=latency, failed=0, dropped=100, interrupted=True)
        return replace(SUMMARY, rate=rate, target_rate=plan.rps, latency=latency, failed=0, dropped=0)
    return run


def test_it_ends_within_ten_percent_and_shows_its_way():
    told = []
    found = find_max(PLAN, parse("p99<200ms,errors<1%"), told.append, server(430.0))
    assert 0.9 * 430 <= found.best.rps <= 1.1 * 430
    assert [one.rps for one in found.curve] == sorted({one.rps for one in told})
    assert {one.held for one in found.curve} == {True, False}
    assert "p99 < 200 ms broken" in {one.why for one in found.curve}


def test_a_growing_queue_does_not_hold_although_the_bound_does():
    found = find_max(PLAN, parse("p99<10s"), lambda _: None, server(430.0))
    assert found.best.rps <= 430 / 0.97
    assert "only 430/s answered" in {one.why for one in found.curve}


def sleeper(plan, watch):
    """A run against a server where each answer takes 100 ms, and none waits for another."""
    most = plan.concurrency / 0.1
    rate = min(plan.rps or most, most)
    latency, waited = replace(LATENCY, count=1000, p50=100.0, p99=100.0), 1e3 * ((plan.rps or most) / rate - 1)
    return replace(
        SUMMARY, rate=rate, target_rate=plan.rps, failed=0, dropped=0, queued=SUMMARY.sent if waited else 0, service_time=latency,
        latency=replace(latency, p50=100 + waited * 2, p99=100 + waited * 4),
    )


def test_workers_are_added_where_they_are_what_is_missing():
    found = find_max(PLAN, parse("p99<200ms"), lambda _: None, sleeper, workers=400)
    assert 0.9 * 4000 <= found.best.rps <= 4000 / 0.97
    assert found.best.workers == 400
    assert not found.short()


def test_where_none_may_be_added_it_says_so():
    found = find_max(PLAN, parse("p99<200ms"), lambda _: None, sleeper, workers=50)
    assert found.best.rps <= 500 / 0.97
    assert found.short()
    assert not find_max(PLAN, parse("p99<200ms,errors<1%"), lambda _: None, server(430.0)).short()


def test_no_rate_holds():
    found = find_max(PLAN, parse("p99<40ms"), lambda _: None, server(430.0))
    assert found.best is None
    assert found.as_json()["best"] is None


def test_a_server_that_only_fails_has_no_capacity():
    def run(plan, _):
        return replace(SUMMARY, successful=0, failed=10)

    with pytest.raises(LabError, match="no request succeeded") as error:
        find_max(PLAN, parse("p99<1s"), lambda _: None, run)
    assert error.value.detail == "10 http 500"


def test_an_interruption_ends_the_search():
    with pytest.raises(KeyboardInterrupt):
        find_max(PLAN, parse("p99<1s"), lambda _: None, lambda *_: replace(SUMMARY, interrupted=True))
