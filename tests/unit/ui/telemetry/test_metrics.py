"""Metric series as a table."""

import time
from typing import Any

from labctl.lab.metrics import MetricSet
from labctl.model import METRICS
from labctl.ui.telemetry.metrics import MetricView
from labctl.ui.telemetry.metrics import render as metrics
from tests.unit.ui.conftest import Draw
from tests.unit.ui.samples import SERIES, TRACE


def test_the_commands_below_the_table_have_a_heading(draw: Draw) -> None:
    assert "An example request of each:\nlabctl trace " in draw(metrics(MetricSet(SERIES)))


def test_a_percentile_is_not_estimated_beyond_the_maximum(draw: Draw) -> None:
    row = next(line for line in draw(metrics(MetricSet(SERIES))).splitlines() if line.startswith("prediction_latency_ms"))

    assert row.split()[-4:] == ["118", "ms", "120", "ms"]       # between 100 ms, where its bucket begins, and the maximum


def test_an_exemplar_is_a_command_to_paste(draw: Draw) -> None:
    assert f"labctl trace {TRACE.trace_id}" in draw(metrics(MetricSet(SERIES)), 60)


def test_a_metric_that_has_not_been_counted_is_named(draw: Draw) -> None:
    arrived = [entry for entry in SERIES if entry["name"] != "errors_total"]
    [row] = [line for line in draw(metrics(MetricSet(arrived, METRICS))).splitlines() if "none yet" in line]
    assert row.startswith("errors_total")
    assert "none yet" not in draw(metrics(MetricSet(SERIES, METRICS)))


def test_a_rate_is_that_of_the_last_minute_or_of_the_time_that_is_known(draw: Draw) -> None:
    row = next(line for line in draw(metrics(MetricSet(SERIES))).splitlines() if line.startswith("http_requests_total"))
    assert row.split()[1:3] == ["500", "9.5"]           # 500 in 52.5 s


def test_with_since_the_figures_are_of_that_time_alone(draw: Draw) -> None:
    drawn = draw(metrics(MetricSet(SERIES), MetricView(60.0, only_recent=True)), 120)
    row = next(line for line in drawn.splitlines() if line.startswith("request_duration_ms"))
    assert row.split()[:3] == ["request_duration_ms", "500", "9.5"]
    assert "91.7 ms" in row                              # by the two buckets of the window
    assert "max" not in drawn
    assert "Of the last 1 min alone" in drawn


def test_each_bucket_has_the_trace_of_an_example_beside_it(draw: Draw) -> None:
    for width in (60, 100):
        rows = draw(metrics(MetricSet(SERIES[4:5]), MetricView(buckets=True)), width).splitlines()
        [slow] = [row for row in rows if row.strip().startswith("500 ms") and TRACE.trace_id in row]
        assert " 7 " in slow
        [fast] = [row for row in rows if row.strip().startswith("75–100 ms")]
        assert "300" in fast
        assert TRACE.trace_id not in fast


def test_series_of_one_name_have_it_once_and_services_are_told_apart(draw: Draw) -> None:
    many = [
        {"service": service, "name": "sent", "type": "sum", "value": 1.0,
         "attributes": {"exporter": exporter, "otel_scope_name": "x"}}
        for service, exporter in (("collector", "debug"), ("collector", "viewer"), ("svc", "otlp"))
    ]
    drawn = draw(metrics(MetricSet(many, failed="connection refused")), 100)
    assert (drawn.count("sent"), drawn.count("collector\n"), drawn.count("svc\n")) == (2, 1, 1)
    assert "otel_scope" not in drawn
    assert "connection refused" in drawn


def test_what_adds_up_is_said_to_count_since_a_time(draw: Draw) -> None:
    since = time.time() - 200
    counted = [{**SERIES[0], "since": since, "instances": 2}, {**SERIES[1], "since": since + 100, "instances": 1}, SERIES[5]]
    clock = time.strftime("%H:%M:%S", time.localtime(since))
    drawn = draw(metrics(MetricSet(counted)))
    assert f"{clock}, 3 min ago, by 2 instances" in drawn
    assert "Counted since" not in draw(metrics(MetricSet(counted), MetricView(60.0, only_recent=True)))
    assert "Counted since" not in draw(metrics(MetricSet(SERIES)))


def exporter(name: str, value: float, **attributes: str) -> dict[str, Any]:
    return {"service": "collector", "name": f"otelcol_exporter_{name}", "type": "sum", "value": value,
            "attributes": {"exporter": "otlp_http/viewer", **attributes}}


def test_what_waits_to_be_sent_is_told_from_what_is_lost(draw: Draw) -> None:
    queues = [exporter("queue_size", 0.0, data_type="logs"), exporter("queue_size", 21.0, data_type="traces")]
    drawn = draw(metrics(MetricSet(queues)))
    assert "otlp_http/viewer has batches waiting to be sent, and tries again: 21 of traces" in drawn
    assert "lost" not in drawn
    drawn = draw(metrics(MetricSet([queues[0], exporter("send_failed_spans", 12.0)])))
    assert "has nothing waiting to be sent" in drawn
    assert "has given up 12 spans: they are lost" in drawn
    assert "waiting" not in draw(metrics(MetricSet(SERIES)))


def test_a_series_without_points_is_drawn(draw: Draw) -> None:
    bare: list[dict[str, Any]] = [
        {"name": "a", "unit": "ms", "type": "histogram"}, {"name": "b", "unit": "By", "type": "gauge", "value": 1 << 21},
        {"name": "c", "unit": "s", "type": "gauge", "value": 0.0191},
    ]

    assert "2.0 MiB" in draw(metrics(MetricSet(bare)))
    assert "19.1 ms" in draw(metrics(MetricSet(bare)))
    assert "No metric" in draw(metrics(MetricSet([])))
