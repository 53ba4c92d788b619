"""The symptom of metrics that Prometheus cannot read, of the collector or of Alertmanager."""

from collections.abc import Iterator, Mapping
from typing import Final

from labctl.components import ALERTMANAGER, PROMETHEUS
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether Prometheus can scrape its targets"


def find(facts: Facts) -> Iterator[Finding]:
    unread = facts.prometheus.unread if facts.prometheus else {}
    own = {job: error for job, error in unread.items() if job == ALERTMANAGER.name}
    yield from _finding(PROMETHEUS.name, Symptom.SCRAPES_FAIL, {job: error for job, error in unread.items() if job not in own})
    yield from _finding(ALERTMANAGER.name, Symptom.ALERTMANAGER_UNREAD, own)


def _finding(component: str, symptom: Symptom, unread: Mapping[str, str]) -> Iterator[Finding]:
    if unread:
        evidence = tuple(Evidence(f"job {job} of Prometheus", error) for job, error in unread.items())
        yield Finding("scrapes-fail", Kind.SYMPTOM, component, "Prometheus cannot scrape a target", evidence, symptom=symptom)
