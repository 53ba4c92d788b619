"""The exporter to the viewer: its address, and whether it fails."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why import collector_config, collector_exporters
from labctl.why.collector_config import CollectorConfig
from labctl.why.facts import Facts

LOOKS_AT: Final = "the collector's exporters: their addresses and failures"
_ADDRESS: Final = ("endpoint", "traces_endpoint", "metrics_endpoint", "logs_endpoint", "tls", "headers", "auth", "compression",
                   "encoding", "timeout", "proxy_url")


def find(facts: Facts) -> Iterator[Finding]:
    yield from _addresses(facts)
    yield from _fails(facts)


def _addresses(facts: Facts) -> Iterator[Finding]:
    config = collector_config.running(facts)
    names = {path.split(".")[1] for path in collector_config.changed(facts) if path.startswith("exporters.")}
    for name in sorted(names & _used(config)) if config else ():
        prefixes = tuple(f"exporters.{name}.{part}" for part in _ADDRESS)
        if config and collector_config.is_changed(facts, *prefixes):
            elsewhere = collector_config.is_changed(facts, prefixes[0])
            how = "which is not the lab's viewer" if elsewhere else "with settings that the project's configuration does not have"
            yield Finding(
                "exporter-address", Kind.CAUSE, "collector",
                f"the collector's exporter {name} sends to {config.of('exporters', name, 'endpoint')}, {how}",
                (*collector_config.evidence(facts, *prefixes), *complaints(facts)[-1:]),
                collector_config.remedy(facts, *prefixes),
                leads_to=frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING}),
            )


def _used(config: CollectorConfig) -> set[str]:
    pipelines = [one for signal in ("traces", "metrics", "logs") for one in config.pipelines(signal)]
    return {name for one in pipelines for name in one.exporters}


def _fails(facts: Facts) -> Iterator[Finding]:
    said, collector = complaints(facts), facts.collector
    failed = sum(
        collector.grown(f"exporter_{what}_failed_spans", exporter=name)
        for what in ("send", "enqueue") for name in collector_exporters.to_viewer(facts)
    ) if collector else 0
    counted = (Evidence("the collector's own metrics", f"{numbers.plural(int(failed), 'span')} not sent"),) if failed else ()
    if said or counted:
        yield Finding(
            "collector-export-fails", Kind.SYMPTOM, "collector", "the collector cannot send to the viewer",
            (*counted, *said[-1:]),
            "labctl logs collector", symptom=Symptom.COLLECTOR_EXPORT_FAILS,
        )


def complaints(facts: Facts) -> tuple[Evidence, ...]:
    """What its exporters to the viewer have complained of in the last seconds, the latest last."""
    to_viewer = collector_exporters.to_viewer(facts)
    recent = collector_exporters.complaints(facts, facts.recent_log("collector"))
    return tuple(one.evidence for one in recent if not to_viewer or one.exporter in to_viewer)
