"""The service level objectives: how much is good, how much of the error budget is left, and how fast it goes."""

from bench.dashboards.board import OF_SERVICE, SERVICE, Board, Figure, Graph, Query, Variable

WINDOWS = ("5m", "30m", "1h", "6h")
SHOWN = "$__range"


def _increase(metric: str, labels: str, window: str) -> str:
    return f"sum(increase({metric}{{{OF_SERVICE}{labels}}}[{window}]))"


def _failed(window: str) -> str:
    """The share of requests that were answered with 5xx."""
    fine = _increase("http_requests_total", ',http_response_status_code!~"5.."', window)
    return f"(1 - {fine} / {_increase('http_requests_total', '', window)})"


def _slow(window: str) -> str:
    """The share of requests that took longer than the threshold, which has to be a bucket's bound."""
    fast = _increase("request_duration_ms_bucket", ',le="$threshold"', window)
    return f"(1 - {fast} / {_increase('request_duration_ms_count', '', window)})"


BOARD = Board(
    "slo", "Service level objectives",
    "Errors and slow requests against what is allowed. A burn rate of 1 uses the budget up in exactly the objective's window; "
    "14.4 uses 2 % of a month's in an hour.",
    (
        Figure("No server error", "Of the requests in the time shown.", "percentunit", [Query(f"1 - {_failed(SHOWN)}")]),
        Figure(
            "Budget of errors left", "Below zero the objective is missed in the time shown.", "percentunit",
            [Query(f"1 - {_failed(SHOWN)} / ($errors / 100)")], red_below=0,
        ),
        Figure("Fast enough", "Of the requests in the time shown.", "percentunit", [Query(f"1 - {_slow(SHOWN)}")]),
        Figure(
            "Budget of slow ones left", "Below zero the objective is missed in the time shown.", "percentunit",
            [Query(f"1 - {_slow(SHOWN)} / ($slow / 100)")], red_below=0,
        ),
        Graph(
            "Burn rate of the errors", "By window. An alert looks at a long and a short one together.", "short",
            [Query(f"{_failed(window)} / ($errors / 100)", window) for window in WINDOWS],
        ),
        Graph(
            "Burn rate of the slow ones", "By window.", "short",
            [Query(f"{_slow(window)} / ($slow / 100)", window) for window in WINDOWS],
        ),
    ),
    (
        SERVICE,
        Variable("errors", "errors allowed, %", values=("1", "0.1", "5")),
        Variable("threshold", "fast enough, ms", values=("200.0", "100.0", "150.0", "300.0", "500.0", "1000.0")),
        Variable("slow", "slower allowed, %", values=("1", "5", "10")),
    ),
    last="1h",
)
