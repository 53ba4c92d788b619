"""Telemetry as files: a trace and a run are downloaded, and what is dropped on the page is loaded and shown."""

import json
import time
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from labctl.host.http import get
from tests.browser import Page
from tests.page import telemetry
from tests.page.conftest import Shown, running
from tests.page.test_views import AXE
from tests.viewer import Viewer

BUTTON = "[...document.querySelectorAll('main button')].find((one) => one.textContent.includes({!r}))"
DROP = """(() => {{ const held = new DataTransfer();
  for (const [name, text] of {files}) held.items.add(new File([text], name));
  dispatchEvent(new DragEvent("{kind}", {{ dataTransfer: held, cancelable: true }})); }})()"""


def drop(page: Page, dropped: dict[str, str], kind: str = "drop") -> None:
    page.value(DROP.format(files=json.dumps(list(dropped.items())), kind=kind))


def downloaded(page: Page, folder: Path, button: str) -> Path:
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.until(f"{BUTTON.format(button)} !== undefined")
    page.value(f"{BUTTON.format(button)}.click()")
    end = time.monotonic() + 30
    while not (found := [path for path in folder.iterdir() if path.suffix in {".json", ".jsonl", ".zip"}]):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found[0]


def renamed(answer: Any, old: str, new: str) -> str:
    return str(answer.body.decode()).replace(old, new)


def test_a_trace_is_downloaded_as_otlp_json(page: Page, shown: Shown, tmp_path: Path) -> None:
    trace = min(shown.durations)
    page.visit(shown.url(f"trace/{trace}"))
    file = downloaded(page, tmp_path, "Download")
    assert file.name == f"trace-{trace}.json"
    assert file.read_bytes() == get(f"{shown.viewer.url}/api/page/export?trace={trace}").body


def test_a_run_is_downloaded_as_an_archive(page: Page, shown: Shown, tmp_path: Path) -> None:
    run = min(shown.durations)[:2]
    page.visit(shown.url(f"run/{run}"))
    file = downloaded(page, tmp_path, "archive")
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {"traces.jsonl", "annotations.json", "README.txt"} <= set(archive.namelist())


def test_a_download_that_there_is_not_is_an_error(page: Page, shown: Shown) -> None:
    page.visit(shown.url("logs"))
    page.value("import('/page/kit/download.js').then(({ download }) => download({ trace: 'f'.repeat(32) }))"
               ".catch((error) => { globalThis.said = error.message; })")
    page.until("globalThis.said?.toLowerCase().includes('there is no such trace')")


def test_a_dropped_file_is_loaded_and_shown_and_another_says_why_not(page: Page, shown: Shown) -> None:
    trace = min(shown.durations)
    answer = get(f"{shown.viewer.url}/api/page/export?trace={trace}")
    page.visit(shown.url("logs"))
    drop(page, {"a.json": ""}, "dragover")
    assert page.value("document.querySelector('.drop').hidden") is False
    drop(page, {"<img src=x>.json": renamed(answer, trace, "ee" * 16), "b.txt": "hello", "c.json": ""})
    page.until(f"location.hash === '#/trace/{'ee' * 16}'")
    page.until("document.querySelector('h1')?.textContent.includes('POST /predict')")
    said = page.value("document.querySelector('.files').innerText")
    assert "<img src=x>.json: 4 spans" in said
    assert "b.txt was not loaded. It is not JSON" in said
    assert "c.json was not loaded. It is empty" in said
    assert page.value("document.querySelector('.drop').hidden") is True
    page.value("document.querySelector('.files button').click()")
    assert page.value("document.querySelector('.files')") is None


LOGS = {"resourceLogs": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "from-a-file"}}]},
    "scopeLogs": [{"logRecords": [{"timeUnixNano": "1700000000000000000", "body": {"stringValue": "loaded"}}]}],
}]}


def test_what_is_stored_is_seen_although_nothing_has_arrived(page: Page, tmp_path: Path) -> None:
    with running(tmp_path) as viewer:
        page.visit(f"{viewer.url}/#/logs")
        page.until("document.querySelector('main').textContent.includes('No log records yet')")
        drop(page, {"logs.json": json.dumps(LOGS)})
        page.until("document.querySelector('.records').textContent.includes('loaded')")
        page.until("[...document.querySelectorAll('select option')].some((one) => one.value === 'from-a-file')")
        page.value("location.hash = '#/'")
        page.until("document.querySelector('main').innerText.includes('what is stored comes from from-a-file')")


@pytest.mark.parametrize("width", [400, 1440])
def test_the_overview_of_files_alone_is_what_is_stored(page: Page, tmp_path: Path, width: int) -> None:
    viewer = Viewer(tmp_path, "--max-bytes", str(1 << 60), "--max-age", "1e9")
    try:
        page.visit(viewer.url, width)
        page.until("document.querySelector('main').textContent.includes('Nothing is stored yet')")
        assert page.value("document.querySelector('main canvas')") is None
        page.until("document.querySelector('lab-status').textContent.endsWith('storedsaved telemetry')")
        assert not [url for url in page.asked if "heatmap" in url and "/api/" in url]       # of minutes that are not shown
        drop(page, {"logs.json": json.dumps(LOGS)})
        page.until("location.hash.startsWith('#/logs')")
        page.value("location.hash = '#/'")
        page.until("document.querySelector('.tiles')?.innerText.includes('1\\nlog records')")
        assert page.value("document.querySelector('main').innerText.includes('From 2023-11-1')")
        assert viewer.send(telemetry.runs()).status == 200
        page.until("document.querySelector('.tiles').innerText.includes('600\\nrequests')")
        said = page.value("document.querySelector('main').innerText")
        assert "last minute" not in said
        assert "labctl load" not in said
        assert "ai-inference-service" in said
        assert page.value("document.documentElement.scrollWidth <= innerWidth")
        page.call("Runtime.evaluate", expression=files("axe_playwright_python").joinpath("axe.min.js").read_text())
        found = page.call("Runtime.evaluate", expression=AXE, awaitPromise=True, returnByValue=True)["result"]["value"]
        assert found == []
        page.click("[...document.querySelectorAll('main a')].find((one) => one.textContent === 'Heatmap of all requests')")
        page.until("document.querySelector('main').innerText.includes('600 requests')")
        assert page.complaints == []
    finally:
        viewer.kill()


def test_requests_that_are_loaded_into_minutes_that_were_read_before_are_in_the_heatmap(page: Page, tmp_path: Path) -> None:
    with running(tmp_path) as viewer:
        page.visit(f"{viewer.url}/#/heatmap")
        page.until("document.querySelector('main').innerText.includes('No requests in this time range')")
        now = time.time_ns()
        dropped = [{
            "traceId": letter * 32, "spanId": letter * 16, "name": letter, "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + 10**7),
        } for letter, start in (("a", now - 840 * 10**9), ("b", now - 60 * 10**9))]     # columns as wide as before
        drop(page, {"traces.json": json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": dropped}]}]})})
        page.until("location.hash.includes('begin=')")
        page.until("document.querySelector('main').innerText.includes('2 requests, 0 failed')")


@pytest.mark.parametrize("view", ["traces", "heatmap", "logs", "metrics", "runs"])
def test_without_a_lab_no_command_of_one_is_proposed(page: Page, tmp_path: Path, view: str) -> None:
    viewer = Viewer(tmp_path, "--max-bytes", str(1 << 60), "--max-age", "1e9")
    try:
        page.visit(f"{viewer.url}/#/{view}")
        page.until("/No .*(yet|stored|range)/.test(document.querySelector('main').innerText)")
        assert "labctl" not in page.value("document.querySelector('main').innerText")
    finally:
        viewer.kill()


@pytest.mark.parametrize("width", [400, 1440])
def test_what_was_loaded_fits_and_axe_finds_nothing(page: Page, shown: Shown, width: int) -> None:
    page.visit(shown.url("traces"), width)
    drop(page, {f"{'long' * 60}.json": "hello"})
    page.until("document.querySelector('.files')?.textContent.includes('was not loaded')")
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    page.call("Runtime.evaluate", expression=files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.call("Runtime.evaluate", expression=AXE, awaitPromise=True, returnByValue=True)["result"]["value"]
    assert found == []
    assert page.complaints == []
