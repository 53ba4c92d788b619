"""C20: OpenTelemetry's exporters for JavaScript, in JSON and protobuf, gzipped and not, at the viewer and as a collector."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.viewer_client.client import ViewerClient
from tests.driver import ROOT
from tests.viewer import Viewer

VARIANTS = {"json", "json_gzip", "protobuf", "protobuf_gzip"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that sends, with its packages from npm."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("node and npm are not on the PATH: JavaScript's exporters are not tested here")
    folder = tmp_path_factory.mktemp("javascript") / "program"
    shutil.copytree(ROOT / "tests" / "e2e" / "javascript", folder)
    argv = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install OpenTelemetry's packages: {done.stderr[-300:]}")
    return folder / "send.mjs"


@pytest.fixture
def viewer(tmp_path: Path) -> Iterator[Viewer]:
    started = Viewer(tmp_path, embedded=True)
    yield started
    started.kill()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("port", ["http", "otlp-http"])
def test_everything_it_sends_arrives(program: Path, viewer: Viewer, port: str) -> None:
    done = subprocess.run(["node", program, f"http://{viewer.at[port]}"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    client = ViewerClient(viewer.url)
    counts = client.counts()
    assert (counts["spans"], counts["log_records"], counts["refused"], counts["failed"]) == (len(VARIANTS), len(VARIANTS), {}, {})
    traces = client.traces(sort="recent", limit=10)
    assert {one["service"] for one in traces} == VARIANTS
    for one in traces:
        found = client.trace(one["trace_id"])
        assert found
        assert found.spans[0].attributes == {"list": [1, 2], "ratio": 0.5, "yes": True}
    series = {(one["service"], one["name"]): one for one in client.metrics().series}
    assert {name for _, name in series} >= {"took", "hits"}
    assert {service for service, _ in series} == VARIANTS
    assert {one["count"] for (_, name), one in series.items() if name == "took"} == {1}
    assert {one["value"] for (_, name), one in series.items() if name == "hits"} == {3}
