"""An answer with metrics has an end, whatever was sent: what came first is in it, and the rest is counted."""

import json

import pytest

from labctl.telemetry.query import metrics
from labctl.telemetry.query.metrics import MetricQuery
from labctl.telemetry.query.recent import Window
from labctl.telemetry.store.store import Store
from labctl.viewer_client.client import ViewerClient
from tests.unit.telemetry import requests
from tests.unit.telemetry.test_store import put
from tests.viewer import Viewer

FLOOD = 3000


def names(found: metrics.MetricAnswer) -> list[str]:
    return [one["name"] for one in found.series]


def test_a_flood_hides_none_of_what_came_before_it(viewer: Viewer) -> None:
    viewer.send(requests.counter(1), signal_="metrics")
    viewer.send(requests.gauges(FLOOD), signal_="metrics")
    viewer.send(requests.counter(2, at=requests.NOW + 10**9), signal_="metrics")        # its next point
    viewer.send(requests.counter(5, name="late"), signal_="metrics")
    client = ViewerClient(viewer.url)
    found = client.metrics(window_s=60)
    assert [one["value"] for one in found.series if one["name"] == "hits"] == [2]
    assert (len(found.series), found.left_out) == (metrics.MOST_SERIES, FLOOD + 2 - metrics.MOST_SERIES)
    asked = client.metrics("late", "hits")
    assert ([one["name"] for one in asked.series], asked.left_out) == (["hits", "late"], 0)


def test_an_instance_too_many_is_left_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_INSTANCES", 2)
    for number in range(5):
        put(store, "metrics", requests.counter(1, instance=str(number)))
    found = metrics.metrics(store)
    assert ([one["instances"] for one in found.series], found.left_out) == ([2], 3)


def test_many_pages_of_series_are_read_to_their_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "PAGE_ROWS", 3)
    for number in range(7):
        put(store, "metrics", requests.counter(1, instance=str(number % 2), name=f"m{number}"))
    assert names(metrics.metrics(store)) == [f"m{number}" for number in range(7)]


@pytest.mark.parametrize(("limit", "value"), [("MOST_BYTES", 2000), ("MOST_S", 0.0)])
def test_bytes_and_time_have_an_end_too(store: Store, monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    monkeypatch.setattr(metrics, limit, value)
    put(store, "metrics", requests.gauges(50))
    found = metrics.metrics(store)
    assert len(found.series) + found.left_out == 50
    assert len(json.dumps(found.series)) < 3000


def test_of_many_points_the_latest_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_POINTS", 3)
    monkeypatch.setattr("labctl.telemetry.query.recent.MOST_POINTS", 3)
    for second in range(1, 6):
        put(store, "metrics", requests.counter(second, at=requests.NOW + second * 10**9))
    window = Window(requests.NOW - 1, requests.NOW + 6 * 10**9, 3)
    [series] = metrics.metrics(store, MetricQuery(["hits"], since_ns=0, window=window)).series
    assert [value for _, _, value, _ in series["points"]] == [3, 4, 5]
    assert series["window"]["increase"] == 5
