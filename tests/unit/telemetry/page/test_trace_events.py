"""What stands beside a waterfall's spans: the times of their events, and the metrics that they are exemplars of."""

from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page import trace_events
from labctl.telemetry.store.store import Store
from tests.page import signals
from tests.unit.telemetry import requests


def test_events_are_after_their_span_begins(store: Store) -> None:
    store.put(lambda: decode("traces", signals.trace())).result(10)
    assert trace_events.events(store, signals.TRACE) == {"events": [[(b"s" * 8).hex(), 202 * 10**6]]}
    assert trace_events.events(store, b"another trace---") == {"events": []}


def test_exemplars_are_those_of_the_trace(store: Store) -> None:
    store.put(lambda: decode("metrics", requests.counter(5))).result(10)
    trace_id, span_id = requests.span_ids(7)
    [one] = trace_events.exemplars(store, trace_id)["exemplars"]
    assert (one["name"], one["service"], one["value"], one["span_id"]) == ("hits", "svc", 1, span_id.hex())
    assert trace_events.exemplars(store, b"another trace---") == {"exemplars": []}
