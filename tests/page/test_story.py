"""A run with 2 % slow in format_response where a feature is large: what a person sees from the overview to the log line.

By clicks alone, and by keys alone. Each state's address restores it.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from labctl.host.http import get
from tests.browser import Page
from tests.page.conftest import Shown, running
from tests.page.telemetry import RUNS
from tests.unit.telemetry import requests

LISTED = "[...document.querySelectorAll('td.id')].map((cell) => cell.textContent)"
HEADING = "document.querySelector('h1').textContent"
LINES = "[...document.querySelectorAll('.apart li')].map((one) => one.textContent)"
DETAIL = "document.querySelector('.detail').textContent"
EXAMPLE = "document.querySelectorAll('.apart .example')[1]"        # of the second line, which is the span's
ADDRESS = "location.href"
SLOW_NS = 450 * 10**6


def slow(shown: Shown) -> set[str]:
    return {trace for trace, took in shown.durations.items() if took >= SLOW_NS}


def drawn(page: Page, view: str) -> None:
    page.until(f"document.documentElement.dataset.drawn.startsWith({view!r})")


def select_by_mouse(page: Page) -> None:
    """The upper part of the chart: a slow request took more than three times as long as the others."""
    page.until("document.querySelector('.chart + p + .note')?.textContent.includes('requests')")
    area = page.value("document.querySelector('.chart').getBoundingClientRect().toJSON()")
    page.drag((area["x"] + 70, area["y"] + 30), (area["x"] + area["width"] - 48, area["y"] + area["height"] * 0.33))


def select_by_keys(page: Page) -> None:
    page.until("document.querySelector('.chart + p + .note')?.textContent.includes('requests')")
    page.press("m", "ArrowUp", "PageUp", "Home", "Shift+End")
    while "398 ms" not in page.value("document.querySelector('.chart + p').textContent"):
        page.press("Shift+ArrowDown")
    page.press("Enter")


def requests_are_right(page: Page, shown: Shown) -> None:
    """The page lists what SQL finds in the store, and these are the slow ones."""
    page.until("location.hash.includes('low=')")
    page.until(f"{LINES}.length > 1")
    parameters = parse_qs(page.value("location.hash").partition("?")[2])
    asked = {name: int(value) for name, [value] in parameters.items() if value.isdigit()}
    with closing(sqlite3.connect(f"file:{shown.viewer.db}?mode=ro", uri=True)) as store:
        found = store.execute(
            "SELECT lower(hex(trace_id)) FROM spans WHERE parent_id = x'' AND start >= ? AND start < ? AND duration >= ?"
            " AND duration < ?", (asked["from"] * 10**6, asked["to"] * 10**6, asked["low"], asked.get("high", 1 << 62)))
        expected = {trace for [trace] in found}
    assert set(page.value(LISTED)) == expected == slow(shown)


def named_first(page: Page) -> None:
    """The attribute, then the span."""
    attribute, span = page.value(LINES)[:2]
    assert re.match(r"feature\.size ≥ 900 on .*: 100\s% of the selected, 0\s% of the others", attribute)
    assert re.match(r"format_response: 39\d ms longer: self time above [\d.]+ ms in 100\s% of the selected, 0\s% of", span)


def waterfall_with_its_log(page: Page, shown: Shown) -> None:
    drawn(page, "trace/")
    page.until("document.querySelector('.detail h2')?.textContent === 'format_response'")
    assert page.value("location.hash").split("/")[2][:32] in slow(shown)
    page.until(f"{DETAIL}.includes('has a large feature')")


def restored(page: Page, addresses: dict[str, str], shown: Shown) -> None:
    page.visit(addresses["heatmap"])
    page.until("document.querySelector('.chart') !== null")
    page.visit(addresses["selected"])
    requests_are_right(page, shown)
    named_first(page)
    page.visit(addresses["waterfall"])
    waterfall_with_its_log(page, shown)


def test_from_the_overview_to_the_log_line_in_three_clicks(page: Page, shown: Shown) -> None:
    page.visit(shown.url())
    page.click("[...document.querySelectorAll('nav a')].find((one) => one.textContent === 'Heatmap')")
    drawn(page, "heatmap/")
    addresses = {"heatmap": page.value(ADDRESS)}
    select_by_mouse(page)
    requests_are_right(page, shown)
    named_first(page)
    addresses["selected"] = page.value(ADDRESS)
    page.click(EXAMPLE)
    waterfall_with_its_log(page, shown)
    addresses["waterfall"] = page.value(ADDRESS)
    assert page.complaints == []
    restored(page, addresses, shown)


def test_the_same_by_keys_alone(page: Page, shown: Shown) -> None:
    page.visit(shown.url())
    page.press("H")
    drawn(page, "heatmap/")
    addresses = {"heatmap": page.value(ADDRESS)}
    select_by_keys(page)
    requests_are_right(page, shown)
    named_first(page)
    addresses["selected"] = page.value(ADDRESS)
    page.press("a", "Tab", "Tab", "Tab", "Enter")       # the first line, one of its requests, the second line, one of its
    waterfall_with_its_log(page, shown)
    addresses["waterfall"] = page.value(ADDRESS)
    page.press("Escape")
    page.until(f"{ADDRESS} === {addresses['selected']!r}")
    restored(page, addresses, shown)


def test_a_line_leads_to_the_traces_that_it_tells_of(page: Page, shown: Shown) -> None:
    page.visit(shown.url(f"heatmap?minutes=15&from=1&to=9000000000000&low={SLOW_NS}"))
    page.until(f"{LINES}.length > 1")
    page.click("document.querySelector('.apart a')")
    drawn(page, "traces/")
    page.until("document.querySelectorAll('tbody tr').length === 40")
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


def test_the_keys_of_a_view_give_way_to_those_of_the_page_once_it_is_left(page: Page, shown: Shown) -> None:
    page.visit(shown.url(f"trace/{min(slow(shown))}"))
    page.press("o")
    drawn(page, "/")
    page.press("H")
    drawn(page, "heatmap/")
    page.press("t")
    drawn(page, "traces/")


def test_a_view_that_is_left_before_its_answer_is_there_keeps_no_keys(page: Page, shown: Shown) -> None:
    page.visit(shown.url())
    page.value(f"""{{
        const real = globalThis.fetch;
        globalThis.fetch = (url, more) => {{
            if (!url.includes('page/runs/')) return real(url, more);
            location.hash = '#/logs';
            return new Promise((_, ended) => more.signal.addEventListener('abort', () => ended(more.signal.reason)));
        }};
        location.hash = '#/run/{RUNS[0]}';
    }}""")
    drawn(page, "logs/")
    page.press("t")
    drawn(page, "traces/")
    assert page.value("location.hash") == "#/traces"


def test_a_trace_that_is_left_while_its_logs_are_read_leaves_the_place_to_the_next_view(page: Page, shown: Shown) -> None:
    page.visit(shown.url("logs"))
    page.value(f"""{{
        const real = globalThis.fetch;
        globalThis.fetch = (url, more) => (url.includes('/beside') ? new Promise((_, ended) => {{
            globalThis.waiting = true;
            more.signal.addEventListener('abort', () => setTimeout(() => {{
                ended(more.signal.reason);
                globalThis.ended = true;
            }}, 300));
        }}) : real(url, more));
        location.hash = '#/trace/{next(iter(shown.durations))}';
    }}""")
    page.until("globalThis.waiting && document.querySelector('main').children.length === 0")
    page.press("L")
    drawn(page, "logs/")
    page.until("globalThis.ended")
    page.press("k")
    assert page.value("document.querySelector('main h1').textContent") == "Logs"
    assert page.complaints == []


@pytest.mark.parametrize(("view", "part", "at"), [
    ("trace/{trace}", "page/traces/", "document.querySelector('main'), '::after'"),
    ("heatmap", "page/heatmap", "document.querySelector('main .late')"),
])
def test_a_view_whose_answer_takes_long_says_that_it_waits(page: Page, shown: Shown, view: str, part: str, at: str) -> None:
    page.visit(shown.url("logs"))
    page.value(f"""{{
        const real = globalThis.fetch;
        globalThis.waiting = [];
        globalThis.fetch = (url, more) => (url.includes('{part}') ? new Promise((done) => {{
            globalThis.waiting.push(() => done(real(url, more)));
        }}) : real(url, more));
        location.hash = '#/{view.format(trace=next(iter(shown.durations)))}';
    }}""")
    page.until("waiting.length > 0")
    style = f"(document.querySelector('main .late, main:empty') ? getComputedStyle({at}) : {{}})"
    assert page.value(f"{style}.visibility") == "hidden"         # one that is quick does not flicker
    page.until(f"{style}.visibility === 'visible' && {style}.content !== 'none'")
    page.value("for (const answer of waiting) answer()")
    page.until("document.querySelector('main .late, main:empty') === null")
    assert page.complaints == []


def test_a_trace_without_a_root_is_marked_in_the_list(page: Page, tmp_path: Path) -> None:
    request = ExportTraceServiceRequest.FromString(requests.traces(2))
    del request.resource_spans[0].scope_spans[0].spans[0]
    with running(tmp_path) as viewer:
        assert viewer.send(request.SerializeToString()).status == 200
        page.visit(f"{viewer.url}/#/traces")
        page.until("document.querySelectorAll('main tbody tr').length === 2")
        said = page.value("[...document.querySelectorAll('main tbody tr td:nth-child(4)')].map((cell) => cell.innerText)")
    assert sorted(said) == ["GET", "work no root"]
    assert page.complaints == []
