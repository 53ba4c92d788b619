"""Spans that were lost are no difference between two runs: only complete traces are compared."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from labctl.telemetry.page.load_runs import losses, tree
from labctl.telemetry.receive import annotations
from labctl.telemetry.store.store import Store
from tests.unit.telemetry.page.load_runs.conftest import BEGIN_MS, MadeSpan, Send, prediction, request_of
from tests.unit.telemetry.page.load_runs.test_tree import MEDIAN, SELF, A, B, paths

WAITED = "labctl POST /predict"
INFERRED = f"{WAITED} > POST /predict > model_inference"


def tell(store: Store, run: str, lost: int, expected: int = 400) -> None:
    ledger = {"lost_spans": lost, "expected_spans": expected, "not_stored_yet": 0}
    told = {"kind": "run", "key": run, "title": "run", "begin": 1.0, "end": 2.0, "data": {"ledger": ledger}}
    store.put(lambda: annotations.decode(json.dumps(told).encode())).result(10)


def load(send: Send, run: str, traces: Sequence[Sequence[MadeSpan]]) -> None:
    for index, spans in enumerate(traces, 1):
        send(request_of(run, index), BEGIN_MS + index * 20, spans)


def whole(count: int, response_ms: float = 10) -> list[list[MadeSpan]]:
    return [prediction(100, response_ms) for _ in range(count)]


def without_parent() -> list[MadeSpan]:
    root, _, *below = prediction(100, 10)
    return [root, *(MadeSpan(one.service, one.name, 7, one.begin_ms, one.length_ms) for one in below)]


def differences(found: dict[str, Any]) -> dict[str, float]:
    return {name: round((b[SELF] if b else 0) - (a[SELF] if a else 0), 3) for name, (*_, a, b, _) in paths(found).items()}


def test_lost_spans_are_no_time_that_was_saved(store: Store, send: Send) -> None:
    load(send, A, whole(100))
    load(send, B, [*whole(50), *(one[:1] for one in whole(40)), *(one[:2] for one in whole(5)), *[without_parent()] * 5])
    tell(store, A, 0)
    tell(store, B, 135)
    found = tree.of_runs(store, (A, B))
    assert set(differences(found).values()) == {0}
    assert (found["traces"], found["left_out"]) == ([100, 50], [0, 50])
    assert found["losses"][1] == {"lost": 135, "later": 0, "expected": 400}


def test_of_two_runs_that_both_lost_spans_complete_traces_are_compared(store: Store, send: Send) -> None:
    for run, response_ms in ((A, 10), (B, 25)):
        load(send, run, [*whole(20, response_ms), *(one[:1] for one in whole(80))])
        tell(store, run, 240)
    found = tree.of_runs(store, (A, B))
    assert found["left_out"] == [80, 80]
    assert {name: value for name, value in differences(found).items() if value} == {
        f"{WAITED} > POST /predict > format_response": 15}


def test_a_run_without_a_complete_trace_has_no_paths(store: Store, send: Send) -> None:
    load(send, A, whole(100))
    load(send, B, [one[:1] for one in whole(100)])
    tell(store, B, 300)
    found = tree.of_runs(store, (A, B))
    assert (found["traces"], found["left_out"], found["paths"]) == ([0, 0], [0, 100], [])


def test_without_losses_a_span_that_is_not_there_is_a_difference(store: Store, send: Send) -> None:
    """Half of the second run's requests were answered from a cache."""
    load(send, A, whole(40))
    load(send, B, [*whole(20), *(one[:2] for one in whole(20))])
    for ledger in (False, True):
        for run in (A, B) if ledger else ():
            tell(store, run, 0)
        found = tree.of_runs(store, (A, B))
        assert found["left_out"] == [0, 0]
        assert differences(found)[INFERRED] == pytest.approx(-50)


def test_more_spans_that_are_gone_than_were_lost_are_a_difference(store: Store, send: Send) -> None:
    """The second run's service has no span model_inference any more, and three spans were lost."""
    load(send, A, whole(40))
    load(send, B, [*([one[0], one[1]] for one in whole(39)), whole(1)[0][:1]])
    tell(store, B, 3, 160)
    found = tree.of_runs(store, (A, B))
    assert found["left_out"] == [0, 1]
    assert differences(found)[INFERRED] == -100


def test_a_few_requests_that_were_tried_again_make_the_others_no_parts(store: Store, send: Send) -> None:
    again = [*prediction(100, 10), MadeSpan("service", "retry", 1, 111, 1)]
    load(send, A, [*whole(95), *[again] * 5])
    load(send, B, [*whole(45), *[again] * 5, *(one[:1] for one in whole(50))])
    tell(store, A, 0)
    tell(store, B, 150)
    assert tree.of_runs(store, (A, B))["left_out"] == [0, 50]


def test_missing_parents_tell_of_losses_that_nobody_told_of(store: Store, send: Send) -> None:
    load(send, A, whole(40))
    load(send, B, [*whole(20), *[without_parent()] * 10, *(one[:1] for one in whole(10))])
    found = tree.of_runs(store, (A, B))
    assert found["left_out"] == [0, 20]
    assert set(differences(found).values()) == {0}


def test_a_service_that_sends_no_spans_is_no_loss(store: Store, send: Send) -> None:
    for run in (A, B):
        load(send, run, [without_parent()] * 20)
    found = tree.of_runs(store, (A, B))
    assert (found["traces"], found["left_out"]) == ([20, 20], [0, 0])
    assert paths(found)["service model_inference"][3][MEDIAN] == 100


def test_what_is_told_of_losses_is_taken_only_where_it_is_a_number(store: Store) -> None:
    ledgers: tuple[Any, ...] = ({"lost_spans": "5", "expected_spans": 9}, [5], 7, "{", {"lost_spans": True, "expected_spans": 2})
    for key, ledger in zip("12345", ledgers, strict=True):
        told = {"kind": "run", "key": key, "title": "run", "begin": 1.0, "end": 2.0, "data": {"ledger": ledger}}
        store.put(lambda told=told: annotations.decode(json.dumps(told).encode())).result(10)  # type: ignore[misc]
        assert losses.of_run(store, key) is None


def test_of_two_traces_missing_parents_and_what_their_runs_lost_is_told(store: Store, send: Send) -> None:
    load(send, A, whole(1))
    load(send, B, [without_parent()])
    tell(store, B, 1, 4)
    found = tree.of_traces(store, (request_of(A, 1), request_of(B, 1)))
    assert (found["orphans"], found["losses"]) == ([0, 2], [None, {"lost": 1, "later": 0, "expected": 4}])
