"""What was saved from a store and is loaded into it again leaves its metrics as they were, however they had been encoded."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from labctl.telemetry.files.reading.loading import Loading, load
from labctl.telemetry.files.writing.lines import lines
from labctl.telemetry.files.writing.selection import Selection
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.query.metrics import MetricQuery, metrics
from labctl.telemetry.store.store import Store
from tests.unit.telemetry import requests

VALUES = (5.0, 7.0, 9.0)


def as_the_collector(body: bytes) -> bytes:
    """It writes the value of an attribute before its key, and the version of a scope before its name."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    request = ExportMetricsServiceRequest.FromString(body)
    [group] = request.resource_metrics
    attributes = b"".join(
        _field(1, _field(2, one.value.SerializeToString()) + _field(1, one.key.encode())) for one in group.resource.attributes)
    metric = b"".join(_field(2, one.SerializeToString()) for one in group.scope_metrics[0].metrics)
    scope = _field(1, _field(2, b"1.2.3") + _field(1, b"a scope"))
    return _field(1, _field(1, attributes) + _field(2, scope + metric))


def _field(number: int, content: bytes) -> bytes:
    from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]

    return bytes([number << 3 | 2]) + bytes(_VarintBytes(len(content))) + content


def put(store: Store, body: bytes) -> None:
    store.put(lambda: decode("metrics", body)).result(60)


def stored(store: Store) -> list[Any]:
    return [store.read("SELECT count(*) FROM points"), store.read("SELECT count(*) FROM exemplars"),
            store.read("SELECT count(*) FROM series"), *metrics(store, MetricQuery(since_ns=0)).series]


def loaded(store: Store, text: bytes) -> Loading:
    loading = Loading("metrics.jsonl", len(text))
    load(store, io.BytesIO(text), loading)
    assert (loading.state, loading.refused) == ("done", {})
    return loading


@pytest.mark.parametrize("encoded", [as_the_collector, bytes])
def test_metrics_that_are_loaded_where_they_were_saved_are_stored_once(store: Store, encoded: Callable[[bytes], bytes]) -> None:
    for second, value in enumerate(VALUES):
        put(store, encoded(requests.counter(value, at=requests.NOW + second * 10**9)))
    put(store, encoded(requests.gauge(3)))
    text = b"".join(lines(store, Selection(), "metrics"))
    put(store, encoded(requests.counter(20, at=requests.NOW + 9 * 10**9)))        # it goes on after the file was made
    before = stored(store)
    loading = loaded(store, text)
    assert (loading.data_points, loading.known) == (0, len(VALUES) + 1)
    assert stored(store) == before


def test_points_that_come_late_are_of_the_series_that_is_stored(store: Store) -> None:
    bodies = [as_the_collector(requests.counter(value, at=requests.NOW + second * 10**9)) for second, value in enumerate(VALUES)]
    for body in bodies:
        put(store, body)
    text, whole = b"".join(lines(store, Selection(), "metrics")), stored(store)
    store._connection.execute("DELETE FROM points WHERE time < (SELECT max(time) FROM points)")
    loading = loaded(store, text)
    assert (loading.data_points, loading.known) == (len(VALUES) - 1, 1)
    assert stored(store) == whole
