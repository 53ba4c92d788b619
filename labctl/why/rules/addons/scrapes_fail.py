"""The symptom of metrics that Prometheus cannot read, of the collector or of Alertmanager."""

from collections.abc import Iterator
from typing import Final

from labctl.components import PROMETHEUS
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether Prometheus can read the metrics of its targets"


def find(facts: Facts) -> Iterator[Finding]:
    if facts.prometheus is None or not facts.prometheus.unread:
        return
    yield Finding(
        "scrapes-fail", Kind.SYMPTOM, PROMETHEUS.name, "Prometheus cannot read metrics",
        tuple(Evidence(f"job {job} of Prometheus", error) for job, error in facts.prometheus.unread.items()),
        symptom=Symptom.SCRAPES_FAIL,
    )
