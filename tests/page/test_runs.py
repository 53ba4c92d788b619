"""Runs: their list, one while it goes on and afterwards, and where the extra milliseconds are; by keys and by mouse."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from labctl.host.http import post
from tests.browser import Page
from tests.page.conftest import CUT, Shown, running
from tests.page.telemetry import RUNS, few_slow, runs

TEXT = "document.querySelector('main').innerText"
SUMMARY: dict[str, Any] = {
    "run_id": RUNS[0], "url": "http://127.0.0.1:9002/predict", "planned": 310, "sent": 305, "successful": 300, "failed": 5,
    "dropped": 5, "unfinished": 0, "queued": 7, "concurrency": 10,
    "errors": {"http 503": 5}, "statuses": {"200": 300, "503": 5}, "rate": 9.9,
    "target_rate": 10.0,
    "latency": {"count": 300, "min": 104.0, "mean": 114.0, "p50": 123.4, "p90": 124.0, "p95": 125.0, "p99": 126.0, "p99_9": 127.0,
                "max": 127.0},
    "interrupted": False, "slowest": [], "by_request": {}, "generator": None,
}
LEDGER = {"expected_spans": 1200, "spans": 1198, "lost_spans": 2, "lost": [{"hop": "service to collector", "spans": 2}],
          "not_stored_yet": 0, "not_stored_cause": None, "sampled_out": None, "unanswered": 1}


def tell(shown: Shown, key: str, data: dict[str, Any], begin: float, end: float | None) -> None:
    annotate(shown, {"kind": "run", "key": key, "title": f"run {key[:8]}", "begin": begin, "end": end, "data": data})


def annotate(shown: Shown, one: dict[str, Any]) -> None:
    body = json.dumps(one).encode()
    assert post(f"{shown.viewer.url}/api/annotations", body, {"content-type": "application/json"}).status == 200


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The two runs; labctl has told of the first."""
    with running(tmp_path_factory.mktemp("runs")) as viewer:
        assert viewer.send(runs()).status == 200
        shown, now = Shown(viewer, {}, {}), time.time()
        slo = [{"threshold": "p99 < 120 ms", "found": "123 ms", "value": 123.0, "met": False},
               {"threshold": "errors < 5 %", "found": "1.6 %", "value": 1.6, "met": True}]
        data = {"run_id": RUNS[0], "scenario": "spike", "planned": 310, "summary": SUMMARY, "slo": slo, "ledger": LEDGER}
        tell(shown, RUNS[0], {**data, "remarks": ["<b>a remark</b>"]}, now - 7201, now - 7170)
        yield shown


@pytest.mark.parametrize("width", [400, 760, 1000])
@pytest.mark.parametrize("view", ["", "runs", f"run/{RUNS[0]}", f"compare?runs={RUNS[0]},{RUNS[1]}"])
def test_what_is_known_of_a_run_fits_a_narrow_screen(page: Page, told: Shown, view: str, width: int) -> None:
    page.visit(told.url(view), width)
    page.until(f"document.querySelector('{'.paths ' if view.startswith('compare') else ''}tbody tr') !== null")
    assert page.value(CUT) == []


def test_where_the_extra_milliseconds_are_is_found_by_keys_alone(page: Page, told: Shown) -> None:
    page.visit(told.url("runs"))
    page.until("document.querySelectorAll('tbody tr').length === 2")
    page.press("j", "c", "j", "c", "C")
    page.until("document.querySelector('.answer') !== null")
    answer = page.value("document.querySelector('.answer').innerText")
    assert "slower in B on average" in answer
    assert "format_response (ai-inference-service) +15.00 ms" in answer
    page.until(f"{TEXT}.includes('service time p50 slower')")
    page.until(f"/significant at 99 %\\). Largest difference beyond noise: format_response .*: \\+15.00 ms\\./.test({TEXT})")
    colours = [f"getComputedStyle(document.querySelector('{one} .bad')).color" for one in (".answer", "[aria-selected=true]")]
    assert page.value(" === ".join(colours))            # also where the row is selected
    assert page.value("location.hash").endswith(f"runs={RUNS[0]},{RUNS[1]}".replace(",", "%2C"))
    page.press("Enter")                                 # to the examples of the span that differs most
    page.until("document.activeElement.textContent === 'median trace'")
    page.value("document.activeElement.click()")
    page.until("document.documentElement.dataset.drawn.startsWith('trace/a1a1')")
    assert page.complaints == []


def test_the_same_by_mouse_and_its_address_restores_the_row(page: Page, told: Shown) -> None:
    page.visit(told.url("runs"))
    page.until("document.querySelectorAll('tbody input').length === 2")
    text = page.value(TEXT)
    for title in ("Latency p50", "Service time p50", "123 ms", "Spans lost", "2 service to collector"):
        assert title in text, title
    for place in (0, 1):
        page.value(f"document.querySelectorAll('tbody input')[{place}].click()")
    page.value("document.querySelector('a.button').click()")
    page.until("document.querySelectorAll('.paths tbody tr').length === 4")
    page.until("/a1a1a1a1 \\d\\d-\\d\\d [\\d:]{8}, 300 requests/.test(document.querySelector('.bar').textContent)")
    page.until(f"/duration\\s+31.0 s/.test({TEXT})")
    page.value("[...document.querySelectorAll('.paths tr')].find((row) => row.textContent.includes('model_inference')).click()")
    page.until("location.hash.includes('path=')")
    page.visit(page.value("location.href"))
    page.until("document.querySelector('.detail h2')?.textContent.startsWith('model_inference')")
    page.press("h")                                     # to the parent, then closed: its children are gone
    page.press("h")
    page.until("document.querySelectorAll('.paths tbody tr').length === 2")


def test_the_overview_and_the_list_write_the_same_figures(page: Page, told: Shown) -> None:
    cells = """(() => { const row = document.querySelector("main td a[href*='run/a1a1']")?.closest("tr");
        const head = [...row?.closest("table").querySelectorAll("th") ?? []].map((one) => one.textContent);
        return row && Object.fromEntries([...row.cells].map((one, at) => [head[at], one.innerText])); })()"""
    found = []
    for view in ("", "runs"):
        page.visit(told.url(view))
        page.until(f"({cells})?.['Latency p50'] === '123 ms'")
        found.append(page.value(cells))
    overview, listed = found
    assert overview["Duration"] == "31.0 s"             # as told; the requests that are stored were sent within 29.9 s
    assert overview["Latency p99"] == "too few samples"
    for name in ("Began", "Duration", "Latency p50", "Latency p99", "Spans lost"):
        assert overview[name] == listed[name]
    assert re.fullmatch(r"\d\d-\d\d \d\d:\d\d:\d\d", overview["Began"])
    assert re.fullmatch(r"9\.\d|10", listed["Requests/s"])
    page.until(f"({cells})?.['Service time p99'] === 'too few samples'")


def test_of_a_run_of_few_requests_the_slow_ones_are_those_above_a_lower_percentile(page: Page, told: Shown) -> None:
    page.visit(told.url(f"run/{RUNS[0]}"))
    page.until(f"{TEXT}.includes('What sets slow requests apart')")
    page.press("w")
    page.until("location.hash.includes('low=')")


def test_what_is_wrong_with_a_run_is_listed_on_a_narrow_screen(page: Page, told: Shown) -> None:
    page.visit(told.url("runs"), 400)
    page.until("document.querySelectorAll('tbody tr').length >= 2")
    shown = "[...document.querySelectorAll('main thead th')].filter((one) => one.offsetWidth)"
    assert page.value(f"{shown}.map((one) => one.innerText)") == ["Mark", "Run", "Began", "Failed", "Latency p99", "Spans lost"]
    assert "Service time" not in page.value(TEXT)
    assert page.value(CUT) == []


def test_the_list_says_what_a_run_was(page: Page, told: Shown) -> None:
    now, key = time.time(), "d7" * 8
    tell(told, key, {"scenario": "", "rate": 40.0, "concurrency": 10}, now - 9000, now - 8990)
    annotate(told, {"kind": "fault", "key": "slow", "title": "slow-response", "begin": now - 9010, "end": now - 8995,
                    "data": {}})
    page.visit(told.url("runs"))
    page.until(f"{TEXT}.includes('40/s, 10 workers · fault: slow-response')")
    assert "spike · fault" not in page.value(TEXT)


def test_what_does_not_differ_is_named_as_means_may(page: Page, told: Shown) -> None:
    page.visit(told.url(f"compare?runs={RUNS[0]},{RUNS[0]}"))
    page.until(f"{TEXT}.includes('No significant difference in service time p50')")
    assert "Means can still differ" in page.value(TEXT)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with running(tmp_path_factory.mktemp("noisy")) as viewer:
        assert viewer.send(runs(1000, times=few_slow)).status == 200
        yield Shown(viewer, {}, {})


def test_one_span_is_named_and_selected_though_another_differs_more_by_chance(page: Page, noisy: Shown) -> None:
    page.visit(noisy.url(f"compare?runs={RUNS[0]},{RUNS[1]}"))
    page.until(f"{TEXT}.includes('No significant difference')")
    page.until("document.querySelector('main b') && document.querySelector('main p b').innerText.startsWith('In 2.0 %')")
    page.until("document.querySelector('.detail h2') !== null")
    bold = page.value("document.querySelector('main p b').innerText")
    assert bold == "In 2.0 % of A's requests, format_response (ai-inference-service) takes about 420 ms longer than in B."
    answer = page.value("document.querySelector('.answer').innerText")
    assert "Largest difference beyond noise: format_response (ai-inference-service) \u22128.40 ms: 2.0 % of A's" in answer
    assert page.value("document.querySelector('[aria-selected=true] th').innerText").strip().startswith("format_response")
    assert page.value("document.querySelector('.detail h2').innerText").startswith("format_response")
    largest = "[...document.querySelectorAll('.paths tr')].find((row) => row.textContent.includes('model_inference'))"
    assert page.value(f"Number({largest}.cells[5].innerText.match(/\u2212([\\d.]+)/)[1])") > 8.4
    verdicts = """Object.fromEntries([...document.querySelectorAll("[aria-label=Figures] tr")].map((row) =>
        [row.cells[0].innerText, row.cells[5].innerText]))"""
    page.until("document.querySelector('[aria-label=Figures] tbody tr') !== null")
    found = page.value(verdicts)
    assert found["service time p99"] == "not significant"
    assert (found["request rate"], found["errors"]) == ("no difference", "no difference")


@pytest.mark.parametrize("width", [400, 1440])
def test_keys_lead_below_the_header_and_to_the_slowest_of_a_few_slow_requests(page: Page, noisy: Shown, width: int) -> None:
    page.visit(noisy.url(f"compare?runs={RUNS[0]},{RUNS[1]}"), width)
    for shown in (".detail h2", "[aria-label=Figures] tbody tr"):
        page.until(f"document.querySelector('{shown}') !== null")
    below = """((one) => one.getBoundingClientRect().top >= document.querySelector("header").getBoundingClientRect().bottom)"""
    page.value("scrollTo(0, document.documentElement.scrollHeight)")
    page.press("j")
    page.until(f"{below}(document.querySelector('.paths [aria-selected=true]'))")
    page.value("scrollTo(0, document.documentElement.scrollHeight)")
    page.press("Enter")
    page.until(f"document.activeElement.textContent === 'slowest trace' && {below}(document.activeElement)")
    assert "a1a1" in page.value("document.activeElement.href")


def test_lost_spans_are_no_difference_and_what_is_left_out_is_said(page: Page, tmp_path: Path) -> None:
    with running(tmp_path) as viewer:
        shown, now = Shown(viewer, {}, {}), time.time()
        assert viewer.send(runs(100, lost=lambda place, number: place == 1 and number % 2 == 0)).status == 200
        tell(shown, RUNS[1], {"ledger": {"expected_spans": 400, "lost_spans": 150}}, now - 7140, now - 7120)
        page.visit(shown.url(f"compare?runs={RUNS[0]},{RUNS[1]}"))
        page.until("document.querySelector('.answer') !== null")
        text = page.value(TEXT)
        assert "B lost 38 % of its spans (150 of 400): only complete traces are compared." in text
        assert "Left out: A 0 of 100, B 50 of 100." in text
        answer = page.value("document.querySelector('.answer').innerText")
        assert "format_response" in answer
        assert "model_inference" not in answer
        page.visit(page.value("[...document.querySelectorAll('.detail a')].at(-1).href"))
        page.until(f"{TEXT}.includes('lost 38 % of its spans')")
        page.visit(shown.url(f"heatmap?query=run%3D{RUNS[1]}&minutes=180"))
        page.until(f"{TEXT}.includes('lost 38 % of its spans')")
        assert page.complaints == []


def test_a_report_has_the_verdicts_the_losses_and_exact_times(page: Page, told: Shown) -> None:
    page.visit(told.url(f"run/{RUNS[0]}"))
    page.until("document.querySelectorAll('.tile').length === 6")
    text = page.value(TEXT)
    for part in ("spike", "✗ missed", "✓ met", "<b>a remark</b>", "lost: service to collector", "http 503", "123 ms"):
        assert part in text, part
    assert page.value("document.querySelectorAll('main canvas').length") == 3
    assert page.value("[...document.querySelectorAll('a.button')].map((one) => one.textContent)") == [
        "Heatmap", "Traces", "What sets slow requests apart"]
    assert page.printed().startswith(b"%PDF")
    page.value("[...document.querySelectorAll('button')].find((one) => one.textContent === 'Compare').click()")
    page.until("document.querySelector('.answer') !== null")


def test_spans_that_arrived_after_the_run_was_reported_are_counted(page: Page, tmp_path: Path) -> None:
    with running(tmp_path) as viewer:
        shown, now, hops = Shown(viewer, {}, {}), time.time(), {"client → collector": 10, "service → collector": 30}
        ledger = {**LEDGER, "expected_spans": 40, "spans": 0, "other_spans": 0, "lost_spans": 40,
                  "lost": [{"hop": hop, "spans": spans} for hop, spans in hops.items()]}
        remark = {"remarks": ["40 spans of 40 lost"]}
        summary = {**SUMMARY, "slowest": [{"latency_ms": 5.0, "trace_id": RUNS[0] * 2}]}
        tell(shown, RUNS[0], {"run_id": RUNS[0], "summary": summary, "ledger": ledger, **remark}, now - 7200, now - 7170)
        page.visit(shown.url(f"run/{RUNS[0]}"))
        page.until(f"/lost: service → collector\\s+30/.test({TEXT})")
        assert page.value("document.querySelector('.bar').hidden") is True
        assert "Their spans are not stored." in page.value(TEXT)
        late = ExportTraceServiceRequest.FromString(runs(10))
        del late.resource_spans[0]      # the generator's
        assert viewer.send(late.SerializeToString()).status == 200
        page.until(f"/arrived after the run was reported\\s+30/.test({TEXT})")
        assert re.search(r"lost, at most: client → collector or service → collector\s+10\b", page.value(TEXT))
        assert "Remarks when the run was reported" in page.value(TEXT)
        assert page.value("document.querySelector('main td a')?.hash") == f"#/trace/{RUNS[0] * 2}"
        assert page.value("[...document.querySelectorAll('a.button')].map((one) => one.textContent)") == ["Traces"]


def test_a_run_is_named_beside_a_counters_loss_only_where_the_counter_can_have_counted_it(page: Page, told: Shown) -> None:
    page.visit(told.url("runs"))
    page.value("""import(new URL("views/losses.js", document.querySelector("script[src]").src)).then(({ runsOf }) => {
      const [at, hop] = [10000, "service → collector"];
      const run = (begin, spans) => ({ begin, lost: [{ hop, spans }, { hop: "viewer", spans: 9 }] });
      const tick = { at, pipeline: { service: { sdk: { since: 5000 } }, collector: {}, sdk_lately_s: 300 } };
      const of = (lately, ...runs) =>
        runsOf({ cause: "sdk", hop, items: 2030, lately }, tick, runs)?.map(({ spans }) => spans) ?? null;
      const before = run(6000, 2021), now = run(9990, 600);
      globalThis.named = [of(0, now, before), of(9, now, before), of(600, now, run(6000, 1430)), of(2030, now, before),
        of(0, run(4000, 7)), of(null, before)];
    })""")
    page.until("globalThis.named")
    assert page.value("named") == [[2021], [2021], [600, 1430], None, [], [2021]]


def test_a_run_that_only_spans_tell_of_says_what_is_unknown(page: Page, told: Shown) -> None:
    page.visit(told.url(f"run/{RUNS[1]}"))
    page.until(f"{TEXT}.includes('requests stored')")
    assert "the plan and the verdict are unknown" in page.value(TEXT)
    tell(told, "c4" * 8, {"planned": 9, "sent": 4, "interrupted": True}, time.time() - 60, time.time() - 50)
    page.visit(told.url(f"run/{'c4' * 8}"))
    assert "interrupted · labctl reported no result" in page.value(TEXT)
    page.visit(told.url("runs"))
    page.until(f"{TEXT}.includes('no result · interrupted')")
    page.visit(told.url(f"run/{'c3' * 8}"))
    assert "This run is not in the store" in page.value(TEXT)


def test_a_board_follows_the_run_to_its_report(page: Page, told: Shown) -> None:
    run, now = "d4" * 8, time.time()
    data = {"run_id": run, "scenario": "", "planned": 200, "rate": 10, "length_s": 20, "sent": 50, "answered": 40, "failed": 3,
            "elapsed_s": 5, "answer_rate": 8.0, "errors": {"timeout": 3}, "latency_ms": {"p50": 111.0, "p99": None}}
    tell(told, run, data, now - 5, None)
    page.visit(told.url("runs"))
    page.until(f"{TEXT}.includes('in progress')")
    page.visit(told.url(f"run/{run}"))
    page.until("document.querySelector('progress')?.value === 0.25")
    assert "timeout" in page.value(TEXT)
    tell(told, run, {**data, "sent": 100}, now - 5, None)
    page.until("document.querySelector('progress')?.value === 0.5")
    ended = {**data, "summary": {**SUMMARY, "sent": 200, "planned": 200}, "slo": [], "ledger": None}
    tell(told, run, ended, now - 5, time.time())
    page.until("document.querySelector('progress') === null")
    page.until(f"{TEXT}.includes('Whether spans were lost is unknown')")
    assert page.complaints == []


def test_a_waterfall_is_compared_with_the_median_of_its_name(page: Page, shown: Shown) -> None:
    slowest = max(shown.durations, key=lambda one: shown.durations[one])
    page.visit(shown.url(f"trace/{slowest}"))
    page.press("c")
    page.until("document.querySelector('.answer') !== null")
    assert "format_response" in page.value("document.querySelector('.answer').innerText")
    assert page.value("location.hash").endswith(slowest)


def test_two_traces_are_marked_and_compared(page: Page, shown: Shown) -> None:
    page.visit(shown.url("traces?query=feature.size%3D900"))
    page.until("document.querySelectorAll('tbody tr').length === 40")
    page.press("j", "c", "j", "c")
    page.until("document.querySelector('.answer') !== null")
    assert page.value("location.hash").startswith("#/compare?traces=")
    assert page.value("document.querySelectorAll('.paths tbody tr').length") == 4


def test_two_traces_are_marked_by_mouse(page: Page, shown: Shown) -> None:
    page.visit(shown.url("traces?query=feature.size%3D900"))
    for _ in range(2):
        page.until("document.querySelector('tbody input:not(:checked)') !== null")
        page.value("[...document.querySelectorAll('tbody input:not(:checked)')].at(-1).click()")
    page.until("document.querySelector('.answer') !== null")
    assert page.value("location.hash").startswith("#/compare?traces=")


@pytest.mark.parametrize("what", ["script 0", "deep", "circle", "orphans"])
def test_hostile_traces_are_compared_as_text(page: Page, attacked: Shown, what: str) -> None:
    page.visit(attacked.url(f"compare?traces={attacked.hostile['script 1']},{attacked.hostile[what]}"))
    page.until("document.querySelectorAll('.paths tbody tr').length > 1")
    page.press("j", "l", "j", "h", "Enter")
    assert page.value("globalThis.harmed") is None
    assert page.value("document.querySelectorAll('main img, main svg, main script').length") == 0
    assert page.value("document.querySelectorAll('.paths tbody tr').length") <= 200
    assert page.complaints == []


def test_what_is_told_of_a_run_is_text_whatever_it_is(page: Page, told: Shown) -> None:
    script, run = "<img src=x onerror=globalThis.harmed=1>", "e5" * 8
    summary = {"errors": {script: "many"}, "latency": {"count": script}, "statuses": 5, "slowest": [{}]}
    data = {"scenario": [script], "summary": summary,
            "slo": [{"threshold": script}, 3], "ledger": {"lost": [{"hop": script}]}, "remarks": [script, 7], "thresholds": 3}
    tell(told, run, data, time.time() - 60, time.time() - 50)
    odd, shapes = "f6" * 8, {"summary": {"slowest": "abc", "by_request": {"a": None, "b": 5}, "errors": None}, "slo": "abc",
                            "ledger": {"lost": "abc", "expected_spans": []}, "remarks": "abc", "thresholds": "abc"}
    tell(told, odd, shapes, time.time() - 60, time.time() - 50)
    page.visit(told.url(f"run/{odd}"))
    page.until(f"{TEXT}.includes('expected')")
    assert page.complaints == []
    for view in ("runs", f"run/{run}", f"compare?runs={RUNS[0]},{run}"):
        page.visit(told.url(view))
        page.until(f"{TEXT}.length > 20")
        assert page.value("globalThis.harmed") is None
        assert page.value("document.querySelectorAll('main img, main script').length") == 0
