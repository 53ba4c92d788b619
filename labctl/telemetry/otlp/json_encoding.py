"""Requests that came as OTLP in JSON, made into protobuf.

Source: the OTLP specification, "JSON Protobuf Encoding": ids are hex digits, not base64; 64-bit numbers may be strings.
"""

import json
from base64 import b64encode
from typing import Any

ID_FIELDS = {"traceId", "spanId", "parentSpanId"}


def to_protobuf(signal: str, body: bytes) -> bytes:
    """The same request in protobuf. Raises ValueError."""
    from google.protobuf.json_format import ParseDict, ParseError

    message = _message(signal)
    try:
        return bytes(ParseDict(_with_base64_ids(json.loads(body)), message(), ignore_unknown_fields=True).SerializeToString())
    except (ParseError, RecursionError, TypeError, UnicodeError) as error:
        raise ValueError(f"not OTLP in JSON: {error}") from None


def _message(signal: str) -> Any:
    if signal == "traces":
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        return ExportTraceServiceRequest
    if signal == "metrics":
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

        return ExportMetricsServiceRequest
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    return ExportLogsServiceRequest


def _with_base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_base64_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: b64encode(bytes.fromhex(found)).decode() if key in ID_FIELDS and isinstance(found, str) else _with_base64_ids(found)
        for key, found in value.items()
    }
