"""The collector's other two ports, where this process stands for it: its own metrics, and its health."""

from labctl.telemetry.http.server import Asked, Problem, Reply
from labctl.telemetry.receive.intake import Intake

ITEMS = {"traces": "spans", "metrics": "metric_points", "logs": "log_records"}


def metrics(intake: Intake, asked: Asked) -> Reply:
    """Prometheus text under the Collector's own names."""
    if asked.target.partition("?")[0] != "/metrics":
        raise Problem(404, "metrics are at /metrics")
    return Reply(200, "".join(f"{line}\n" for line in _lines(intake)).encode(), "text/plain; version=0.0.4")


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


def health(asked: Asked) -> Reply:
    if asked.method != "GET":
        raise Problem(405, "only GET is answered here")
    return Reply(200, b'{"status":"Server available"}')
