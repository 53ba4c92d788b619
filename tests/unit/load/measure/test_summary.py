"""The documented JSON, and the lines between session and generator."""

import json
from dataclasses import replace

from labctl.load import summary_json
from labctl.load.generator import messages
from labctl.load.measure.summary import Bucket, Distribution, Generator, Slice, Slow, Timeline
from labctl.load.plan.address import parse
from labctl.load.plan.load_plan import LoadPlan, Request
from labctl.load.plan.stages import Stage
from tests.unit.load.judge.test_run_advice import summary

RESULT = replace(
    summary(rate=50.0), errors={"http 503": 2}, statuses={200: 498, 503: 2}, histogram=(Bucket(80, 85, 3),),
    slowest=(Slow("ab" * 16, 98.0),), quantiles={"p50": (97.5, 98.5)}, spans_made=500, spans_acked=499,
)

FULL = replace(
    RESULT, warmup=7, by_request={"good": {"successful": 3, "failed": 1}},
    timeline=Timeline(1.0, [1.0, 2.0], [Slice(0.0, 5, 5, 4, 1, 1.5, 1.9, 4, {0: 4}, {"timeout": 1})]),
    generator=Generator(1.0, 0.1, 0.1, 0.2, 0.3, 0.4, 5), sent_by=(300, 200),
)


def test_the_shape_of_json() -> None:
    value = RESULT.as_json()
    assert value["requests"]["total"] == 500
    assert value["requests"]["errors"] == {"http 503": 2}
    assert value["requests"]["statuses"] == {"200": 498, "503": 2}
    assert set(value["latency_ms"]) == set(value["service_time_ms"]) == {
        "min", "mean", "p50", "p90", "p95", "p99", "p99_9", "max",
    }
    assert value["histogram"] == [{"from_ms": 80, "to_ms": 85, "count": 3}]
    assert value["latency_interval_ms"] == {"p50": (97.5, 98.5), "p90": None, "p95": None, "p99": None, "p99.9": None}
    assert value["slowest"] == [{"trace_id": "ab" * 16, "latency_ms": 98.0, "sampled_out": False}]
    assert value["generator"] is value["timeline"] is None
    assert {"run_id", "url", "duration_s", "rate", "target_rate", "interrupted"} <= set(value)


def test_percentiles_of_nothing_are_null() -> None:
    assert set(replace(RESULT, latency=Distribution()).as_json()["latency_ms"].values()) == {None}


def test_what_is_said_is_what_is_heard() -> None:
    plan = LoadPlan(
        "http://127.0.0.1:1/", body=b"\x00\xff", run_id="0" * 16, stages=(Stage(1.0, 2.0, 3.0),), offsets=(0.5, 1.5),
        pool=(Request("one", body=b"\xfe", expect=((200, 299), (404, 404))), Request("two", headers={"a": "b"}, weight=3)),
    )
    address = parse("http://127.0.0.1:1/")
    assert messages.read_order(messages.order(plan, address, (1, 2))) == (plan, address, (1, 2))
    assert messages.read_start(messages.start(12.5)) == 12.5


def test_a_summary_that_is_kept_can_be_read_again() -> None:
    kept = json.loads(json.dumps(summary_json.encode(FULL)))
    assert summary_json.decode(kept) == FULL


def test_the_timeline_and_the_generators_own_figures_are_in_the_json() -> None:
    value = json.loads(json.dumps(FULL.as_json()))

    assert value["requests"]["warmup"] == 7
    assert value["by_request"]["good"]["failed"] == 1
    assert value["generator"]["late_p99_ms"] == 0.2
    assert value["timeline"]["slices"][0]["counts"] == {"0": 4}
