"""The sending queue to the viewer is full."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why import collector_config, collector_exporters
from labctl.why.facts import Facts

LOOKS_AT: Final = "how full the collector's sending queues to the viewer are"
_FULL: Final = 0.9


def find(facts: Facts) -> Iterator[Finding]:
    metrics = facts.collector.after if facts.collector else None
    for capacity in metrics.named("exporter_queue_capacity") if metrics else ():
        size = metrics.total("exporter_queue_size", **capacity.labels) if metrics else 0.0
        name, signal = capacity.labels.get("exporter", ""), capacity.labels.get("data_type", "")
        if name not in collector_exporters.to_viewer(facts):
            continue                    # a backend's: it drops, and is no reason for a loss of the lab
        if capacity.value and size >= _FULL * capacity.value:
            path = f"exporters.{name}.sending_queue"
            changed = collector_config.is_changed(facts, path)
            yield Finding(
                "queue-full", Kind.CAUSE if changed else Kind.SYMPTOM, "collector",
                f"the queue of the collector's {name} is full of {signal}",
                (Evidence("the collector's own metrics", f"{size:g} of {capacity.value:g} wait"),
                 *collector_config.evidence(facts, path)),
                collector_config.remedy(facts, path) if changed else "labctl logs collector",
                symptom=None if changed else Symptom.COLLECTOR_EXPORT_FAILS, leads_to=frozenset({Symptom.COLLECTOR_DROPS}),
            )
