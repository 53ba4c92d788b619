"""Converts OTLP/JSON requests to the messages that protobuf requests are decoded to.

Every item is converted separately, so that an invalid item does not affect the others.
Source: the OTLP specification, "JSON Protobuf Encoding": ids are hex digits, not base64; 64-bit numbers may be strings.
"""

import json
import re
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from labctl.telemetry.otlp import partial_messages, size_limits
from labctl.telemetry.otlp.batch import Malformed, RefusedItem

ID_FIELDS = {"traceId", "spanId", "parentSpanId"}
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
    groups, scopes, items, module, name = FIELDS[signal]
    refused: Counter[str] = Counter()
    request = partial_messages.Request()
    sent_groups = _list(_parsed(body), groups)
    size_limits.check_groups(len(sent_groups))
    for group in sent_groups:
        sent = [item for scope in _list(group, scopes) for item in _list(scope, items)]
        try:
            resource = _protobuf(group.get("resource") or {}, "resource.v1.resource_pb2", "Resource")
        except RefusedItem as error:
            refused[str(error)] += max(1, len(sent))
        else:
            request.groups.add(resource=resource).scopes.add(items=_encoded(sent, module, name, refused))
    return request, refused


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}"[:300]) from None
    if not isinstance(found, dict):
        raise Malformed("not a JSON object")
    return found


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
    from importlib import import_module

    from google.protobuf.json_format import ParseDict

    kind = getattr(import_module(f"opentelemetry.proto.{module}"), name)
    try:
        return bytes(ParseDict(_with_base64_ids(item), kind(), ignore_unknown_fields=True).SerializeToString())
    except Exception as error:  # noqa: BLE001 - the parser raises many kinds, OverflowError for 1e999 among them
        raise RefusedItem(f"not a {name} in JSON: {error}"[:160]) from None


def _with_base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_base64_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _base64(found) if key in ID_FIELDS and isinstance(found, str) else _with_base64_ids(found)
        for key, found in value.items()
    }


def _base64(digits: str) -> str:
    if not re.fullmatch("([0-9a-fA-F]{2})*", digits):
        raise ValueError("an id that is not hex digits")
    return b64encode(bytes.fromhex(digits)).decode()
