"""The disk of the state folder is full."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "the free disk space"
_NONE: Final = 4 << 20
_LITTLE: Final = 64 << 20               # below which `up` refuses to start


def find(facts: Facts) -> Iterator[Finding]:
    machine = facts.machine
    if machine is None or machine.disk_free >= _LITTLE:
        return
    full = machine.disk_free < _NONE
    yield Finding(
        "disk-full", Kind.CAUSE if full else Kind.NOTICE, "machine", f"the disk of {machine.state} "
        + ("is full" if full else "is nearly full"),
        (Evidence("the disk", f"{numbers.size(machine.disk_free)} of {numbers.size(machine.disk)} free"),),
        f"du -ah {machine.state} | sort -h | tail" if full else "",
        leads_to=frozenset({
            Symptom.VIEWER_REFUSES, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING, Symptom.PROMETHEUS_DOWN,
            Symptom.LOG_STORE_DOWN,
        }),
    )
