"""Prometheus cannot evaluate a rule that it has loaded."""

from collections.abc import Iterator
from typing import Final

from labctl.components import PROMETHEUS
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether Prometheus can evaluate its rules"


def find(facts: Facts) -> Iterator[Finding]:
    if facts.prometheus is None or not facts.prometheus.rules:
        return
    yield Finding(
        "rules-fail", Kind.CAUSE, PROMETHEUS.name,
        "Prometheus cannot evaluate some of its rules, so their alerts never fire",
        tuple(Evidence(f"rule {name}", error) for name, error in facts.prometheus.rules.items()),
        f"labctl logs {PROMETHEUS.name}", symptom=Symptom.RULES_FAIL, final=False,
    )
