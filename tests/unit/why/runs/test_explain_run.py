"""What `labctl why RUN` names first in a run with one thing in it, and that it names nothing in a run with none."""

import random
from pathlib import Path

import pytest

from labctl.load.judge.verdicts import Verdict
from labctl.load.kept_runs import KeptRun
from labctl.telemetry.comparison.conditions import ConditionSort, Relation
from labctl.telemetry.comparison.groups import ToldDifference
from labctl.telemetry.store.store import Store
from labctl.why.runs.cut import CutReason
from labctl.why.runs.explain_run import RunExplanation, explain
from tests.unit.ui.samples import SUMMARY
from tests.unit.why.runs.made_up import RUN, Sent, requests_of, run


def first(found: RunExplanation, *, failed: bool = False) -> ToldDifference:
    told = (found.failed if failed else found.slow).told
    assert told, found
    return told[0]


def test_one_per_cent_slow_in_a_span(store: Store) -> None:
    def slow(sent: Sent, chance: random.Random) -> None:
        sent.format += 400 * (chance.random() < 0.01)

    requests = requests_of(run(change=slow), store)
    found = explain(requests, RUN)
    told = first(found)
    condition = told.difference.condition
    assert (condition.sort, condition.operation.name) == (ConditionSort.OWN_TIME, "format_response")
    assert (told.difference.group_with, told.difference.rest_with) == (found.slow.size, 0)
    assert requests.latency_ms[requests.trace_ids.index(told.trace_id)] > 480
    assert not found.failed.told
    assert found.significant


def test_slow_where_a_value_is_large(store: Store) -> None:
    def slow(sent: Sent, chance: random.Random) -> None:
        sent.largest = chance.uniform(0, 1000)
        sent.inference += 150 * (sent.largest > 950)

    found = explain(requests_of(run(change=slow), store), RUN)
    condition = first(found).difference.condition
    assert (condition.key, condition.comparison) == ("model.input.max", Relation.AT_LEAST)
    assert condition.value == pytest.approx(950, abs=2)
    assert found.slow.told[1].difference.condition.operation.name == "model_inference"


def test_one_of_two_replicas_slow(store: Store) -> None:
    def slow(sent: Sent, _: random.Random) -> None:
        sent.inference += 60 * (sent.pod == "service-b")

    told = first(explain(requests_of(run(change=slow), store), RUN))
    assert (told.difference.condition.key, told.difference.condition.value) == ("k8s.pod.name", "service-b")
    assert [one.key for one in told.difference.also] == ["service.instance.id"]


def test_errors_in_one_route_alone(store: Store) -> None:
    def fail(sent: Sent, chance: random.Random) -> None:
        sent.status = 503 if sent.route == "/predict/batch" and chance.random() < 0.1 else 200

    found = explain(requests_of(run(change=fail), store), RUN)
    told = first(found, failed=True)
    assert (told.difference.condition.key, told.difference.condition.value) == ("http.route", "/predict/batch")
    assert len(found.failed.told) == 1, "what all batches have is one finding"
    assert found.failures == {"503": found.failed.size}
    assert not found.slow.told


def test_slow_for_a_part_of_the_run(store: Store) -> None:
    def slow(sent: Sent, _: random.Random) -> None:
        sent.inference += 80 * (8 <= sent.due_s < 12)

    condition = first(explain(requests_of(run(change=slow), store), RUN)).difference.condition
    assert condition.sort is ConditionSort.TIME
    assert condition.value == pytest.approx((8, 12), abs=0.2)


def test_a_value_that_goes_with_the_cause_stands_under_it(store: Store) -> None:
    def slow(sent: Sent, _: random.Random) -> None:
        sent.inference += 150 * (sent.rows == 16)
        sent.largest += 2000 * (sent.rows == 16)

    told = explain(requests_of(run(change=slow), store), RUN).slow.told
    assert [one.difference.condition.sort for one in told] == [ConditionSort.ATTRIBUTE, ConditionSort.OWN_TIME]
    keys = {one.key for one in (told[0].difference.condition, *told[0].difference.also)}
    assert {"model.input.rows", "model.input.max"} <= keys


def test_two_causes_at_once(store: Store) -> None:
    def slow(sent: Sent, chance: random.Random) -> None:
        sent.format += 400 * (chance.random() < 0.03)
        sent.inference += 300 * (sent.rows == 16)

    told = explain(requests_of(run(change=slow), store), RUN).slow.told
    named = {one.difference.condition.key or one.difference.condition.operation.name for one in told}
    assert {"model.input.rows", "format_response"} <= named


def test_a_stall_of_everything_is_left_aside(store: Store) -> None:
    def stalled(sent: Sent, _: random.Random) -> None:
        if sent.due_s < 8.3 and sent.due_s + sent.inference / 1e3 > 8:
            sent.inference += (8.3 - max(8, sent.due_s)) * 1e3

    found = explain(requests_of(run(change=stalled), store), RUN)
    assert len(found.stalls) == 1
    assert found.stalls[0].at_s - found.started_s == pytest.approx(8.2, abs=0.3)
    assert not found.significant


def test_too_few_slow_ones_are_said_to_be_too_few(store: Store) -> None:
    def slow(sent: Sent, _: random.Random) -> None:
        sent.format += 400 * (sent.due_s in {5.0, 10.0, 15.0})

    found = explain(requests_of(run(change=slow), store), RUN, above_ms=300)
    assert (found.slow.size, found.slow.told) == (3, ())
    assert found.slow.needed > 2000
    assert not found.significant


def test_a_chosen_cut_is_kept_to(store: Store) -> None:
    found = explain(requests_of(run(), store), RUN, above_ms=110)
    assert found.cut
    assert (found.cut.above_ms, found.cut.reason) == (110, CutReason.CHOSEN)
    assert 100 < found.slow.size < 500


def test_nothing_is_named_in_runs_with_nothing_in_them(store: Store) -> None:
    for seed in range(5):
        run_id = f"{seed:016x}"
        found = explain(requests_of(run(1000, seed=seed, rps=100), store, run_id), run_id)
        assert not found.significant, found
        assert found.slow.looked_at > 50


def test_failures_of_one_moment_are_said_to_be(store: Store) -> None:
    def fail(sent: Sent, _: random.Random) -> None:
        sent.status = 503 if 12 <= sent.due_s < 12.4 else 200

    found = explain(requests_of(run(change=fail), store), RUN)
    assert found.failed.within_s == pytest.approx((12, 12.4), abs=0.05)
    assert found.failed.size == 40


def test_failures_anywhere_are_no_matter_of_a_moment(store: Store) -> None:
    def fail(sent: Sent, chance: random.Random) -> None:
        sent.status = 503 if chance.random() < 0.05 else 200

    found = explain(requests_of(run(change=fail), store), RUN)
    assert found.failed.size > 50
    assert (found.failed.within_s, list(found.failed.told)) == (None, [])


def test_where_every_request_waited_what_is_slow_is_judged_since_it_was_sent(store: Store) -> None:
    def change(sent: Sent, chance: random.Random) -> None:
        sent.wait = 50 * sent.due_s + 200
        sent.format += 400 * (chance.random() < 0.02)

    found = explain(requests_of(run(change=change), store), RUN)
    assert found.since_sent
    assert found.wait_ms > 500
    assert first(found).difference.condition.operation.name == "format_response"


def test_the_threshold_that_a_kept_run_missed(store: Store) -> None:
    missed = Verdict("p95 < 110 ms", "115 ms", 115.0, met=False)
    kept = KeptRun(Path("run.json"), 0.0, "", (Verdict("p50 < 1.2 s", "0.1 s", 100.0, met=True), missed), SUMMARY)
    found = explain(requests_of(run(), store), RUN, kept=kept)
    assert found.cut
    assert (found.cut.above_ms, found.cut.reason) == (110, CutReason.THRESHOLD)


def test_a_run_of_failures_alone(store: Store) -> None:
    def fail(sent: Sent, _: random.Random) -> None:
        sent.status = 503

    found = explain(requests_of(run(50, change=fail), store), RUN)
    assert (found.failed.size, found.slow.size, found.median_ms, found.significant) == (50, 0, None, False)
    assert found.as_json()["failures"] == {"503": 50}


def test_an_attribute_that_only_slow_requests_have(store: Store) -> None:
    def change(sent: Sent, chance: random.Random) -> None:
        if chance.random() < 0.03:
            sent.more["cache.miss"] = True
            sent.inference += 200

    told = first(explain(requests_of(run(change=change), store), RUN))
    assert (told.difference.condition.key, told.difference.condition.value) == ("cache.miss", True)
    assert told.difference.rest_with == 0


def test_a_part_of_a_short_run_is_no_stall_although_a_few_in_it_were_quick(store: Store) -> None:
    def slow(sent: Sent, chance: random.Random) -> None:
        sent.inference = 20 + 250 * (2.5 <= sent.due_s < 4.5 and not 3.3 <= sent.due_s < 3.45) + chance.random()

    found = explain(requests_of(run(640, rps=80, change=slow), store), RUN)
    assert not found.stalls
    assert first(found).difference.condition.sort is ConditionSort.TIME
    assert first(found).difference.condition.value == pytest.approx((2.5, 4.5), abs=0.2)


def test_a_step_that_blocks_the_event_loop(store: Store) -> None:
    def block(sent: Sent, _: random.Random) -> None:
        sent.validate, sent.format = 0.1, 299.0
        sent.inference = 2700.0         # of which nearly all is waiting for the others' last step

    found = explain(requests_of(run(200, rps=1 / 0.3, change=block), store), RUN)
    assert found.one_at_a_time
    assert found.one_at_a_time.operation.name == "format_response"
    assert found.one_at_a_time.share > 0.9
    assert found.one_at_a_time.in_flight == pytest.approx(10, abs=1)


@pytest.mark.parametrize("rps", [5, 10, 20, 100])
def test_steps_that_overlap_or_leave_room_take_no_turns(rps: float, store: Store) -> None:
    def slow(sent: Sent, _: random.Random) -> None:
        sent.format = 1e3 / rps         # fills the run, but not one after the other

    assert explain(requests_of(run(200, rps=rps, change=slow), store), RUN).one_at_a_time is None
    assert explain(requests_of(run(200, rps=rps), store), RUN).one_at_a_time is None


def test_traces_that_sampling_left_out_say_nothing_of_the_service(store: Store) -> None:
    def sample(sent: Sent, chance: random.Random) -> None:
        sent.sampled = chance.random() < 0.3

    requests = requests_of(run(change=sample), store)
    assert 500 < len(requests) < 700
    found = explain(requests, RUN)
    assert not found.significant
    assert all(time.rest_ms > 50 for time in found.slow.own_times if time.operation.name == "model_inference")
