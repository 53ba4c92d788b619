"""The page's answers: its files, its queries against SQL, and a live stream that ends with its reader."""

import json
import re
import shutil
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from labctl.host.http import get
from labctl.telemetry.http.messages import HTTPProblem, HttpRequest
from labctl.telemetry.otlp.decode import decode
from labctl.telemetry.page import backwards, files, live, roots, search, waterfall
from labctl.telemetry.page.backwards import RowsWanted
from labctl.telemetry.page.logs import tail as log_tail
from labctl.telemetry.store.store import Store
from tests.page import telemetry
from tests.unit.telemetry import requests
from tests.viewer import Viewer

MS, BEGIN = 10**6, 1_700_000_000_000


def stored(store: Store, count: int = 300) -> None:
    """Requests of 1, 2, … ms, one in each 100 ms."""
    for number in range(count):
        body = requests.traces(first=number + 1, start=(BEGIN + number * 100) * MS, duration_ms=number + 1)
        store.put(lambda body=body: decode("traces", body)).result(10)  # type: ignore[misc]


def test_every_file_is_served_with_the_policy_and_nothing_else_is() -> None:
    every = [path for path in files.FOLDER.rglob("*") if path.is_file()]
    for path in every:
        answer = files.file(HttpRequest("GET", f"/page/{path.relative_to(files.FOLDER)}"))
        assert answer.body == path.read_bytes() or path.name == "index.html"
        assert "unsafe" not in dict(answer.headers)["content-security-policy"]
    for target in ("/page/../routes.py", "/page/", "/page/kit", "/page//etc/passwd", "/page/%2e%2e/files.py"):
        with pytest.raises(HTTPProblem, match="not found"):
            files.file(HttpRequest("GET", target))


def test_the_page_asks_at_once_for_the_modules_that_the_overview_imports() -> None:
    index = files.file(HttpRequest("GET", "/")).body.decode()
    links = re.findall(r'rel="modulepreload" href="/page/[0-9a-f]{16}/([^"]+)"', index)
    assert {"kit/dom.js", "kit/live.js", "views/overview.js", "views/pipeline.js"} < set(links)
    assert "views/trace.js" not in links


def test_what_the_page_names_is_kept_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(files.FOLDER, tmp_path / "static")
    files._listing.cache_clear()
    monkeypatch.setattr(files, "FOLDER", tmp_path / "static")

    def named() -> list[str]:
        return re.findall(r'(?:href|src)="(/[^"]+)"', files.file(HttpRequest("GET", "/")).body.decode())

    def cached(path: str) -> str:
        return dict(files.file(HttpRequest("GET", path)).headers)["cache-control"]

    first = named()
    assert {path.rpartition(".")[2] for path in first} == {"js", "css", "svg"}
    assert {cached(path) for path in first} == {"max-age=31536000, immutable"}
    assert cached("/") == cached("/page/main.js") == "no-cache"
    (tmp_path / "static" / "main.js").write_text("// another")
    assert not set(first) & set(named())
    assert {cached(path) for path in first} == {"no-cache"}             # somebody's page of before still gets its files
    assert {cached(path) for path in named()} == {"max-age=31536000, immutable"}
    files._listing.cache_clear()


def test_what_the_page_asks_has_turns_of_its_own() -> None:
    asked = {found for path in files.FOLDER.rglob("*.js") for found in re.findall(r"\bask\([\"`]([^\"`]+)", path.read_text())}
    assert len(asked) > 10
    assert {one for one in asked if not one.startswith(("page/", "${path}"))} == set()


def test_what_the_page_asks_of_others_is_answered(viewer: Viewer) -> None:
    viewer.send(requests.counter(3), signal_="metrics")
    viewer.send(requests.logs("it is", 1), signal_="logs")
    trace = requests.span_ids(1)[0].hex()
    assert answers(viewer, "/api/page/values?name=hits")[1]["series"][0]["value"] == 3
    assert answers(viewer, "/api/page/values?name=")[0] == 400
    assert [one["body"] for one in answers(viewer, f"/api/page/traces/{trace}/beside")[1]["logs"]] == ["it is"]
    assert answers(viewer, "/api/page/annotations?data=no")[1] == {"annotations": [], "left_out": 0}
    assert answers(viewer, "/api/page/alerts")[1]["alerts"] == []


def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    first = files.file(HttpRequest("GET", "/"))
    again = files.file(HttpRequest("GET", "/", {"if-none-match": dict(first.headers)["etag"]}))
    assert (again.status, again.body) == (304, b"")


def test_the_files_are_small_and_name_no_other_host() -> None:
    import gzip

    every = [path.read_text() for path in files.FOLDER.rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(text.encode())) for text in every) < 150_000
    hosts = {host for text in every for host in re.findall(r"https?://([\w.]+)", text)}
    assert hosts <= {"www.w3.org"}                      # the name space of SVG
    assert not any("innerHTML" in text or "eval(" in text for text in every)


def test_the_last_request_is_not_one_that_a_wrong_clock_puts_in_the_future(viewer: Viewer) -> None:
    begun = time.time_ns()
    for first, start in ((1, begun), (2, begun + 10**18)):
        viewer.send(requests.traces(first=first, start=start))
    assert answers(viewer, "/api/page/last-request")[1] == {"start": pytest.approx(begun / 1e9)}


def test_the_heatmap_counts_every_request_once(store: Store) -> None:
    stored(store)
    found = roots.heatmap(store, roots.Times(BEGIN, BEGIN + 30_000, 1000), search.of_roots(""))
    assert [column["count"] for column in found["columns"]] == [10] * 30
    first = found["columns"][0]                         # 1 to 10 ms
    assert (first["p50"], first["p90"], first["p99"], first["max"]) == (5 * MS, 9 * MS, 10 * MS, 10 * MS)
    bounds = (0, *roots.BOUNDS, 1 << 63)
    for column in found["columns"]:
        cells = [column["cells"][at:at + 3] for at in range(0, len(column["cells"]), 3)]
        assert sum(count for _, count, _ in cells) == column["count"]
    for row, count, _ in [first["cells"][at:at + 3] for at in range(0, len(first["cells"]), 3)]:
        assert count == sum(bounds[row] <= number * MS < bounds[row + 1] for number in range(1, 11))


@pytest.mark.parametrize("few", [10, 1000])
def test_a_column_of_few_and_of_many_is_what_sql_finds(store: Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(roots, "_FEW", few)
    monkeypatch.setattr(roots, "_PIECE", 10)            # characters
    body, _, _ = telemetry.lab(500, 5)
    store.put(lambda: decode("traces", body)).result(10)
    rows = store.read("SELECT start / 1000000, duration, error FROM spans WHERE parent_id = x'' ORDER BY duration")
    begin, middle, end = rows[0][0] - 10_000, rows[0][0], rows[0][0] + 10_000
    columns = roots.heatmap(store, roots.Times(begin, end, 10_000), search.of_roots(""))["columns"]
    for column, (low, high) in zip(columns, ((begin, middle), (middle, end)), strict=True):
        expected = [(duration, error) for start, duration, error in rows if low <= start < high]
        assert (column["count"], column["errors"]) == (len(expected), sum(error for _, error in expected))
        assert (sum(column["cells"][1::3]), sum(column["cells"][2::3])) == (column["count"], column["errors"])
        assert (column["p50"], column["max"]) == (expected[-(-len(expected) // 2) - 1][0], expected[-1][0])
    assert sum(column["errors"] for column in columns) == 5


def test_the_requests_of_cells_are_those_that_sql_finds(store: Store) -> None:
    stored(store)
    times, durations = roots.Times(BEGIN + 5000, BEGIN + 20_000, 1000), (100 * MS, 150 * MS)
    found = roots.requests(store, times, durations, search.of_roots("name=GET"))
    rows = store.read(
        "SELECT trace_id FROM spans WHERE parent_id = x'' AND start >= ? AND start < ? AND duration >= ? AND duration < ?"
        " ORDER BY duration DESC", (times.begin_ms * MS, times.end_ms * MS, *durations),
    )
    assert found["total"] == len(rows) == 50
    assert [one["trace_id"] for one in found["requests"]] == [row[0].hex() for row in rows]


@pytest.mark.parametrize(("query", "traces"), [
    ("", 40), ("name=GET", 40), ("name~WOR", 40), ("name=absent", 0), ("service=svc", 40), ("service!=svc", 0),
    ("duration>=39ms", 2), ("duration<0.002s", 2), ("status=error", 40), ("kind=client status=error", 0), ("n=7", 1),
    ("n~3", 13), ("absent=1", 0), (requests.span_ids(3)[0].hex(), 1), (f"run={'0' * 30}", 40), ('name="GET"', 40),
])
def test_a_search_finds_the_traces_of_which_a_span_has_it_all(store: Store, query: str, traces: int) -> None:
    stored(store, 40)
    found = search.search(store, query, RowsWanted(200))
    assert len(found["traces"]) == traces
    assert found["before"] is None
    assert found["searched"] == 80


def test_what_has_arrived_since_is_searched_alone(store: Store) -> None:
    stored(store, 40)
    newest = search.search(store, "", RowsWanted(200))["newest"]
    assert search.search(store, "", RowsWanted(200, after=newest))["traces"] == []
    stored(store, 43)
    found = search.search(store, "name=GET", RowsWanted(200, after=newest))
    assert [one["trace_id"] for one in found["traces"]] == [requests.span_ids(number)[0].hex() for number in (43, 42, 41)]
    assert (found["searched"], found["before"]) == (6, None)


def test_a_search_goes_on_from_its_cursor_without_a_trace_missed_or_repeated(store: Store) -> None:
    stored(store, 40)
    seen, before = list[str](), None
    while True:
        found = search.search(store, "name=GET", RowsWanted(7, before))
        seen += [one["trace_id"] for one in found["traces"]]
        before = found["before"]
        if before is None:
            break
    assert seen == [requests.span_ids(number)[0].hex() for number in range(40, 0, -1)]


def test_the_first_answer_ends_soon_after_something_was_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(lambda: decode("traces", requests.traces(count=10_000))).result(60)
    sizes, clock = list[int](), [0.0]
    monkeypatch.setattr(backwards, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def read(lower: int, upper: int) -> list[tuple[int, int]]:
        sizes.append(upper - lower)
        clock[0] += (upper - lower) * 0.04 / 1000       # 40 ms for a thousand rows
        return [(upper, upper)]

    first = backwards.backwards(store, "spans", RowsWanted(50), read)
    assert (sizes, len(first.items)) == ([1000], 1)
    assert first.before is not None
    rest = backwards.backwards(store, "spans", RowsWanted(50, first.before), read)
    assert len(rest.items) > 1
    assert all(500 <= size <= 1000 for size in sizes)


@pytest.mark.parametrize("query", [
    "duration>5", "status=fine", "kind=spider", "name<a", "'open", "run=xyz", "a " * 21, "x" * 2000,
])
def test_a_query_that_is_wrong_is_named(query: str) -> None:
    with pytest.raises(HTTPProblem):
        search.parsed(query)


def test_a_waterfall_has_every_span_in_columns(store: Store) -> None:
    stored(store, 2)
    trace_id = requests.span_ids(2)[0]
    found = json.loads(waterfall.waterfall(store, trace_id))
    assert (found["starts"], found["errors"], found["names"]) == ([0, 1000], [0, 1], ["GET", "work"])
    assert found["parent_ids"] == "0" * 16 + found["span_ids"][:16]
    assert [found["services"][str(number)] for number in found["resources"]] == ["svc", "svc"]
    assert (found["durations"], found["left_out"]) == ([2 * MS, 2 * MS - 1000], 0)
    [span] = waterfall.spans(store, trace_id, requests.span_ids(2)[1])["spans"]
    assert span["attributes"] == {"n": 2}


def test_of_a_trace_with_too_many_spans_the_first_are_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waterfall, "MOST_SPANS", 3)
    trace_id = b"t" * 16
    for number in (5, 3, 1, 4, 2):
        request = ExportTraceServiceRequest()
        request.resource_spans.add().scope_spans.add().spans.add(
            trace_id=trace_id, span_id=number.to_bytes(8, "big"), name=f'"{number}', start_time_unix_nano=BEGIN + number,
            end_time_unix_nano=BEGIN + 10)
        body = request.SerializeToString()
        store.put(lambda body=body: decode("traces", body)).result(10)  # type: ignore[misc]
    found = json.loads(waterfall.waterfall(store, trace_id))
    assert (found["starts"], found["names"], found["left_out"]) == ([0, 1, 2], ['"1', '"2', '"3'], 2)


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    found = waterfall.shown({"k": "x" * 10_000_000})
    assert found == {"k": {"text": "x" * waterfall.MOST_TEXT, "characters": 10_000_000}}
    assert waterfall.shown({"list": ["a", {"b": 1}]}) == {"list": '["a", {"b": 1}]'}
    numbers = {"large": -(2**53) - 1, "held": 2**53, "true": True, "float": 1e300}
    assert waterfall.shown(numbers) == {**numbers, "large": str(-(2**53) - 1)}      # a page's numbers would round it


def test_a_stream_is_told_once_a_turn_and_given_back_when_its_reader_leaves() -> None:
    told = live.Live(lambda: {"n": 1}, every_s=0.01)
    streams = [told.reply().stream for _ in range(live.MOST_STREAMS)]
    with pytest.raises(HTTPProblem, match="too many"):
        told.reply()
    assert streams[0] is not None
    events = [next(streams[0]) for _ in range(3)]
    assert events[0].startswith(b"retry")
    assert json.loads(events[1].removeprefix(b"data: ")) == {"n": 1}
    for stream in streams:
        assert stream is not None
        stream.close()
    again = told.reply().stream
    assert again is not None
    again.close()


def test_the_viewer_streams_over_http_and_answers_others_meanwhile(viewer: Viewer) -> None:
    with socket.create_connection(("127.0.0.1", viewer.port), timeout=10) as client:
        client.sendall(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        text = b""
        while b"data: " not in text:
            text += client.recv(65536)
        assert b"transfer-encoding: chunked" in text.lower()
        assert get(f"{viewer.url}/api/page/now").json()["store"]["cannot_write"] == ""


def answers(viewer: Viewer, path: str) -> tuple[int, Any]:
    answer = get(f"{viewer.url}{path}")
    return answer.status, answer.json()


def test_bad_queries_of_the_page_are_problems(unused: Viewer) -> None:
    for path in ("heatmap?begin=x", "heatmap?begin=0&end=999999999&width=1", "requests?low=-1", "traces/xyz", "none",
                 f"traces/{'0' * 32}"):
        status, body = answers(unused, f"/api/page/{path}")
        assert status in {400, 404}, path
        assert body["title"]


def test_a_mistake_in_a_query_is_answered_as_a_value_and_not_as_an_error(unused: Viewer) -> None:
    for path in ("traces?", "heatmap?begin=0&end=1000&", "requests?begin=0&end=1000&", "apart?begin=0&end=1000&from=0&to=1&"):
        status, body = answers(unused, f"/api/page/{path}query=a+OR")
        assert (status, body["begin"], body["end"]) == (200, 2, 4), path
        assert body["problem"].startswith("OR needs")
    long = "x" * 3000
    status, body = answers(unused, f"/api/page/complete?query={long}&at={len(long)}")
    assert (status, body["problem"]["begin"]) == (200, 1000)


def test_an_older_store_gets_the_index_that_it_lacks(tmp_path: Path) -> None:
    from tests.unit.telemetry.conftest import GENEROUS

    first = Store(tmp_path / "viewer.db", GENEROUS)
    stored(first, 5)
    first._connection.executescript(
        "DROP INDEX roots_by_start; CREATE INDEX roots_by_duration ON spans(duration) WHERE parent_id = x'';")
    first.close()
    again = Store(tmp_path / "viewer.db", GENEROUS)
    names = {row[0] for row in again.read("SELECT name FROM sqlite_schema")}
    assert again.put_aside == ""
    assert roots.heatmap(again, roots.Times(BEGIN, BEGIN + 1000, 1000), search.of_roots(""))["columns"][0]["count"] == 5
    again.close()
    assert "roots_by_start" in names
    assert "roots_by_duration" not in names


def test_log_records_by_severity_text_and_trace(store: Store) -> None:
    def shown(**asked: str) -> list[str]:
        return [one["body"] for one in log_tail.tail(store, log_tail.condition(asked), RowsWanted(200))["logs"]]

    for number, severity in enumerate(("INFO", "Warning", "ERROR", "odd")):
        body = requests.logs(f"record {number + 1}", number + 1, severity)
        store.put(lambda body=body: decode("logs", body)).result(10)  # type: ignore[misc]
    assert len(shown()) == 4
    assert len(shown(level="warn")) == 2
    assert len(shown(level="error")) == 1
    assert shown(text="RECORD 3") == ["record 3"]
    assert shown(trace_id=requests.span_ids(2)[0].hex()) == ["record 2"]
    assert shown(service="absent") == []
    with pytest.raises(HTTPProblem):
        log_tail.condition({"level": "loud"})
