"""The viewer as a process: real sockets, real gRPC, real signals."""

import gzip
import json
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from labctl.errors import LabError
from labctl.host.http import Answer, get, post
from labctl.viewer_client.client import TracedRun, ViewerClient, look_up
from labctl.viewer_client.sent_spans import client_span
from tests.unit.telemetry import requests
from tests.viewer import Viewer

PROTOBUF = {"content-type": "application/x-protobuf"}
EXPORT = "/opentelemetry.proto.collector.{}/Export"


def export(address: str, service: str, body: bytes) -> bytes:
    with grpc.insecure_channel(address) as channel:
        return channel.unary_unary(EXPORT.format(service), None, None)(body, timeout=30)


def send(viewer: Viewer, body: bytes, headers: dict[str, str] | None = None, path: str = "/v1/traces") -> Answer:
    return post(f"{viewer.url}{path}", body, PROTOBUF | (headers or {}))


def test_both_ways_in_lead_to_the_same_store(viewer: Viewer) -> None:
    assert export(viewer.at["grpc"], "trace.v1.TraceService", requests.traces(3)) == b""
    assert send(viewer, requests.traces(3, first=10)).status == 200
    counts = ViewerClient(viewer.url).counts()
    assert (counts["traces"], counts["spans"]) == (6, 12)
    assert counts["accepted"] == {"traces.grpc": 6, "traces.http": 6}
    only = ViewerClient(viewer.url).counts(only="spans")
    assert (only["spans"], only["accepted"], "traces" in only) == (12, counts["accepted"], False)


def test_metrics_and_logs_arrive(viewer: Viewer) -> None:
    export(viewer.at["grpc"], "metrics.v1.MetricsService", requests.counter(3))
    export(viewer.at["grpc"], "logs.v1.LogsService", requests.logs("x"))
    assert ViewerClient(viewer.url).metrics("hits").series[0]["value"] == 3
    trace_id = requests.span_ids(1)[0].hex()
    assert get(f"{viewer.url}/api/logs?trace_id={trace_id}").json()["logs"][0]["body"] == "x"


def test_json_is_taken_with_hex_ids(viewer: Viewer) -> None:
    ids = {"trace_id": "ab" * 16, "span_id": "cd" * 8}
    body = client_span(**ids, method="POST", url="http://x/", status=503, start_ns=1, end_ns=2_000_001)  # type: ignore[arg-type]
    answer = post(f"{viewer.url}/v1/traces", body, {"content-type": "application/json"})
    assert (answer.status, answer.body) == (200, b"{}")
    trace = ViewerClient(viewer.url).trace("ab" * 16)
    assert trace is not None
    [span] = trace.spans
    assert (span.span_id, span.kind, span.status, span.duration_ms) == ("cd" * 8, "client", "error", 2.0)
    assert span.attributes["http.response.status_code"] == 503


def test_gzip_is_inflated_within_a_bound(viewer: Viewer) -> None:
    assert send(viewer, gzip.compress(requests.traces()), {"content-encoding": "gzip"}).status == 200
    bomb = gzip.compress(bytes(40 << 20), 9)              # of 16 MiB that are taken
    refused = send(viewer, bomb, {"content-encoding": "gzip"})
    assert refused.status == 413
    assert refused.json()["status"] == 413


@pytest.mark.parametrize(("body", "headers", "status"), [
    (b"\xff\xff", {}, 400),
    (b"x", {"content-type": "text/plain"}, 415),
    (b"x", {"content-encoding": "br"}, 415),
    (b"x", {"content-encoding": "gzip"}, 400),
    (b"{", {"content-type": "application/json"}, 400),
    (b"[" * 100_000, {"content-type": "application/json"}, 400),
    (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}', {"content-type": "application/json"}, 400),
    (b'{"resourceSpans": 3}', {"content-type": "application/json"}, 400),
])
def test_bad_requests_are_problems(unused: Viewer, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = send(unused, body, headers)
    assert answer.status == status
    assert answer.json()["status"] == status
    assert get(f"{unused.url}/health").status == 200


@pytest.mark.parametrize(("path", "status"), [
    ("/api/traces/xyz", 404), ("/api/traces?limit=0", 400), ("/api/traces?limit=1e3", 400), ("/api/traces?sort=best", 400),
    ("/api/traces?run=xyz", 400), ("/api/metrics?since=-1", 400), ("/api/logs", 400), ("/page/none.js", 404), ("/v1/traces", 405),
    ("/api/metrics?since=9999999999", 400), ("/api/spans?since=99999999999", 400),
    ("/api/traces/" + "0" * 32, 404),
])
def test_bad_queries_name_what_is_wrong(unused: Viewer, path: str, status: int) -> None:
    answer = get(f"{unused.url}{path}")
    assert answer.status == status
    assert answer.json()["title"]


def test_grpc_refuses_what_is_not_otlp(unused: Viewer) -> None:
    with pytest.raises(grpc.RpcError) as error:
        export(unused.at["grpc"], "trace.v1.TraceService", b"\xff\xff")
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_query_can_wait_for_spans(viewer: Viewer) -> None:
    client = ViewerClient(viewer.url)
    trace_id = requests.span_ids(1)[0].hex()
    assert client.trace(trace_id, spans=2, wait=0.05) is None
    send(viewer, requests.traces())
    found = client.trace(trace_id, spans=2, wait=10)
    assert found is not None
    assert len(found.spans) == 2


def test_a_trace_can_be_named_by_its_beginning(viewer: Viewer) -> None:
    send(viewer, requests.traces(first=1, duration_ms=9))
    send(viewer, requests.traces(first=2))
    client = ViewerClient(viewer.url)
    assert look_up(client, "slowest").trace_id == requests.span_ids(1)[0].hex()
    assert look_up(client, "0" * 31 + "2").trace_id == requests.span_ids(2)[0].hex()


def test_the_slowest_of_a_run_is_the_first_of_its_own_list_that_has_arrived(viewer: Viewer) -> None:
    send(viewer, requests.traces(first=1, duration_ms=9))
    send(viewer, requests.traces(first=2))
    client, ids = ViewerClient(viewer.url), [requests.span_ids(number)[0].hex() for number in (3, 2, 1)]
    assert look_up(client, "slowest", run=TracedRun("0" * 16, ids)).trace_id == ids[1]
    assert look_up(client, "slowest", run=TracedRun("0" * 16)).trace_id == ids[2]


def test_a_root_has_its_attributes_in_every_answer(viewer: Viewer) -> None:
    send(viewer, requests.traces())
    root, child = look_up(ViewerClient(viewer.url), "slowest", attributes="failed").spans
    assert (root.attributes, root.status, child.status) == ({"n": 1}, "unset", "error")


@pytest.mark.parametrize(("which", "run", "said", "detail", "hint"), [
    ("slowest", TracedRun("99", kept=False), "no kept run begins with 99", "", "labctl runs"),
    ("slowest", TracedRun("aa11"), "the viewer has no trace of the run aa11", "24h", "labctl load"),
    ("0123", TracedRun(), "there is no trace 0123", "24h", "labctl trace slowest"),
    ("0" * 32, TracedRun(), "there is no trace 0000", "24h", "labctl trace slowest"),
])
def test_what_is_not_there_is_said(unused: Viewer, which: str, run: TracedRun, said: str, detail: str, hint: str) -> None:
    with pytest.raises(LabError) as error:
        look_up(ViewerClient(unused.url), which, run=run, keeps="24h")
    assert said in error.value.message
    assert (error.value.detail, error.value.hint) == (detail, hint)


def test_what_was_acknowledged_survives_a_kill(viewer: Viewer) -> None:
    acknowledged = 0
    with grpc.insecure_channel(viewer.at["grpc"]) as channel:
        call = channel.unary_unary(EXPORT.format("trace.v1.TraceService"), None, None)
        while acknowledged < 40:
            call(requests.traces(50, first=1 + 50 * acknowledged), timeout=30)
            acknowledged += 1
    viewer.kill()
    with sqlite3.connect(viewer.db) as store:
        assert store.execute("SELECT count(*) FROM spans").fetchone()[0] == 40 * 100


def test_sigterm_ends_it_in_order(viewer: Viewer) -> None:
    send(viewer, requests.traces(5))
    assert viewer.kill(signal.SIGTERM) == 0
    assert not viewer.db.with_name("viewer.db-wal").exists()


def test_a_taken_port_is_one_line(unused: Viewer, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "labctl.telemetry", "--db", str(tmp_path / "x.db"), "--grpc", "127.0.0.1:0"]
    argv += ["--http", unused.at["http"]]
    second = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 3
    assert unused.at["http"] in second.stderr
    assert "Traceback" not in second.stderr


def test_it_stands_for_the_collector(collector: Viewer) -> None:
    export(collector.at["otlp-grpc"], "trace.v1.TraceService", requests.traces(2))
    post(f"http://{collector.at['otlp-http']}/v1/metrics", requests.counter(1), PROTOBUF)
    text = get(f"http://{collector.at['metrics']}/metrics").body.decode()
    assert 'otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 4' in text
    assert json.loads(get(f"http://{collector.at['health']}/").body)["status"] == "Server available"
    lines = [line.split("\t") for line in collector.log.read_text().splitlines()]
    shown = {line[2]: json.loads(line[3]) for line in lines if len(line) == 4 and line[2] in {"Traces", "Metrics"}}
    assert (shown["Traces"]["spans"], shown["Metrics"]["data points"]) == (4, 1)


def test_it_listens_on_loopback_alone(unused: Viewer) -> None:
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.2", int(unused.at["http"].rpartition(":")[2]))) != 0


def test_the_spans_of_a_run_are_listed_once_each_and_by_pages(viewer: Viewer) -> None:
    for _ in range(2):
        send(viewer, requests.traces(8, first=0x10))
    client = ViewerClient(viewer.url)
    rows = list(client.run_spans("0" * 30 + "1"))
    assert len(rows) == 16
    assert {row.trace_id for row in rows} == {requests.span_ids(number)[0].hex() for number in range(0x10, 0x18)}
    assert {(row.service, row.name, row.kind) for row in rows} == {("svc", "GET", "client"), ("svc", "work", "internal")}
    page = get(f"{viewer.url}/api/runs/{'0' * 30}1/spans?limit=10").json()
    assert (len(page["spans"]), page["more"]) == (10, True)
    rest, after, more = client.run_spans_after("0" * 30 + "1", page["after"])
    assert (len(rest), more) == (6, False)
    send(viewer, requests.traces(1, first=0x1f))
    assert len(client.run_spans_after("0" * 30 + "1", after)[0]) == 2
