"""Converts OTLP/JSON requests to the messages that protobuf requests are decoded to.

Every item is converted separately, so that an invalid item does not affect the others.
Source: the OTLP specification, "JSON Protobuf Encoding": ids are hex digits, not base64; 64-bit numbers may be strings.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from labctl.telemetry.otlp import partial_messages, size_limits
from labctl.telemetry.otlp.batch import Malformed, RefusedItem
from labctl.telemetry.otlp.json_format import values

FIELDS = {                              # signal → groups, scopes, items, message of an item
    "traces": ("resourceSpans", "scopeSpans", "spans", "trace.v1.trace_pb2", "Span"),
    "metrics": ("resourceMetrics", "scopeMetrics", "metrics", "metrics.v1.metrics_pb2", "Metric"),
    "logs": ("resourceLogs", "scopeLogs", "logRecords", "logs.v1.logs_pb2", "LogRecord"),
}
_TURN = threading.Lock()                # one at a time: as Python values a request has twenty times its size
POINTS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


def request_of(signal: str, body: bytes) -> tuple[Any, Counter[str]]:
    """The request, and its refused items: reason → items. Raises Malformed."""
    size_limits.check_json(body)
    with _TURN:
        return _converted(signal, body)


def _converted(signal: str, body: bytes) -> tuple[Any, Counter[str]]:
    return of_groups(signal, _list(_parsed(body), FIELDS[signal][0]))


def of_groups(signal: str, sent_groups: list[dict[str, Any]]) -> tuple[Any, Counter[str]]:
    """The same for what stands in `resourceSpans`, `resourceMetrics` or `resourceLogs`."""
    _, scopes, items, module, name = FIELDS[signal]
    refused: Counter[str] = Counter()
    request = partial_messages.Request()
    size_limits.check_groups(len(sent_groups))
    for group in sent_groups:
        sent = [(scope, _list(scope, items)) for scope in _list(group, scopes)]
        try:
            resource = _protobuf(group.get("resource") or {}, "resource.v1.resource_pb2", "Resource")
            added = [(_scope(scope), _url(scope), listed) for scope, listed in sent]
        except RefusedItem as error:
            refused[str(error)] += max(1, sum(len(listed) for _, listed in sent))
            continue
        made = request.groups.add(resource=resource, schema_url=_url(group))
        for scope, url, listed in added:
            made.scopes.add(scope=scope, schema_url=url, items=_encoded(listed, module, name, refused))
    return request, refused


def _scope(parent: dict[str, Any]) -> bytes:
    """Raises RefusedItem."""
    return _protobuf(parent.get("scope") or {}, "common.v1.common_pb2", "InstrumentationScope")


def _url(parent: dict[str, Any]) -> bytes:
    found = parent.get("schemaUrl")
    return found.encode(errors="replace") if isinstance(found, str) else b""


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = parsed(body.decode("utf-8-sig", "replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}"[:300]) from None
    if not isinstance(found, dict):
        raise Malformed("not a JSON object")
    return found


def parsed(text: str, **more: Any) -> Any:
    """The value of a JSON text; a zero written as -0 keeps its sign. Raises ValueError or RecursionError."""
    signed = ":-0" in text or ": -0" in text
    return json.loads(text, parse_int=_signed if signed else None, **more)


def _signed(digits: str) -> int | float:
    return -0.0 if digits == "-0" else int(digits)


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f'{word} is not JSON; write it as text: "{word}"')


def _list(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = parent.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Malformed(f"{name} is not a list of objects")
    return found


def _encoded(items: list[dict[str, Any]], module: str, name: str, refused: Counter[str]) -> Iterator[bytes]:
    for item in items:
        for part in _parts(item) if name == "Metric" else [item]:
            try:
                yield _protobuf(part, module, name)
            except RefusedItem as error:
                refused[str(error)] += 1


def _parts(metric: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The metric once for each of its data points, so that each is validated separately."""
    for kind in POINTS:
        data = metric.get(kind)
        if isinstance(data, dict) and isinstance(data.get("dataPoints"), list):
            yield from ({**metric, kind: {**data, "dataPoints": [point]}} for point in data["dataPoints"])
            return
    yield metric


def _protobuf(item: dict[str, Any], module: str, name: str) -> bytes:
    """Raises RefusedItem."""
    try:
        return values.encoded(module, name, item)
    except Exception as error:  # noqa: BLE001 - a constructor raises many kinds, OverflowError for 1e999 among them
        raise RefusedItem(f"not a {name} in JSON: {error}"[:160]) from None
