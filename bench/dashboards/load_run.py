"""A load run while it runs: what arrives, what it meets, and whether its telemetry keeps up."""

from bench.dashboards.board import OF_SERVICE, SERVICE, Board, Graph, Query, quantiles, rate, rates

_REQUESTS = rate("http_requests_total")
_SPANS = {protocol: rate("otelcol_receiver_accepted_spans", f'transport="{protocol}"') for protocol in ("grpc", "http")}
_QUEUED = 'sum by (exporter) (otelcol_exporter_queue_size{data_type="traces"})'

BOARD = Board(
    "load-run", "Load run",
    "Requests, the work that they meet and their telemetry side by side, for the minutes of `labctl load`.",
    (
        Graph(
            "Requests", "By status code, as the service counts them.", "reqps",
            rates("http_requests_total", OF_SERVICE, "http_response_status_code"), stacked=True,
        ),
        Graph(
            "In flight", "A line that climbs while the rate stays the same is a queue that builds up.", "short",
            [Query(f"sum by (service_instance_id) (active_requests{{{OF_SERVICE}}})", "{{service_instance_id}}")],
        ),
        Graph(
            "Duration", "In the service: without the wait for a connection, which the load's own figures have.", "ms",
            quantiles("request_duration_ms", OF_SERVICE, "0.50", "0.95", "0.99", exemplars=True),
        ),
        Graph("Predictions", "By model.", "reqps", rates("predictions_total", OF_SERVICE, "model_name"), stacked=True),
        Graph(
            "Spans of a request", "Four of the service and one of the load, where nothing is sampled or lost.", "short",
            [
                Query(f"{_SPANS['grpc']} / {_REQUESTS}", "of the service"),
                Query(f"{_SPANS['http']} / {_REQUESTS}", "of the load"),
            ],
        ),
        Graph(
            "Spans that wait in the service",
            "In the SDK's queue, which drops spans when it is full. Empty with `--aggregate`, which leaves it out.", "short",
            [Query(f"sum(otel_sdk_processor_span_queue_size{{{OF_SERVICE}}})", "spans")],
        ),
        Graph(
            "Traces that wait in the collector", "By exporter: bytes, or requests where the queue counts those.", "short",
            [Query(_QUEUED, "{{exporter}}")],
        ),
        Graph("CPU of the collector", "Cores.", "short", [Query(rate("otelcol_process_cpu_seconds"), "collector")]),
    ),
    (SERVICE,), last="5m",
)
