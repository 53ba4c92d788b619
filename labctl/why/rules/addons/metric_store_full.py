"""Prometheus cannot write to its disk: it answers, and keeps nothing that is new."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.components import PROMETHEUS
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.switches.stores import retention
from labctl.why.facts import Facts
from labctl.why.rules.addons import full_disk, own_log

LOOKS_AT: Final = "whether Prometheus can write to its disk"
_RECENT_S: Final = 10.0


def find(facts: Facts) -> Iterator[Finding]:
    found = facts.prometheus
    if found is None or not found.unwritten:
        return
    grown = f"prometheus_tsdb_wal_writes_failed_total grew by {numbers.count(found.unwritten)} in {found.watched_s:.1f} s"
    yield Finding(
        "metric-store-full", Kind.CAUSE, PROMETHEUS.name, "Prometheus cannot write to its disk: it keeps no new metrics",
        (Evidence("Prometheus' own metrics", grown), *own_log.last_error(facts, PROMETHEUS.name, _RECENT_S)),
        full_disk.remedy(facts, PROMETHEUS.name, retention.METRICS, found.used),
        leads_to=frozenset({Symptom.RULES_FAIL, Symptom.SCRAPES_FAIL}), final=False,
    )
