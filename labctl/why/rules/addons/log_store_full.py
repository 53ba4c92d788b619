"""VictoriaLogs has made itself read-only, since its disk is full."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.components import VICTORIA_LOGS
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.switches.stores import retention
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether VictoriaLogs can write to its disk"


def find(facts: Facts) -> Iterator[Finding]:
    if facts.addons is None or not facts.addons.read_only:
        return
    yield Finding(
        "log-store-full", Kind.CAUSE, VICTORIA_LOGS.name, "VictoriaLogs takes no more log records: too little disk is free",
        (Evidence("VictoriaLogs' own metrics", f"vl_storage_is_read_only 1, {numbers.size(facts.addons.free)} free"),),
        _remedy(facts), leads_to=frozenset({Symptom.ADDON_EXPORT_FAILS}), final=False,
    )


def _remedy(facts: Facts) -> str:
    """Old records go with a shorter retention, where it can be shorter."""
    on = facts.observation.switches
    if retention.of_lab(on)[retention.LOGS] <= retention.DAY_S:
        return f"labctl describe {VICTORIA_LOGS.name}"
    return f"labctl up --retention {retention.with_time(on.get(retention.NAME, ''), retention.LOGS, retention.DAY_S)}"
