"""The report as a browser shows it, from disk: nothing is fetched, nothing complains, nothing hangs over the edge."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.load import report
from labctl.load.judge.verdicts import judge
from labctl.load.measure.summary import Distribution
from labctl.load.plan.thresholds import parse
from tests.browser import browsing, executable
from tests.unit.load.report import made_up_run

LONG = made_up_run.long_run()
NOTHING = replace(
    LONG, successful=0, failed=LONG.sent - 3, latency=Distribution(), service_time=Distribution(), histogram=(), slowest=(),
    timeline=None, generator=None, quantiles={}, by_request={},
)
CHARTS = "[...document.querySelectorAll('.chart')].map(chart => chart.id)"
DRAWN = "[...document.querySelectorAll('.chart')].filter(chart => chart.querySelector('.main-svg')).map(chart => chart.id)"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if not executable():
        pytest.skip("no Chromium on the PATH: nothing to open a report with")
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("report") / "long run.html"
    scaled = [(0.0, 1), (LONG.duration_s / 3, 2)]
    beside = report.Beside(judge(parse("p99<200ms,errors<1%"), LONG), made_up_run.traces(LONG), replicas=scaled)
    report.write_html(LONG, path, beside)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_opens_from_disk_and_fits(page: Any, long: Any, width: int, scheme: str) -> None:
    page.open(long, width, scheme)

    assert page.value(DRAWN) == ["latency", "rate", "replicas", "errors", "histogram"]
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value("Math.max(...[...document.querySelectorAll('.main-svg')].map(svg => svg.getBoundingClientRect().right))") \
        <= width
    assert (page.asked, page.complaints) == ([long.as_uri()], [])


def test_text_from_outside_stays_text(page: Any, long: Any) -> None:
    page.open(long, 1280, "light")

    assert page.value("document.title") == f"Load run {LONG.run_id}"
    assert page.value("document.querySelectorAll('img').length") == 0
    assert page.value("document.body.innerText").count(made_up_run.HOSTILE) >= 4
    assert "<script>" in page.value("document.querySelector('#errors .legend').textContent")


def test_no_script_but_its_own_can_run(page: Any, long: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text(long.read_text().replace("</main>", "<script>document.title = 'owned'</script><img src='http://127.0.0.1:1/x'>"))
    page.open(broken, 1280, "light")

    assert page.value("document.title") == f"Load run {LONG.run_id}"
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_day_and_night_change_the_colours_of_an_open_page(page: Any, long: Any) -> None:
    colour = "getComputedStyle(document.querySelector('#histogram .ytick text')).fill"
    page.open(long, 1280, "light")
    light = page.value(colour)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    page.until(f"{colour} !== {light!r}")


def test_it_can_be_printed(page: Any, long: Any) -> None:
    page.open(long, 1280, "dark")

    assert page.printed().startswith(b"%PDF-")
    assert not page.complaints
    page.until("!document.documentElement.classList.contains('paper')")


@pytest.mark.parametrize("summary", [NOTHING, replace(LONG, timeline=None, quantiles={})], ids=["none", "no timeline"])
def test_what_is_missing_is_left_out(page: Any, tmp_path: Path, summary: Any) -> None:
    path = tmp_path / "report.html"
    report.write_html(summary, path, report.Beside())
    page.open(path, 1280, "light")

    assert page.value(DRAWN) == page.value(CHARTS) == (["histogram"] if summary.histogram else [])
    assert not page.complaints
