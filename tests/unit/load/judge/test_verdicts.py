"""Whether a run met its thresholds, and when it cannot any more."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.load.judge import early_stop
from labctl.load.judge.verdicts import judge
from labctl.load.ledger.hops import Hop, HopLoss
from labctl.load.ledger.ledger import Ledger
from labctl.load.ledger.not_stored_yet import NotStoredYet
from labctl.load.measure.summary import Bucket, Distribution, Snapshot, Summary
from labctl.load.plan.thresholds import EXAMPLE, parse

LATENCY = Distribution(1000, 81.2, 106.4, 98.3, 113.9, 117.2, 180.6, 519.8, 540.0)
SUMMARY = Summary(
    run_id="0" * 16, url="http://127.0.0.1/", concurrency=10, planned=1020, sent=1010, successful=1000, failed=10, unfinished=0,
    dropped=10, errors={"http 500": 10}, statuses={200: 1000, 500: 10}, duration_s=20.0, rate=50.0, target_rate=51.0,
    latency=LATENCY, service_time=LATENCY, histogram=(), slowest=(), interrupted=False,
)
SNAPSHOT = Snapshot(
    elapsed_s=4.0, planned=1000, sent=400, successful=390, failed=4, in_flight=6, rate=98.0, target_rate=100.0,
    latency=replace(LATENCY, count=390), histogram=(Bucket(0, 100, 300), Bucket(100, 200, 80), Bucket(200, 600, 10)), errors={},
)


@pytest.mark.parametrize(("asked", "met"), [
    (EXAMPLE, [True, True, True]), ("p99<180ms", [False]), ("p99 <= 0.1806s", [True]), ("p50>98300us", [False]),
    ("p50 >= 98.3ms , max<1s", [True, True]), ("errors<0.9%", [False]), ("errors<=10", [True]), ("errors<10", [False]),
    ("dropped<1%", [True]), ("rate>50/s", [False]), ("rate>98%", [True]), ("mean<100ms,min>80ms", [False, True]),
])
def test_thresholds_are_met_or_missed(asked: Any, met: Any) -> None:
    assert [one.met for one in judge(parse(asked), SUMMARY)] == met


def test_threshold_and_figure_are_said_in_words() -> None:
    asked = "p99<200ms,errors<1%,rate>45,errors<5,rate>90%"
    assert [(one.threshold, one.found) for one in judge(parse(asked), SUMMARY)] == [
        ("p99 < 200 ms", "181 ms"), ("errors < 1 %", "0.99 %"), ("rate > 45/s", "50/s"), ("errors < 5", "10"),
        ("rate > 90 %", "98 %"),
    ]


@pytest.mark.parametrize(("asked", "met"), [
    ("p99.9<541ms", True), ("p99.9<530ms", False), ("p99.9<1ms", False), ("p99.9>1ms", True),
])
def test_a_percentile_of_too_few_samples_is_judged_by_the_extremes(asked: str, met: bool) -> None:
    (judged,) = judge(parse(asked), SUMMARY)
    assert (judged.met, judged.value) == (met, None)
    assert "too few samples, 1 000 of 3 688" in judged.found


@pytest.mark.parametrize(("asked", "value", "met"), [
    ("lost<3", None, False), ("lost<5%", None, False), ("lost<8", 2, True), ("lost<2", 2, False), ("lost<20%", 4, True),
])
def test_lost_is_judged_where_what_is_not_stored_yet_does_not_matter(asked: str, value: float | None, met: bool) -> None:
    ledger = Ledger(10, 0, 10, 43, 50, 0, (HopLoss(Hop.VIEWER, 2),), NotStoredYet(5, "the collector does not answer"))
    (judged,) = judge(parse(asked), SUMMARY, ledger)
    assert (judged.value, judged.met) == (value, met)
    assert judged.found.startswith("unknown: ") is (value is None)


def test_of_nothing_no_threshold_is_met() -> None:
    nothing = replace(SUMMARY, latency=Distribution(), successful=0, failed=0, target_rate=None)
    judged = judge(parse("p50<1s,errors<1%,rate>1%"), nothing)
    assert [(one.met, one.found) for one in judged] == [(False, "nothing to measure")] * 3


@pytest.mark.parametrize(("asked", "broken"), [
    ("p99<150ms", None),                    # 10 of 390 lie beyond 200 ms, by chance one in 10 000 would be 13
    ("p99.9<150ms", "p99.9"), ("p95<150ms", None), ("p50<20ms,p50<100ms", None), ("max<539ms", "max"), ("max<541ms", None),
    ("errors<4", "errors"), ("errors<=4", None), ("errors<5", None), ("errors<0%", "errors"), ("errors<1%", None),
    ("rate>1000", None),
    ("p99.9>1s", None), ("errors<1%,max<1ms", "max"),
])
def test_a_run_is_given_up_when_chance_cannot_explain_it(asked: str, broken: str | None) -> None:
    found = early_stop.broken(parse(asked), SNAPSHOT)
    assert (found.figure if found else None) == broken


def test_more_of_the_same_becomes_certain() -> None:
    worse = replace(SNAPSHOT, histogram=(Bucket(0, 200, 3800), Bucket(200, 600, 100)), latency=replace(LATENCY, count=3900))
    assert early_stop.broken(parse("p99<150ms"), worse) is not None
    assert early_stop.broken(parse("errors<1%"), replace(SNAPSHOT, failed=40)) is not None
    assert early_stop.broken(parse("errors<1%"), replace(SNAPSHOT, successful=0, failed=1)) is None
