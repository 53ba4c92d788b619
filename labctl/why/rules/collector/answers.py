"""The symptom of a collector that does not run or does not answer."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import State
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the collector answers"


def find(facts: Facts) -> Iterator[Finding]:
    collector, component = facts.collector, facts.component("collector")
    evidence = []
    if component and component.health.state in {State.ABSENT, State.FAILED, State.DEGRADED, State.STARTING}:
        detail = f": {component.health.detail}" if component.health.detail else ""
        evidence.append(Evidence("the collector's state", f"{component.health.state}{detail}"))
    if collector and collector.trouble and not collector.after:
        evidence.append(Evidence("its own metrics", collector.trouble))
    if evidence and not (component and component.health.state is State.STARTING and not (collector and collector.trouble)):
        yield Finding(
            "collector-down", Kind.SYMPTOM, "collector", "the collector does not run or does not answer", tuple(evidence),
            "labctl logs collector", symptom=Symptom.COLLECTOR_DOWN,
        )
