"""A trace as Jaeger's query API and its page's download have it, as OTLP groups.

{"traceID", "spans": [{"traceID", "spanID", "operationName", "references", "startTime" and "duration" in microseconds, "tags",
"logs", "processID"}], "processes": {"p1": {"serviceName", "tags"}}}; tags are [{"key", "type", "value"}].
https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/ says which tags are fields of a span in OTLP.
"""

from typing import Any, Final

_KINDS: Final = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_STATUSES: Final = {"OK": 1, "ERROR": 2}
_FIELDS: Final = {"span.kind", "otel.status_code", "otel.status_description", "otel.scope.name", "otel.scope.version",
                  "otel.library.name", "otel.library.version", "w3c.tracestate", "internal.span.format"}
_VALUES: Final = {"bool": "boolValue", "int64": "intValue", "float64": "doubleValue", "binary": "bytesValue"}
_PARENTS: Final = {"CHILD_OF", "FOLLOWS_FROM"}


def is_trace(value: dict[str, Any]) -> bool:
    return isinstance(value.get("spans"), list) and isinstance(value.get("processes"), dict)


def groups(trace: Any) -> list[dict[str, Any]]:
    """Raises ValueError where it is no trace of Jaeger."""
    if not isinstance(trace, dict) or not is_trace(trace):
        raise ValueError("a Jaeger trace has spans and processes")
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for span in trace["spans"]:
        if isinstance(span, dict):
            tags = _table(span.get("tags"))
            key = str(span.get("processID")), _of_scope(tags, "name"), _of_scope(tags, "version")
            found.setdefault(key, []).append(_span(span, tags))
    return [
        {"resource": _resource(trace["processes"].get(process)),
         "scopeSpans": [{"scope": {"name": name, "version": version}, "spans": spans}]}
        for (process, name, version), spans in found.items()
    ]


def _of_scope(tags: dict[str, Any], name: str) -> str:
    return str(tags.get(f"otel.scope.{name}") or tags.get(f"otel.library.{name}") or "")


def _resource(process: Any) -> dict[str, Any]:
    process = process if isinstance(process, dict) else {}
    named = {"key": "service.name", "value": {"stringValue": str(process.get("serviceName") or "unknown_service")}}
    return {"attributes": [named, *_attributes(process.get("tags"), {"service.name"})]}


def _span(span: dict[str, Any], tags: dict[str, Any]) -> dict[str, Any]:
    trace, start = _id(span.get("traceID"), 32), int(span.get("startTime") or 0) * 1000
    listed = span.get("references")
    references = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    parent = _parent(trace, references, span)
    status = str(tags.get("otel.status_code") or ("ERROR" if tags.get("error") is True else ""))
    return {
        "traceId": trace, "spanId": _id(span.get("spanID"), 16), "parentSpanId": parent,
        "name": str(span.get("operationName") or ""),
        "kind": _KINDS.get(str(tags.get("span.kind")), 0), "startTimeUnixNano": start,
        "endTimeUnixNano": start + int(span.get("duration") or 0) * 1000, "attributes": _attributes(span.get("tags"), _FIELDS),
        "traceState": str(tags.get("w3c.tracestate") or ""),
        "status": {"code": _STATUSES.get(status, 0), "message": str(tags.get("otel.status_description") or "")},
        "events": [_event(one) for one in span.get("logs") or [] if isinstance(one, dict)],
        "links": [
            {"traceId": _id(one.get("traceID"), 32), "spanId": _id(one.get("spanID"), 16)} for one in references
            if (_id(one.get("traceID"), 32), _id(one.get("spanID"), 16)) != (trace, parent)
        ],
    }


def _parent(trace: str, references: list[dict[str, Any]], span: dict[str, Any]) -> str:
    """Of the same trace; older versions have parentSpanID."""
    own = [one for one in references if one.get("refType") in _PARENTS and _id(one.get("traceID"), 32) == trace]
    first = next((one for one in own if one["refType"] == "CHILD_OF"), own[0] if own else None)
    found = first.get("spanID") if first else span.get("parentSpanID")
    return _id(found, 16) if found else ""


def _event(log: dict[str, Any]) -> dict[str, Any]:
    fields = _table(log.get("fields"))
    return {"timeUnixNano": int(log.get("timestamp") or 0) * 1000, "name": str(fields.get("event") or ""),
            "attributes": _attributes(log.get("fields"), {"event"})}


def _attributes(tags: Any, without: set[str]) -> list[dict[str, Any]]:
    listed = tags if isinstance(tags, list) else []
    kept = (tag for tag in listed if isinstance(tag, dict) and tag.get("key") not in without)
    return [{"key": str(tag.get("key")), "value": _value(tag)} for tag in kept]


def _value(tag: dict[str, Any]) -> dict[str, Any]:
    name, value = _VALUES.get(str(tag.get("type")), "stringValue"), tag.get("value")
    if name == "boolValue":
        value = value is True or value == "true"
    return {name: value if name != "stringValue" or isinstance(value, str) else str(value)}


def _table(tags: Any) -> dict[str, Any]:
    return {str(tag.get("key")): tag.get("value") for tag in tags if isinstance(tag, dict)} if isinstance(tags, list) else {}


def _id(value: Any, digits: int) -> str:
    """Leading zeros may be missing."""
    return str(value or "").zfill(digits)
