"""Where the time of one request went, against the others of its route."""

import random

from labctl.telemetry.comparison.requests import WAIT
from labctl.telemetry.query import traces
from labctl.telemetry.store.store import Store
from labctl.telemetry.trace import Trace
from labctl.why.traces.explain_trace import explain
from labctl.why.traces.trace_explanation import TraceExplanation
from tests.unit.why.runs.made_up import Change, Sent, requests_of, run


def explained(store: Store, change: Change, number: int = 50, count: int = 500) -> TraceExplanation:
    requests = requests_of(run(count, change=change), store)
    found = traces.trace(store, bytes.fromhex(requests.trace_ids[number]))
    assert found
    return explain(found, requests)


def only_at(due_s: float, name: str, more: float) -> Change:
    def change(sent: Sent, _: random.Random) -> None:
        if sent.due_s == due_s:
            setattr(sent, name, getattr(sent, name) + more)
    return change


def test_the_span_that_makes_the_difference_comes_first(store: Store) -> None:
    found = explained(store, only_at(0.5, "format", 400))
    part = found.making_the_difference
    assert part is found.parts[0]
    assert part.operation.name == "format_response"
    assert (part.longer_than, part.others) == (1.0, found.others)
    assert 200 < found.others < 300, "those of the same route"
    assert part.median_ms is not None
    assert part.p95_ms is not None
    assert part.median_ms < part.p95_ms < part.ms
    assert found.slower_than == 1.0


def test_waiting_to_be_sent_is_told_apart_from_the_network(store: Store) -> None:
    found = explained(store, only_at(0.5, "wait", 300))
    assert found.making_the_difference is found.parts[0]
    assert found.parts[0].operation == WAIT
    assert found.latency_ms > 390
    found = explained(store, only_at(0.6, "network", 300), 60)
    assert found.making_the_difference is found.parts[0]
    assert (found.parts[0].operation.service, found.parts[0].operation.kind) == ("labctl", "client")


def test_an_ordinary_request_is_called_ordinary(store: Store) -> None:
    def ordinary(sent: Sent, _: random.Random) -> None:
        if sent.due_s == 0.5:
            sent.inference, sent.network, sent.validate, sent.format = 100, 0.7, 0.13, 0.05

    assert explained(store, ordinary).making_the_difference is None


def test_of_too_few_nothing_is_claimed(store: Store) -> None:
    found = explained(store, only_at(0.05, "format", 400), 5, 10)
    assert (found.median_ms, found.slower_than, found.making_the_difference) == (None, None, None)
    assert {part.median_ms for part in found.parts} == {None}
    assert found.parts[0].operation.name == "format_response"


def test_failures_and_exceptions_are_quoted(store: Store) -> None:
    found = explained(store, only_at(0.5, "status", 303))
    assert [(quote.span, quote.error, "503" in quote.text) for quote in found.quotes] == [("POST", True, True)]


def test_a_trace_without_its_client_span(store: Store) -> None:
    requests = requests_of(run(100), store)
    whole = traces.trace(store, bytes.fromhex(requests.trace_ids[3]))
    assert whole
    found = explain(Trace(whole.trace_id, whole.duration_ms, False, whole.spans[1:]), requests)
    assert found.route.startswith("POST /predict")
    assert found.as_json()["complete"] is False
