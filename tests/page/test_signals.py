"""Traces, one trace, metrics and logs: what their views find, complete and keep in the address."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from tests.browser import Page
from tests.page import signals, telemetry
from tests.page.conftest import Shown, running
from tests.page.lasting import hold, release, ticks
from tests.page.test_views import AXE
from tests.unit.telemetry import requests

ROWS = "document.querySelectorAll('tbody tr').length"
FIELD = "document.querySelector('input[role=combobox]')"
OPTIONS = "[...document.querySelectorAll('[role=option]')].map((one) => one.firstChild.textContent)"


@pytest.fixture(scope="module")
def signalled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with running(tmp_path_factory.mktemp("signals")) as viewer:
        traces, logs, durations = telemetry.lab(300, 60)
        for body, signal in ((traces, "traces"), (logs, "logs"), (signals.trace(), "traces"), (signals.metrics(), "metrics"),
                             (signals.logs(1000), "logs")):
            assert viewer.send(body, signal_=signal).status == 200
        yield Shown(viewer, durations, {})


def typed(page: Page, text: str) -> None:
    page.call("Input.insertText", text=text)


def test_a_query_is_completed_by_keys_alone(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("traces"))
    page.press("/")
    typed(page, "serv")
    page.until(f"{OPTIONS}.includes('service=')")
    page.press("ArrowDown", "Enter")
    page.until(f"{FIELD}.value === 'service=' && {OPTIONS}.includes('service=shop ')")
    typed(page, "sh")
    page.until(f"{OPTIONS}.length === 1")
    page.press("Tab")
    page.until(f"{FIELD}.value === 'service=shop '")
    typed(page, "event.exc")
    page.until(f"{OPTIONS}.includes('event.exception.type=')")
    assert page.value(f"{FIELD}.getAttribute('aria-expanded')") == "true"
    page.press("Escape")
    assert page.value(f"{FIELD}.getAttribute('aria-expanded')") == "false"
    assert page.value(f"document.activeElement === {FIELD}")
    typed(page, "eption.type=OutOfStock")
    page.press("Enter")
    page.until(f"{ROWS} === 1 && location.hash.includes('OutOfStock')")
    assert page.value("document.querySelector('tbody').textContent.includes('POST /buy')")


@pytest.mark.parametrize(("begun", "completed", "operator", "query"), [
    ("serv", "service=", ">=", "service>="), ("serv", "service=", "=", "service="), ("serv", "service=", "!=", "service!="),
    ("dura", "duration>", "=", "duration>="), ("dura", "duration>", "<", "duration<"), ("serv", "service=", "sh>", "service=sh>"),
])
def test_an_operator_that_is_typed_takes_the_place_of_the_completed_one(
    page: Page, signalled: Shown, begun: str, completed: str, operator: str, query: str,
) -> None:
    page.visit(signalled.url("traces"))
    page.press("/")
    typed(page, begun)
    page.until(f"{OPTIONS}.includes({completed!r})")
    page.press("Tab")
    page.until(f"{FIELD}.value === {completed!r}")
    for character in operator:
        typed(page, character)
    assert page.value(f"{FIELD}.value") == query


DRAWN = """(async () => {
    const { CHART } = await import("/page/MODULE.js"), stop = new AbortController(), signal = stop.signal, texts = [];
    const box = document.querySelector("main").appendChild(document.createElement("div"));
    const drawing = CanvasRenderingContext2D.prototype, real = drawing.fillText;
    const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const draw = CHART(box, ARGUMENTS);
    await drawn();
    drawing.fillText = function(text) { texts.push(text); };
    draw({ begin: 0, width: 1000, slots: 3, series: [{ name: "a", place: 0, colour: "accent", values: [0, VALUE, 0] }] });
    await drawn();
    drawing.fillText = real;
    stop.abort();
    return texts;
})()"""


@pytest.mark.parametrize(("chart", "module", "arguments"), [
    ("timeChart", "views/metric-charts", "{ height: 100, label: 'a', format: String, signal }"),
    ("lines", "kit/lines", "100, 'a', String, signal"),
])
def test_zeros_are_data_and_their_axis_ends_at_one(page: Page, signalled: Shown, chart: str, module: str, arguments: str) -> None:
    page.visit(signalled.url("metrics"))
    code = DRAWN.replace("CHART", chart).replace("MODULE", module).replace("ARGUMENTS", arguments)
    for value, axis in (("0", {"0", "1"}), ("4", {"0", "2", "4"})):
        found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=code.replace("VALUE", value))
        texts = found["result"]["value"]
        assert axis <= set(texts)
        assert not [text for text in texts if text.startswith("No data") or "e-" in text]
    assert page.complaints == []


# the page's own: another copy would define its elements again
PIPELINE = "new URL('views/pipeline.js', document.querySelector('script[src]').src)"


@pytest.mark.parametrize(("minutes", "shown"), [(2, 5), (10, 30), (100, 180), (5000, 1440)])
def test_the_counter_of_a_loss_is_shown_for_as_long_as_it_has_counted(
    page: Page, signalled: Shown, minutes: int, shown: int,
) -> None:
    page.visit(signalled.url("metrics"))
    tick = f"{{ at: 9e8, pipeline: {{ service: {{ sdk: {{ since: 9e8 - {minutes * 60} }} }} }} }}"
    found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True,
                      expression=f"import({PIPELINE}).then(({{ sdkCounter }}) => sdkCounter({tick}))")
    assert found["result"]["value"].endswith(f"&minutes={shown}")


def test_a_term_is_added_to_each_alternative_of_a_query(page: Page, signalled: Shown) -> None:
    cases = [
        ("", "run=b", ""), ("name=x run=a", "name=x run=a run=b", "name=x"), ("x OR y", "x run=b OR y run=b", "x OR y"),
        (r'name="a OR b" OR c\ OR run=b', r'name="a OR b" run=b OR c\ OR run=b', r'name="a OR b" OR c\ OR'),
        ("run=a OR run=c", "run=a run=b OR run=c run=b", ""),
    ]
    page.visit(signalled.url("traces"))
    page.value(f"import('/page/kit/query.js').then((kit) => {{ window.made = {json.dumps([query for query, *_ in cases])}"
               ".map((query) => [query, kit.narrowed(query, 'run=b'), kit.without(query, /^run=/)]); })")
    page.until("window.made")
    assert page.value("window.made") == [list(case) for case in cases]


def test_a_mistake_is_marked(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("traces?query=predict+duration%3E5+status%3Derror"))
    assert page.value("document.querySelector('.problem mark').textContent") == "duration>5"
    page.visit(signalled.url("heatmap?query=duration%3E5"))
    page.until("document.querySelector('.problem mark')?.textContent === 'duration>5'")
    assert page.complaints == []                        # nor is it an error in the console


def test_a_key_that_no_span_has_is_told_and_one_click_puts_the_right_one(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("traces?query=-kind%3Dclient+durations%3E0ms"))
    page.until("document.querySelector('main').textContent.includes('has an attribute durations')")
    page.value("[...document.querySelectorAll('main a')].find((one) => one.textContent === 'duration').click()")
    page.until(f"{FIELD}.value === '-kind=client duration>0ms' && {ROWS} > 1")


def test_one_click_hides_the_traces_of_a_name_and_a_service_is_chosen(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("traces"))
    page.value("document.querySelector('button[data-hide=\"POST /predict\"]').click()")
    page.until(f"{ROWS} === 1")
    assert "root%21%3D%22POST+%2Fpredict%22" in page.value("location.hash")
    page.visit(signalled.url("traces?query=name%3Dmodel_inference"))              # spans that are no roots
    page.until(f"{ROWS} > 1")
    page.value("document.querySelector('button[data-hide=\"POST /predict\"]').click()")
    page.until("document.querySelector('main').textContent.includes('Nothing matches')")
    page.visit(signalled.url("traces?service=shop"))
    page.until(f"{ROWS} === 1 && document.querySelector('select').value === 'shop'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [
    "metrics?name=took", "metrics?name=requests", "traces?query=duration%3E5", "logs?service=shop&record=1000",
    f"trace/{signals.TRACE.hex()}?span={b's'.hex() * 8}",
])
def test_axe_finds_nothing_to_mend(page: Page, signalled: Shown, view: str, scheme: str) -> None:
    page.visit(signalled.url(view), scheme=scheme)
    page.call("Runtime.evaluate", expression=files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.call("Runtime.evaluate", expression=AXE, awaitPromise=True, returnByValue=True)["result"]["value"]
    assert found == []


def test_an_exemplar_leads_to_its_trace_by_keys_and_series_are_chosen_in_the_address(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("metrics?name=took&service=shop"))
    boxes = "[...document.querySelectorAll('fieldset input[type=checkbox]')]"
    assert page.value(f"{boxes}.map((one) => one.checked)") == [True] * 3
    page.click(f"{boxes}[1]")
    page.until("location.hash.includes('on=')")
    page.until(f"{boxes}.filter((one) => one.checked).length === 2")
    address = page.value("location.href")
    page.press("e", "e", "Enter")
    page.until(f"location.hash.includes('trace/{signals.TRACE.hex()}?span={b's'.hex() * 8}')")
    page.visit(address)
    page.until(f"{boxes}.filter((one) => one.checked).length === 2")
    assert page.complaints == []


def test_a_late_answer_of_another_metric_is_not_drawn(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("metrics"))
    title = "document.querySelector('main h2')?.textContent"
    requests, none = f"{title}?.startsWith('requests')", f"{title} === undefined"
    for late, other, shown in (("took", "?name=requests&service=shop", requests), ("size", "", none)):
        hold(page, f"page/metric?name={late}")
        page.value(f"location.hash = '#/metrics?name={late}&service=shop'")
        page.until("Boolean(globalThis.letGo)")
        page.value(f"location.hash = '#/metrics{other}'")
        page.until(shown)
        release(page)
        assert page.value(shown)


def test_metrics_of_one_name_and_values_that_are_no_numbers_are_not_added_up(page: Page, signalled: Shown) -> None:
    assert signalled.viewer.send(signals.alike(), signal_="metrics").status == 200
    page.visit(signalled.url("metrics"))
    cells = "[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    page.until(f"{cells}.some(([name]) => name === 'endless')")
    rows = {(row[0], row[2]): row[5] for row in page.value(cells)}
    assert rows["alike", "counter"] == "7"
    assert rows["alike", "up-down counter"] == "30"
    assert rows["endless", "counter"] == "–"


RECORDS = "[...document.querySelectorAll('.records li')]"


def test_older_records_are_read_while_scrolling_and_the_list_stays_bounded(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("logs?service=shop"))
    first = page.value(f"{RECORDS}[0].textContent")
    down = "document.querySelector('.records').scrollTo(0, 1e6)"
    page.until(f"({down}, {RECORDS}.at(-1).textContent.includes(' record 0 of the shop'))")      # part by part
    assert page.value(f"{RECORDS}.length") == 600
    page.press("Home")
    page.until(f"{RECORDS}[0].textContent === {first!r}")


def test_a_record_opens_and_leads_to_its_span_by_keys_and_a_time_is_kept_in_the_address(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url(f"logs?trace_id={signals.TRACE.hex()}"))
    page.press("j", "j")
    page.until("document.querySelector('.detail').textContent.includes('code.function.name')")
    address = page.value("location.href")
    page.press("Enter")
    page.until(f"location.hash.includes('trace/{signals.TRACE.hex()}?span={b's'.hex() * 8}')")
    page.visit(address)
    page.until("document.querySelector('.detail').textContent.includes('code.function.name')")
    page.visit(signalled.url("logs?until=1000"))
    page.until("document.querySelector('main').textContent.includes('Nothing matches')")
    assert page.complaints == []


def test_a_flood_of_records_keeps_the_list_short(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("logs"))
    page.until("document.querySelector('lab-status').textContent.includes('live')")
    assert signalled.viewer.send(signals.logs(10_000, "flood"), signal_="logs").status == 200
    page.until(f"{RECORDS}[0].textContent.includes('record 9999 of the flood')")
    assert page.value(f"{RECORDS}.length") == 200


UNTIL = "document.querySelector('#until')"
DETAIL = "document.querySelector('.detail')"


def test_a_span_shows_events_links_json_and_long_texts_and_leads_to_its_metrics_and_latency(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url(f"trace/{signals.TRACE.hex()}?span={b's'.hex() * 8}"))
    page.until(f"{DETAIL}.textContent.includes('OutOfStock')")
    shown = page.value(f"{DETAIL}.innerText")
    assert "Why is the sky blue?\nBe brief." in shown            # laid out
    assert "no stock" in shown
    assert "x" * 1000 not in shown
    page.value(f"[...{DETAIL}.querySelectorAll('button')].find((one) => one.textContent.includes('20')).click()")
    page.until(f"{DETAIL}.innerText.includes('{'x' * 20_000}')")
    hrefs = page.value(f"[...{DETAIL}.querySelectorAll('a')].map((one) => one.hash)")
    assert any(one.startswith(f"#/logs?trace_id={signals.TRACE.hex()}&span_id={b's'.hex() * 8}") for one in hrefs)
    assert any(one.startswith("#/metrics?name=took") for one in hrefs)
    assert any(one.startswith("#/heatmap?begin=") and "from=" in one for one in hrefs)
    address = page.value("location.href")
    page.visit(f"{address}&from=150000000&to=302000000&find=orphan")
    page.until("document.querySelector('form').textContent.includes('1 span')")
    page.press("0")
    page.until("!location.hash.includes('from=') && location.hash.includes('find=orphan')")
    page.until(f"{DETAIL}.textContent.includes('OutOfStock')")
    page.value(f"[...{DETAIL}.querySelectorAll('a')].find((one) => one.textContent.includes('of this trace')).click()")
    page.until(f"{DETAIL}.querySelector('h2').textContent === 'orphan'")
    assert "by up to 2.00 ms" in page.value("document.querySelector('main').innerText")
    assert "parent has not arrived" in page.value("document.querySelector('main').innerText")
    assert page.complaints == []


def test_a_time_is_typed_as_it_is_written_elsewhere_and_a_mistake_is_told(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("logs?service=shop"))
    assert page.value("[...document.querySelectorAll('select')].map((one) => one.value)") == ["shop", ""]
    for wrong in ("2026-11-31 17:02:09", "25:00", "noon", "2026-11-26 17:61"):
        page.value(f"{UNTIL}.value = '{wrong}'; document.querySelector('form').requestSubmit()")
        page.until("document.querySelector('.problem').textContent.includes('2026-11-26 17:02:09')")
        assert "until" not in page.value("location.hash")
    page.value(f"{UNTIL}.value = '2001-02-03 04:05'; document.querySelector('form').requestSubmit()")
    page.until("location.hash.includes('until=') && document.querySelector('main').textContent.includes('Nothing matches')")
    assert page.value(f"{UNTIL}.value") == "2001-02-03 04:05:00"
    assert page.value("document.querySelector('.problem').textContent") == ""


def test_a_click_on_a_heading_sorts_and_is_in_the_address(page: Page, signalled: Shown) -> None:
    took = "[...document.querySelectorAll('tbody tr')].map((one) => parseFloat(one.querySelector('.number').textContent))"
    page.visit(signalled.url("traces?query=name%3D%22POST+/predict%22"))
    first = page.value(took)
    assert first != sorted(first, reverse=True)
    page.click("document.querySelector('button[data-sort=duration]')")
    page.until("location.hash.includes('sort=duration')")
    assert page.value(took) == sorted(first, reverse=True)
    page.click("document.querySelector('button[data-sort=duration]')")
    page.until("!location.hash.includes('sort=')")
    assert page.value(took) == first


def test_a_download_says_what_is_saved(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url(f"trace/{signals.TRACE.hex()}"))
    page.click("[...document.querySelectorAll('form button')].find((one) => one.textContent === 'Download')")
    page.until(f"document.querySelector('form').textContent.includes('trace-{signals.TRACE.hex()}.json (3 spans)')")


@pytest.mark.parametrize(("zone", "at", "shown"), [
    ("Asia/Kolkata", datetime(2026, 1, 2, 20, 30, tzinfo=UTC), "2026-01-03 02:00:00.000 +05:30"),
    ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "2026-11-01 01:30:00.000 -04:00"),
    ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "2026-11-01 01:30:00.000 -05:00"),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 0, tzinfo=UTC), "2026-04-05 01:30:00.000 +10:30"),
    ("Pacific/Marquesas", datetime(2026, 1, 1, 0, 0, tzinfo=UTC), "2025-12-31 14:30:00.000 -09:30"),
])
def test_times_are_right_in_every_zone(page: Page, signalled: Shown, zone: str, at: datetime, shown: str) -> None:
    ms = int(at.timestamp() * 1000)
    page.call("Emulation.setTimezoneOverride", timezoneId=zone)
    try:
        page.visit(signalled.url(f"logs?until={ms}"))
        said = f"""Promise.all([import('/page/kit/format.js'), import('/page/kit/time-axis.js')]).then(([format, axis]) =>
            [format.moment({ms}), axis.timeTicks({ms}, {ms} + 9 * 3600000, 9).map((tick) => new Date(tick).getMinutes())])"""
        told, minutes = page.call("Runtime.evaluate", expression=said, awaitPromise=True, returnByValue=True)["result"]["value"]
        assert told == shown
        assert set(minutes) == {0}
        assert page.value(f"{UNTIL}.value") == shown[:19]
        page.click("document.querySelector('form button')")         # the hour that a clock has twice stays what it was
        assert page.value("location.hash").endswith(f"until={ms}")
    finally:
        page.call("Emulation.setTimezoneOverride", timezoneId="")


def test_json_is_laid_out_and_stays_what_was_sent(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("logs"))
    for sent, shown in (('{"path": "C:\\\\new", "text": "a\\nb"}', '{\n  "path": "C:\\\\new",\n  "text": "a\nb"\n}'),
                        ('{"id":12345678901234567890, "n": [1.0,-2e9], "{": [], "e": {}}',
                         '{\n  "id": 12345678901234567890,\n  "n": [\n    1.0,\n    -2e9\n  ],\n  "{": [],\n  "e": {}\n}'),
                        ('{"a": 1', '{"a": 1'), ("[" * 900 + "]" * 900, "[" * 900 + "]" * 900)):
        said = f"import('/page/kit/values.js').then(({{ readable }}) => readable({json.dumps(sent)}))"
        assert page.call("Runtime.evaluate", expression=said, awaitPromise=True)["result"]["value"] == shown


def test_the_rest_of_a_text_that_did_not_come_is_asked_for_again(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url(f"trace/{signals.TRACE.hex()}?span={b's'.hex() * 8}"))
    page.until(f"{DETAIL}.textContent.includes('Show all 20')")
    page.value("""{
        const real = globalThis.fetch;
        globalThis.fetch = () => { globalThis.fetch = real; return Promise.reject(new Error()); };
    }""")
    more = f"[...{DETAIL}.querySelectorAll('button')].find((one) => one.textContent.includes('Show all 20'))"
    page.value(f"{more}.click()")
    page.until(f"{more}.textContent.startsWith('Could not load') && !{more}.disabled")
    page.value(f"{more}.click()")
    page.until(f"{DETAIL}.innerText.includes('{'x' * 20_000}')")
    assert page.complaints == []


def test_a_long_record_and_its_resource_are_read_whole(page: Page, signalled: Shown) -> None:
    assert signalled.viewer.send(signals.logs(1, "s" * 9000), signal_="logs").status == 200
    page.visit(signalled.url("logs?text=sssss"))
    page.press("j")
    more = f"[...{DETAIL}.querySelectorAll('button')].filter((one) => /Show all 9\\D?0\\d\\d char/.test(one.textContent))"
    page.until(f"{more}.length === 4")             # the body, the service, its name in the resource, and the host's, which has it
    page.value("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }")
    page.value(f"{DETAIL}.querySelector('[aria-label=\"Copy body\"]').click()")
    page.until("globalThis.copied?.length === 9016")
    page.value(f"{more}.forEach((one) => one.click())")
    page.until(f"{DETAIL}.innerText.includes('record 0 of the {'s' * 9000}') && {DETAIL}.innerText.includes('{'s' * 9000}-host')")


def test_what_came_while_paused_is_there_at_once_and_older_records_have_no_gap(page: Page, signalled: Shown) -> None:
    assert signalled.viewer.send(signals.logs(150, "gapless"), signal_="logs").status == 200
    page.visit(signalled.url("logs?service=gapless"))
    ticks(page, signalled.viewer, 2)
    page.press("p")
    assert signalled.viewer.send(signals.logs(120, "gapless"), signal_="logs").status == 200
    page.until("document.querySelector('main').textContent.includes('paused, 120 new records')")
    page.press("p")
    page.until(f"{RECORDS}[0].textContent.includes('record 119 of the gapless') && {RECORDS}.length === 200")
    page.value("document.querySelector('.records').scrollTo(0, 1e6)")
    page.until(f"{RECORDS}.at(-1).textContent.includes('record 0 of the gapless') && {RECORDS}.length === 270")
    rows = page.value(f"{RECORDS}.map((one) => Number(one.dataset.key))")
    assert rows == list(range(rows[0], rows[0] - 270, -1))


def test_a_further_search_finds_the_traces_that_gave_way_to_newer_ones(page: Page, signalled: Shown) -> None:
    assert signalled.viewer.send(requests.traces(50, first=5000, service="giving")).status == 200
    page.visit(signalled.url("traces?service=giving"))
    page.until(f"{ROWS} === 50 && document.querySelector('lab-status').textContent.includes('live')")
    assert signalled.viewer.send(requests.traces(20, first=6000, service="giving")).status == 200
    further = "[...document.querySelectorAll('button')].find((one) => one.textContent === 'Search further')"
    page.until(f"document.querySelector('tbody').innerHTML.includes('{requests.span_ids(6019)[0].hex()}') && !!{further}")
    assert page.value(ROWS) == 50
    page.value(f"{further}.click()")
    page.until(f"{ROWS} === 70")


def test_all_that_has_arrived_is_read_also_where_the_viewer_stops_at_the_first(page: Page, signalled: Shown) -> None:
    page.visit(signalled.url("logs"))
    said = """import('/page/kit/fetch.js').then(({ arrived }) => arrived(async ({ after, before }) => before === null
        ? { logs: [after + 5], before: 4, newest: 9, searched: 1, left: 2 }
        : { logs: [before], before: null, newest: 11, searched: 2, left: 0 }, 'logs', 1, 50))"""
    assert page.call("Runtime.evaluate", expression=said, awaitPromise=True, returnByValue=True)["result"]["value"] == {
        "items": [6, 4], "before": None, "newest": 9, "searched": 3, "left": 0}
