"""The collector's metrics port and health port, where the viewer replaces the collector."""

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest, Reply
from labctl.telemetry.receive.intake import Intake

ITEMS = {"traces": "spans", "metrics": "metric_points", "logs": "log_records"}
METRICS_TEXT = "text/plain; version=0.0.4"


def metrics(intake: Intake, request: HttpRequest) -> Reply:
    """Prometheus text with the Collector's own metric names."""
    if request.path != "/metrics":
        raise HTTPProblem(404, "metrics are at /metrics")
    return Reply(200, "".join(f"{line}\n" for line in _lines(intake)).encode(), METRICS_TEXT)


def _lines(intake: Intake) -> list[str]:
    lines = []
    for signal, item in ITEMS.items():
        for name, counter in (("accepted", intake.accepted), ("refused", intake.refused)):
            lines.append(f"# TYPE otelcol_receiver_{name}_{item} counter")
            lines += [
                f'otelcol_receiver_{name}_{item}{{receiver="otlp",transport="{transport}"}} {counter[signal, transport]}'
                for transport in ("grpc", "http")
            ]
        sent = sum(count for (one, _), count in intake.accepted.items() if one == signal)
        lines += [f"# TYPE otelcol_exporter_sent_{item} counter", f'otelcol_exporter_sent_{item}{{exporter="viewer"}} {sent}']
    return lines


def health(request: HttpRequest) -> Reply:
    if request.method != "GET":
        raise HTTPProblem(405, "only GET is answered here")
    return Reply(200, b'{"status":"Server available"}')
