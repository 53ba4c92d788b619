"""The symptom of alerts that Alertmanager cannot deliver to the viewer."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.components import ALERTMANAGER
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether Alertmanager delivers its notifications"


def find(facts: Facts) -> Iterator[Finding]:
    if facts.prometheus is None or not facts.prometheus.untold:
        return
    seen = f"alertmanager_notifications_failed_total grew by {numbers.count(facts.prometheus.untold)} in 30 s"
    yield Finding(
        "alerts-untold", Kind.SYMPTOM, ALERTMANAGER.name, "Alertmanager cannot deliver its notifications",
        (Evidence("Alertmanager's own metrics", seen),), f"labctl logs {ALERTMANAGER.name}", symptom=Symptom.ALERTS_UNTOLD,
    )
