"""Prometheus text as metric series."""

from labctl.viewer_client.prometheus import series

TEXT = """\
# HELP otelcol_exporter_sent_spans Number of spans.
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="debug",note="a \\"b\\", c"} 12
otelcol_exporter_sent_spans{exporter="viewer"} 1e3
# TYPE otelcol_process_memory_rss gauge
otelcol_process_memory_rss 1.5e+08
# TYPE batch_size histogram
batch_size_bucket{processor="batch",le="10"} 2
batch_size_bucket{processor="batch",le="25"} 5
batch_size_bucket{processor="batch",le="+Inf"} 6
batch_size_sum{processor="batch"} 77
batch_size_count{processor="batch"} 6
# TYPE pause summary
pause{quantile="0.5"} 0.1
pause_sum 3
pause_count 4
broken line
untyped_sum 5 1700000000000
"""


def test_each_type_is_read() -> None:
    found = {(one["name"], *sorted(one["attributes"].items())): one for one in series(TEXT, "collector")}
    assert len(found) == 6
    spans = found["otelcol_exporter_sent_spans", ("exporter", "debug"), ("note", 'a "b", c')]
    assert (spans["type"], spans["monotonic"], spans["value"], spans["service"]) == ("sum", True, 12.0, "collector")
    assert found["otelcol_process_memory_rss",]["type"] == "gauge"
    batch = found["batch_size", ("processor", "batch")]
    assert (batch["count"], batch["sum"], batch["bounds"], batch["counts"]) == (6, 77.0, [10.0, 25.0], [2, 3, 1])
    pause = found["pause",]
    assert (pause["type"], pause["count"], pause["sum"], pause["bounds"]) == ("histogram", 4, 3.0, [])
    assert found["untyped_sum",]["value"] == 5.0


def test_text_of_something_else_has_no_series() -> None:
    assert series("<html>\n<body>no</body>", "x") == []
