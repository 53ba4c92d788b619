"""What stands in the report, without a browser."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from labctl.load.judge import run_advice
from labctl.load.measure.summary import Generator, Timeline
from labctl.load.report import charts
from labctl.load.report.markup import Html, element, rows
from labctl.load.report.page import Beside, page
from tests.unit.load.report import made_up_run

LONG = made_up_run.long_run()
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packing it takes a fifth of a second, and what is asked for here stands around it."""
    monkeypatch.setattr("labctl.load.report.plotly_js.source", lambda: "var Plotly;")


def test_only_markup_is_markup() -> None:
    assert element("td", "<b>", class_='a"b') == '<td class="a&quot;b">&lt;b&gt;</td>'
    assert element("p", element("b", "x"), Html("<br>")) == "<p><b>x</b><br></p>"
    assert "&lt;i&gt;" in rows(("", "n"), [("<i>", "1")])


def test_equal_runs_give_equal_reports() -> None:
    assert page(LONG, Beside(), NOON) == page(LONG, Beside(), NOON)


def test_nothing_in_the_page_names_an_address_to_fetch_from() -> None:
    markup = re.sub(r"<script.*?</script>", "", page(LONG, Beside(slowest=made_up_run.traces(LONG)), NOON), flags=re.DOTALL)

    assert not re.search(r"<(link|img|iframe|object)|\bsrc=(?!&|\"http://127.0.0.1:1/x\"&)|url\(|@import", markup)
    assert "default-src &#x27;none&#x27;" in markup


def test_data_cannot_end_its_element() -> None:
    text = page(LONG, Beside(), NOON)
    figures = text.partition('id="figures" type="application/json">')[2].partition("</script>")[0]

    assert "<" not in figures
    assert "&lt;script&gt;" in json.dumps(json.loads(figures)["errors"])


def test_what_became_of_the_spans_is_said() -> None:
    said = "10 requests · 1 traces · 5 spans, nothing lost; sampled out: 9 traces with 45 spans, by the trace ids"
    assert said in page(LONG, Beside(ledger=said), NOON)
    assert "<h2>Spans</h2>" not in page(LONG, Beside(), NOON)


def test_a_percentile_of_too_few_is_no_figure() -> None:
    few = replace(LONG, latency=replace(LONG.latency, count=500))

    assert "too few samples" in page(few, Beside(), NOON)
    assert "too few samples" not in page(LONG, Beside(), NOON)


def test_the_generators_own_limit_is_said() -> None:
    busy = replace(LONG, generator=Generator(590.0, 0.98, 0.1, 0.3, 2.0, 1.0, 1 << 20))

    text = page(busy, Beside(remarks=run_advice.remarks(busy)), NOON)
    assert "in part the generator's limits, not the server's: it kept 98 % of a core busy" in text
    assert "not the server's" not in page(LONG, Beside(), NOON)


def test_the_heatmap_holds_every_successful_request() -> None:
    heat = charts.all_of(LONG)["latency"]["data"][0]

    assert LONG.timeline
    successful = sum(one.successful for one in LONG.timeline.slices)
    assert sum(count or 0 for row in heat["customdata"] for count in row) == successful
    assert len(heat["x"]) == len(heat["z"][0]) + 1
    assert len(heat["y"]) == len(heat["z"]) + 1


def test_a_run_of_warm_up_alone_has_no_heatmap() -> None:
    slices = [replace(one, counts={}) for one in LONG.timeline.slices]
    found = charts.all_of(replace(LONG, timeline=replace(LONG.timeline, slices=slices)))

    assert list(found) == ["rate", "errors", "histogram"]


def test_errors_beyond_the_fifth_kind_are_together() -> None:
    kinds = {f"kind {number}": 10 - number for number in range(8)}
    slices = [replace(LONG.timeline.slices[0], errors=kinds)]
    found = charts.all_of(replace(LONG, errors=kinds, timeline=Timeline(2.0, LONG.timeline.edges_ms, slices)))["errors"]["data"]

    assert [bar["name"] for bar in found] == [*(f"kind {number}" for number in range(5)), "all others"]
    assert sum(sum(bar["y"]) for bar in found) == sum(kinds.values())


def test_a_last_slice_that_was_hardly_begun_has_no_rate() -> None:
    [planned, *_] = charts.all_of(replace(LONG, duration_s=599.0))["rate"]["data"]

    assert len(planned["y"]) == made_up_run.SLICES            # one less, and the end of the last
    assert set(planned["y"]) == {made_up_run.RATE}
