"""A page that is open for eight hours, told of each second in a hundredth of one, while spans arrive, in every view."""

from pathlib import Path

import pytest

from tests.browser import browsing
from tests.page import signals, telemetry
from tests.page.lasting import VIEWS, FastViewer, held, ticks, turn

TICKS = 8 * 3600
PARTS = 8
SETTLED = 300                           # until the view that was left has no question on its way, which would keep its elements


class HundredTimesAsFast(FastViewer):
    every_s = 0.01


@pytest.mark.timeout(1800)
def test_eight_hours_do_not_let_the_page_or_the_viewer_grow(tmp_path: Path) -> None:
    viewer = HundredTimesAsFast(tmp_path, "--max-bytes", str(64 << 20))
    try:
        with browsing(tmp_path / "browser") as page:
            traces, logs, durations = telemetry.lab(500, 120)
            viewer.send(traces)
            viewer.send(logs, signal_="logs")
            viewer.send(signals.metrics(), signal_="metrics")
            page.visit(f"{viewer.url}/#/")
            points = []
            for part in range(PARTS):
                turn(page, next(iter(durations)))
                for number, view in enumerate(("", *VIEWS)):
                    page.value(f"location.hash = '#/{view}'")
                    viewer.send(telemetry.lab(200, 30, seed=part * 100 + number + 2)[0])
                    ticks(page, viewer, TICKS // PARTS // (len(VIEWS) + 1))
                turn(page, next(iter(durations)))
                ticks(page, viewer, SETTLED)
                points.append({**held(page), "rss": viewer.rss()})
    finally:
        viewer.kill()
    first, last = points[1], points[-1]                 # the first part fills what is kept
    assert last["listeners"] <= first["listeners"] + 20, points
    assert last["nodes"] <= first["nodes"] * 1.1 + 200, points
    assert last["heap"] <= first["heap"] * 1.1 + 500_000, points
    # the store grows for some parts until it is read by as many connections and with as large caches as it will be
    assert last["rss"] <= points[PARTS // 2]["rss"] * 1.15, points
