"""The page stays as it is for hours, and finds its viewer again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from labctl.host.http import get
from tests.browser import Page
from tests.page import signals, telemetry
from tests.page.conftest import Shown
from tests.page.lasting import FastViewer, held, ticks, turn
from tests.unit.telemetry import requests
from tests.viewer import Viewer

STATUS = "document.querySelector('lab-status').textContent"
WRONG = "document.querySelector('#wrong')?.textContent"
MAIN = "document.querySelector('.records, main table')?.textContent"


@pytest.fixture
def viewer(tmp_path: Path) -> Iterator[Viewer]:
    found = FastViewer(tmp_path)
    try:
        yield found
    finally:
        found.kill()


def test_nothing_grows_while_it_is_told_for_long_and_every_view_is_visited(page: Page, viewer: Viewer) -> None:
    traces, logs, durations = telemetry.lab(300, 60)
    viewer.send(traces)
    viewer.send(logs, signal_="logs")
    viewer.send(signals.metrics(), signal_="metrics")
    trace = next(iter(durations))
    page.visit(Shown(viewer, durations, {}).url())
    points = list[dict[str, int]]()
    while len(points) < 5:              # one may be taken before all is drawn; what is not let go grows in each part
        for _ in range(5):
            turn(page, trace)
        ticks(page, viewer, 150)
        points.append(held(page))
        if len(points) > 1 and not grown(*points[-2:]):
            return
    pytest.fail(str(points))


def grown(before: dict[str, int], after: dict[str, int]) -> bool:
    most = {"listeners": before["listeners"] + 10, "nodes": before["nodes"] + 100, "heap": before["heap"] * 1.1 + 300_000}
    return any(after[name] > most[name] for name in most)


def test_a_metric_that_stays_chosen_makes_no_new_legend_each_time(page: Page, viewer: Viewer) -> None:
    viewer.send(signals.metrics(), signal_="metrics")
    swatches = "document.querySelectorAll('.swatch canvas').length"
    facts = "document.querySelector('main h2 + .note').textContent"

    def minutes(*wanted: int) -> None:
        for one in wanted:
            before = page.value(facts)
            page.value(f"location.hash = '#/metrics?name=requests&minutes={one}'")
            page.until(f"{facts} !== {before!r}")

    page.visit(f"{viewer.url}/#/metrics?name=requests&minutes=10")
    page.until(f"{swatches} === 3")
    page.value("globalThis.first = new WeakRef(document.querySelector('.swatch canvas'))")
    minutes(30, 10)
    before = held(page)
    minutes(*[30, 10] * 5)
    after = held(page)
    assert page.value("globalThis.first.deref()?.isConnected")
    assert after["listeners"] <= before["listeners"] + 10, (before, after)
    page.click("document.querySelector('fieldset input[type=checkbox]')")       # another choice has another legend
    page.until(f"{swatches} === 2")
    assert held(page)["listeners"] <= before["listeners"] + 10


def test_the_page_finds_a_viewer_that_was_killed_and_makes_no_rate_of_two_viewers(page: Page, viewer: Viewer) -> None:
    viewer.send(telemetry.lab(500, 60)[0])
    page.visit(f"{viewer.url}/#/")
    page.until(f"{STATUS}.includes('live') && {STATUS}.includes('spans/s')")
    page.value("""globalThis.rates = []; const own = document.querySelector('script[src]').src;
        import(new URL('kit/live.js', own)).then(({ subscribe }) => subscribe(() => {
        const found = /([\\d\\u202f.–]+) spans/.exec(document.querySelector('lab-status').textContent);
        if (found) globalThis.rates.push(found[1]);
    }, new AbortController().signal))""")
    viewer.kill()
    page.until(f"/^Disconnected: .+ Reconnecting…$/.test({STATUS})")
    page.value("location.hash = '#/metrics'")
    page.until("document.querySelector('#view .problem')?.textContent")       # of the view's module, or of what it asks for
    page.complaints = []
    page.value("globalThis.rates.length = 0")
    viewer.start()
    page.until("document.documentElement.dataset.drawn === 'metrics/'")       # by itself
    page.until(f"!{STATUS}.includes('Disconnected') && {STATUS}.includes('● live')")
    page.until("globalThis.rates.length > 5")
    assert get(f"{viewer.url}/api/page/now").json()["started"] > 0
    # 2 000 spans were counted before, none since: a rate of both would be minus or plus thousands
    assert set(page.value("globalThis.rates")) <= {"–", "0"}


def test_what_a_killed_viewer_told_is_not_shown_as_how_it_is_now(page: Page, viewer: Viewer) -> None:
    page.visit(f"{viewer.url}/#/")
    page.until(f"{STATUS}.includes('live') && {WRONG}.includes('this is what is stored')")
    viewer.kill()
    page.until(f"/No live data: what is shown is of [0-9:]+\\./.test({WRONG})")
    assert not page.value(f"{WRONG}.includes('this is what is stored')")
    viewer.start()
    page.until(f"{WRONG}.includes('this is what is stored') && !{WRONG}.includes('No live data')")


@pytest.mark.parametrize("view", ["traces", "logs"])
def test_what_cannot_be_read_for_a_while_is_told_and_the_view_goes_on(page: Page, viewer: Viewer, view: str) -> None:
    page.visit(f"{viewer.url}/#/{view}")
    page.until(f"{STATUS}.includes('● live')")
    for old, new in (("spans", "elsewhere"), ("elsewhere", "spans")):
        with closing(sqlite3.connect(viewer.db, timeout=60)) as store:
            store.execute(f"ALTER TABLE {old} RENAME TO {new}")
        page.until(f"{STATUS}.includes({'No live data: Unavailable' if old == 'spans' else '● live'!r})")
    assert page.complaints == []


@pytest.mark.parametrize(("view", "first", "later"), [
    ("traces", requests.traces(100, service="earlier"), requests.traces(2, service="later")),
    ("logs", signals.logs(100, "earlier"), signals.logs(2, "later")),
])
def test_a_viewer_with_a_new_store_is_followed(page: Page, viewer: Viewer, view: str, first: bytes, later: bytes) -> None:
    viewer.send(first, signal_=view)
    page.visit(f"{viewer.url}/#/{view}")
    page.until(f"{STATUS}.includes('● live') && {MAIN}.includes('earlier')")
    viewer.kill()
    for one in viewer.db.parent.glob("viewer.db*"):
        one.unlink()
    viewer.start()
    viewer.send(later, signal_=view)
    page.until(f"{MAIN}.includes('later') && !{MAIN}.includes('earlier')")
