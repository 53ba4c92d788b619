"""The log records of a trace, from the store."""

from typing import Any

from labctl.telemetry.otlp.resource import attributes as resource_attributes
from labctl.telemetry.store.store import Store

MOST, MOST_BYTES = 1000, 32 << 20       # records, and bytes of their bodies


def logs(store: Store, trace_id: bytes) -> list[dict[str, Any]]:
    rows, _ = store.read_some(
        "SELECT logs.rowid, time, severity, span_id, encoded, body FROM logs JOIN resources ON resources.id = resource"
        f" WHERE trace_id = ? ORDER BY time LIMIT {MOST}", (trace_id,), MOST_BYTES,
    )
    return [
        {
            "row": row, "time": time / 1e9, "severity": severity, "body": body, "span_id": span_id.hex(),
            "service": str(resource_attributes(encoded).get("service.name", "")),
        }
        for row, time, severity, span_id, encoded, body in rows
    ]
