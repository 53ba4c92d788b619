"""Pages of other sites can neither ask the viewer nor send to it, on any of its ports; links to it can be followed."""

from collections.abc import Iterator

import pytest

from labctl.host.http import get, request
from tests.unit.telemetry import requests
from tests.viewer import JSON, PROTOBUF, Viewer


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    started = Viewer(tmp_path_factory.mktemp("viewer"), embedded=True)
    yield started
    started.kill()


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)])
def test_a_page_of_another_site_may_not_ask(viewer: Viewer, site: str, status: int) -> None:
    for path in ("api/page/now", "api/page/runs", "api/page/files", "api/counts", "api/traces", "page/main.js"):
        assert request("GET", f"{viewer.url}/{path}", headers={"sec-fetch-site": site}).status == status


@pytest.mark.parametrize("of_another", [
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"},
    {"origin": "https://elsewhere.example"}, {"origin": "null"}, {"origin": "http://["},
])
def test_a_page_of_another_site_may_not_send(viewer: Viewer, of_another: dict[str, str]) -> None:
    urls = [f"{viewer.url}/{path}" for path in ("api/annotations", "api/alerts", "v1/traces")]
    for url in (*urls, f"http://{viewer.at['otlp-http']}/v1/traces"):
        assert request("POST", url, b"[]", headers=JSON | of_another).status == 403
    assert get(f"{viewer.url}/api/counts").json()["spans"] == 0


def test_a_link_to_the_viewer_is_followed_and_its_own_page_may_send(viewer: Viewer) -> None:
    assert request("GET", f"{viewer.url}/", headers={"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}).status == 200
    own = {"sec-fetch-site": "same-origin", "origin": viewer.url}
    assert request("POST", f"{viewer.url}/v1/traces", requests.traces(0), headers=PROTOBUF | own).status == 200
