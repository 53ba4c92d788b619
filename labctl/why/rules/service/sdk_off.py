"""A variable that turns the SDK, or the export of a signal, off."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service's SDK is on, and exports every signal (OTEL_SDK_DISABLED, OTEL_*_EXPORTER)"
_SIGNALS: Final = {
    "OTEL_TRACES_EXPORTER": ("spans", Symptom.NO_SPANS), "OTEL_METRICS_EXPORTER": ("metrics", Symptom.METRICS_MISSING),
    "OTEL_LOGS_EXPORTER": ("log records", Symptom.LOGS_MISSING),
}
_ALL: Final = frozenset({Symptom.NO_SPANS, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})


def find(facts: Facts) -> Iterator[Finding]:
    if variables.value(facts, "OTEL_SDK_DISABLED").lower() == "true":
        yield _off(facts, "OTEL_SDK_DISABLED", "the service's OpenTelemetry SDK is off: it makes no telemetry", _ALL)
    for name, (signal, symptom) in _SIGNALS.items():
        exporters = {part.strip() for part in variables.value(facts, name).split(",")}
        if exporters and "otlp" not in exporters and exporters != {""}:
            message = f"the service sends no {signal} to the collector: its exporter is {variables.value(facts, name)}"
            yield _off(facts, name, message, frozenset({symptom}))


def _off(facts: Facts, name: str, message: str, leads_to: frozenset[Symptom]) -> Finding:
    # spans are what the lab is for; to go without metrics or log records can be a choice
    wrong = Symptom.NO_SPANS in leads_to or variables.changed(facts, name)
    health = facts.service.health if facts.service else None
    reported = (Evidence("/health", "tracing_enabled: false"),) if health and health.get("tracing_enabled") is False else ()
    return Finding(
        "sdk-off", Kind.CAUSE if wrong else Kind.NOTICE, "service", message, (*variables.evidence(facts, name), *reported),
        variables.remedy(facts, name) if wrong else "", leads_to=leads_to,
    )
