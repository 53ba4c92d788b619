"""Where the difference of two runs is: it adds up over the tree, whatever the traces are like."""

from itertools import pairwise
from typing import Any

import pytest

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.page.load_runs import changes, span_paths, tree
from labctl.telemetry.page.load_runs.span_paths import SpanPaths
from labctl.telemetry.span_tree import SpanTree
from labctl.telemetry.store.store import Store
from labctl.telemetry.trace import Span
from tests.page import telemetry
from tests.unit.telemetry.page.load_runs.conftest import BEGIN_MS, MadeSpan, Send, prediction, request_of

A, B = "18df58ced1522cdc", "2b" * 8
SPANS, ERRORS, TOTAL, SELF, MEDIAN, EXAMPLES = range(6)


def paths(found: dict[str, Any]) -> dict[str, list[Any]]:
    """By the names from the root down."""
    names = list[str]()
    for above, service, name, *_ in found["paths"]:
        names.append(f"{names[above]} > {name}" if above >= 0 else f"{service} {name}")
    return dict(zip(names, found["paths"], strict=True))


def test_the_differences_of_self_times_add_up_to_the_difference_of_the_durations(store: Store, send: Send) -> None:
    times: dict[str, list[float]] = {A: [], B: []}
    for run, slower in ((A, 0), (B, 15)):
        for index in range(1, 41):
            spans = prediction(100 + index % 7, 10 + slower + index % 3)
            times[run].append(spans[0].length_ms)
            send(request_of(run, index), BEGIN_MS + index * 20, spans)
    found = tree.of_runs(store, (A, B))
    differences = [b[SELF] - a[SELF] for _, _, _, a, b, _ in found["paths"]]
    assert sum(differences) == pytest.approx(sum(times[B]) / 40 - sum(times[A]) / 40, abs=1e-4)
    by_name = paths(found)
    _, _, _, a, b, margin = by_name["labctl POST /predict > POST /predict > format_response"]
    assert (b[SELF] - a[SELF], b[MEDIAN] - a[MEDIAN]) == (pytest.approx(15), 15)
    assert 0 < margin < 2
    assert found["traces"] == found["stored"] == [40, 40]
    assert b[EXAMPLES][0].startswith(B)


def test_the_verdict_names_the_slower_run_and_equal_runs_do_not_differ(store: Store, send: Send) -> None:
    for run, slower in ((A, 0), (B, 15)):
        for index in range(1, 301):
            send(request_of(run, index), BEGIN_MS + index * 20, prediction(100 + index * 7 % 13, 10 + slower))
    found = changes.changes(store, (A, B))["changes"]
    assert {one["figure"]: one["verdict"] for one in found} == {
        "p50": "slower", "p99": "too short to tell", "rate": "no difference", "errors": "no difference"}
    assert not any(one["worse"] for one in changes.changes(store, (A, A))["changes"])


def test_a_large_run_is_represented_by_a_sample_which_is_said(store: Store, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST_TRACES", 5)
    for run in (A, B):
        for index in range(1, 31):
            send(request_of(run, index), BEGIN_MS + index, prediction(10, 5))
    found = tree.of_runs(store, (A, B))
    assert (found["traces"], found["stored"], found["cut"]) == ([5, 5], [30, 30], [False, False])
    assert tree.of_runs(store, (A, B)) == found
    monkeypatch.setattr(tree, "MOST_SPANS", 8)
    assert tree.of_runs(store, (A, B))["cut"] == [True, True]


def test_two_traces_say_which_spans_only_one_of_them_has(store: Store, send: Send) -> None:
    first, second = request_of(A, 1), request_of(B, 1)
    send(first, BEGIN_MS, prediction(10, 5))
    retries = [MadeSpan("service", "retry", 1, begin, 1) for begin in (12, 13)]
    send(second, BEGIN_MS, [*prediction(10, 5)[:3], *retries])
    by_name = paths(tree.of_traces(store, (first, second)))
    above = "labctl POST /predict > POST /predict"
    assert by_name[f"{above} > format_response"][4] is None
    assert by_name[f"{above} > retry"][3] is None
    assert by_name[f"{above} > retry"][4][SPANS] == 2
    with pytest.raises(HTTPProblem, match="no such trace"):
        tree.of_traces(store, (first, b"x" * 16))


def test_the_typical_trace_is_the_median_of_the_same_name(store: Store, send: Send) -> None:
    for index in range(1, 10):
        send(request_of(A, index), BEGIN_MS + index, prediction(10, index))
    send(request_of(B, 1), BEGIN_MS, [MadeSpan("labctl", "GET /health", None, 0, 1)])
    found = tree.typical(store, request_of(A, 9))
    assert found == {"trace_id": request_of(A, 5).hex(), "of": 8}
    with pytest.raises(HTTPProblem, match="no other trace"):
        tree.typical(store, request_of(B, 1))
    send(b"o" * 16, BEGIN_MS, [MadeSpan("labctl", "orphan", 9, 0, 1)])
    with pytest.raises(HTTPProblem, match="no root span"):
        tree.typical(store, b"o" * 16)


@pytest.mark.parametrize("what", ["deep", "circle", "orphans"])
def test_broken_traces_are_merged_too(store: Store, what: str) -> None:
    from labctl.telemetry.otlp.decode import decode

    bodies, ids = telemetry.hostile()
    for body in bodies[-3:]:
        store.put(lambda body=body: decode("traces", body)).result(30)  # type: ignore[misc]
    trace = bytes.fromhex(ids[what])
    found = tree.of_traces(store, (trace, trace))
    assert sum(one[3][SPANS] for one in found["paths"]) == telemetry.DEEP
    assert all(above < place for place, (above, *_) in enumerate(found["paths"]))
    assert all(one[3] == one[4] for one in found["paths"])
    if what == "deep":
        assert len(found["paths"]) == telemetry.DEEP


def span(number: int, above: int | str, name: str, begin: float, took: float) -> Span:
    parent = f"{above:016x}" if isinstance(above, int) else above
    return Span(name, "svc", "internal", f"{number:016x}", parent, begin, took, "unset")


def test_repeated_names_are_one_path_and_recursion_is_one_for_each_depth() -> None:
    merged = SpanPaths()
    queries = [span(2, 1, "query", 0, 10), span(3, 1, "query", 20, 30), span(4, 3, "query", 25, 5)]
    merged.add(0, 0, SpanTree([span(1, "", "root", 0, 100), *queries]))
    merged.add(0, 1, SpanTree([span(1, "", "other root", 0, 50)]))
    assert [(one.above, one.name, one.sides[0].spans) for one in merged.paths] == [
        (-1, "root", 1), (0, "query", 2), (1, "query", 1), (-1, "other root", 1)]
    assert [one.sides[0].mean(2) for one in merged.paths] == [30, 17.5, 2.5, 25]
    assert merged.paths[1].sides[0].median() == 35
    assert not merged.paths[1].sides[1].spans


def test_overlapping_children_are_covered_once_and_what_stands_out_of_the_parent_not_at_all() -> None:
    parent = span(1, "", "root", 10, 100)
    children = [span(2, 1, "a", 0, 40), span(3, 1, "b", 20, 50), span(4, 1, "c", 100, 500), span(5, 1, "d", 300, 5)]
    assert span_paths.self_time(parent, children) == 30
    assert span_paths.self_time(parent, []) == 100


def test_paths_beyond_the_most_are_one_and_their_times_still_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_paths, "MOST_PATHS", 5)
    merged, chain = SpanPaths(), list(range(1, 11))
    merged.add(0, 0, SpanTree([span(1, "", "1", 0, 100), *(span(b, a, str(b), b, 100 - b) for a, b in pairwise(chain))]))
    assert len(merged.paths) == 6
    assert (merged.paths[-1].name, merged.paths[-1].above, merged.paths[-1].sides[0].spans) == ("", -1, 5)
    assert sum(one.sides[0].mean(1) for one in merged.paths) == pytest.approx(100)


def test_a_stall_of_one_moment_is_noise_however_many_requests_waited(store: Store, send: Send) -> None:
    """A twentieth of the second run's requests are slow, all at once: that could have happened to the first one too."""
    for run in (A, B):
        for index in range(1, 201):
            stalled = run == B and 100 < index <= 110
            send(request_of(run, index), BEGIN_MS + index * 20, prediction(100 + index % 7, 400 if stalled else 10 + index % 3))
    _, _, _, a, b, margin = paths(tree.of_runs(store, (A, B)))["labctl POST /predict > POST /predict > format_response"]
    assert 0 < b[SELF] - a[SELF] < margin


def test_that_only_some_requests_are_longer_is_told(store: Store, send: Send) -> None:
    for run in (A, B):
        for index in range(1, 101):
            slow = run == B and index % 2
            send(request_of(run, index), BEGIN_MS + index * 20, prediction(100 + index % 7, (55 if slow else 10) + index % 3))
    found = tree.of_runs(store, (A, B))
    [[place, side, share, longer]] = found["parts"]
    assert (found["paths"][place][2], side, share) == ("format_response", 1, 0.5)
    assert longer == pytest.approx(45, abs=1)
