"""What a JSON value is: an OTLP request, or a trace as Tempo or Jaeger answers it; as OTLP groups.

Tempo: {"batches": […]} of /api/traces, {"trace": {"resourceSpans": […]}} of /api/v2/traces. Jaeger: {"data": […]} of its query
API and of its page's download.
"""

from collections.abc import Iterator
from typing import Any, Final

from labctl.telemetry.files.reading import jaeger

Groups = tuple[str, list[dict[str, Any]]]               # signal, and what stands in resourceSpans, resourceLogs, resourceMetrics
OTLP: Final = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics", "batches": "traces"}
SCOPES: Final = {"traces": "scopeSpans", "logs": "scopeLogs", "metrics": "scopeMetrics"}
ITEMS: Final = {"traces": "spans", "logs": "logRecords", "metrics": "metrics"}
OLD_SCOPES: Final = {"instrumentationLibrarySpans": "scopeSpans", "instrumentationLibraryLogs": "scopeLogs",
                      "instrumentationLibraryMetrics": "scopeMetrics"}
_SNAKE_CASE: Final = {"resource_spans", "resource_logs", "resource_metrics"}


def groups(value: Any) -> Iterator[Groups]:
    """Nothing where it is none of these. Raises ValueError."""
    if not isinstance(value, dict):
        return
    for key, signal in OTLP.items():
        if isinstance(value.get(key), list):
            yield signal, [renamed(group) for group in value[key] if isinstance(group, dict)]
    if isinstance(value.get("trace"), dict):
        yield from groups(value["trace"])
    if isinstance(value.get("data"), list):
        for trace in value["data"]:
            yield "traces", jaeger.groups(trace)
    elif jaeger.is_trace(value):
        yield "traces", jaeger.groups(value)


def why_not(value: Any) -> str:
    """Of a value without groups."""
    if isinstance(value, dict) and _SNAKE_CASE & set(value):
        return "its keys are in snake_case (resource_spans); OTLP JSON has camelCase (resourceSpans)"
    return "neither OTLP JSON nor a trace from Tempo or Jaeger"


def renamed(group: dict[str, Any]) -> dict[str, Any]:
    """With the names of today; before OTLP 0.19 a scope was an instrumentation library."""
    if not OLD_SCOPES.keys() & group.keys():
        return group
    found = {OLD_SCOPES.get(key, key): value for key, value in group.items()}
    for name in OLD_SCOPES.values():
        if isinstance(found.get(name), list):
            found[name] = [scope_renamed(scope) for scope in found[name] if isinstance(scope, dict)]
    return found


def scope_renamed(scope: dict[str, Any]) -> dict[str, Any]:
    return {"scope": scope["instrumentationLibrary"], **scope} if "instrumentationLibrary" in scope else scope
