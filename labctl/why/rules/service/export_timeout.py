"""A timeout so short that no export can succeed."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts
from labctl.why.rules.service import export_fails

LOOKS_AT: Final = "whether the service gives an export enough time (OTEL_EXPORTER_OTLP_TIMEOUT)"
_LEAST_S: Final = 0.5
_NAMES: Final = {
    "OTEL_EXPORTER_OTLP_TIMEOUT": Symptom.SERVICE_EXPORT_FAILS, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": Symptom.SERVICE_EXPORT_FAILS,
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": Symptom.METRICS_MISSING, "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": Symptom.LOGS_MISSING,
}


def find(facts: Facts) -> Iterator[Finding]:
    for name, symptom in _NAMES.items():
        if variables.is_set(facts, name) and _seconds(variables.value(facts, name)) < _LEAST_S:
            yield Finding(
                "export-timeout", Kind.CAUSE, "service",
                f"the service abandons an export after {variables.value(facts, name)} s ({name})",
                (*variables.evidence(facts, name), *export_fails.lines(facts)[:1]), variables.remedy(facts, name),
                leads_to=frozenset({symptom}),
            )


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return _LEAST_S
