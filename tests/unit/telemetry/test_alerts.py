"""The viewer as the receiver of Alertmanager's webhook: what fires, since when, what is resolved; nonsense is refused."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from labctl.host.http import get, post
from labctl.telemetry.store.retention import RetentionLimits
from labctl.telemetry.store.store import Store
from tests.viewer import JSON, Viewer

STARTED, ENDED = "2026-11-26T10:00:00.123456789Z", "2026-11-26T11:02:00+01:00"
STARTED_S, ENDED_S = 1795687200.123456, 1795687320.0


def alert(**changes: Any) -> dict[str, Any]:
    return {
        "status": "firing", "labels": {"alertname": "ErrorBudgetBurn", "slo": "errors<1%"},
        "annotations": {"runbook": "labctl slo"}, "startsAt": STARTED,
        "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "0123456789abcdef", **changes,
    }


def notification(*alerts: Any, version: Any = "4") -> bytes:
    return json.dumps({"version": version, "receiver": "viewer", "status": "firing", "alerts": list(alerts)}).encode()


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    found = Viewer(tmp_path_factory.mktemp("viewer"))
    yield found
    found.kill()


def send(viewer: Viewer, body: bytes) -> tuple[int, Any]:
    answer = post(f"{viewer.url}/api/alerts", body, JSON)
    return answer.status, answer.json()


def listed(viewer: Viewer, fingerprint: str) -> list[dict[str, Any]]:
    return [one for one in get(f"{viewer.url}/api/alerts").json()["alerts"] if one["fingerprint"] == fingerprint]


def test_an_alert_fires_and_is_resolved(viewer: Viewer) -> None:
    assert send(viewer, notification(alert(fingerprint="a1"))) == (200, {"accepted": 1, "refused": {}})
    [fires] = listed(viewer, "a1")
    assert (fires["started"], fires["ended"]) == (pytest.approx(STARTED_S, abs=1e-5), None)
    assert (fires["labels"]["slo"], fires["annotations"]) == ("errors<1%", {"runbook": "labctl slo"})
    send(viewer, notification(alert(fingerprint="a1", status="resolved", endsAt=ENDED)))
    [resolved] = listed(viewer, "a1")
    assert (resolved["started"], resolved["ended"]) == (fires["started"], ENDED_S)


def test_an_invalid_alert_is_refused_by_itself(viewer: Viewer) -> None:
    status, said = send(viewer, notification(alert(fingerprint="b1"), alert(fingerprint="b2", startsAt="yesterday")))
    assert (status, said) == (200, {"accepted": 1, "refused": {"startsAt is no time as RFC 3339 has it": 1}})
    assert len(listed(viewer, "b1")) == 1
    assert not listed(viewer, "b2")


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"[" * 100_000, notification(), notification(version="3"), notification(alert(), version=4),
    json.dumps({"version": "4", "alerts": {}}).encode(), notification(*[alert()] * 1001), notification("x"), notification(None),
    notification(alert(status="pending")), notification(alert(fingerprint="../x")), notification(alert(fingerprint=None)),
    notification(alert(startsAt=5)), notification(alert(startsAt="2026-11-26T10:00:00")), notification(alert(labels=None)),
    notification(alert(startsAt="9999-11-26T10:00:00Z")), notification(alert(labels={"a": 1})),
    notification(alert(labels={"a": "x" * 20_000})), notification(alert(labels={"a": "\ud800"})),
    notification(alert(status="resolved")),
])
def test_nonsense_is_refused(viewer: Viewer, body: bytes) -> None:
    status, said = send(viewer, body)
    assert status == 400
    assert said["title"] == "not a notification of Alertmanager"
    assert get(f"{viewer.url}/health").status == 200


def test_only_json_is_taken_and_only_get_and_post_answered(viewer: Viewer) -> None:
    assert post(f"{viewer.url}/api/alerts", notification(alert()), {"content-type": "text/plain"}).status == 415
    from labctl.host.http import request

    assert request("DELETE", f"{viewer.url}/api/alerts").status == 405


@pytest.mark.parametrize("table", ["alerts", "annotations"])
def test_a_store_from_before_there_was_such_a_table_is_kept(tmp_path: Path, table: str) -> None:
    path = tmp_path / "viewer.db"
    Store(path, RetentionLimits(1 << 30, 86400)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TABLE {table}")
        connection.execute("INSERT INTO resources(encoded, service, instance) VALUES(x'', 'kept', '')")
        connection.commit()
    store = Store(path, RetentionLimits(1 << 30, 86400))
    try:
        assert store.put_aside == ""
        assert store.read("SELECT service FROM resources") == [("kept",)]
        assert store.read(f"SELECT count(*) FROM {table}") == [(0,)]
    finally:
        store.close()
