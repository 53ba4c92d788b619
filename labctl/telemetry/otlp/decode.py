"""A request's bytes as a batch, by signal."""

from collections.abc import Callable
from typing import Any

from labctl.telemetry.otlp import size_limits
from labctl.telemetry.otlp.batch import Batch, Malformed, bytes_by_service, request_of
from labctl.telemetry.otlp.spans import of_request as _traces


def decode(signal: str, body: bytes) -> Batch:
    """Raises Malformed."""
    size_limits.check(body)
    batch = decode_request(signal, request_of(body))
    batch.encoded = body
    return batch


def decode_request(signal: str, request: Any) -> Batch:
    """The same for a request whose outer messages are already decoded."""
    size_limits.check_groups(len(request.groups))
    size_limits.check_groups(sum(len(group.scopes) for group in request.groups))
    try:
        batch = _decoder(signal)(request)
    except RecursionError as error:
        raise Malformed(f"nested too deep: {error}") from None
    batch.sent = bytes_by_service(request)
    return batch


def _decoder(signal: str) -> Callable[[Any], Batch]:
    if signal == "traces":
        return _traces
    # imported late: traces do not need them
    from labctl.telemetry.otlp import log_records, metric_points

    return {"metrics": metric_points.of_request, "logs": log_records.of_request}[signal]
