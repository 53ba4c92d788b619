"""What did not come is asked for again, also where the view is paused; and what an old answer lacks is fetched."""

import json
import time
from typing import Any, Final

import pytest

from labctl.host.http import post
from tests.browser import Page
from tests.page.conftest import Shown
from tests.page.telemetry import RUNS
from tests.viewer import JSON

MAIN: Final = "document.querySelector('main').innerText"
PROBLEMS: Final = "[...document.querySelectorAll('.problem')].map((one) => one.textContent).join('')"
# an async function's beginning: each column of an answer has one request, and `asked` has when the answers begin
COLUMNS: Final = """(async () => {
        const asked = [], real = globalThis.fetch;
        globalThis.fetch = async (url) => {
            const each = new URLSearchParams(url.split("?")[1]);
            asked.push(Number(each.get("begin")));
            const size = (each.get("end") - each.get("begin")) / each.get("width");
            return { ok: true, json: async () => ({ bounds: [], columns: Array(size).fill({ count: 1 }) }) };
        };
        const { Columns } = await import("/page/kit/columns.js");
"""
TROUBLED: Final = """(() => {
    const real = globalThis.fetch, parts = PARTS;
    globalThis.troubled = [];
    globalThis.fetch = async (url, options) => {
        const part = parts.find((one) => String(url).includes(one));
        if (!part) return real(url, options);
        globalThis.troubled.push(part);
        return { ok: false, status: STATUS, json: async () => ({ title: "try later" }) };
    };
    globalThis.mend = () => { globalThis.fetch = real; };
})()"""


def trouble(page: Page, *parts: str, status: int = 429) -> None:
    """Answers of addresses that contain one of these have that status until `mend()`."""
    page.value(TROUBLED.replace("PARTS", repr(list(parts))).replace("STATUS", str(status)))


def evaluated(page: Page, expression: str) -> Any:
    found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=expression)
    assert "exceptionDetails" not in found, found
    return found["result"]["value"]


@pytest.mark.parametrize(("view", "parts", "seen"), [
    ("heatmap?begin={begin}&end={end}&from={begin}&to={end}&low=1", ("page/heatmap", "page/requests"), "are listed."),
    (f"run/{RUNS[0]}", ("page/runs/",), "requests stored"),
    (f"compare?runs={RUNS[0]},{RUNS[1]}", ("page/compare/",), "slower in B on average"),
    ("traces?query=status%3Derror", ("page/traces",), "POST /predict"),
    ("logs?level=warn&until=9000000000000", ("page/logs",), "has a large feature"),
    ("trace/{trace}", ("/beside",), "1 log record"),
])
def test_a_view_that_is_refused_for_a_while_shows_all_afterwards(
    page: Page, shown: Shown, view: str, parts: tuple[str, ...], seen: str,
) -> None:
    page.visit(shown.url("metrics"))
    trouble(page, *parts)
    begin, trace = int(page.value("Date.now() - 600000")), next(iter(shown.durations))
    page.value(f"location.hash = '#/{view.format(begin=begin, end=begin + 600_000, trace=trace)}'")
    page.until(f"{PROBLEMS}.includes('Try later')")
    asked = page.value("troubled.length")
    page.until(f"troubled.length > {asked}")
    page.value("mend()")
    page.until(f"{MAIN}.includes({seen!r}) && {PROBLEMS} === ''")
    assert page.complaints == []


def test_a_query_that_is_refused_for_good_is_not_asked_again(page: Page, shown: Shown) -> None:
    page.visit(shown.url("traces?query=duration%3E5"))
    page.until("document.querySelector('lab-status').textContent.includes('live')")
    asked = len([url for url in page.asked if "/api/page/traces" in url])
    assert shown.viewer.send(b"").status == 200
    page.until(f"{PROBLEMS} !== ''")
    assert len([url for url in page.asked if "/api/page/traces" in url]) == asked == 1


def test_a_later_window_of_the_same_width_has_all_its_columns(page: Page, shown: Shown) -> None:
    page.visit(shown.url("metrics"))
    fetched = evaluated(page, COLUMNS + """
        const begin = 1600000000000;
        const one = (from, to) => new Columns({ span: { begin: begin + from, end: begin + to }, most: 150, query: "" });
        const first = one(0, 300000), later = one(60000, 360000), within = one(60000, 300000);
        await first.refresh();
        for (const next of [later, within]) { next.takeOver(first); await next.refresh(); }
        globalThis.fetch = real;
        return [asked.map((at) => at - begin), later.list().columns.filter((one) => one === null).length];
    })()""")
    assert fetched == [[0, 300000], 0]


def test_of_a_view_that_was_left_only_what_may_have_changed_since_is_read(page: Page, shown: Shown) -> None:
    page.visit(shown.url("metrics"))
    fetched = evaluated(page, COLUMNS + """
        const left = 1600000001000, made = () => new Columns({ span: 300000, most: 60, query: "" });
        const first = made(), again = made();
        await first.refresh({ now: left });
        again.takeOver(first);
        await again.refresh({ now: left + 12000 });
        globalThis.fetch = real;
        return [asked.map((at) => at - left), again.list(left + 12000).columns.filter((one) => one === null).length];
    })()""")
    assert fetched == [[-296_000, -11_000], 0]


def test_an_alert_whose_answer_failed_is_told_with_the_next_tick(page: Page, shown: Shown) -> None:
    page.visit(shown.url())
    page.until("document.querySelector('lab-status').textContent.includes('live')")
    trouble(page, "page/told", status=503)
    yesterday = time.time() - 86_400                # so that no other test's minutes have it
    fault = {"kind": "fault", "key": "again", "title": "asked-again", "begin": yesterday, "end": None, "data": {}}
    assert post(f"{shown.viewer.url}/api/annotations", json.dumps(fault).encode(), JSON).status == 200
    page.until("troubled.length > 0")
    page.value("mend()")
    page.until("document.querySelector('#wrong').textContent.includes('asked-again')")
    ended = json.dumps({**fault, "end": yesterday + 1}).encode()
    assert post(f"{shown.viewer.url}/api/annotations", ended, JSON).status == 200
    page.until("!document.querySelector('#wrong').textContent.includes('asked-again')")


def test_the_skip_link_leads_to_the_content_of_the_view(page: Page, shown: Shown) -> None:
    page.visit(shown.url("traces?query=status%3Derror"))
    before = page.value("location.hash")
    page.press("Tab")
    assert page.value("document.activeElement.className") == "skip"
    page.press("Enter")
    page.until("document.activeElement.id === 'view'")
    assert page.value("location.hash") == before
    assert page.value("document.querySelector('h1').textContent") == "Traces"
