"""What a few requests say before a run."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.load.judge.probe import foresee
from labctl.load.measure.summary import Distribution
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.stages import Stage
from tests.unit.load.judge.test_verdicts import SUMMARY

PLAN = LoadPlan("http://127.0.0.1/", rps=300.0, concurrency=10, otlp="http://127.0.0.1:4318", run_id="0" * 16, warmup_s=5.0)


def answering(ms: float, asked: list[LoadPlan] | None = None) -> Any:
    def run(plan: Any, _: Any) -> Any:
        if asked is not None:
            asked.append(plan)
        return replace(SUMMARY, service_time=Distribution(3, *[ms] * 8) if ms else Distribution())
    return run


def test_too_few_workers_are_foreseen() -> None:
    foreseen = foresee(PLAN, answering(98.0))
    assert foreseen.probes == SUMMARY.sent
    assert foreseen.warning == (
        "300/s at 98 ms needs 30 workers; you gave 10. Requests will wait for a free worker, and latency "
        "includes that wait. Try -c 30"
    )


@pytest.mark.parametrize("plan", [replace(PLAN, rps=None), replace(PLAN, concurrency=30), replace(PLAN, rps=100.0)])
def test_nothing_is_said_where_they_suffice(plan: Any) -> None:
    assert foresee(plan, answering(98.0)).warning == ""


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert foresee(PLAN, answering(0.0)).warning == ""


def test_a_low_rate_is_not_worth_a_request() -> None:
    asked: list[LoadPlan] = []
    assert foresee(replace(PLAN, rps=1.0), answering(9e9, asked)).warning == ""
    assert asked == []


def test_answers_that_do_not_come_say_how_long_they_take_at_least() -> None:
    def silent(plan: Any, _: Any) -> Any:
        return replace(SUMMARY, service_time=Distribution(), errors={"timeout": 1})

    assert "300/s at 1 s needs 300 workers; you gave 10" in foresee(PLAN, silent).warning


def test_a_burst_needs_a_worker_for_each_of_it() -> None:
    found = foresee(replace(PLAN, rps=100.0, burst=50), answering(98.0))
    assert "100/s in bursts of 50 at 98 ms needs 50 workers" in found.warning
    assert foresee(replace(PLAN, rps=100.0, burst=10), answering(98.0)).warning == ""
    assert "needs 100 workers" in foresee(replace(PLAN, rps=100.0, burst=50), answering(600.0)).warning
    assert foresee(replace(PLAN, rps=100.0, burst=50, requests=10), answering(600.0)).warning == ""


def test_of_a_replay_its_densest_moment_counts() -> None:
    crowd = replace(PLAN, rps=1.0, offsets=[0.0, 10.0, *(20 + place / 1000 for place in range(100)), 90.0])
    assert "the replay at 49.5 ms needs 50 workers" in foresee(crowd, answering(49.5)).warning
    assert foresee(replace(crowd, offsets=[0.0] * 10), answering(50.0)).warning == ""


def test_the_highest_rate_of_the_stages_counts() -> None:
    ramp = replace(PLAN, rps=50.0, stages=[Stage(10.0, 0.0, 100.0), Stage(1.0, 500.0, 0.0)])
    assert "500/s at 98 ms needs 49 workers" in foresee(ramp, answering(98.0)).warning


def test_the_requests_are_few_and_no_part_of_the_run() -> None:
    asked: list[Any] = []
    foresee(PLAN, answering(98.0, asked))
    (plan,) = asked
    assert (plan.requests, plan.concurrency, plan.rps, plan.otlp) == (3, 1, None, None)
    assert plan.run_id != PLAN.run_id


def test_an_interruption_ends_it() -> None:
    with pytest.raises(KeyboardInterrupt):
        foresee(PLAN, lambda *_: replace(SUMMARY, interrupted=True))
