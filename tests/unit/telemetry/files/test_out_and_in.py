"""OTLP JSON out of a store and into another: every field of every span and log record is the same, whichever way it takes."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message

from labctl.host.http import get, post
from tests.unit.telemetry.files import everything
from tests.unit.telemetry.requests import counter, gauge
from tests.viewer import JSON, Viewer


@pytest.fixture(scope="module")
def viewers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Viewer, Viewer]]:
    made = [Viewer(tmp_path_factory.mktemp("viewer")) for _ in range(2)]
    made[0].send(everything.traces().SerializeToString())
    made[0].send(everything.logs().SerializeToString(), signal_="logs")
    for body in (counter(5), gauge(float("nan"))):
        made[0].send(body, signal_="metrics")
    yield made[0], made[1]
    for one in made:
        one.kill()


def export(viewer: Viewer, query: str) -> bytes:
    answer = get(f"{viewer.url}/api/page/export?{query}", timeout_s=20)
    assert answer.status == 200, answer.body
    return answer.body


def flat(request: Message, scopes: str, items: str) -> list[tuple[Any, ...]]:
    """Each item with its resource and scope."""
    [(_, groups)] = request.ListFields()
    return sorted(
        (item.SerializeToString(deterministic=True), group.resource.SerializeToString(deterministic=True), group.schema_url,
         scope.scope.SerializeToString(deterministic=True), scope.schema_url)
        for group in groups for scope in getattr(group, scopes) for item in getattr(scope, items)
    )


def stored(viewer: Viewer) -> tuple[list[Any], list[Any]]:
    """What a store has, without numbers that only it gives."""
    import sqlite3

    connection = sqlite3.connect(viewer.db)
    try:
        spans = connection.execute(
            "SELECT trace_id, span_id, parent_id, name, spans.kind, start, duration, error, raw, crc, encoded"
            " FROM spans JOIN resources ON resources.id = resource ORDER BY span_id").fetchall()
        logs = connection.execute(
            "SELECT time, severity, body, trace_id, span_id, raw, digest, encoded FROM logs JOIN resources"
            " ON resources.id = resource ORDER BY time").fetchall()
        points = connection.execute(
            "SELECT name, unit, type, monotonic, attributes, start, points.time, points.value, encoded, exemplars.value"
            " FROM points JOIN series ON series.id = points.series JOIN resources ON resources.id = series.resource"
            " LEFT JOIN exemplars ON exemplars.series = series.id ORDER BY name").fetchall()
    finally:
        connection.close()
    return [*spans, *logs], points


def test_a_trace_is_one_object_and_stored_again_the_same(viewers: tuple[Viewer, Viewer]) -> None:
    first, second = viewers
    whole = json.loads(export(first, f"trace={everything.TRACE.hex()}"))
    assert list(whole) == ["resourceSpans"]
    lines = export(first, "begin=0").splitlines()
    assert {next(iter(json.loads(line))) for line in lines} == {"resourceSpans", "resourceLogs", "resourceMetrics"}
    for line in lines:
        signal = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}[next(iter(json.loads(line)))]
        answer = post(f"{second.url}/v1/{signal}", line, JSON)
        assert (answer.status, answer.json()) == (200, {})
    assert stored(second) == stored(first)
    answer = post(f"{second.url}/v1/traces", json.dumps(whole).encode(), JSON)
    assert (answer.status, answer.json()) == (200, {})
    assert stored(second) == stored(first)                      # nothing of it is there twice


def test_what_is_stored_is_what_was_sent(viewers: tuple[Viewer, Viewer]) -> None:
    from google.protobuf.json_format import ParseDict

    sent = everything.traces()
    found = type(sent)()
    ParseDict(json.loads(export(viewers[0], "begin=0&signal=traces"), object_hook=base64_ids), found)
    assert flat(found, "scope_spans", "spans") == flat(sent, "scope_spans", "spans")


def base64_ids(found: dict[str, Any]) -> dict[str, Any]:
    from base64 import b64encode

    return {key: b64encode(bytes.fromhex(value)).decode() if key in {"traceId", "spanId", "parentSpanId"} else value
            for key, value in found.items()}


def test_an_archive_has_the_same_lines(viewers: tuple[Viewer, Viewer]) -> None:
    body = export(viewers[0], "run=00&form=zip")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["traces.jsonl", "logs.jsonl", "metrics.jsonl", "annotations.json", "README.txt"]
        assert len(archive.read("README.txt").splitlines()) == 3
        assert b"".join(map(archive.read, archive.namelist()[:3])) == export(viewers[0], "run=00")


@pytest.mark.parametrize(("query", "status"), [
    ("", 400), ("trace=00", 400), ("run=zz", 400), (f"trace={'f' * 32}", 404), ("run=ffff", 404), ("begin=0&form=json", 400),
    ("begin=0&form=tar", 400), ("begin=0&signal=profiles", 400), ("begin=x", 400), ("begin=5&end=4", 200),
    ("begin=0&check=1", 200), ("run=ffff&check=1", 404),
])
def test_what_cannot_be_had_is_refused(viewers: tuple[Viewer, Viewer], query: str, status: int) -> None:
    assert get(f"{viewers[0].url}/api/page/export?{query}").status == status
