"""What is selected as OTLP JSON: lines as the collector's file exporter writes them, or one object of a trace.

A line is an ExportTraceServiceRequest, an ExportLogsServiceRequest or an ExportMetricsServiceRequest.
https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError

from labctl.telemetry.files.writing import metric_lines, selection
from labctl.telemetry.files.writing.json_writer import quoted, written
from labctl.telemetry.files.writing.selection import Page, Selection
from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.messages import text
from labctl.telemetry.store.store import Store

SIGNALS: Final = ("traces", "logs", "metrics")
_RESOURCES: Final = {"traces": "resourceSpans", "logs": "resourceLogs", "metrics": "resourceMetrics"}
_SCOPES: Final = {"traces": "scopeSpans", "logs": "scopeLogs", "metrics": "scopeMetrics"}
_ITEMS: Final = {"traces": "spans", "logs": "logRecords", "metrics": "metrics"}
_READ: Final[dict[str, Callable[[Store, Selection], Iterator[Page]]]] = {"traces": selection.spans, "logs": selection.logs}
_NAMES: Final = {"traces": "trace.v1.Span", "logs": "logs.v1.LogRecord"}


def lines(store: Store, wanted: Selection, signal: str) -> Iterator[bytes]:
    origins = Origins(store)
    for page in _pages(store, wanted, signal):
        yield f'{{"{_RESOURCES[signal]}":[{_groups(signal, page, origins)}]}}\n'.encode()


def one_object(store: Store, wanted: Selection) -> Iterator[bytes]:
    """Of a trace's spans, in pieces."""
    origins, before = Origins(store), '{"resourceSpans":['
    for page in selection.spans(store, wanted):
        yield (before + _groups("traces", [(number, _item("traces", raw)) for number, raw in page], origins)).encode()
        before = ","
    yield f"{'' if before == ',' else before}]}}\n".encode()


def _pages(store: Store, wanted: Selection, signal: str) -> Iterator[list[tuple[int, str]]]:
    if signal == "metrics":
        yield from metric_lines.pages(store, wanted)
        return
    for page in _READ[signal](store, wanted):
        yield [(number, _item(signal, raw)) for number, raw in page]


def _groups(signal: str, items: list[tuple[int, str]], origins: "Origins") -> str:
    """The items by their resource, and within it by their scope."""
    resources: dict[str, dict[str, list[str]]] = {}
    for number, item in items:
        resource, scope = origins.of(number)
        resources.setdefault(resource, {}).setdefault(scope, []).append(item)
    scopes, name = _SCOPES[signal], _ITEMS[signal]
    return ",".join(
        f'{{{resource}"{scopes}":[{",".join(_scope(scope, name, found) for scope, found in by_scope.items())}]}}'
        for resource, by_scope in resources.items()
    )


def _scope(scope: str, name: str, items: list[str]) -> str:
    return f'{{{scope}"{name}":[{",".join(items)}]}}'


def _item(signal: str, raw: bytes) -> str:
    try:
        return written(_NAMES[signal], raw)
    except (DecodeError, RecursionError):
        return _readable(raw) if signal == "traces" else "{}"


def _readable(raw: bytes) -> str:
    """Of a span with attributes, events or links that cannot be decoded: what can be."""
    span = partial_messages.Span.FromString(raw)
    return (f'{{"traceId":"{span.trace_id.hex()}","spanId":"{span.span_id.hex()}","parentSpanId":"{span.parent_span_id.hex()}",'
            f'"name":{quoted(span.name)},"kind":{span.kind},"startTimeUnixNano":"{span.start}","endTimeUnixNano":"{span.end}",'
            f'"status":{{"code":{span.status.code}}}}}')


class Origins:
    """The beginnings of the objects of a resource and of a scope, by the number of the store's resource."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, tuple[str, str]] = {}

    def of(self, number: int) -> tuple[str, str]:
        if number not in self._known:
            rows = self._store.read("SELECT encoded FROM resources WHERE id = ?", (number,))
            self._known[number] = beginnings(rows[0][0] if rows else b"")      # it was deleted meanwhile
        return self._known[number]


def beginnings(encoded: bytes) -> tuple[str, str]:
    """Of an encoded resource with its scope, as the store has it."""
    origin: Any = partial_messages.Origin()
    try:
        origin = partial_messages.Origin.FromString(encoded)
        resource = written("resource.v1.Resource", encoded)
        scope = f'"scope":{written("common.v1.InstrumentationScope", origin.scope)},' if origin.scope else ""
    except (DecodeError, RecursionError):
        resource, scope = "{}", ""
    return f'"resource":{resource},{_url(origin.schema_url)}', f"{scope}{_url(origin.scope_schema_url)}"


def _url(found: bytes) -> str:
    return f'"schemaUrl":{quoted(text(found))},' if found else ""
