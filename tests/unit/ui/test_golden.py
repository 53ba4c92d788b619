"""Every view, drawn at 80 and at 60 columns, is what was looked at and found good."""

import pytest
from rich.cells import cell_len
from rich.console import Group

from labctl.ui import board, compare, curve, histogram, metrics, runs, runsamples, samples, slo, summary, tables, waterfall

VIEWS = {
    "histogram": lambda _: histogram.render(samples.SUMMARY.histogram, samples.SUMMARY.latency),
    "waterfall": lambda width: waterfall.render(samples.TRACE, width),
    "waterfall-failed": lambda width: waterfall.render(samples.FAILED_TRACE, width),
    "summary": lambda _: summary.render(samples.SUMMARY, (), samples.LEDGER),
    "summary-troubled": lambda _: summary.render(samples.TROUBLED, samples.NOTES),
    "board": lambda _: board.render(samples.SNAPSHOT, samples.PLAN, samples.TAIL),
    "status": lambda _: tables.status(samples.STATUS, samples.STATUS_AT),
    "config": lambda _: tables.config(samples.CONFIG),
    "doctor": lambda _: Group(tables.doctor(samples.CHECKS), "", tables.hops(samples.HOPS)),
    "metrics": lambda _: metrics.render(samples.SERIES),
    "slo": lambda _: slo.render(runsamples.JUDGED),
    "runs": lambda _: runs.render(runsamples.RUNS, runsamples.RUNS_AT),
    "compare": lambda _: compare.render(*runsamples.RUNS[:2], runsamples.COMPARISON, runsamples.RUNS_AT),
    "curve": lambda _: Group(*(curve.line(trial) for trial in runsamples.CAPACITY.curve), "", curve.render(runsamples.CAPACITY)),
}


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("name", VIEWS)
def test_view_is_drawn_as_approved(name, width, draw, golden):
    drawn = draw(VIEWS[name](width), width)

    golden(f"{name}-{width}", drawn)
    assert max(map(cell_len, drawn.splitlines())) <= width
