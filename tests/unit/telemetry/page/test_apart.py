"""What sets selected cells of the heatmap apart, where there is one cause, two, none, or what only looks like one."""

import random
import time
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from labctl.telemetry.otlp import spans
from labctl.telemetry.otlp.batch import request_of
from labctl.telemetry.page import apart as page
from labctl.telemetry.page import compared_roots
from labctl.telemetry.page.compared_roots import CellSelection
from labctl.telemetry.page.roots import Times
from labctl.telemetry.page.search import of_roots
from labctl.telemetry.query import trace_spans
from labctl.telemetry.query.trace_spans import TraceReader
from labctl.telemetry.store.store import Store
from tests.page.telemetry import pair
from tests.unit.why.runs.made_up import BEGIN, Change, Sent, requests_of, run

MS, NS = 1000, 10**6
ALL = (0, 1 << 62)
WINDOW = Times(BEGIN * MS, (BEGIN + 100) * MS, MS)


def asked(
    store: Store, *, durations: tuple[int, int] = (200 * NS, 1 << 62), seconds: tuple[float, float] = (0, 100), query: str = "",
) -> dict[str, Any]:
    begin, end = (BEGIN * MS + round(one * MS) for one in seconds)
    return page.apart(store, CellSelection(WINDOW, Times(begin, end, MS), durations, of_roots(query)))


def of(store: Store, change: Change, count: int = 1200, **selection: Any) -> dict[str, Any]:
    requests_of(run(count, change=change), store)
    return asked(store, **selection)


def told(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["key"] or one["span"], one["comparison"], one["value"]) for one in found["differences"]]


def large_is_slow(sent: Sent, chance: random.Random) -> None:
    large = chance.random() < 0.02
    sent.more = {"feature.size": 900 if large else chance.randrange(100)}
    sent.format += 400 * large


def test_the_attribute_then_the_span(store: Store) -> None:
    found = of(store, large_is_slow)
    attribute, span = found["differences"][:2]
    assert told(found)[0] == ("feature.size", "≥", 900)
    assert (attribute["group_with"], attribute["rest_with"]) == (found["selected"]["total"], 0)
    assert (span["sort"], span["span"]) == ("own time", "format_response")
    assert span["own_ms"] == pytest.approx(400, abs=5)
    assert found["own_times"][0]["span"] == "format_response"
    assert found["own_times"][0]["longer_ms"] == pytest.approx(400, abs=5)
    every = store.read("SELECT trace_id FROM spans WHERE parent_id = x'' AND duration >= 200000000 ORDER BY duration")
    assert bytes.fromhex(attribute["trace_id"]) == every[len(every) // 2][0]
    trace_and_span = (bytes.fromhex(span["trace_id"]), bytes.fromhex(span["span_id"]))
    assert store.read("SELECT name FROM spans WHERE trace_id = ? AND span_id = ?", trace_and_span) == [("format_response",)]


def test_of_more_names_than_are_told_apart_the_rarer_ones_are_looked_at_together(store: Store) -> None:
    def many_names(sent: Sent, chance: random.Random) -> None:
        large_is_slow(sent, chance)
        sent.route = f"/users/{chance.randrange(300)}"

    assert told(of(store, many_names))[0] == ("feature.size", "≥", 900)


def test_the_counts_are_those_of_the_store(store: Store) -> None:
    found = of(store, large_is_slow)
    [(slow, every)] = store.read("SELECT sum(duration >= 200000000), count(*) FROM spans WHERE parent_id = x''")
    assert (found["selected"]["total"], found["others"]["total"]) == (slow, every - slow)
    assert found["selected"]["looked_at"] == slow


def test_a_pod_that_only_has_more_of_the_cause_stands_below_it(store: Store) -> None:
    def confounded(sent: Sent, chance: random.Random) -> None:
        large = chance.random() < (0.06 if sent.pod == "service-a" else 0.01)
        sent.more = {"feature.size": 900 if large else 10}
        sent.format += 400 * large

    found = of(store, confounded)
    assert told(found)[0] == ("feature.size", "=", 900)
    assert "k8s.pod.name" not in [key for key, _, _ in told(found)]


def test_a_pod_with_more_slow_requests_by_chance_is_not_told(store: Store) -> None:
    def by_chance(sent: Sent, chance: random.Random) -> None:
        sent.inference += 400 * (chance.random() < 0.02)
        sent.pod = chance.choice(["a", "b", "c", "d", "e"])

    assert [one for one in told(of(store, by_chance)) if one[0] == "k8s.pod.name"] == []


def test_a_thousand_values_and_what_all_have_say_nothing(store: Store) -> None:
    def many(sent: Sent, chance: random.Random) -> None:
        large_is_slow(sent, chance)
        sent.more |= {"user.id": f"user-{chance.randrange(1000)}", "version": "2.1"}

    assert [key for key, _, _ in told(of(store, many))] == ["feature.size", "format_response"]


def test_two_causes_are_both_told(store: Store) -> None:
    def two(sent: Sent, chance: random.Random) -> None:
        large, cold = chance.random() < 0.02, chance.random() < 0.02
        sent.more = {"feature.size": 900 if large else 10, "cache": "miss" if cold else "hit"}
        sent.format += 400 * large
        sent.inference += 300 * cold

    keys = [key for key, _, _ in told(of(store, two))]
    assert {"feature.size", "cache", "format_response", "model_inference"} <= set(keys)


def test_failed_requests_have_their_cause_before_how_they_failed(store: Store) -> None:
    def fail(sent: Sent, chance: random.Random) -> None:
        large = chance.random() < 0.05
        sent.more = {"feature.size": 900 if large else 10}
        sent.status, sent.format = (503, 250) if large else (200, sent.format)

    found = of(store, fail)
    assert found["selected"]["failed"] == found["selected"]["total"] > 10
    assert found["others"]["failed"] == 0
    assert found["failed_p"] < 1e-9
    assert told(found)[0] == ("feature.size", "=", 900)
    assert {"error.type", "http.response.status_code"}.isdisjoint(key for key, _, _ in told(found))


def test_nothing_sets_a_random_selection_apart(store: Store) -> None:
    found = of(store, lambda *_: None, durations=(105 * NS, 110 * NS))
    assert found["selected"]["total"] > 100
    assert [one for one in found["differences"] if one["sort"] != "own time"] == []


def test_of_a_minute_that_somebody_chose_its_time_is_not_told_but_its_pod(store: Store) -> None:
    def rollout(sent: Sent, _: random.Random) -> None:
        sent.pod = "new" if 8 <= sent.due_s < 10 else sent.pod

    found = of(store, rollout, durations=ALL, seconds=(8, 10))
    assert told(found)[0] == ("k8s.pod.name", "=", "new")
    assert all(one["sort"] != "time" for one in found["differences"])


def test_slow_ones_of_a_stretch_of_time(store: Store) -> None:
    def slow(sent: Sent, _: random.Random) -> None:
        sent.inference += 200 * (8 <= sent.due_s < 12)

    found = of(store, slow)
    [time] = [one for one in found["differences"] if one["sort"] == "time"]
    begin, end = (BEGIN + one for one in (8, 12))
    assert (found["started"] + time["value"][0], found["started"] + time["value"][1]) == pytest.approx((begin, end), abs=0.3)


def test_one_event_of_many_requests_is_told_to_who_selects_it(store: Store) -> None:
    def stall(sent: Sent, _: random.Random) -> None:
        sent.inference += 300 * (5 <= sent.due_s < 5.2)

    found = of(store, stall)
    assert found["selected"]["total"] == 20
    assert ("own time", "model_inference") in [(one["sort"], one["span"]) for one in found["differences"]]


def test_nearly_all_against_a_few(store: Store) -> None:
    found = of(store, large_is_slow, durations=(0, 200 * NS))
    assert found["selected"]["total"] > 40 * found["others"]["total"]
    assert told(found)[0][0] == "feature.size"


def test_few_requests_have_their_own_times_alone(store: Store) -> None:
    def one_slow(sent: Sent, _: random.Random) -> None:
        sent.format += 500 * (sent.due_s == 5.0)

    found = of(store, one_slow)
    assert (found["selected"]["total"], found["differences"]) == (1, [])
    assert (found["own_times"][0]["span"], round(found["own_times"][0]["longer_ms"])) == ("format_response", 500)


def test_a_sample_is_said_to_be_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared_roots, "MOST", 40)
    found = of(store, large_is_slow, 4000)
    assert found["selected"]["total"] > 60
    assert 25 < found["selected"]["looked_at"] < 60
    assert 25 < found["others"]["looked_at"] < 60
    assert told(found)[0] == ("feature.size", "≥", 900)
    assert asked(store) == found


def test_where_no_time_is_left_to_read_the_counts_still_stand(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "READ_S", -1.0)
    found = of(store, large_is_slow)
    assert found["selected"]["total"] > 10
    assert (found["selected"]["looked_at"], found["differences"], found["stopped_s"]) == (0, [], -1.0)


def test_as_many_requests_as_a_small_run_has_are_all_read_however_slowly(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    requests_of(run(1500, change=large_is_slow), store)
    whole = asked(store)
    read = TraceReader.page

    def slow(reader: TraceReader, *asked_for: Any) -> Any:
        time.sleep(0.1)
        return read(reader, *asked_for)

    monkeypatch.setattr(TraceReader, "page", slow)
    assert asked(store) == whole
    assert whole["others"]["looked_at"] == whole["others"]["total"]
    assert whole["stopped_s"] is None


def test_own_times_are_means_on_both_sides_and_their_difference(store: Store) -> None:
    found = of(store, large_is_slow)["own_times"]
    for one in found:
        assert one["longer_ms"] == pytest.approx(one["slow_mean_ms"] - one["rest_mean_ms"])
    assert found == sorted(found, key=lambda one: -one["longer_ms"])


def test_nothing_stored_nothing_selected(store: Store) -> None:
    found = asked(store)
    assert (found["selected"]["total"], found["others"]["total"], found["started"]) == (0, 0, None)
    assert (found["differences"], found["own_times"]) == ([], [])


def test_the_query_says_with_which_others_it_is_compared(store: Store) -> None:
    found = of(store, large_is_slow, query="status=error")
    assert (found["selected"]["total"], found["others"]["total"]) == (0, 0)


def test_a_query_for_attributes_of_the_requests_themselves(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared_roots, "MOST", 40)
    found = of(store, large_is_slow, 4000, query='url.full="http://127.0.0.1:9002/predict"')
    batch = asked(store, query="url.full~batch")
    every = asked(store)
    for name in ("selected", "others"):
        assert found[name]["total"] + batch[name]["total"] == every[name]["total"]
    assert found["others"]["looked_at"] == 40
    assert told(found)[0] == ("feature.size", "≥", 900)


def test_traces_from_elsewhere_with_any_root(store: Store) -> None:
    """A server's root with a child, and internal ones alone, of services that know nothing of labctl."""
    chance, request = random.Random(3), ExportTraceServiceRequest()
    for service, name, kind in (("shop", "GET /cart", 2), ("cron", "tick", 1)):
        group = request.resource_spans.add()
        group.resource.attributes.append(pair("service.name", service))
        made = group.scope_spans.add().spans
        for number in range(600):
            trace, begin, slow = chance.randbytes(16), int((BEGIN + 0.1 * number) * 1e9), chance.random() < 0.05
            took = (300 if slow else 20) * NS
            root = made.add(trace_id=trace, span_id=chance.randbytes(8), name=name, kind=kind, start_time_unix_nano=begin,
                            end_time_unix_nano=begin + took)
            root.attributes.append(pair("tenant", "large" if slow else "small"))
            if service == "shop":
                made.add(trace_id=trace, span_id=chance.randbytes(8), parent_span_id=root.span_id, name="SELECT", kind=3,
                         start_time_unix_nano=begin, end_time_unix_nano=begin + took - NS)
    store.put(lambda: spans.of_request(request_of(request.SerializeToString()))).result()
    found = asked(store)
    assert found["selected"]["looked_at"] == found["selected"]["total"] > 30
    assert found["others"]["looked_at"] == found["others"]["total"]
    assert {key for key, _, _ in told(found)} >= {"tenant"}
    assert "SELECT" in {one["span"] for one in found["own_times"]}


def test_large_encodings_are_not_read_and_their_spans_are_still_compared(store: Store) -> None:
    def slow(sent: Sent, chance: random.Random) -> None:
        large_is_slow(sent, chance)
        sent.more |= {"stack": "x" * (70_000 if sent.due_s < 1 else 10)}

    found = of(store, slow)
    assert found["others"]["looked_at"] == found["others"]["total"]
    assert "format_response" in {key for key, _, _ in told(found)}


def test_of_large_traces_fewer_are_read_at_once_and_one_that_is_too_large_is_left_out(
        store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(sent: Sent, chance: random.Random) -> None:
        large_is_slow(sent, chance)
        sent.more |= {"text": "x" * (60_000 if sent.due_s == 5.0 else 1000)}

    whole = of(store, slow)
    monkeypatch.setattr(trace_spans, "MOST_BYTES", 50_000)
    found = asked(store)
    assert whole["others"]["looked_at"] == whole["others"]["total"] == found["others"]["looked_at"] + 1
    assert (found["stopped_s"], told(found)[0]) == (None, told(whole)[0])
