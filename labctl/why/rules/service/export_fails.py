"""The symptom that the service's own log shows: its exporter cannot send."""

import json
from collections.abc import Iterator
from typing import Any, Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import LogLine
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service's exporter reports failures (its log, its SDK's counters)"
_EXPORTER: Final = "opentelemetry.exporter"
_BAD: Final = frozenset({"WARNING", "ERROR", "CRITICAL"})


def find(facts: Facts) -> Iterator[Finding]:
    if found := lines(facts):
        yield Finding(
            "service-export-fails", Kind.SYMPTOM, "service", "the service cannot send its telemetry to the collector", found[-1:],
            "labctl logs service", symptom=Symptom.SERVICE_EXPORT_FAILS,
        )


def lines(facts: Facts) -> tuple[Evidence, ...]:
    """What its exporters have complained of in the last seconds, the latest last."""
    recent = facts.recent_log("service")
    source = facts.log_source("service")
    return tuple(Evidence(source, said, line.at) for line in recent if (said := _complaint(line)))


def _complaint(line: LogLine) -> str:
    fields = _fields(line.text)
    if str(fields.get("logger", "")).startswith(_EXPORTER) and fields.get("level") in _BAD:
        return str(fields.get("message", ""))
    return ""


def _fields(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
