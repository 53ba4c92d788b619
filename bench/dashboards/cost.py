"""What the telemetry amounts to, in the units that backends charge by. Money is `labctl cost`'s business."""

from bench.dashboards.board import WHOLE, Board, Figure, Graph, Query, rate
from bench.dashboards.collector import SIGNALS, signals

MONTH_S = 2_628_000                     # 365 days / 12
_RATES = {name: rate(f"otelcol_receiver_accepted_{name}") for name in SIGNALS}
_SERIES = "scrape_samples_post_metric_relabeling{}"
_SAMPLES = f"sum(sum_over_time({_SERIES}[1m])) / 60"

BOARD = Board(
    "cost", "Cost: volume of telemetry",
    "Spans, metric points, log records, series and samples, now and in a month at this rate. `labctl cost` has bytes and prices.",
    (
        Figure("Spans a month", "At the rate of now.", "short", [Query(f"{_RATES['spans']} * {MONTH_S}")]),
        Figure("Log records a month", "At the rate of now.", "short", [Query(f"{_RATES['log_records']} * {MONTH_S}")]),
        Figure(
            "Metric points a month", "As OTLP counts them: a histogram is one.", "short",
            [Query(f"{_RATES['metric_points']} * {MONTH_S}")],
        ),
        Figure("Series", "As Prometheus counts them: a histogram has one for each bucket.", "short", [Query(f"sum({_SERIES})")]),
        Graph(
            "Volume", "Items a second that reach the collector.", "cps",
            [Query(_RATES[name], words) for name, words in SIGNALS.items()],
        ),
        Graph(
            "Of one request", "Items for each request: what a change of the instrumentation moves.", "short",
            [Query(f"{_RATES[name]} / {rate('http_requests_total')}", SIGNALS[name]) for name in SIGNALS],
        ),
        Graph(
            "Series by source", "`collector` are the collector's own, `lab` all others.", "short",
            [Query(f"sum by (job) ({_SERIES})", "{{job}}")], stacked=True,
        ),
        Graph("Samples", "A second, as Prometheus stores them.", "cps", [Query(_SAMPLES, "samples")]),
        Graph("Handed on", "Items a second to each backend.", "cps", signals("exporter_sent", "exporter"), width=WHOLE),
    ),
)
