"""The heatmap's objective, percentile lines, runs and what happened: in the address, as text, and within reach of the keys."""

import json
import time
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from labctl.host.http import post
from tests.browser import Page
from tests.page.conftest import Shown
from tests.page.lasting import hold, release
from tests.page.telemetry import SCRIPTS, pair

RUN: Final = "18df58ce00000000"
THRESHOLDS: Final = ("p99 < 150 ms", "errors < 1 %", "max < 1.5 s")
EVENTS: Final = "[...document.querySelectorAll('.events a')].map((one) => one.textContent)"
CHOOSER: Final = "document.querySelector('[aria-label=Run]')"
PLACEHOLDER: Final = "document.querySelector('#slo').placeholder"


@pytest.fixture(scope="module")
def happened(shown: Shown) -> float:
    """When a run, a fault and an alert were told of, which go on; Unix seconds."""
    begin = time.time() - 60
    told: list[dict[str, Any]] = [
        {"kind": "run", "key": RUN, "title": "run 18df58ce", "data": {"thresholds": THRESHOLDS}},
        {"kind": "fault", "key": "a", "title": SCRIPTS[0], "data": {}},
        {"kind": "findings", "key": "b", "title": "unseen", "data": {}},
    ]
    alert = {
        "status": "firing", "fingerprint": "ab", "startsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin)),
        "labels": {"alertname": "Burning"}, "annotations": {"summary": "too many errors"},
    }
    for path, value in (
        ("annotations", [{**one, "begin": begin, "end": None} for one in told]), ("alerts", {"version": "4", "alerts": [alert]}),
    ):
        answer = post(f"{shown.viewer.url}/api/{path}", json.dumps(value).encode(), {"content-type": "application/json"})
        assert answer.status == 200
    return begin


def test_what_happened_is_a_list_of_text_that_keys_reach(page: Page, shown: Shown, happened: float) -> None:
    page.visit(shown.url("heatmap?minutes=5"))
    page.until(f"{EVENTS}.length === 3")
    texts = page.value(EVENTS)
    assert {text.partition(" ")[0] for text in texts} == {"Run", "Fault", "Alert"}
    assert any(text.endswith("in progress: Burning: too many errors") for text in texts)
    assert any(text.endswith(SCRIPTS[0]) for text in texts)
    page.press("e")
    assert page.value("document.activeElement.textContent") == texts[0]
    page.press("Enter")
    page.until("location.hash.includes('begin=')")
    assert page.complaints == []


def test_the_signs_above_the_chart_say_what_they_stand_for(page: Page, shown: Shown, happened: float) -> None:
    page.visit(shown.url(f"heatmap?begin={int(happened * 1000) - 30_000}&end={int(happened * 1000) + 30_000}"))
    page.until(f"{EVENTS}.length === 3")
    box = page.value("document.querySelector('.chart').getBoundingClientRect().toJSON()")
    for x in range(int(box["width"] * 0.45), int(box["width"] * 0.55), 4):          # it is in the middle of the time
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box["x"] + x, y=box["y"] + 8)
        if not page.value("document.querySelector('.tip').hidden"):
            break
    assert "too many errors" in page.value("document.querySelector('.tip').textContent")


def test_the_objective_is_that_of_the_run_or_what_is_typed(page: Page, shown: Shown, happened: float) -> None:
    page.visit(shown.url(f"heatmap?minutes=5&query=run%3D{RUN[:8]}"))
    page.until(f"{PLACEHOLDER} === '150'")
    page.value("document.querySelector('#slo').focus()")
    page.call("Input.insertText", text="250")
    page.press("Enter")
    page.until("location.hash.includes('slo=250')")


def test_the_lines_are_in_the_address(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?minutes=5&lines=p90"))
    checked = "[...document.querySelectorAll('fieldset input')].map((one) => one.checked)"
    assert page.value(checked) == [False, True, False]
    page.click("document.querySelector('fieldset input')")
    page.until("new URLSearchParams(location.hash.split('?')[1]).get('lines') === 'p50.p90'")


def test_a_run_is_chosen_with_its_time_and_its_requests(page: Page, shown: Shown, happened: float) -> None:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.append(pair("service.name", "labctl"))
    made = group.scope_spans.add().spans
    for number in range(3):
        begin = int((happened + number) * 1e9)
        own = (number + 1).to_bytes(8, "big")
        made.add(trace_id=bytes.fromhex(RUN) + own, span_id=own, name="POST", kind=3, start_time_unix_nano=begin,
                 end_time_unix_nano=begin + 10**8)
    assert shown.viewer.send(request.SerializeToString()).status == 200
    page.visit(shown.url("heatmap?minutes=5&query=name~POST"))
    page.until(f"[...{CHOOSER}.options].some(({{value}}) => value === {RUN!r})")
    page.value(f"{CHOOSER}.value = {RUN!r}; {CHOOSER}.dispatchEvent(new Event('change'))")
    page.until("document.querySelector('main').textContent.includes('3 requests, 0 failed')")
    page.visit(page.value("location.href"))
    page.until("document.querySelector('main').textContent.includes('3 requests, 0 failed')")
    page.until(f"{CHOOSER}.value === {RUN!r}")
    page.value(f"{CHOOSER}.value = ''; {CHOOSER}.dispatchEvent(new Event('change'))")
    page.until("!location.hash.includes('run')")
    assert page.value("location.hash").startswith("#/heatmap?query=name%7EPOST")


def test_without_requests_the_chart_names_no_latency(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?begin=1600000000000&end=1600000300000&slo=200"))
    page.until("document.body.textContent.includes('2020-09-13: No requests in this time')")
    page.press("m", "ArrowUp", "Enter")
    assert "low=" not in page.value("location.hash")
    assert page.complaints == []


def test_a_mistake_in_the_query_is_told_where_it_is_and_not_asked_again(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?minutes=5&query=name~POST+duration%3Esoon"))
    page.until("document.querySelector('main mark')?.textContent.includes('soon')")
    asked = len([url for url in page.asked if "/api/page/heatmap" in url])
    page.until("document.querySelector('lab-status').textContent.includes('live')")
    assert len([url for url in page.asked if "/api/page/heatmap" in url]) == asked == 1


def test_what_is_above_the_objective_is_counted_and_selected(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?minutes=15&slo=450"))
    page.until("document.querySelector('.above')?.textContent.startsWith('40 of 2')")
    page.press("S")
    page.until("document.querySelector('h2')?.textContent.startsWith('40 of 2')")
    assert "low=450000000" in page.value("location.hash")
    page.value("document.querySelector('#slo').focus()")
    page.press("End", "1", "Enter")
    page.until("location.hash.includes('slo=4501')")
    assert "low=450000000" in page.value("location.hash")


def test_of_many_requests_those_further_down_are_there_when_they_are_scrolled_to(page: Page, shown: Shown) -> None:
    end = int(time.time() * 1000)
    page.visit(shown.url(f"heatmap?begin={end - 3_600_000}&end={end}&from={end - 3_600_000}&to={end}&low=1"))
    rows = "document.querySelectorAll('[aria-label=\"Selected requests\"] tbody tr').length"
    page.until(f"{rows} > 0")
    first = page.value(rows)
    listed = int(page.value("/slowest (\\d+) are listed/.exec(document.querySelector('main').innerText)[1]"))
    assert first < listed
    for _ in range(first + 5):
        page.press("j")
    page.until("document.querySelector('tr[aria-selected=true]').rowIndex > 1")
    assert page.value("document.querySelector('tr[aria-selected=true]').rowIndex") == first + 5
    scrolled = "document.querySelector('[aria-label=\"Selected requests\"]').scrollTop = 1e6"
    page.until(f"({scrolled}, {rows} === {listed})")
    assert page.complaints == []


def test_where_nothing_is_the_last_requests_are_one_click_away_and_fit(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?begin=1600000000000&end=1600000300000"))
    page.until("document.body.textContent.includes('The last requests were at')")
    page.click("[...document.querySelectorAll('main a')].find((one) => one.textContent === 'show them')")
    page.until("document.querySelector('.shades') !== null")
    before = page.value("location.hash")
    page.press("f")
    page.until(f"location.hash !== {before!r}")
    assert page.complaints == []


PROBLEMS: Final = "[...document.querySelectorAll('.problem')].map((one) => one.textContent).join('')"


@pytest.mark.parametrize("status", [200, 500])
def test_a_late_answer_of_another_query_changes_nothing(page: Page, shown: Shown, status: int) -> None:
    requests = "/[1-9]\\d* requests, /.test(document.querySelector('main').textContent.replaceAll('\u202f', ''))"
    page.visit(shown.url("heatmap?minutes=5"))
    page.until(requests)
    hold(page, "nobody", status)
    page.value("location.hash = '#/heatmap?minutes=5&query=name%3Dnobody'")
    page.until("Boolean(globalThis.letGo)")
    page.value("location.hash = '#/heatmap?minutes=5'")
    page.until(f"document.querySelector('[role=combobox]').value === '' && {requests}")
    release(page)
    assert page.value(requests)
    assert page.value(PROBLEMS) == ""


def test_ten_years_are_shown_in_columns_and_ticks_of_some_days(page: Page, shown: Shown) -> None:
    end = int(time.time() * 1000)
    page.visit(shown.url(f"heatmap?begin={end - 3650 * 86_400_000}&end={end}"))
    page.until("document.querySelector('.shades') !== null")
    assert page.value(PROBLEMS) == ""
    ticks = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=f"""import('/page/kit/time-axis.js')
        .then(({{ timeTicks }}) => timeTicks({end} - 3650 * 86400000, {end}, 10).length)""")["result"]["value"]
    assert 5 <= ticks <= 11


def test_a_run_that_ended_before_it_could_tell_is_not_going_on(page: Page, shown: Shown) -> None:
    page.visit(shown.url("metrics"))
    texts = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression="""(async () => {
        const now = Date.now() / 1000;
        const told = (kind, ago) => ({ kind, key: kind, title: "t", data: {}, begin: now - 60, end: null, told: now - ago });
        globalThis.fetch = async (url) => ({ ok: true, json: async () => (url.includes("annotations")
            ? { annotations: [told("run", 30), told("run", 2), told("fault", 30)] } : { alerts: [] }) });
        const { marks, markText } = await import("/page/kit/marks.js");
        return [...(await marks(0, Date.now())).map(markText), (await marks(Date.now() - 20000, Date.now())).length];
    })()""")["result"]["value"]
    assert "no report since" in texts[0]
    assert ["in progress" in text for text in texts[:3]] == [False, True, True]
    assert texts[3] == 2


def test_what_a_run_was_to_keep_is_asked_for_once_and_nothing_else_of_its_data(page: Page, shown: Shown) -> None:
    page.visit(shown.url("metrics"))
    found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression="""(async () => {
        const now = Date.now() / 1000, asked = [];
        const begin = (key) => now - (key === "older" ? 60 : 30);
        const told = (key, data) => ({ kind: "run", key, title: "t", data, begin: begin(key), end: now, told: now });
        globalThis.fetch = async (url) => {
            asked.push(String(url).replace(/.*[/]api[/]/, "").replace(/(begin|end)=[0-9.]+&/g, ""));
            return { ok: true, json: async () => (url.includes("alerts") ? { alerts: [] } : url.includes("key=older")
                ? { annotations: [told("older", { thresholds: ["p99 < 200 ms", "p50 < 50 ms"] })] } : url.includes("key=newer")
                ? { annotations: [told("newer", {})] } : { annotations: [told("newer", {}), told("older", {})] }) };
        };
        const { askObjectives, marks, objectiveOf, runsOf } = await import("/page/kit/marks.js");
        for (const _ of [1, 2]) await askObjectives(runsOf(await marks(0, Date.now())), new AbortController().signal);
        return [asked, objectiveOf(runsOf(await marks(0, Date.now()))).ns, runsOf([told("older")], "OLD").length];
    })()""")["result"]["value"]
    of_marks = ["page/annotations?data=no", "page/alerts"]
    asked = [*of_marks, "page/annotations?kind=run&key=older", "page/annotations?kind=run&key=newer", *of_marks, *of_marks]
    assert sorted(found[0]) == sorted(asked)
    assert found[1:] == [50e6, 1]


def test_what_sets_requests_apart_leads_to_a_search_only_where_a_query_can_say_it(page: Page, shown: Shown) -> None:
    page.visit(shown.url("metrics"))
    found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression="""(async () => {
        const { drawApart } = await import("/page/views/apart.js"), root = document.createElement("div");
        const one = (value) => ({ sort: "attribute", service: "shop", span: "buy", key: "k", comparison: "=", value, also: [],
            group_with: 9, group: 9, rest_with: 0, rest: 9, trace_id: "a".repeat(32), span_id: "b".repeat(16) });
        const group = { total: 9, failed: 0, looked_at: 9 };
        drawApart(root, { selected: group, others: group, failed_p: 1, stopped_s: null, started: 0, conditions: 3, own_times: [],
            differences: [one("x"), one("y".repeat(200)), one("['a', 'b']"), one(7), { ...one(0.5), sort: "own time" }] },
            { query: "", window: {} });
        const leads = (item) => decodeURIComponent(item.querySelector("a:not(.example)")?.hash ?? "");
        return [...root.querySelectorAll("li")].map(leads);
    })()""")["result"]["value"]
    begin = "#/traces?query=service=shop+name=buy+k"
    assert found == [f"{begin}=x", f"{begin}~{'y' * 200}", "", f"{begin}=7",
                     "#/traces?query=service=shop+name=buy+duration>=500us&sort=duration"]


@pytest.mark.parametrize(("sort", "also", "none"), [
    ("own time", [], True), ("attribute", [], False), ("own time", ["attribute"], False), ("span", ["resource"], False)])
def test_that_no_attribute_sets_requests_apart_is_said(page: Page, shown: Shown, sort: str, also: list[str], none: bool) -> None:
    page.visit(shown.url("metrics"))
    said = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=f"""
        import("/page/views/apart.js").then(({{ drawApart }}) => {{
            const root = document.createElement("div"), group = {{ total: 9, failed: 0, looked_at: 9 }};
            const one = (sort) => ({{ sort, service: "shop", span: "buy", key: "k", comparison: "=", value: 1, also: [],
                group_with: 9, group: 9, rest_with: 0, rest: 9, trace_id: "a".repeat(32), span_id: "b".repeat(16) }});
            drawApart(root, {{ selected: group, others: group, failed_p: 1, stopped_s: null, started: 0, conditions: 3,
                own_times: [], differences: [{{ ...one({sort!r}), also: {also!r}.map(one) }}] }}, {{ query: "", window: {{}} }});
            return root.textContent;
        }})""")["result"]["value"]
    assert ("No attribute sets them apart." in said) is none

def test_of_a_few_whole_traces_no_span_is_blamed(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap"))
    times = [{"span": "POST", "service": "labctl", "slow_mean_ms": 900, "rest_mean_ms": 5, "longer_ms": 895}]
    for looked_at, blamed in ((3, False), (5, True)):
        found = {"selected": {"total": 26, "failed": 0, "looked_at": looked_at},
                 "others": {"total": 900, "failed": 0, "looked_at": 40},
                 "differences": [], "own_times": times, "conditions": 0, "failed_p": 1, "stopped_s": None}
        said = f"""import('/page/views/apart.js').then(({{ drawApart }}) => {{
            const made = document.createElement('div');
            drawApart(made, {json.dumps(found)}, {{ query: '', window: {{}} }});
            return made.textContent;
        }})"""
        text = page.call("Runtime.evaluate", expression=said, awaitPromise=True)["result"]["value"]
        assert ("Self time" in text) is blamed
        assert ("is still stored are not compared" in text) is not blamed


def test_the_slowest_of_requests_below_the_first_bound_are_those(page: Page, shown: Shown) -> None:
    page.visit(shown.url("metrics"))
    found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression="""
        import("/page/views/heatmap-cells.js").then(({ nearP99 }) => [[0, 50, 0], [0, 50, 0, 3, 1, 0]].map((cells) =>
            nearP99({ shown: { columns: [null, { cells }] }, columns: { bounds: [1, 2, 30, 40] }, total: 51 })))""")
    assert found["result"]["value"] == [0, 30]


@pytest.mark.parametrize(("zone", "begin", "hours", "most", "ticks"), [
    ("Europe/Berlin", "2025-03-29T20:00", 12, 8, ["2025-03-29 20:00", "22:00", "2025-03-30", "04:00", "06:00", "08:00"]),
    ("Europe/Berlin", "2025-10-25T20:00", 14, 4, ["2025-10-26", "06:00"]),
    ("America/New_York", "2025-10-31T10:00", 100, 5, ["2025-11-01", "2025-11-02", "2025-11-03", "2025-11-04"]),
    ("Asia/Kolkata", "2025-05-04T23:59:50", 20 / 3600, 4, ["2025-05-04 23:59:50", "23:59:55", "2025-05-05", "00:00:05"]),
])
def test_ticks_stand_at_whole_hours_of_the_clock_and_say_the_day(
    page: Page, shown: Shown, zone: str, begin: str, hours: float, most: int, ticks: list[str],
) -> None:
    page.call("Emulation.setTimezoneOverride", timezoneId=zone)
    try:
        page.visit(shown.url("metrics"))
        found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=f"""
            import("/page/kit/time-axis.js").then(({{ timeTicks, tickTexts }}) => {{
                const begin = new Date("{begin}").getTime();
                return tickTexts(timeTicks(begin, begin + {hours} * 3600000, {most}));
            }})""")["result"]["value"]
        assert found == ticks
        day = "import('/page/kit/format.js').then(({ clock }) => [clock(new Date('2025-05-04T03:02:01')), clock(Date.now())])"
        told = page.call("Runtime.evaluate", expression=day, awaitPromise=True, returnByValue=True)["result"]["value"]
        assert told[0] == "2025-05-04 03:02:01"
        assert len(told[1]) == 8
    finally:
        page.call("Emulation.setTimezoneOverride", timezoneId="")


def test_the_legend_has_the_colours_of_the_cells_that_it_names(page: Page, shown: Shown) -> None:
    page.visit(shown.url("heatmap?minutes=5"))
    code = """(async () => {
        const { cellColour } = await import("/page/views/heatmap-drawing.js");
        const { shades } = await import("/page/views/heatmap-lists.js");
        const { colours } = await import("/page/kit/canvas.js"), box = document.createElement("i");
        const pair = (one) => [Number(one.textContent.replace(/\\s/g, "")), one.firstChild.style.background];
        const read = (element) => [...element.querySelectorAll("i")].map(pair);
        const expected = (each, most) => each.map(([requests]) => {
            box.style.background = cellColour(requests, most, colours().dark);
            return [requests, box.style.background];
        });
        const drawn = read(document.querySelector(".shades"));
        const made = [1, 3, 21, 5000].map((most) => [most, read(shades({ total: 1, most }))]);
        return [[drawn.at(-1)[0], drawn], ...made].map(([most, each]) => [most, each, expected(each, most)]);
    })()"""
    found = page.call("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=code)["result"]["value"]
    assert len(found) == 5
    for most, legend, expected in found:
        assert legend == expected
        assert legend[0][0] == 1
        assert legend[-1][0] == most
        assert len(legend) <= 5
        assert len({colour for _, colour in legend}) == len(legend)


@pytest.mark.parametrize(("view", "key"), [
    ("heatmap", "j"), ("heatmap", "k"), ("traces?query=name%3Dnothing", "j"), ("logs?text=nothing", "k"),
])
def test_a_key_that_steps_through_a_list_does_nothing_where_it_is_empty(page: Page, shown: Shown, view: str, key: str) -> None:
    page.visit(shown.url(view))
    page.press(key, "Enter")
    assert page.value("document.querySelector('main .paused').textContent") == ""
    assert page.complaints == []


@pytest.mark.parametrize(("view", "begin"), [
    ("heatmap?begin=-1000&end=600000", "1970-01-01: No requests"), ("heatmap?begin=0&end=600000", "1970-01-01: No requests"),
    ("heatmap?minutes=-5", "columns of 10 s"), ("heatmap?minutes=1e300", "columns of 10 s"),
])
def test_a_time_that_cannot_be_is_the_nearest_or_the_last_minutes(page: Page, shown: Shown, view: str, begin: str) -> None:
    page.visit(shown.url(view))
    page.until(f"document.querySelector('main').innerText.includes({begin!r})")
    assert page.complaints == []
