"""What has the focus, is pressed or selected stays so while a view is drawn anew by itself; views and results are announced."""

import time
from collections.abc import Iterator

import psutil
import pytest

from tests.browser import Page
from tests.page import signals
from tests.page.conftest import Shown, running
from tests.page.lasting import ticks
from tests.page.telemetry import RUNS, runs
from tests.page.test_runs import tell
from tests.unit.telemetry import requests
from tests.viewer import Viewer

LIVE = "document.querySelector('lab-status').textContent.includes('live')"
HELD = "globalThis.held.isConnected && document.activeElement === globalThis.held"
SAID = "document.querySelector('#said').textContent"
HIDE = """Object.defineProperty(document, "hidden", { value: HIDDEN, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"))"""


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    with running(tmp_path_factory.mktemp("focus")) as viewer:
        assert viewer.send(runs()).status == 200
        yield viewer


def hold(page: Page, element: str) -> None:
    page.value(f"globalThis.held = {element}; held.focus()")


def test_a_link_that_has_the_focus_stays_while_traces_and_records_arrive(page: Page, viewer: Viewer) -> None:
    for view, first, later in (
        ("traces", requests.traces(3, service="earlier"), requests.traces(2, first=50, service="later")),
        ("logs", signals.logs(3, "earlier"), signals.logs(2, "later")),
    ):
        viewer.send(first, signal_=view)
        page.visit(f"{viewer.url}/#/{view}")
        page.until(f"{LIVE} && document.querySelector('main').textContent.includes('earlier')")
        hold(page, "document.querySelector('tbody a, .records a')")
        row = page.value("held.closest('[data-key]').dataset.key")
        viewer.send(later, signal_=view)
        page.until("document.querySelector('tbody tr, .records li').textContent.includes('later')")
        assert page.value(HELD)
        assert page.value("held.closest('[data-key]').dataset.key") == row
    announced = "[...document.querySelectorAll('main [role=status]')].map((one) => one.className)"
    assert page.value(announced) == ["unseen"]          # what arrives is not
    assert page.value("document.querySelector('main .unseen[role=status]').textContent") == "3 records"


def test_the_header_stays_and_a_view_is_announced(page: Page, viewer: Viewer) -> None:
    viewer.send(b"\xff\xff")
    page.visit(f"{viewer.url}/#/traces")
    page.until("document.querySelector('lab-status a') !== null")
    assert page.value(SAID) == ""
    page.value("globalThis.held = document.querySelector('lab-status a')")
    ticks(page, viewer, 2)
    assert page.value("held.isConnected")
    hold(page, "[...document.querySelectorAll('nav a')].find((one) => one.hash === '#/metrics')")
    page.press("Enter")
    page.until(f"{SAID} === 'Metrics'")
    assert page.value(HELD)
    page.value("document.activeElement.blur()")
    page.press("R")
    page.until(f"{SAID} === 'Runs' && document.activeElement.id === 'view'")


def test_a_run_in_progress_keeps_the_choice_that_is_open_and_the_list_its_selection(page: Page, viewer: Viewer) -> None:
    shown, now = Shown(viewer, {}, {}), time.time()
    data = {"run_id": RUNS[1], "planned": 300, "sent": 50, "elapsed_s": 5}
    tell(shown, RUNS[1], data, now - 7140, None)
    page.visit(f"{viewer.url}/#/run/{RUNS[1]}")
    hold(page, "document.querySelector('main select')")
    tell(shown, RUNS[1], {**data, "sent": 150}, now - 7140, None)
    page.until("document.querySelector('progress')?.value === 0.5")
    assert page.value(HELD)
    page.visit(f"{viewer.url}/#/runs")
    page.press("j", "j")
    assert page.value("document.querySelector('[aria-selected=true]').dataset.key") == RUNS[0]
    tell(shown, "f6" * 8, {"run_id": "f6" * 8, "planned": 1}, now, None)
    page.until("document.querySelectorAll('tbody tr').length === 3")
    page.press("Enter")
    page.until(f"location.hash === '#/run/{RUNS[0]}'")


def connections(viewer: Viewer) -> int:
    return sum(one.status == "ESTABLISHED" for one in psutil.Process(viewer.process.pid).net_connections("tcp"))


def test_a_page_that_is_hidden_has_no_stream(page: Page, viewer: Viewer) -> None:
    page.visit(f"{viewer.url}/#/metrics")
    ticks(page, viewer, 2)
    before = connections(viewer)
    page.value(HIDE.replace("HIDDEN", "true"))
    end = time.monotonic() + 10
    while connections(viewer) >= before:
        assert time.monotonic() < end
        time.sleep(0.02)
    told = page.value("globalThis.told")
    page.value(HIDE.replace("HIDDEN", "false"))
    page.until(f"globalThis.told > {told}")
    assert page.value(LIVE)


def test_single_keys_are_turned_off_and_on_by_a_switch(page: Page, viewer: Viewer) -> None:
    page.visit(f"{viewer.url}/#/traces")
    switch = "document.querySelector('dialog input')"
    for pressed, then in (("M", "#/traces"), ("M", "#/metrics")):
        page.click("document.querySelector('#keys')")
        page.click(switch)
        page.press("Escape")
        page.until("document.querySelector('dialog') === null")
        page.press(pressed, "?")
        assert page.value("location.hash") == then
        assert page.value(f"{switch} === null") is (then == "#/traces")
        page.visit(page.value("location.href"))
    page.press("?")
    assert page.value(f"{switch}.checked")


def test_the_list_of_keys_closes_when_another_view_is_shown(page: Page, viewer: Viewer) -> None:
    page.visit(f"{viewer.url}/#/traces")
    page.press("?")
    page.until("document.querySelector('dialog') !== null")
    page.value("location.hash = '#/runs'")
    page.until("document.documentElement.dataset.drawn === 'runs/' && document.querySelector('dialog') === null")
    page.press("?")
    page.value("history.back()")
    page.until("document.documentElement.dataset.drawn === 'traces/' && document.querySelector('dialog') === null")


def test_what_is_marked_or_filtered_is_in_the_address(page: Page, viewer: Viewer) -> None:
    page.visit(f"{viewer.url}/#/traces?query=run%3D{RUNS[0]}")
    page.press("j", "c")
    page.until("location.hash.includes('marked=')")
    page.visit(page.value("location.href"))
    assert page.value("document.querySelectorAll('tbody input:checked').length") == 1
    viewer.send(signals.metrics(), signal_="metrics")
    page.visit(f"{viewer.url}/#/metrics")
    page.until("document.querySelectorAll('tbody tr').length > 1")
    page.press("/")
    page.call("Input.insertText", text="queue")
    page.until("location.hash === '#/metrics?find=queue'")
    page.press("Escape", "/")
    page.call("Input.insertText", text="size")          # instead of what was searched before
    page.until("location.hash === '#/metrics?find=size'")
    page.press("Escape", "/")
    page.call("Input.insertText", text="queue")
    page.until("location.hash === '#/metrics?find=queue'")
    page.visit(page.value("location.href"))
    page.until("document.querySelectorAll('tbody tr').length === 1")
    page.press("Escape")
    page.until("location.hash === '#/metrics'")
