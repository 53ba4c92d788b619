"""One browser for all tests of the page, and viewers with something in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl.host.http import post
from tests.browser import Page, browsing, executable
from tests.page import telemetry
from tests.unit.telemetry.requests import counter
from tests.viewer import JSON, Viewer

# tables of which a part is only seen by scrolling them sideways
CUT = """
[...document.querySelectorAll("main .scroll")].filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.getAttribute("aria-label"))
"""


@dataclass(frozen=True)
class Shown:
    viewer: Viewer
    durations: dict[str, int]           # ns of each request, by trace id
    hostile: dict[str, str]             # trace ids by what is wrong with them

    def url(self, fragment: str = "") -> str:
        return f"{self.viewer.url}/#/{fragment}"


@contextmanager
def running(folder: Path) -> Iterator[Viewer]:
    viewer = Viewer(folder)
    try:
        yield viewer
    finally:
        viewer.kill()


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if not executable():
        pytest.skip("no Chromium on the PATH: nothing to open a page with")
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with running(tmp_path_factory.mktemp("viewer")) as viewer:
        traces, logs, durations = telemetry.lab(2000, 120)
        assert viewer.send(traces).status == 200
        assert viewer.send(telemetry.runs()).status == 200
        assert viewer.send(logs, signal_="logs").status == 200
        assert viewer.send(counter(5), signal_="metrics").status == 200
        yield Shown(viewer, durations, {})


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with running(tmp_path_factory.mktemp("attacked")) as viewer:
        requests, ids = telemetry.hostile()
        for body in requests:
            assert viewer.send(body).status == 200
        for signal, body in zip(("metrics", "logs"), telemetry.hostile_metrics_and_logs(), strict=True):
            assert viewer.send(body, signal_=signal).status == 200
        viewer.send(b"\xff\xff")
        assert post(f"{viewer.url}/api/annotations", telemetry.hostile_annotations(), JSON).status == 200
        yield Shown(viewer, {}, ids)
