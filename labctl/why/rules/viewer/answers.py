"""The symptom of a viewer that does not answer."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import State
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the viewer answers"


def find(facts: Facts) -> Iterator[Finding]:
    component, evidence = facts.component("viewer"), []
    if component and component.health.state in {State.ABSENT, State.FAILED, State.DEGRADED}:
        detail = f": {component.health.detail}" if component.health.detail else ""
        evidence.append(Evidence("the viewer's state", f"{component.health.state}{detail}"))
    if facts.viewer and facts.viewer.health is None:
        evidence.append(Evidence("/health", facts.viewer.trouble))
    if evidence:
        yield Finding(
            "viewer-down", Kind.SYMPTOM, "viewer", "the viewer does not answer", tuple(evidence), "labctl logs viewer",
            symptom=Symptom.VIEWER_DOWN,
        )
