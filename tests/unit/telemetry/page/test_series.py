"""A metric over time: rates, gaps, percentiles and exemplars, of the series that were chosen alone."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page import series
from labctl.telemetry.query.recent import Window
from labctl.telemetry.store.store import Store
from tests.unit.telemetry import requests

S, BEGIN = 10**9, 1_700_000_000 * 10**9
WINDOW = Window(BEGIN, BEGIN + 100 * S, 10)


def shown(store: Store, name: str, *on: str, service: str = "svc") -> dict[str, Any]:
    found = series.metric(store, series.SeriesWanted(name, service, "", on, WINDOW))
    json.dumps(found, allow_nan=False)
    return found


def send(store: Store, body: bytes) -> None:
    store.put(lambda: decode("metrics", body)).result(10)


def counters(store: Store, values: Sequence[tuple[float, float]], start: int = BEGIN - 100 * S) -> None:
    for at, value in values:
        send(store, requests.counter(value, start=start, at=BEGIN + int(at * S)))


def test_a_counter_is_increases_a_second(store: Store) -> None:
    counters(store, [(-5, 0), (5, 10), (15, 30), (25, 30), (35, 130)])
    [one] = shown(store, "hits")["series"]
    assert one["values"] == [1, 2, 0, 10, None, None, None, None, None, None]


def test_a_reset_and_missing_points_are_gaps(store: Store) -> None:
    counters(store, [(-5, 0), (5, 10), (15, 20), (25, 30), (75, 130), (85, 140)])
    assert shown(store, "hits")["series"][0]["values"] == [1, 1, 1, None, None, None, None, None, 1, None]
    counters(store, [(38, 5), (48, 15)], start=BEGIN + 36 * S)
    assert shown(store, "hits")["series"][0]["values"] == [1, 1, 1, 0.5, 1, None, None, None, 1, None]


def test_a_reset_whose_beginning_nobody_tells_is_a_gap_too(store: Store) -> None:
    counters(store, [(-5, 0), (5, 10), (15, 20), (25, 5), (35, 15)])
    assert shown(store, "hits")["series"][0]["values"] == [1, 1, None, 1, *[None] * 6]


def test_what_comes_every_other_slot_has_no_gaps(store: Store) -> None:
    counters(store, [(at, at + 15) for at in range(-15, 100, 20)])
    assert shown(store, "hits")["series"][0]["values"] == [1] * 9 + [None]


def test_a_gauge_keeps_its_value_between_points_but_not_across_a_gap(store: Store) -> None:
    for at, value in ((5, 1.0), (15, 2.0), (25, 3.0), (75, 9.0), (85, 8.0)):
        send(store, requests.gauge(value, at=BEGIN + at * S))
    found = shown(store, "level")
    assert (found["type"], found["monotonic"], found["unit"], found["percentiles"]) == ("gauge", False, "1", None)
    assert found["series"][0]["values"] == [1, 2, 3, None, None, None, None, 9, 8, None]


def test_percentiles_are_of_each_slot_alone(store: Store) -> None:
    for at, counts in ((-5, [0, 0, 0]), (5, [10, 0, 0]), (15, [10, 10, 0]), (25, [10, 10, 10])):
        send(store, requests.histogram(counts, at=BEGIN + at * S, start=BEGIN - 100 * S))
    found = shown(store, "took")
    assert found["percentiles"]["p50"][:4] == [5, 15, 20, None]
    assert found["percentiles"]["p90"][:3] == [9, 19, 20]
    assert found["buckets"] == {"bounds": [10, 20], "slots": [[10, 0, 0], [0, 10, 0], [0, 0, 10], *[None] * 7]}
    assert found["series"][0]["values"][:4] == [1, 1, 1, None]


def test_instances_are_taken_together(store: Store) -> None:
    for instance, counts in (("1", [10, 0, 0]), ("2", [0, 0, 30])):
        for at, total in ((-5, [0, 0, 0]), (5, counts)):
            send(store, requests.histogram(total, instance, at=BEGIN + at * S, start=BEGIN - 100 * S))
    found = shown(store, "took")
    assert found["buckets"]["slots"][0] == [10, 0, 30]
    assert found["series"][0]["values"][0] == 4


def test_the_buckets_of_an_exponential_histogram_are_bounds_too(store: Store) -> None:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add(resource=requests.resource()).scope_metrics.add().metrics.add(name="exp", unit="s")
    metric.exponential_histogram.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    for at, scale, counts in ((-5, 1, [0, 0, 0, 0]), (5, 1, [0, 0, 4, 4]), (15, 0, [0, 16])):
        point = metric.exponential_histogram.data_points.add(
            scale=scale, count=sum(counts), start_time_unix_nano=BEGIN - 100 * S, time_unix_nano=BEGIN + at * S)
        point.positive.bucket_counts.extend(counts)     # of scale 1: bounds 1, 1.41, 2, 2.83, 4; of scale 0: 1, 2, 4
    send(store, request.SerializeToString())
    found = shown(store, "exp")
    assert found["percentiles"]["p50"][0] == pytest.approx(2 * 2 ** 0.5)
    assert found["percentiles"]["p50"][1] == pytest.approx(3)
    assert found["buckets"] == {"bounds": [1, 2, 4], "slots": [[0, 0, 8, 0], [0, 0, 8, 0], *[None] * 8]}


def test_of_many_series_those_are_read_that_are_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add(resource=requests.resource()).scope_metrics.add().metrics.add(name="many")
    for number in range(1000):
        point = metric.gauge.data_points.add(as_double=number, time_unix_nano=BEGIN + 5 * S)
        point.attributes.add(key="n", value=AnyValue(int_value=number))
    send(store, request.SerializeToString())
    found = shown(store, "many")
    assert len(found["known"]) == 1000
    assert len(found["series"]) == series.MOST_ON
    chosen = [found["known"][place]["id"] for place in (999, 7)]
    again = shown(store, "many", *chosen, "absent")
    assert [one["id"] for one in again["series"]] == chosen
    assert [one["values"][0] for one in again["series"]] == [999, 7]
    monkeypatch.setattr(series, "MOST_KNOWN", 10)
    assert shown(store, "many")["left_out"] == 990
    [listed] = series.catalogue(store)["metrics"]
    assert (listed["name"], listed["series"], listed["type"]) == ("many", 1000, "gauge")


def test_exemplars_are_those_of_the_window_with_their_spans(store: Store) -> None:
    counters(store, [(-5, 0), (5, 10)])
    [one] = shown(store, "hits")["exemplars"]
    trace_id, span_id = requests.span_ids(7)
    assert one == {"time": (BEGIN + 5 * S) / 1e6, "value": 1, "trace_id": trace_id.hex(), "span_id": span_id.hex()}


def test_a_metric_that_is_not_there_is_a_problem(store: Store) -> None:
    with pytest.raises(HTTPProblem, match="no such metric"):
        shown(store, "absent")
