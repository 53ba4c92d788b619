"""The service's rate, errors and duration, with exemplars that lead to a trace."""

from bench.dashboards.board import OF_SERVICE, RATE, SERVICE, WHOLE, Board, Figure, Graph, HeatMap, Query, quantiles, rate, rates

_ALL = rate("http_requests_total", OF_SERVICE)
_FINE = rate("http_requests_total", f'{OF_SERVICE},http_response_status_code!~"5.."')
_BUCKETS = f"sum by (le) (increase(request_duration_ms_bucket{{{OF_SERVICE}}}[{RATE}]))"

BOARD = Board(
    "service", "Service: rate, errors, duration",
    "Requests as the service counts them, how many fail, and how long they take. A point on the latency leads to its trace.",
    (
        Figure("Requests", "Requests a second, all answers.", "reqps", [Query(_ALL)]),
        Figure("Server errors", "The share answered with 5xx.", "percentunit", [Query(f"1 - {_FINE} / {_ALL}")], red_from=0.01),
        Figure("p99", "99 % of the requests are faster.", "ms", quantiles("request_duration_ms", OF_SERVICE, "0.99")),
        Figure("In flight", "Requests that the service works on.", "short", [Query(f"sum(active_requests{{{OF_SERVICE}}})")]),
        HeatMap(
            "Latency", "Requests by how long they took: two bands are two kinds of requests. Each point is one, with its trace.",
            "ms", [Query(_BUCKETS, "{{le}}", exemplars=True)],
        ),
        Graph(
            "Rate", "By status code.", "reqps",
            rates("http_requests_total", OF_SERVICE, "http_response_status_code"),
            stacked=True,
        ),
        Graph("Errors", "By the kind that the service gives them.", "reqps", rates("errors_total", OF_SERVICE, "error_type")),
        Graph(
            "Duration of requests", "Quantiles, as exact as the buckets are narrow.", "ms",
            quantiles("request_duration_ms", OF_SERVICE, "0.50", "0.95", "0.99", exemplars=True),
        ),
        Graph(
            "Duration of the model", "What the model takes of it: where both rise together, the model is slow.", "ms",
            quantiles("prediction_latency_ms", OF_SERVICE, "0.50", "0.95", "0.99"),
        ),
        Graph(
            "By replica", "Requests a second that each replica answers: all should have the same.", "reqps",
            rates("http_requests_total", OF_SERVICE, "service_instance_id"), width=WHOLE,
        ),
    ),
    (SERVICE,),
)
