"""Runs are found by the beginnings of trace ids, and their figures are those of every stored request."""

import json
from functools import partial

import pytest

from labctl.host.http import get
from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.page import told
from labctl.telemetry.page.load_runs import changes, figures, listed, losses
from labctl.telemetry.receive import annotations
from labctl.telemetry.store.store import Store
from tests.unit.telemetry.page.load_runs.conftest import BEGIN_MS, MS, MadeSpan, Send, prediction, request_of
from tests.viewer import Viewer

FIRST, SECOND = "18df58ced1522cdc", "2b" * 8


def root(took_ms: float, service: str = "labctl", *, error: bool = False) -> list[MadeSpan]:
    return [MadeSpan(service, "POST /predict", None, 0, took_ms, error)]


def test_runs_are_the_requests_of_labctl_whose_ids_begin_alike(store: Store, send: Send) -> None:
    sent = ((FIRST, 5, "labctl"), ("2a" * 8, 1, "labctl"), ("1abc7100" * 2, 4, "labctl"), ("3b" * 8, 4, "other"))
    for prefix, count, service in sent:
        for index in range(1, count + 1):
            send(request_of(prefix, index), BEGIN_MS + index, root(3, service, error=index == 2))
    [run] = listed.runs(store)["runs"]
    assert run == {"prefix": FIRST, "begin": BEGIN_MS + 1, "end": BEGIN_MS + 6, "requests": 5, "errors": 1, "max": 3 * MS}


def test_what_labctl_has_told_of_runs_is_beside_them(store: Store, send: Send) -> None:
    def tell(key: str, data: dict[str, object]) -> None:
        one = {"kind": "run", "key": key, "begin": BEGIN_MS / 1000, "end": None, "title": "run", "data": data}
        store.put(lambda: annotations.decode(json.dumps(one).encode())).result(10)

    fault = {"kind": "fault", "key": "slow@1", "begin": BEGIN_MS / 1000 - 9, "title": "slow", "data": {}}
    for name, end in (("slow", None), ("over", BEGIN_MS / 1000 - 5)):
        body = json.dumps({**fault, "key": name, "title": name, "end": end}).encode()
        store.put(partial(annotations.decode, body)).result(10)
    tell(FIRST, {"scenario": "spike", "rate": 40.5, "concurrency": 10, "planned": 500, "sent": 20, "answered": 18, "failed": 1})
    tell(SECOND, {"scenario": "", "summary": {"planned": 9, "sent": 8, "interrupted": True},
                  "slo": [{"met": True}, {"met": False}, {"met": False}],
                  "ledger": {"lost": [{"hop": "service to collector", "spans": 2}]}})
    tell("odd", {"scenario": ["<b>"], "planned": {"x": 1}, "slo": "none", "summary": 3, "ledger": "{no table"})
    run = {one["run_id"]: one for one in listed.runs(store)["told"]}
    assert [run[FIRST][name] for name in ("scenario", "planned", "sent", "answered", "met")] == ["spike", 500, 20, 18, 0]
    assert [run[SECOND][name] for name in ("planned", "sent", "failed", "met", "missed", "interrupted")] == [9, 8, None, 1, 2, 1]
    assert [run[FIRST]["lost"], run[SECOND]["lost"]] == [None, [{"hop": "service to collector", "spans": 2}]]
    assert [run[FIRST][name] for name in ("planned_rate", "concurrency", "faults")] == [40.5, 10, ["slow"]]
    assert len(run) == 3
    assert "told" not in listed.runs(store, BEGIN_MS)


LOST = [{"hop": "client → collector", "spans": 2}, {"hop": "service → collector", "spans": 6}]


@pytest.mark.parametrize(("late", "later", "arrived", "lost"), [
    (0, 0, None, LOST), (1, 0, 4, [{"hop": "client → collector or service → collector", "spans": 4}]), (2, 0, 8, []),
    (1, 4, 4, LOST),                    # which were only not stored yet
])
def test_spans_that_arrive_after_a_ledger_was_made_are_not_lost(
        store: Store, send: Send, late: int, later: int, arrived: int | None, lost: list[dict[str, object]]) -> None:
    ledger = {"expected_spans": 12 + later, "spans": 4, "other_spans": 0, "lost_spans": 8, "lost": LOST, "not_stored_yet": later}
    one = {"kind": "run", "key": FIRST, "begin": 1, "end": 2, "title": "run", "data": {"run_id": FIRST, "ledger": ledger}}
    store.put(lambda: annotations.decode(json.dumps(one).encode())).result(10)
    for index in range(1, late + 2):
        send(request_of(FIRST, index), BEGIN_MS + index, prediction(5, 5))
    now = losses.told_ledger(store, FIRST)
    assert (now.get("arrived"), now["lost"], now["spans"]) == (arrived, lost, 4 + 4 * late)
    assert now["lost_spans"] == sum(hop["spans"] for hop in now["lost"])
    assert now["not_stored_yet"] == (0 if late else later)
    assert losses.of_run(store, FIRST) == losses.RunLosses(now["lost_spans"], now["not_stored_yet"], 12 + later)
    [listed_one], [told_one] = listed.runs(store)["told"], told.told(store)["runs"]
    assert listed_one["lost"] == told_one["lost"] == lost


def test_a_run_whose_id_is_none_is_not_counted(store: Store) -> None:
    ledger = {"expected_spans": 1, "spans": 0, "other_spans": 0, "lost_spans": 1, "lost": [], "not_stored_yet": 0}
    assert losses.as_of_now(store, "odd", ledger) == ledger


def test_runs_at_the_same_time_are_told_apart_and_a_cursor_loses_no_request(
        store: Store, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed, "_SLICE", 7)
    monkeypatch.setattr(listed, "_MOST_S", 0.0)         # one slice an answer
    for index in range(1, 21):
        send(request_of(FIRST, index), BEGIN_MS + index * 10, root(3))
        send(request_of(SECOND, index), BEGIN_MS + index * 10 + 5, root(4))
    counts, sizes = all_of(store)
    assert counts == {FIRST: 20, SECOND: 20}
    assert len(sizes) > 3


def all_of(store: Store) -> tuple[dict[str, int], list[int]]:
    """The requests of each run by all answers, and how many runs each answer has."""
    counts, before, sizes = dict[str, int](), None, list[int]()
    while True:
        answer = listed.runs(store, before)
        sizes.append(len(answer["runs"]))
        for run in answer["runs"]:
            counts[run["prefix"]] = counts.get(run["prefix"], 0) + run["requests"]
        if (before := answer["before"]) is None:
            return counts, sizes


def test_more_runs_than_one_answer_has_are_in_the_next_ones(store: Store, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed, "MOST", 3)
    prefixes = [f"{number:02x}" * 8 for number in range(32, 42)]
    for number, prefix in enumerate(prefixes):
        for index in range(1, 4):
            send(request_of(prefix, index), BEGIN_MS + 10 * number + 20 * index, root(3))       # they overlap
    counts, sizes = all_of(store)
    assert counts == dict.fromkeys(prefixes, 3)
    assert max(sizes) <= 3
    for prefix in prefixes:
        send(request_of(prefix, 9), BEGIN_MS + 5000, root(3))                   # all at once
    assert all_of(store)[0] == dict.fromkeys(prefixes, 4)


def test_a_run_of_which_one_answer_has_one_request_keeps_it(store: Store, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed, "_SLICE", 7)
    monkeypatch.setattr(listed, "_MOST_S", 0.0)
    for index in range(1, 9):
        send(request_of(FIRST, index), BEGIN_MS + index * 10, root(3))
    send(request_of(SECOND, 1), BEGIN_MS + 5, root(3))
    assert all_of(store)[0] == {FIRST: 8}


def test_the_figures_are_of_every_request_and_times_of_those_without_an_error(store: Store, send: Send) -> None:
    for index in range(1, 201):
        send(request_of(FIRST, index), BEGIN_MS + index * 10, root(index, error=index % 10 == 0))
    found = figures.figures(store, figures.read(store, FIRST[:6]))
    good = [index for index in range(1, 201) if index % 10]
    assert (found["requests"], found["errors"], found["latency"]["count"]) == (200, 20, 180)
    assert found["latency"]["p50"] == good[89] * MS
    assert found["latency"]["p99"] is None              # of too few
    assert (found["latency"]["min"], found["latency"]["max"]) == (MS, 199 * MS)
    assert sum(found["cells"][1::2]) == 180
    assert sum(one[0] for one in found["slices"]) == 200
    assert sum(one[1] for one in found["slices"]) == 20
    assert [one["duration_ms"] for one in found["slowest"]] == list(range(200, 190, -1))
    for step, count in zip(found["cells"][::2], found["cells"][1::2], strict=True):
        low, high = (10 ** (edge / found["per_decade"]) for edge in (step, step + 1))
        assert count == sum(low <= index * MS < high for index in good)


def test_a_run_of_failed_requests_has_no_latency(store: Store, send: Send) -> None:
    for index in (1, 2):
        send(request_of(FIRST, index), BEGIN_MS, root(5, error=True))
    found = figures.figures(store, figures.read(store, FIRST))
    assert found["latency"] == {"count": 0}
    assert found["cells"] == []
    assert figures.figures(store, figures.read(store, SECOND)) == {"prefix": SECOND, "requests": 0}
    with pytest.raises(HTTPProblem, match="nothing of this run"):
        changes.changes(store, (FIRST, SECOND))


def test_what_is_asked_wrongly_is_named(unused: Viewer) -> None:
    one = "a" * 32
    for path in ("runs?before=x", "runs/xyz", "compare/changes?runs=1", "compare/changes?runs=1,2,3",
                 "compare/changes?runs=1,2&late_ms=-1", "compare/tree", "compare/tree?runs=1,zz", f"compare/tree?traces={one}",
                 f"compare/tree?traces={one},{one}", "compare/typical?trace=1", f"compare/typical?trace={one}"):
        answer = get(f"{unused.url}/api/page/{path}")
        assert answer.status in {400, 404}, path
        assert answer.json()["title"]


def test_the_longest_prediction_is_the_slowest(store: Store, send: Send) -> None:
    for index in range(1, 5):
        send(request_of(FIRST, index), BEGIN_MS + index, prediction(10, index))
    assert figures.figures(store, figures.read(store, FIRST))["slowest"][0]["trace_id"] == request_of(FIRST, 4).hex()
