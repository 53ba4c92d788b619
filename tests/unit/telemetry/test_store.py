"""What was committed stays, once, and within bounds."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labctl.telemetry.otlp.batch import Malformed
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.query import counts, logs, metrics, traces
from labctl.telemetry.query.metrics import MetricQuery
from labctl.telemetry.query.recent import Window
from labctl.telemetry.store import retention
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store
from tests.unit.telemetry import requests
from tests.unit.telemetry.conftest import GENEROUS


def put(store: Store, signal: str, body: bytes) -> None:
    store.put(partial(decode, signal, body)).result(60)


def test_a_trace_comes_back_whole(store: Store) -> None:
    put(store, "traces", requests.traces())
    trace = traces.trace(store, requests.span_ids(1)[0])
    assert trace is not None
    found = [(span.name, span.kind, span.status) for span in trace.spans]
    assert found == [("GET", "client", "unset"), ("work", "internal", "error")]
    assert trace.complete
    assert trace.duration_ms == 5.0
    assert trace.spans[0].attributes == {"n": 1}
    assert trace.spans[1].parent_id == trace.spans[0].span_id


def test_a_batch_sent_twice_counts_once(store: Store) -> None:
    for _ in range(2):
        put(store, "traces", requests.traces(10))
    assert counts.totals(store)["spans"] == 20


def test_a_span_whose_parent_is_missing_makes_a_trace_incomplete(store: Store) -> None:
    put(store, "traces", requests.traces())
    store._connection.execute("DELETE FROM spans WHERE name = 'GET'")
    trace = traces.trace(store, requests.span_ids(1)[0])
    assert trace is not None
    assert not trace.complete


def test_runs_are_ranges_of_trace_ids(store: Store) -> None:
    put(store, "traces", requests.traces(16, first=0x10))
    found = counts.run_counts(store, "0" * 30 + "1")
    assert (found["traces"], found["spans"]) == (16, 32)
    assert {(g["name"], g["kind"], g["spans"]) for g in found["groups"]} == {("GET", "client", 16), ("work", "internal", 16)}
    assert counts.run_span_count(store, "0" * 30 + "1") == {"spans": 32}
    assert counts.run_counts(store, "f")["spans"] == counts.run_span_count(store, "f")["spans"] == 0


def test_the_slowest_come_first(store: Store) -> None:
    for number in range(1, 6):
        put(store, "traces", requests.traces(first=number, duration_ms=number))
    listed = traces.traces(store, traces.TraceQuery(sort="slowest", limit=2))
    assert [one["duration_ms"] for one in listed] == [5.0, 4.0]
    assert (listed[0]["spans"], listed[0]["errors"], listed[0]["service"]) == (2, 1, "svc")
    assert traces.traces(store, traces.TraceQuery(prefix="0" * 31 + "3", sort="slowest"))[0]["duration_ms"] == 3.0
    assert traces.traces(store, traces.TraceQuery(service="other")) == []


def test_a_trace_whose_root_is_not_stored_is_listed_as_such(store: Store) -> None:
    put(store, "traces", requests.traces(2))
    store._connection.execute("DELETE FROM spans WHERE name = 'GET' AND trace_id = ?", (requests.span_ids(1)[0],))
    listed = {one["trace_id"]: (one["name"], one["root"]) for one in traces.traces(store, traces.TraceQuery())}
    assert listed == {requests.span_ids(1)[0].hex(): ("work", False), requests.span_ids(2)[0].hex(): ("GET", True)}


def test_counters_are_summed_over_instances_and_restarts(store: Store) -> None:
    put(store, "metrics", requests.counter(5, at=requests.NOW))
    put(store, "metrics", requests.counter(9, at=requests.NOW + 10**9))
    put(store, "metrics", requests.counter(2, start=requests.NOW + 2 * 10**9, at=requests.NOW + 3 * 10**9))
    put(store, "metrics", requests.counter(1, instance="2", at=requests.NOW))
    [series] = metrics.metrics(store, MetricQuery(["hits"], since_ns=0)).series
    assert series["value"] == 12
    assert (series["since"], series["instances"]) == (requests.NOW / 1e9, 2)
    assert len(series["points"]) == 4
    assert {one["trace_id"] for one in series["exemplars"]} == {requests.span_ids(7)[0].hex()}


def test_histograms_are_added_bucket_by_bucket(store: Store) -> None:
    put(store, "metrics", requests.histogram([1, 2, 3]))
    put(store, "metrics", requests.histogram([1, 0, 0], instance="2"))
    [series] = metrics.metrics(store).series
    assert (series["counts"], series["bounds"], series["count"], series["sum"]) == ([2, 2, 3], [10, 20], 7, 70)
    assert (series["min"], series["max"]) == (1, 99)


S = 10**9


def in_window(store: Store, seconds: int = 10) -> dict[str, Any]:
    [series] = metrics.metrics(store, MetricQuery(window=Window(requests.NOW, requests.NOW + seconds * S, 5))).series
    found: dict[str, Any] = series["window"]
    return found


def test_the_increase_in_a_window_is_that_of_the_time_alone(store: Store) -> None:
    for at, total in ((-5, 100), (-1, 150), (1, 151), (2, 155), (9, 160)):
        put(store, "metrics", requests.counter(total, start=requests.NOW - 60 * S, at=requests.NOW + at * S))
    found = in_window(store)
    assert (found["increase"], found["seconds"], found["slot_seconds"]) == (10, 10, 2)
    assert found["slots"] == [1, 4, 0, 0, 5]


def test_a_counter_that_began_or_was_reset_in_the_window_began_at_zero(store: Store) -> None:
    put(store, "metrics", requests.counter(7, start=requests.NOW - 9 * S, at=requests.NOW - S))
    put(store, "metrics", requests.counter(3, start=requests.NOW + 2 * S, at=requests.NOW + 3 * S))
    put(store, "metrics", requests.counter(5, instance="2", start=requests.NOW + S, at=requests.NOW + 4 * S))
    found = in_window(store)
    assert (found["increase"], found["seconds"], found["slots"]) == (8, 9, [0, 3, 5, 0, 0])


def test_of_a_counter_that_was_seen_late_the_beginning_is_not_known(store: Store) -> None:
    for at, total in ((4, 1000), (8, 1008)):
        put(store, "metrics", requests.counter(total, start=requests.NOW - 60 * S, at=requests.NOW + at * S))
    found = in_window(store)
    assert (found["increase"], found["seconds"]) == (8, 6)


def test_the_buckets_of_a_window_are_those_of_the_time_alone(store: Store) -> None:
    put(store, "metrics", requests.histogram([1, 2, 3], start=requests.NOW - 60 * S, at=requests.NOW - S))
    put(store, "metrics", requests.histogram([1, 6, 4], start=requests.NOW - 60 * S, at=requests.NOW + S))
    found = in_window(store)
    assert (found["increase"], found["bounds"], found["counts"]) == (5, [10, 20], [0, 4, 1])


def test_a_gauge_keeps_its_value_until_the_next(store: Store) -> None:
    for at, value in ((3, 4), (7, 6)):
        put(store, "metrics", requests.gauge(value, at=requests.NOW + at * S))
    assert in_window(store)["slots"] == [None, 4, 4, 6, 6]


def test_an_exponential_histogram_is_stored_with_its_buckets(store: Store) -> None:
    put(store, "metrics", requests.exponential_histogram([2, 3], negative=[1], zeros=4))
    [series] = metrics.metrics(store).series
    # scale 0: the base is 2; the offset 1 of both ranges begins them at 2
    assert (series["bounds"], series["counts"]) == ([-4, -2, 2, 4, 8], [0, 1, 4, 2, 3, 0])
    assert series["count"] == 10


def test_a_summary_has_the_extremes_that_it_says(store: Store) -> None:
    put(store, "metrics", requests.summary({0.0: 1.5, 0.5: 2.0, 1.0: 9.0}))
    [series] = metrics.metrics(store).series
    assert (series["count"], series["sum"], series["min"], series["max"]) == (3, 12, 1.5, 9)


def test_log_lines_by_trace(store: Store) -> None:
    put(store, "logs", requests.logs("hello"))
    [line] = logs.logs(store, requests.span_ids(1)[0])
    assert (line["body"], line["severity"], line["service"]) == ("hello", "INFO", "svc")


@pytest.mark.parametrize("body", [b"\xff\xff", b"\x0a\x02\x12\xff"])
def test_what_is_not_otlp_is_refused(store: Store, body: bytes) -> None:
    with pytest.raises(Malformed):
        put(store, "traces", body)


def test_a_span_without_ids_is_refused(store: Store) -> None:
    with pytest.raises(Malformed, match="16 bytes"):
        put(store, "traces", requests.span_of(b"short", b"12345678"))


def test_the_oldest_go_when_the_store_is_full(tmp_path: Path) -> None:
    said: list[str] = []
    store = Store(tmp_path / "v.db", RetentionLimits(400_000, 86400), said.append)
    for first in range(1, 20_000, 2_000):
        put(store, "traces", requests.traces(2_000, first=first))
        store._tidy()
    assert retention.size_of(store._connection) <= 400_000
    assert said == ["the store has reached its 400000 bytes: the oldest that it has is deleted first"]      # once
    store.close()


def test_what_is_read_meanwhile_does_not_let_the_log_of_writes_grow(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labctl.telemetry.store.store.BATCH", 2)
    log, begins_anew_at = Path(f"{store.path}-wal"), 50 * 4096
    store._connection.execute("PRAGMA wal_autocheckpoint=50")
    for number in range(100):
        put(store, "traces", requests.traces(5, first=1 + 5 * number))
        store.read("SELECT name FROM spans LIMIT 1")
        store.read_some("SELECT raw FROM spans", (), 1)
        given_up = store.batches("SELECT trace_id FROM spans", ())
        next(given_up)
        del given_up
    assert log.stat().st_size < 2 * begins_anew_at


def test_resources_go_with_the_last_that_they_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labctl.telemetry.store.rows.PART", 2000)
    store = Store(tmp_path / "v.db", RetentionLimits(8_000_000, 86400))
    put(store, "traces", requests.traces())
    for number in range(2, 400):                        # 40 MB, and the first again and again
        put(store, "traces", requests.traces(first=number, service=f"{number} {'x' * 100_000}"))
        if number % 40 == 0:
            put(store, "traces", requests.traces(first=1000 + number))
            store._tidy()
    store._tidy()
    assert retention.size_of(store._connection) <= 8_000_000
    assert counts.totals(store)["spans"] > 20
    [(of_none, resources, noted)] = store.read(
        "SELECT (SELECT count(*) FROM spans WHERE resource NOT IN (SELECT id FROM resources)), (SELECT count(*) FROM resources),"
        " (SELECT count(*) FROM resource_parts)")
    assert (of_none, noted) == (0, resources)
    assert resources < 100
    put(store, "traces", requests.traces(first=5000))
    assert traces.traces(store, traces.TraceQuery(service="svc"))
    store.close()


def test_what_came_first_goes_first_of_whatever_kind_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path / "v.db", RetentionLimits(20_000_000, 86400))
    put(store, "logs", requests.logs("early"))
    for first in range(1, 80_000, 8_000):
        put(store, "traces", requests.traces(8_000, first=first))
    put(store, "logs", requests.logs("late", number=2))
    put(store, "metrics", requests.counter(1))
    store._tidy()
    found = counts.totals(store)
    assert retention.size_of(store._connection) <= 20_000_000
    assert 0 < found["spans"] < 160_000
    assert (found["log_records"], found["metric_points"]) == (1, 1)
    assert logs.logs(store, requests.span_ids(2)[0])
    store.close()


def test_what_came_long_ago_goes_and_what_came_after_it_stays(store: Store) -> None:
    put(store, "traces", requests.traces())
    put(store, "metrics", requests.counter(1))
    store._connection.execute("UPDATE parts SET begun = begun - ?", (2 * 86400 * 10**9,))
    store._rows.forget()
    put(store, "traces", requests.traces(first=2))
    store._tidy()
    assert counts.totals(store)["traces"] == 2          # the part that came next is not old yet
    store._connection.execute("UPDATE parts SET begun = begun - ?", (2 * 86400 * 10**9,))
    store._rows.forget()
    put(store, "traces", requests.traces(first=3))
    store._tidy()
    assert counts.totals(store)["traces"] == 2
    assert counts.totals(store)["metric_points"] == 0


def test_what_says_that_it_is_old_is_kept_as_long_as_everything(store: Store) -> None:
    put(store, "traces", requests.traces(start=1))
    store._tidy()
    assert counts.totals(store)["traces"] == 1


@pytest.mark.parametrize("damage", ["garbage", "version", "tables"])
def test_a_store_that_cannot_be_used_is_put_aside(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "v.db"
    if damage == "garbage":
        path.write_bytes(b"no database" * 1000)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99" if damage == "version" else "CREATE TABLE spans(x)")
        connection.close()
    whole = path.read_bytes()
    said: list[str] = []
    store = Store(path, GENEROUS, said.append)
    put(store, "traces", requests.traces())
    store.close()
    assert "put aside" in said[0]
    [aside] = tmp_path.glob("v.unreadable-*")
    assert aside.read_bytes() == whole
    assert store.put_aside == aside.name


def test_what_others_add_to_the_store_is_no_reason_to_put_it_aside(tmp_path: Path) -> None:
    for _ in range(2):
        store = Store(tmp_path / "v.db", GENEROUS)
        put(store, "traces", requests.traces())
        store._connection.execute("CREATE TABLE IF NOT EXISTS mine(x)")
        store.close()
        assert counts.totals(store)["traces"] == 1
