"""Spans as rows: the columns that queries need, and the encoding as received.

Subtle: this is the hot path. A span is never decoded completely here; a function call per span would cost a third more.
"""

from collections import Counter
from typing import Any
from zlib import crc32

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.batch import LATEST, SPAN_ID_BYTES, TRACE_ID_BYTES, Batch
from labctl.telemetry.otlp.resource import sender_of
from labctl.telemetry.otlp.size_limits import MOST_SPAN_BYTES

ERROR_STATUS = 2                        # Status.STATUS_CODE_ERROR
NO_TRACE_ID, NO_SPAN_ID = bytes(TRACE_ID_BYTES), bytes(SPAN_ID_BYTES)

SpanRow = tuple[bytearray, bytearray, bytearray, str, int, int, int, int, bytearray, int]
"""trace id, span id, parent id (empty at a root), name, kind, start (Unix ns), duration (ns), 1 if it failed, the encoded Span,
its CRC-32.

A plain tuple, because a named one costs as much as decoding does; bytearray and int, because sqlite3 searches for an adapter
for every bytes and bool value.
"""


def of_request(request: Any) -> Batch:
    """Rows of an ExportTraceServiceRequest."""
    refused: Counter[str] = Counter()
    groups = [(sender_of(group, scope), _rows(scope, refused)) for group in request.groups for scope in group.scopes]
    sizes = {"resource spans": len(request.groups), "spans": sum(len(rows) for _, rows in groups)}
    return Batch("traces", groups, sizes, refused)


def _rows(scope: Any, refused: Counter[str], decode: Any = partial_messages.Span.FromString) -> list[SpanRow]:
    rows: list[SpanRow] = []
    add = rows.append
    for raw in scope.items:
        if len(raw) > MOST_SPAN_BYTES:
            refused[f"a span of more than {MOST_SPAN_BYTES >> 20} MiB"] += 1
            continue
        try:
            span = decode(raw)
        except DecodeError:
            refused["it cannot be decoded"] += 1
            continue
        trace_id, span_id, parent, start, end = span.trace_id, span.span_id, span.parent_span_id, span.start, span.end
        if len(trace_id) != TRACE_ID_BYTES or trace_id == NO_TRACE_ID:
            refused["a trace id that is not 16 bytes, or all zero"] += 1
        elif len(span_id) != SPAN_ID_BYTES or span_id == NO_SPAN_ID:
            refused["a span id that is not 8 bytes, or all zero"] += 1
        elif parent and len(parent) != SPAN_ID_BYTES:
            refused["a parent's id that is not 8 bytes"] += 1
        elif start > LATEST or end > LATEST:
            refused["a time after the year 2262"] += 1
        else:
            add((
                bytearray(trace_id), bytearray(span_id), bytearray(parent if parent != NO_SPAN_ID else b""),
                span.name.decode(errors="replace"), span.kind, start, end - start if end > start else 0,
                1 if span.status.code == ERROR_STATUS else 0, bytearray(raw), crc32(raw),
            ))
    return rows
