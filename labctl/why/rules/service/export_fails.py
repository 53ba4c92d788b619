"""The symptom that the service's own log shows: its exporter cannot send.

Subtle: a collector that counts no refusal has not refused it, so what makes collectors refuse does not explain it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import LogLine
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service's exporter reports failures (its log, its SDK's counters)"
_EXPORTER: Final = "opentelemetry.exporter"
_TRIES_S: Final = 15.0                  # where packets are dropped, an export fails only after seconds, and so does the next
_ITEMS: Final = ("spans", "metric_points", "log_records")
_BAD: Final = frozenset({"WARNING", "ERROR", "CRITICAL"})


def find(facts: Facts) -> Iterator[Finding]:
    if found := lines(facts):
        yield Finding(
            "service-export-fails", Kind.SYMPTOM, "service", "the service cannot send its telemetry to the collector", found[-1:],
            "labctl logs service", symptom=_symptom(facts),
        )


def _symptom(facts: Facts) -> Symptom:
    counted = facts.collector.after if facts.collector else None
    refused = counted and sum(counted.total(f"receiver_{how}_{what}") for how in ("refused", "failed") for what in _ITEMS)
    return Symptom.SERVICE_EXPORT_FAILS if counted and not refused else Symptom.SERVICE_EXPORT_REFUSED


def lines(facts: Facts) -> tuple[Evidence, ...]:
    """What its exporters have complained of in the last seconds, the latest last."""
    missing = facts.canary is not None and bool(facts.canary.missing)
    return complaints(facts, facts.recent_log("service", _TRIES_S) if missing else facts.recent_log("service"))


def complaints(facts: Facts, log: Iterable[LogLine]) -> tuple[Evidence, ...]:
    source = facts.log_source("service")
    return tuple(Evidence(source, said, line.at) for line in log if (said := _complaint(line)))


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
