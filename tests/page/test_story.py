"""From a cell of the heatmap to its requests and one waterfall, by mouse and by keys; each state's address restores it."""

import re
from typing import Any

from labctl.host.http import get
from tests.browser import Page
from tests.page.conftest import Shown

LISTED = "[...document.querySelectorAll('td.id')].map((cell) => cell.textContent)"
HEADING = "document.querySelector('h1').textContent"
SLOW_NS = 450 * 10**6


def slow(shown: Shown) -> set[str]:
    return {trace for trace, took in shown.durations.items() if took >= SLOW_NS}


def drawn(page: Page, view: str) -> None:
    page.until(f"document.documentElement.dataset.drawn?.startsWith({view!r})")


def box(page: Page) -> dict[str, Any]:
    return dict(page.value("document.querySelector('.chart').getBoundingClientRect().toJSON()"))


def test_the_slow_cells_hold_the_slow_requests_and_lead_to_their_waterfall(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?minutes=5"))
    area = box(page)
    # the upper part of the chart: a request that is slow took more than three times as long as the others
    page.drag((area["x"] + 70, area["y"] + 12), (area["x"] + area["width"] - 12, area["y"] + area["height"] * 0.33))
    page.until("location.hash.includes('low=')")
    page.until(f"{LISTED}.length > 0")
    chosen = dict(re.findall(r"(\w+)=(\d+)", page.value("location.hash")))
    expected = {trace for trace, took in shown.durations.items() if took >= int(chosen["low"])}
    assert set(page.value(LISTED)) == expected
    assert slow(shown) <= expected

    address = page.value("location.href")
    page.press("j", "Enter")
    drawn(page, "trace/")
    assert page.value(HEADING).startswith("POST /predict")
    assert page.value("location.hash").split("/")[2][:32] in expected

    page.visit(address)
    page.until(f"{LISTED}.length === {len(expected)}")


def test_the_same_by_keys_alone(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?minutes=5&query=duration%3E450ms"))
    page.press("m", "ArrowLeft", "ArrowLeft", "Enter")
    page.until("location.hash.includes('low=')")
    page.until("document.querySelector('h2')?.textContent.includes('requests from')")
    page.press("Escape", "t")
    drawn(page, "traces/")
    page.press("/")
    page.call("Input.insertText", text="feature.size=900")
    page.press("Enter")
    page.until("document.querySelectorAll('tbody tr').length === 40")
    page.value("document.activeElement.blur()")
    page.press("j", "Enter")
    drawn(page, "trace/")
    assert page.value("location.hash").split("/")[2][:32] in slow(shown)


def test_a_span_is_told_whole_and_its_address_restores_it(page: Page, shown: Shown) -> None:
    trace = min(slow(shown))
    page.visit(shown.url(f"trace/{trace}"))
    page.press("s")                                     # the slowest self time
    page.until("document.querySelector('.detail h2')?.textContent === 'format_response'")
    page.until("document.querySelector('.detail').textContent.includes('feature.size')")
    address = page.value("location.href")
    page.press("k")
    page.until("document.querySelector('.detail h2')?.textContent === 'model_inference'")
    assert "answered" in page.value("document.querySelector('.detail').textContent")      # its log record
    page.visit(address)
    page.until("document.querySelector('.detail h2')?.textContent === 'format_response'")


def test_the_list_is_live_until_it_is_paused(page: Page, shown: Shown) -> None:
    from tests.unit.telemetry import requests

    page.visit(shown.url("traces"))
    page.until("document.querySelector('lab-status').textContent.includes('live')")
    shown.viewer.send(requests.traces(first=700, service="latecomer"))
    page.until("document.querySelector('tbody').textContent.includes('latecomer')")
    page.press("p")
    shown.viewer.send(requests.traces(first=701, service="unseen"))
    row = get(f"{shown.viewer.url}/api/page/now").json()["last_row"]
    page.until("document.querySelector('lab-status').textContent.includes('spans/s')")
    assert row
    assert "unseen" not in page.value("document.querySelector('tbody').textContent")
