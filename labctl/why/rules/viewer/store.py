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
            "labctl doctor" if full else "labctl logs viewer", leads_to=_LEADS_TO, symptom=Symptom.VIEWER_REFUSES,
        )
