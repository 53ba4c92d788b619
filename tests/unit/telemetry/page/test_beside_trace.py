"""What stands beside a waterfall's spans: the times of their events, exemplars, and the first span."""

import pytest

from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page import beside_trace
from labctl.telemetry.store.store import Store
from tests.page import signals
from tests.unit.telemetry import requests


def test_events_are_after_their_span_begins(store: Store) -> None:
    store.put(lambda: decode("traces", signals.trace())).result(10)
    assert beside_trace.events(store, signals.TRACE) == [[(b"s" * 8).hex(), 202 * 10**6]]
    assert beside_trace.events(store, b"another trace---") == []


def test_exemplars_are_those_of_the_trace(store: Store) -> None:
    store.put(lambda: decode("metrics", requests.counter(5))).result(10)
    trace_id, span_id = requests.span_ids(7)
    [one] = beside_trace.exemplars(store, trace_id)
    assert (one["name"], one["service"], one["value"], one["span_id"]) == ("hits", "svc", 1, span_id.hex())
    assert beside_trace.exemplars(store, b"another trace---") == []


def test_one_answer_has_the_first_root_or_the_span_that_is_asked_for(store: Store) -> None:
    store.put(lambda: decode("traces", signals.trace())).result(10)
    found = beside_trace.beside(store, signals.TRACE, None)
    assert found["spans"][0]["parent_id"] == ""
    assert found["events"] == beside_trace.events(store, signals.TRACE)
    other = beside_trace.beside(store, signals.TRACE, b"s" * 8)
    assert (other["span_id"], len(other["spans"])) == ((b"s" * 8).hex(), 1)
    assert beside_trace.beside(store, b"another trace---", None)["spans"] == []


def test_the_events_of_a_large_trace_are_an_answer_of_their_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(lambda: decode("traces", signals.trace())).result(10)
    monkeypatch.setattr(beside_trace, "LARGE", 1)
    assert beside_trace.beside(store, signals.TRACE, None)["events"] is None
