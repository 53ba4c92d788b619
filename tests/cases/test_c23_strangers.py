"""C23: a Host that is not the lab's (DNS rebinding) and a write from another site's page are refused."""

from pathlib import Path

import pytest

from labctl.host.http import request
from tests.unit.telemetry import requests
from tests.viewer import PROTOBUF, Viewer

GOOD = ["localhost", "127.0.0.1", "127.0.0.1:9003", "localhost:1", "LOCALHOST", "[::1]:9003"]
BAD = ["evil.example", "evil.example:9003", "localhost.evil.example", "127.0.0.1.evil.example", "10.1.2.3", "[::1", "",
       "localhost@evil.example"]


@pytest.mark.parametrize("host", GOOD)
def test_own_names_are_answered(shared_viewer: Viewer, host: str) -> None:
    assert request("GET", f"{shared_viewer.url}/health", headers={"host": host}).status == 200


@pytest.mark.parametrize("host", BAD)
@pytest.mark.parametrize("path", ["/health", "/api/traces", "/api/counts", "/v1/traces"])
def test_other_names_are_not(shared_viewer: Viewer, host: str, path: str) -> None:
    method = "POST" if path.startswith("/v1") else "GET"
    body = requests.traces() if method == "POST" else None
    answer = request(method, f"{shared_viewer.url}{path}", body, PROTOBUF | {"host": host})
    assert answer.status in {400, 421}
    assert b"spans" not in answer.body


@pytest.mark.parametrize(("origin", "status"), [
    ("http://evil.example", 403), ("https://evil.example:9003", 403), ("null", 403), ("http://localhost:9003", 200),
    ("http://127.0.0.1:3000", 200),
])
def test_a_page_of_another_site_cannot_write(viewer: Viewer, origin: str, status: int) -> None:
    answer = request("POST", f"{viewer.url}/v1/traces", requests.traces(), PROTOBUF | {"origin": origin}, 10)
    assert answer.status == status
    assert viewer.counts()["spans"] == (2 if status == 200 else 0)


def test_where_it_stands_for_the_collector(collector: Viewer) -> None:
    for name, path in (("otlp-http", "/v1/traces"), ("metrics", "/metrics"), ("health", "/")):
        method = "POST" if path == "/v1/traces" else "GET"
        answer = request(method, f"http://{collector.at[name]}{path}", headers={"host": "evil.example"})
        assert answer.status == 421


def test_other_names_can_be_given(tmp_path: Path) -> None:
    viewer = Viewer(tmp_path, "--host", "ai-lab-2-2-viewer")
    try:
        assert request("GET", f"{viewer.url}/health", headers={"host": "ai-lab-2-2-viewer:9003"}).status == 200
        assert request("GET", f"{viewer.url}/health", headers={"host": "ai-lab-2-2-viewer.evil.example"}).status == 421
    finally:
        viewer.kill()
