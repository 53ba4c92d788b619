"""Metrics that are exported so seldom that they seem to be missing."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "how often the service exports its metrics (OTEL_METRIC_EXPORT_INTERVAL)"
_NAME: Final = "OTEL_METRIC_EXPORT_INTERVAL"
_SELDOM_MS: Final = 10_000.0


def find(facts: Facts) -> Iterator[Finding]:
    text = variables.value(facts, _NAME)
    if not text.isdecimal() or float(text) < _SELDOM_MS:
        return
    wrong = variables.changed(facts, _NAME)
    yield Finding(
        "metric-interval", Kind.CAUSE if wrong else Kind.NOTICE, "service",
        f"the service exports its metrics only every {numbers.milliseconds(float(text))}", variables.evidence(facts, _NAME),
        variables.remedy(facts, _NAME) if wrong else "", leads_to=frozenset({Symptom.METRICS_MISSING}),
    )
