"""The traces of a run as the viewer has them: what is asked of each, and its spans as OTLP/JSON to send again.

Source: the OTLP specification, "JSON Protobuf Encoding": ids are hex digits, 64-bit numbers are strings. Events are left out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labctl.telemetry.comparison.span_page import SpanOrigin, SpanPage

_KINDS: Final = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_ERROR: Final = 2


@dataclass(slots=True)
class StoredTrace:
    spans: int = 0
    start_ns: int = 0
    end_ns: int = 0
    error: bool = False                 # a span's status is one

    @property
    def ms(self) -> float:
        """From its first span's start to its last span's end, as tail sampling reckons."""
        return (self.end_ns - self.start_ns) / 1e6

    def add(self, start_ns: int, duration_ns: int, *, error: bool) -> None:
        self.start_ns = min(self.start_ns or start_ns, start_ns)
        self.end_ns = max(self.end_ns, start_ns + duration_ns)
        self.spans, self.error = self.spans + 1, self.error or error


def traces(pages: Iterable[SpanPage]) -> dict[str, StoredTrace]:
    """By trace id; a trace may lie on two pages."""
    found: dict[str, StoredTrace] = {}
    for page in pages:
        for trace_id, start, duration, error in zip(page.trace_ids, page.starts, page.durations, page.errors, strict=True):
            found.setdefault(trace_id, StoredTrace()).add(start, duration, error=bool(error))
    return found


def requests(page: SpanPage, most: int) -> Iterator[bytes]:
    """ExportTraceServiceRequests of at most so many spans each, in the page's order."""
    for first in range(0, len(page.trace_ids), most):
        rows = range(first, min(first + most, len(page.trace_ids)))
        by_origin: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            by_origin.setdefault(page.origins[row], []).append(_span(page, row))
        groups = [_resource_spans(page.origins_table[origin], spans) for origin, spans in by_origin.items()]
        yield json.dumps({"resourceSpans": groups}).encode()


def _resource_spans(origin: SpanOrigin, spans: list[dict[str, Any]]) -> dict[str, Any]:
    attributes = {"service.name": origin.service, **origin.resource}
    return {"resource": {"attributes": _pairs(attributes)}, "scopeSpans": [{"spans": spans}]}


def _span(page: SpanPage, row: int) -> dict[str, Any]:
    start, origin = page.starts[row], page.origins_table[page.origins[row]]
    return {
        "traceId": page.trace_ids[row], "spanId": page.span_ids[row], "parentSpanId": page.parent_ids[row],
        "name": origin.name, "kind": _KINDS.get(origin.kind, 0), "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + page.durations[row]), "status": {"code": _ERROR} if page.errors[row] else {},
        "attributes": _pairs(dict(page.pairs[number] for number in page.attributes[row])),
    }


def _pairs(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": str(value)}
