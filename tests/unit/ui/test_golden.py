"""Every view, drawn at 120, 80 and 60 columns, is what was looked at and found good."""

from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Group, RenderableType

from labctl.cost.comparison import compare as compare_backends
from labctl.cost.estimate import Wanted, estimate
from labctl.lab.metrics import MetricSet
from labctl.ui.cost import bill as cost_bill
from labctl.ui.cost import comparison as cost_comparison
from labctl.ui.cost import right_sizing
from labctl.ui.lab import check, config, doctor, status, top
from labctl.ui.load import board, capacity, compare, histogram, runs, summary, thresholds
from labctl.ui.telemetry import metrics, waterfall
from labctl.ui.why import run as why_run
from labctl.ui.why import trace as why_trace
from tests.unit.cost.samples import LAB, LIST, TUTORIAL, UNMEASURED
from tests.unit.ui import run_samples, samples, why_samples
from tests.unit.ui.conftest import Draw

COST, COST_UNMEASURED = (estimate(lab, Wanted(LIST, backend="grafana-cloud")) for lab in (LAB, UNMEASURED))
COST_TUTORIAL = estimate(LAB, Wanted(TUTORIAL))
VIEWS: dict[str, Callable[[int], RenderableType]] = {
    "histogram": lambda _: histogram.render(samples.SUMMARY.histogram, samples.SUMMARY.latency),
    "waterfall": lambda width: waterfall.render(samples.TRACE, width),
    "waterfall-failed": lambda width: waterfall.render(samples.FAILED_TRACE, width),
    "summary": lambda _: summary.render(samples.SUMMARY, (), samples.LEDGER),
    "summary-troubled": lambda _: summary.render(samples.TROUBLED, samples.NOTES),
    "board": lambda _: board.render(samples.SNAPSHOT, samples.PLAN, samples.TAIL),
    "status": lambda _: status.render(samples.STATUS, samples.STATUS_AT),
    "config": lambda _: config.render(samples.CONFIG),
    "doctor": lambda _: Group(doctor.render(samples.CHECKS), "", check.render(samples.HOPS)),
    "top": lambda _: top.render(samples.USAGE),
    "metrics": lambda _: metrics.render(MetricSet(samples.SERIES)),
    "metrics-buckets": lambda _: metrics.render(MetricSet(samples.SERIES[4:5]), metrics.MetricView(buckets=True)),
    "why-run": lambda _: Group(
        why_run.render(why_samples.RUN, why_samples.AT), "", why_run.render(why_samples.TOO_FEW, why_samples.AT), "",
        why_run.render(why_samples.NOTHING, why_samples.AT),
    ),
    "why-trace": lambda _: why_trace.render(why_samples.EXPLAINED),
    "thresholds": lambda _: thresholds.render(run_samples.JUDGED),
    "runs": lambda _: runs.render(run_samples.RUNS, run_samples.RUNS_AT),
    "compare": lambda _: compare.render(*run_samples.RUNS[:2], run_samples.COMPARISON, run_samples.RUNS_AT),
    "cost": lambda _: cost_bill.render(COST),
    "cost-tutorial": lambda _: cost_bill.render(COST_TUTORIAL),
    "cost-unmeasured": lambda _: cost_bill.render(COST_UNMEASURED),
    "cost-compare": lambda _: cost_comparison.render(COST, compare_backends(COST.bill.asked)),
    "cost-right-size": lambda _: right_sizing.render(COST),
    "capacity": lambda _: Group(*map(capacity.line, run_samples.CAPACITY.curve), "", capacity.render(run_samples.CAPACITY)),
}


@pytest.mark.parametrize("width", [120, 80, 60])
@pytest.mark.parametrize("name", VIEWS)
def test_view_is_drawn_as_approved(name: Any, width: int, draw: Draw, golden: Callable[[str, str], None]) -> None:
    drawn = draw(VIEWS[name](width), width)

    golden(f"{name}-{width}", drawn)
    assert max(map(cell_len, drawn.splitlines())) <= width
