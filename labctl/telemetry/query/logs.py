"""The log records of a trace, from the store."""

from typing import Any

from labctl.telemetry.otlp.resource import attributes as resource_attributes
from labctl.telemetry.store.store import Store


def logs(store: Store, trace_id: bytes) -> list[dict[str, Any]]:
    rows = store.read(
        "SELECT time, severity, body, span_id, resource, encoded FROM logs JOIN resources ON resources.id = resource"
        " WHERE trace_id = ? ORDER BY time LIMIT 1000", (trace_id,),
    )
    return [
        {
            "time": time / 1e9, "severity": severity, "body": body, "span_id": span_id.hex(),
            "service": str(resource_attributes(encoded).get("service.name", "")),
        }
        for time, severity, body, span_id, _, encoded in rows
    ]
