"""Every view in Chromium: it is drawn, fits, asks this machine alone, complains of nothing, and axe finds nothing to mend."""

import time
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.browser import Page
from tests.page.conftest import CUT, Shown, running
from tests.page.telemetry import RUNS

VIEWS = (
    "", "traces", "traces?query=status%3Derror", "heatmap?minutes=5",
    "heatmap?minutes=5&slo=200&from=1&to=9000000000000&low=450000000", "trace", "logs", "metrics", "metrics?name=hits", "runs",
    f"run/{RUNS[0]}", f"compare?runs={RUNS[0]},{RUNS[1]}", "compare?traces=", "compare",
)
AXE = """
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
  .then((found) => found.violations.map(({id, nodes}) => [id, nodes.map(({html, failureSummary}) => [html, failureSummary])]))
"""
# entries of the navigation that a click reaches as the page stands
REACHED = """
[...document.querySelectorAll("#views a")].map((one) => [one, one.getBoundingClientRect()]).filter(([one, box]) =>
  box.left >= 0 && box.right <= innerWidth &&
  document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) === one).length
"""
LONG = "[...document.querySelectorAll('main p:not(h1 + p)')].map((one) => one.offsetWidth).filter((width) => width > 1000)"


def opened(page: Page, shown: Shown, view: str, width: int = 1440, scheme: str = "light") -> None:
    view = f"trace/{max(shown.durations, key=lambda one: shown.durations[one])}" if view == "trace" else view
    view = f"{view}{','.join([*shown.durations][:2])}" if view.endswith("traces=") else view
    page.visit(shown.url(view), width, scheme)
    if "from=" in view:
        page.until("document.querySelector('.apart') !== null")


def found_by_axe(page: Page) -> Any:
    page.call("Runtime.evaluate", expression=files("axe_playwright_python").joinpath("axe.min.js").read_text())
    return page.call("Runtime.evaluate", expression=AXE, awaitPromise=True, returnByValue=True)["result"]["value"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_to_mend(page: Page, shown: Shown, view: str, scheme: str) -> None:
    opened(page, shown, view, 1440, scheme)
    assert found_by_axe(page) == []


def test_axe_finds_nothing_in_a_list_of_short_names(page: Page, tmp_path: Path) -> None:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number, parent in ((1, b""), (2, b"no parent")):
        spans.add(trace_id=bytes([number] * 16), span_id=bytes([number] * 8), parent_span_id=parent[:8], name="GET", kind=2,
                  start_time_unix_nano=time.time_ns(), end_time_unix_nano=time.time_ns() + 10**6)
    with running(tmp_path) as viewer:
        viewer.send(request.SerializeToString())
        page.visit(f"{viewer.url}/#/traces")
        page.until("document.querySelectorAll('tbody tr').length === 2")
        assert found_by_axe(page) == []


@pytest.mark.parametrize("width", [400, 1440, 2560])
@pytest.mark.parametrize("view", VIEWS)
def test_it_fits_and_asks_this_machine_alone(page: Page, shown: Shown, view: str, width: int) -> None:
    opened(page, shown, view, width)
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    assert page.value(REACHED) == page.value("document.querySelectorAll('#views a').length") == 6
    assert page.value(CUT) == []
    assert page.value(LONG) == []
    page.until("document.querySelector('lab-status').textContent.includes('live')")
    assert {urlsplit(url).hostname for url in page.asked} == {"127.0.0.1"}
    assert page.complaints == []


def test_no_cookie_and_nothing_inline(page: Page, shown: Shown) -> None:
    opened(page, shown, "")
    assert page.value("document.cookie") == ""
    assert page.value("document.querySelectorAll('script:not([src]), style, [style*=url]').length") == 0
    page.value("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.value("window.ran") is None


def test_it_prints(page: Page, shown: Shown) -> None:
    opened(page, shown, "")
    assert page.printed().startswith(b"%PDF")
