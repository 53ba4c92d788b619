"""VictoriaLogs has made itself read-only, since its disk is full."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.components import VICTORIA_LOGS
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.switches.stores import retention
from labctl.why.facts import Facts
from labctl.why.rules.addons import full_disk

LOOKS_AT: Final = "whether VictoriaLogs can write to its disk"


def find(facts: Facts) -> Iterator[Finding]:
    if facts.addons is None or not facts.addons.read_only:
        return
    yield Finding(
        "log-store-full", Kind.CAUSE, VICTORIA_LOGS.name, "VictoriaLogs is read-only: there is too little free disk space",
        (Evidence("VictoriaLogs' own metrics", f"vl_storage_is_read_only 1, {numbers.size(facts.addons.free)} free"),),
        full_disk.remedy(facts, VICTORIA_LOGS.name, retention.LOGS, facts.addons.used),
        leads_to=frozenset({Symptom.LOG_STORE_UNREACHED}), final=False,
    )
