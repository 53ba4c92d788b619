"""The collector's pipelines by its own metrics: what comes in, waits and goes out, and what that takes."""

from bench.dashboards.board import WHOLE, Board, Figure, Graph, Query, rate

SIGNALS = {"spans": "spans", "metric_points": "metric points", "log_records": "log records"}
_REFUSED = " + ".join(rate(f"otelcol_receiver_{how}_{name}") for how in ("refused", "failed") for name in SIGNALS)
_BATCH = "otelcol_processor_batch_batch_send_size"
_WAITING = "scalar(sum(otelcol_receiver_accepted_spans{})) - sum by (exporter) (otelcol_exporter_sent_spans{})"
_MEMORY = "sum(otelcol_process_memory_rss{})"
_FULL = "otelcol_exporter_queue_size{} / otelcol_exporter_queue_capacity{}"


def signals(what: str, by: str) -> list[Query]:
    """Items a second of each signal, by a label."""
    return [Query(rate(f"otelcol_{what}_{name}", by=by), f"{words}, {{{{{by}}}}}") for name, words in SIGNALS.items()]


BOARD = Board(
    "collector", "Collector: pipelines",
    "What the collector receives, refuses, keeps waiting and hands on. What it refuses is sent again. What a full queue drops "
    "is lost.",
    (
        Figure("Up", "Whether Prometheus reads its metrics.", "short", [Query('min(up{job="collector"})')], red_below=1),
        Figure("Refused", "Items a second that it did not take, of all signals.", "cps", [Query(_REFUSED)], red_from=0.001),
        Figure("Fullest queue", "The share of it that is taken.", "percentunit", [Query(f"max({_FULL})")], red_from=0.8),
        Figure("Memory", "Resident.", "bytes", [Query(_MEMORY)]),
        Graph(
            "Received", "By protocol: the load's own spans come by HTTP, the service's by gRPC.", "cps",
            signals("receiver_accepted", "transport"),
        ),
        Graph("Handed on", "By exporter. Without sampling each gets all of it.", "cps", signals("exporter_sent", "exporter")),
        Graph(
            "Spans received, not handed on", "By exporter: they wait, or sampling or a full queue has dropped them.", "short",
            [Query(_WAITING, "{{exporter}}")],
        ),
        Graph(
            "Queues", "The share of its capacity that each sending queue has taken.", "percentunit",
            [Query(_FULL, "{{exporter}}, {{data_type}}")],
        ),
        Graph("CPU", "Cores.", "short", [Query(rate("otelcol_process_cpu_seconds"), "collector")]),
        Graph(
            "Memory", "Resident, and the heap of it. From 80 % of its limit on the collector refuses data.", "bytes",
            [Query(_MEMORY, "resident"), Query("sum(otelcol_process_runtime_heap_alloc_bytes{})", "heap")],
        ),
        Graph(
            "Size of a batch", "Items that a batch processor hands on at once, on average.", "short",
            [Query(f"{rate(f'{_BATCH}_sum', by='processor')} / {rate(f'{_BATCH}_count', by='processor')}", "{{processor}}")],
            width=WHOLE,
        ),
    ),
)
