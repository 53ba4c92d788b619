"""The collector's counters from its metrics: by signal and exporter, with what is left out on purpose and what waits."""

from labctl.telemetry.hops import collector

TEXT = """\
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_capacity{data_type="traces",exporter="otlp_http/viewer"} 1000
otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/viewer"} 7
otelcol_exporter_queue_size{data_type="logs",exporter="otlp_http/viewer"} 1
otelcol_exporter_sent_spans{exporter="debug"} 100
otelcol_exporter_sent_spans{exporter="otlp_http/viewer",server_address="127.0.0.1"} 60
otelcol_exporter_send_failed_spans_total{exporter="otlp_http/viewer"} 5
otelcol_exporter_enqueue_failed_spans{exporter="otlp_http/viewer"} 2
otelcol_exporter_sent_spans{exporter="otlp_http/jaeger"} 90
otelcol_exporter_sent_metric_points{exporter="otlp_http/viewer"} 11
otelcol_process_uptime 466.9
otelcol_processor_incoming_items{otel_signal="traces",processor="memory_limiter"} 200
otelcol_processor_outgoing_items{otel_signal="traces",processor="memory_limiter"} 100
otelcol_processor_incoming_items{otel_signal="traces",processor="filter"} 100
otelcol_processor_outgoing_items{otel_signal="traces",processor="filter"} 75
otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 80
otelcol_receiver_accepted_spans{receiver="otlp",transport="http"} 20
otelcol_receiver_refused_spans{receiver="otlp",transport="grpc"} 3
otelcol_receiver_accepted_log_records{receiver="otlp",transport="grpc"} NaN
broken {
"""


def test_each_counter_is_where_it_belongs() -> None:
    found = collector.read(TEXT)
    assert found
    assert (found.received["traces"], found.refused["traces"], found.uptime_s) == (100, 3, 466.9)
    assert found.left_out == {("traces", "filter"): 25}
    assert set(found.exporters) == {"otlp_http/viewer", "otlp_http/jaeger"}
    viewer = found.exporters["otlp_http/viewer"]
    assert (viewer.to_viewer, viewer.sent["traces"], viewer.failed["traces"], viewer.sent["metrics"]) == (True, 60, 7, 11)
    assert (viewer.queued, viewer.capacity) == (8, 1000)
    assert not found.exporters["otlp_http/jaeger"].to_viewer
    assert found.held() == 100 - 25 - 60 - 7


def test_what_waits_for_a_decision_on_its_trace_is_not_known() -> None:
    found = collector.read(TEXT.replace("filter", "tail_sampling"))
    assert found
    assert found.held() is None


def test_another_text_is_no_collectors() -> None:
    assert collector.read("<html>") is None
    assert collector.read("go_goroutines 5\notelcol_process_uptime 3\n") is None
