"""Metric series as a table."""

from typing import Any

from labctl.model import METRICS
from labctl.ui.telemetry.metrics import render as metrics
from tests.unit.ui.conftest import Draw
from tests.unit.ui.samples import SERIES, TRACE


def test_the_commands_below_the_table_have_a_heading(draw: Draw) -> None:
    assert "An example request of each:\nlabctl trace " in draw(metrics(SERIES))


def test_a_percentile_is_not_estimated_beyond_the_maximum(draw: Draw) -> None:
    row = next(line for line in draw(metrics(SERIES)).splitlines() if line.startswith("prediction_latency_ms"))

    assert row.split()[-4:] == ["120", "ms", "120", "ms"]


def test_an_exemplar_is_a_command_to_paste(draw: Draw) -> None:
    assert f"labctl trace {TRACE.trace_id}" in draw(metrics(SERIES), 60)


def test_a_metric_that_has_not_been_counted_is_named(draw: Draw) -> None:
    arrived = [entry for entry in SERIES if entry["name"] != "errors_total"]
    [row] = [line for line in draw(metrics(arrived, METRICS)).splitlines() if "none yet" in line]
    assert row.startswith("errors_total")
    assert "none yet" not in draw(metrics(SERIES, METRICS))


def test_a_series_without_points_is_drawn(draw: Draw) -> None:
    bare: list[dict[str, Any]] = [
        {"name": "a", "unit": "ms", "type": "histogram"}, {"name": "b", "unit": "By", "type": "gauge", "value": 2.5},
    ]

    assert "2.5 By" in draw(metrics(bare))
    assert "No metric" in draw(metrics([]))
