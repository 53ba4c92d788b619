"""What changed between two stored runs: an estimate lies in its interval, and the generator is said to be the cause."""

import json
from typing import Any

from labctl.telemetry.page.load_runs import changes
from labctl.telemetry.page.load_runs.listed import runs
from labctl.telemetry.receive import annotations
from labctl.telemetry.store.store import Store
from tests.unit.telemetry.page.load_runs.conftest import BEGIN_MS, Send, prediction, request_of
from tests.unit.telemetry.page.load_runs.test_tree import A, B


def two(send: Send) -> None:
    for run, slower in ((A, 0), (B, 15)):
        for index in range(1, 401):
            send(request_of(run, index), BEGIN_MS + index * 20, prediction(100 + index * 7 % 13, 10 + slower))


def tell(store: Store, run: str, data: dict[str, Any]) -> None:
    told = {"kind": "run", "key": run, "title": "run", "begin": 1.0, "end": 2.0, "data": data}
    store.put(lambda: annotations.decode(json.dumps(told).encode())).result(10)


def by_figure(found: dict[str, Any]) -> dict[str, Any]:
    return {one["figure"]: one for one in found["changes"]}


def test_where_lateness_could_be_the_cause_it_is_named(store: Store, send: Send) -> None:
    two(send)
    slower, late = by_figure(changes.changes(store, (A, B)))["p99"], by_figure(changes.changes(store, (A, B), 10.0))["p99"]
    assert (slower["verdict"], slower["generator"]) == ("slower", None)
    assert (late["verdict"], late["generator"]) == ("no difference", 30.0)
    assert slower["low"] <= slower["typical"] <= slower["high"]


def test_a_rate_is_not_compared_where_spans_were_lost(store: Store, send: Send) -> None:
    two(send)
    tell(store, B, {"ledger": {"lost_spans": 9, "expected_spans": 2000}})
    assert by_figure(changes.changes(store, (A, B)))["rate"]["verdict"] == "not comparable"


def test_runs_are_listed_with_the_latency_that_labctl_told(store: Store) -> None:
    tell(store, A, {"summary": {"latency": {"p50": 140.0, "p99": 669.0, "count": 400}}, "latency_ms": {"p50": 1.0}})
    tell(store, B, {"latency_ms": {"p50": 7.0}})
    told = {one["run_id"]: [one[f"latency_{name}"] for name in ("p50", "p99", "count")] for one in runs(store)["told"]}
    assert told == {A: [140.0, 669.0, 400], B: [7.0, None, None]}


def test_of_rates_that_were_planned_differently_what_each_reached_is_compared(store: Store, send: Send) -> None:
    """As `labctl compare` does."""
    for run, apart_ms in ((A, 20), (B, 40)):
        for index in range(1, 401):
            send(request_of(run, index), BEGIN_MS + index * apart_ms, prediction(100 + index * 7 % 13, 10))
    assert by_figure(changes.changes(store, (A, B)))["rate"]["verdict"] == "lower"
    tell(store, A, {"rate": 50.0})
    tell(store, B, {"rate": 9.0, "summary": {"target_rate": 25.0}})
    rate = by_figure(changes.changes(store, (A, B)))["rate"]
    assert (rate["verdict"], rate["worse"]) == ("as planned", False)
    assert (round(rate["before_share"], 1), round(rate["after_share"], 1)) == (1.0, 1.0)


def test_the_tails_of_unlike_slices_are_not_compared(store: Store, send: Send) -> None:
    for run, requests in ((A, 2000), (B, 100)):
        for index in range(1, requests + 1):
            send(request_of(run, index), BEGIN_MS + index * 10000 // requests, prediction(100 + index * 7 % 13, 10)[:1])
    found = by_figure(changes.changes(store, (A, B)))
    assert (found["p99"]["verdict"], found["p50"]["verdict"]) == ("not comparable", "no difference")
