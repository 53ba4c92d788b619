"""The overview of a real lab: nothing is lost in a healthy one, and where spans get lost the hop and the number are read at once.

The same page behind TLS and a bearer token asks for the token, and then everything works.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Page, browsing
from tests.driver import Driver, a_name

WRONG = "(document.querySelector('#wrong')?.innerText ?? '')"
HOPS = "document.querySelector('.hops').innerText"
# elements; a number that gets another digit is right-aligned
SHIFTS = """
globalThis.shifts = [];
const shown = (list) => list.getEntries().flatMap(({ sources }) => sources).map(({ node }) => node)
  .filter((node) => node instanceof Element);
new PerformanceObserver((list) => shifts.push(...shown(list).map(({ outerHTML }) => outerHTML))).observe({ type: "layout-shift" })
"""
TICKS = """
globalThis.told = 0;
const own = document.querySelector("script[src]").src;
import(new URL("kit/live.js", own)).then(({ subscribe }) => subscribe(() => { told += 1; }, new AbortController().signal))
"""
GROUPS = re.compile("[\u202f\u00a0]")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with Driver(a_name("page"), tmp_path_factory.mktemp("state")).up() as driver:
        yield driver


def test_a_healthy_lab_has_lost_nothing(page: Page, lab: Driver) -> None:
    run = lab.json("load", "-n", "40", "--rps", "200", code=None)
    page.visit(f"{lab.url('VIEWER')}/#/")
    page.until(f"{WRONG}.startsWith('All components answer, and no counter shows a loss')")
    page.until(f"{HOPS}.includes('{run['run_id'][:8]}')")
    assert len(re.findall("● answers", page.value(HOPS))) == 2
    assert page.value("document.querySelector('a[href^=\"#/heatmap?begin=\"]').textContent")     # of the last request
    assert "lost" not in page.value("document.querySelector('lab-status').textContent")
    assert page.value("document.querySelector('[aria-label=Runs] tbody td:last-child').textContent") == "0"
    assert page.complaints == []


@pytest.mark.parametrize("width", [400, 1000, 1440])
def test_nothing_moves_under_the_pointer_once_it_is_drawn(page: Page, lab: Driver, width: int) -> None:
    page.visit(f"{lab.url('VIEWER')}/#/", width)
    page.until(f"{WRONG}.startsWith('All components answer, and no counter shows a loss')")
    page.visit(f"{lab.url('VIEWER')}/#/", width)
    page.until(f"{WRONG}.startsWith('All components answer')")     # at once, unless the machine is busy
    page.value(SHIFTS)
    page.value("globalThis.first = document.querySelector('#view a')")
    page.until(f"!{HOPS}.includes('measuring')")
    page.value(TICKS)
    page.until("told >= 4")
    assert page.value("shifts") == [], page.value("shifts")
    assert page.value("first.isConnected")      # a click that began on it ends on it


def test_where_spans_get_lost_the_overview_names_hop_and_number(page: Page, lab: Driver) -> None:
    lab.run("break", "small-queue")
    run = lab.json("load", "-n", "100", "--rps", "200", code=None)
    [lost] = run["ledger"]["lost"]
    page.visit(f"{lab.url('VIEWER')}/#/")
    page.until(f"{WRONG}.includes('spans lost, service → collector') && {WRONG}.includes('queue was full')")
    assert lost["spans"] > 0
    # those of the canary too, once the SDK has told of all of them
    page.until(f"Number(/([\\d\u202f]+) spans lost/.exec({WRONG})[1].replaceAll('\u202f', '')) >= {lost['spans']}")
    text = GROUPS.sub("", page.value(WRONG))
    assert "The fault small-queue has been on since" in text
    assert "spans lost" in page.value("document.querySelector('lab-status').textContent")
    runs = page.value("document.querySelector('[aria-label=Runs]').textContent")
    assert f"{lost['spans']} {lost['hop']}" in GROUPS.sub("", runs)
    links = page.value("[...document.querySelectorAll('#wrong a')].map((one) => one.hash)")
    assert f"#/run/{run['run_id']}" in links
    assert any(one.startswith("#/metrics?name=otel.sdk.processor.span.processed&minutes=") for one in links)
    assert page.value("document.querySelector('.hop.arrow a').hash") == f"#/run/{run['run_id']}"
    lab.run("why", code=5)
    page.until("document.querySelector('main').innerText.includes('queue holds only 1 span')")
    lab.run("mend")


def test_behind_tls_and_a_token(lab: Driver, tmp_path: Path) -> None:
    lab.run("up", "--tls", "--auth")
    secret = Path(lab.run("auth").stdout.strip()).read_text().split()[0]
    # the lab's own CA is none of the browser's
    with browsing(tmp_path, "--ignore-certificate-errors") as page:
        page.call("Page.navigate", url=f"https://127.0.0.1:{lab.ports['VIEWER']}/#/")
        for word, then in (("wrong", "Token rejected"), (secret, "Services")):
            page.until("document.querySelector('#token') !== null")
            page.value("document.querySelector('#token').focus()")
            page.call("Input.insertText", text=word)
            page.press("Enter")
            page.until(f"document.querySelector('main').innerText.includes('{then}')")
        page.until("document.querySelector('lab-status').textContent.includes('live')")
        assert "no bearer token" not in page.value("document.querySelector('main').innerText")
        for view in ("traces", "logs", "metrics", "runs", "heatmap"):
            page.value(f"location.hash = '#/{view}'")
            page.until(f"document.documentElement.dataset.drawn?.startsWith('{view}/')")
            assert page.value("document.querySelector('.problem')?.textContent || ''") == ""
