"""The viewer's store cannot be written to, by its own words."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the viewer can write to its store"
_LEAST_FREE: Final = 4 << 20
_LEADS_TO: Final = frozenset({Symptom.VIEWER_REFUSES, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})


def find(facts: Facts) -> Iterator[Finding]:
    health = facts.viewer.health if facts.viewer else None
    trouble = str(health.get("store_cannot_write") or "") if health else ""
    if trouble:
        machine = facts.machine
        full = machine is not None and machine.disk_free < _LEAST_FREE
        free = f"{numbers.size(machine.disk_free)} free at {machine.state}" if machine else ""
        yield Finding(
            "store-cannot-write", Kind.CAUSE, "viewer", f"the viewer cannot store what it is sent: {trouble}",
            (Evidence("the viewer's /health", f"store_cannot_write: {trouble}"),
             *((Evidence("its disk", free),) if free else ())),
            "labctl doctor" if full else _anew(facts), leads_to=_LEADS_TO, symptom=Symptom.VIEWER_REFUSES,
        )


def _anew(facts: Facts) -> str:
    """There is room, so that it is the process that cannot write: a new one can."""
    viewer = facts.component("viewer")
    if viewer and viewer.health.pid:
        return f"kill {viewer.health.pid}; labctl up"
    if viewer and viewer.health.pod:
        namespace = facts.spec.namespace or facts.spec.name
        return f"kubectl --kubeconfig $(labctl kubeconfig) -n {namespace} delete pod {viewer.health.pod} && labctl up"
    return "labctl logs viewer"
