"""Prometheus does not use the rules that it was given: it cannot read its files, or cannot work a rule out."""

from collections.abc import Iterator
from typing import Final

from labctl.components import PROMETHEUS
from labctl.findings import Evidence, Finding, Kind
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether Prometheus could read its rules and work them out"
_METRICS: Final = "Prometheus' own metrics"


def find(facts: Facts) -> Iterator[Finding]:
    if facts.prometheus is None:
        return
    if not facts.prometheus.reloaded:
        yield Finding(
            "rules-unreadable", Kind.CAUSE, PROMETHEUS.name,
            "Prometheus cannot read its configuration or rules, and goes on with those from before",
            (Evidence(_METRICS, "prometheus_config_last_reload_successful 0"), *_said(facts)), "labctl up", final=False,
        )
    if facts.prometheus.rules:
        yield Finding(
            "rules-fail", Kind.CAUSE, PROMETHEUS.name,
            "Prometheus cannot work out some of its rules, so that their alerts never fire",
            tuple(Evidence(f"rule {name}", error) for name, error in facts.prometheus.rules.items()),
            f"labctl logs {PROMETHEUS.name}", final=False,
        )


def _said(facts: Facts) -> list[Evidence]:
    """The last line of its log about it."""
    found = facts.component(PROMETHEUS.name)
    lines = [line for line in found.log if "level=ERROR" in line.text] if found else []
    return [Evidence(facts.log_source(PROMETHEUS.name), line.text, line.at) for line in lines[-1:]]
