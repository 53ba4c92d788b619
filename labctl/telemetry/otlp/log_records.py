"""Log records as rows."""

import json
from collections import Counter
from hashlib import blake2b
from typing import Any, NamedTuple

from labctl.telemetry.otlp.attributes import value
from labctl.telemetry.otlp.batch import SPAN_ID_BYTES, TRACE_ID_BYTES, Batch, RefusedItem, checked_time, groups_of
from labctl.telemetry.otlp.messages import message, text
from labctl.telemetry.otlp.size_limits import MOST_ITEM_BYTES


class LogRow(NamedTuple):
    time: int                           # Unix nanoseconds
    severity: str
    body: str
    trace_id: bytes                     # empty without a trace
    span_id: bytes
    raw: bytes                          # the encoded LogRecord
    digest: int                         # 64 bits of a hash of it


def of_request(request: Any) -> Batch:
    """Rows of an ExportLogsServiceRequest."""
    refused: Counter[str] = Counter()
    groups = groups_of(request, _rows, refused)
    sizes = {"resource logs": len(request.groups), "log records": sum(len(rows) for _, rows in groups)}
    return Batch("logs", groups, sizes, refused)


def _rows(raw: bytes) -> list[LogRow]:
    if len(raw) > MOST_ITEM_BYTES:
        raise RefusedItem(f"a log record of more than {MOST_ITEM_BYTES >> 10} KiB")
    record = message("logs.v1.LogRecord").FromString(raw)
    time = checked_time(record.time_unix_nano or record.observed_time_unix_nano)
    body = value(record.body)
    shown = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    trace_id, span_id = _id(record.trace_id, TRACE_ID_BYTES), _id(record.span_id, SPAN_ID_BYTES)
    return [LogRow(time, text(record.severity_text), shown, trace_id, span_id, raw, _digest(raw))]


def _digest(raw: bytes) -> int:
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)


def _id(found: bytes, size: int) -> bytes:
    """The id; empty for all zeros, which is invalid in OTLP. Raises RefusedItem."""
    if found and len(found) != size:
        raise RefusedItem(f"an id that is not {size} bytes")
    return found if any(found) else b""
