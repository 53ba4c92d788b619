"""The pipeline as the page shows it: what is known, what was lost at which hop, and unknown where nobody tells."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.telemetry.hops import collector, neighbour
from labctl.telemetry.hops import pipeline as pipelines
from labctl.telemetry.hops.neighbour import Heard
from labctl.telemetry.hops.pipeline import Pipeline
from labctl.telemetry.otlp.batch import Batch
from labctl.telemetry.otlp.metric_points import PointRow
from labctl.telemetry.otlp.resource import Sender
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store
from tests.driver import free_ports
from tests.unit.telemetry.hops.test_collector import TEXT
from tests.unit.why.test_gather import answering


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "viewer.db", RetentionLimits(1 << 30, 86400))
    yield found
    found.close()


def tell(store: Store, *values: tuple[str, str, float], ahead_s: int = 0, start: int = 0) -> None:
    """Points of an SDK: name, error.type or "", value."""
    now = time.time_ns() + ahead_s * 10**9
    rows = [
        PointRow(f"otel.sdk.{name}", "", "sum", int(not name.endswith(("size", "inflight"))),
                 f'{{"error.type": "{error}"}}' if error else "{}", start or now - 10**9, now, value)
        for name, error, value in values
    ]
    store.put(lambda: Batch("metrics", [(Sender(b"x", "shop", "1"), rows)], {})).result(10)


def saw(pipeline: Pipeline, at: float | None = None) -> dict[str, Any]:
    seen = pipeline.seen(time.time() if at is None else at)
    assert seen
    return seen


def losses(seen: dict[str, Any]) -> dict[tuple[str, str], tuple[int, int | None]]:
    return {(one["hop"], one["why"]): (one["items"], one["lately"]) for one in seen["losses"]}


def metrics(text: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-length: {len(text)}\r\n\r\n{text}".encode()


def test_without_addresses_there_is_no_pipeline(store: Store) -> None:
    assert Pipeline(store, {}).seen(time.time()) is None


def test_who_does_not_answer_is_told_and_nothing_is_zero(store: Store) -> None:
    port = free_ports(1)[0]
    pipeline = Pipeline(store, {"SERVICE_URL": f"http://127.0.0.1:{port}", "COLLECTOR_METRICS_URL": f"http://127.0.0.1:{port}"})
    seen = pipeline.seen(time.time(), 5.0)
    assert seen
    assert [seen[name]["answers"] for name in ("service", "collector")] == ["no", "no"]
    assert (seen["service"]["sdk"], seen["collector"]["counts"], seen["losses"]) == (None, None, [])


def test_losses_are_put_to_the_hop_whose_counter_shows_them(store: Store) -> None:
    tell(store, ("processor.span.processed", "", 500), ("processor.span.processed", "queue_full", 12),
         ("exporter.span.exported", "", 480), ("exporter.span.exported", "UNAVAILABLE", 8), ("processor.span.queue.size", "", 4))
    with answering(metrics(TEXT)) as url:
        pipeline = Pipeline(store, {"COLLECTOR_METRICS_URL": url})
        seen = pipeline.seen(time.time(), 5.0)
    assert seen
    sdk, counts = seen["service"]["sdk"], seen["collector"]["counts"]
    assert (seen["service"]["answers"], sdk["exported"], sdk["pending"]) == ("unknown", {"traces": 480}, {"traces": 4})
    assert (counts["received"]["traces"], counts["held"]["traces"]) == (100, 8)
    assert counts["spans_over"] == {"grpc": 80, "http": 20}
    assert losses(seen) == {
        ("service → collector", "dropped by the SDK of shop: its queue was full"): (12, 12),
        ("service → collector", "the SDK of shop failed to send: UNAVAILABLE"): (8, 8),
        ("collector", "the sender may retry"): (3, 0),
        ("collector", "dropped by its processor filter"): (25, 0),
        ("collector → viewer", "its exporter otlp_http/viewer failed to send"): (7, 0),
    }


def test_when_an_sdk_last_dropped_a_span_is_told(store: Store) -> None:
    start = time.time_ns() - 90 * 10**9
    for ahead_s, dropped in ((-60, 5), (-40, 12), (-1, 12)):
        tell(store, ("processor.span.processed", "queue_full", dropped), ahead_s=ahead_s, start=start)
    [loss] = saw(Pipeline(store, {"COLLECTOR_METRICS_URL": "http://127.0.0.1:1"}))["losses"]
    assert (loss["items"], loss["lately"]) == (12, 12)
    assert loss["last"] == pytest.approx(time.time() - 40, abs=5)


def test_a_healthy_lab_has_lost_nothing(store: Store) -> None:
    tell(store, ("processor.span.processed", "", 500), ("exporter.span.exported", "", 500),
         ("exporter.metric_data_point.exported", "UNAVAILABLE", 21))           # at its start: the next export had the totals
    counted = (("receiver_accepted_spans", 600), ("receiver_refused_spans", 0), ('exporter_sent_spans{exporter="a/viewer"}', 600))
    text = "".join(f"otelcol_{name} {value}\n" for name, value in counted)
    with answering(metrics(text)) as url:
        seen = Pipeline(store, {"COLLECTOR_METRICS_URL": url}).seen(time.time(), 5.0)
    assert seen
    assert seen["losses"] == []
    assert seen["collector"]["counts"]["held"]["traces"] == 0


def test_rates_and_what_an_ended_collector_held(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(store, {"COLLECTOR_METRICS_URL": "http://127.0.0.1:1"})
    first = collector.read(TEXT)
    later = collector.read(TEXT.replace("} 80", "} 280").replace("466.9", "468.9"))
    anew = collector.read(TEXT.replace("466.9", "1.0"))
    assert first
    assert later
    assert anew
    heard = Heard(neighbour.Answers.YES, 5.0, "", later, 12.0, first, 10.0, first, 10.0)
    monkeypatch.setattr(pipeline._collector, "heard", lambda _=0.0: heard)
    seen = pipeline.seen(12.0)
    assert seen
    assert seen["collector"]["counts"]["rates"]["traces"] == pytest.approx(100.0)
    assert ("collector", "dropped by its processor filter") in losses(seen)
    heard = replace(heard, said=anew, at=14.0, before=later, before_at=12.0)
    seen = pipeline.seen(14.0)
    assert seen
    assert seen["collector"]["counts"]["rates"] is None
    assert seen["collector_since"] is None
    assert [one["items"] for one in seen["losses"] if one["cause"] == "ended"] == [208]


def test_what_an_sdk_no_longer_tells_has_no_rate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "EVERY_S", 0.0)
    pipeline = Pipeline(store, {"COLLECTOR_METRICS_URL": "http://127.0.0.1:1"})
    tell(store, ("exporter.span.exported", "", 500))
    pipeline.seen(time.time())
    tell(store, ("exporter.span.exported", "", 600))
    seen = pipeline.seen(time.time())
    assert seen
    assert seen["service"]["sdk"]["rates"]["traces"] > 0
    late = pipeline.seen(time.time() + 60)
    assert late
    assert late["service"]["sdk"]["rates"] is None


def test_a_point_in_the_future_does_not_stand_for_what_an_sdk_tells(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "EVERY_S", 0.0)
    pipeline = Pipeline(store, {"COLLECTOR_METRICS_URL": "http://127.0.0.1:1"})
    begun = time.time_ns()
    tell(store, ("exporter.span.exported", "", 500), ahead_s=86400, start=begun)
    unknown = saw(pipeline)
    assert unknown["service"]["sdk"] is None
    tell(store, ("exporter.span.exported", "", 600), start=begun)
    seen = saw(pipeline)
    assert seen["service"]["sdk"]["exported"] == {"traces": 600}
    assert seen["service"]["sdk"]["at"] <= time.time()


def test_counters_that_no_sdk_can_have_are_left_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "EVERY_S", 0.0)
    pipeline = Pipeline(store, {"COLLECTOR_METRICS_URL": "http://127.0.0.1:1"})
    begun = time.time_ns()
    for largest in (1e308, 1.7e308):
        tell(store, ("exporter.span.exported", "", largest), ("processor.span.processed", "queue_full", largest),
             ("exporter.log.exported", "", 7), start=begun)
        seen = saw(pipeline)
    assert seen["service"]["sdk"]["exported"] == {"logs": 7}
    assert seen["losses"] == []


def test_an_end_that_nobody_saw_is_no_loss(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(store, {"COLLECTOR_METRICS_URL": "http://127.0.0.1:1"})
    for at, text in ((10.0, TEXT), (12.0, TEXT.replace("466.9", "1.0"))):
        said = collector.read(text)
        monkeypatch.setattr(pipeline._collector, "heard", lambda _=0.0, said=said, at=at: Heard(said=said, at=at))
        monkeypatch.setattr(pipelines, "FORGOTTEN_S", -1.0)         # nobody looked between
        seen = saw(pipeline, at)
    assert [one for one in seen["losses"] if one["cause"] == "ended"] == []


def test_a_clock_that_is_set_is_no_restart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(store, {"COLLECTOR_METRICS_URL": "http://127.0.0.1:1"})
    first, later = collector.read(TEXT), collector.read(TEXT.replace("466.9", "468.9"))
    for said, at in ((first, 10.0), (later, 3612.0)):
        heard = Heard(said=said, at=at, first=first, first_at=10.0)
        monkeypatch.setattr(pipeline._collector, "heard", lambda _=0.0, heard=heard: heard)
        seen = saw(pipeline, heard.at)
    assert [one for one in seen["losses"] if one["cause"] == "ended"] == []
    assert seen["collector_since"] == 10.0
