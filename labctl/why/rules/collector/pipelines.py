"""A pipeline that leads to no viewer."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Finding, Kind, Symptom
from labctl.why import collector_config
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether every pipeline of the collector leads to the viewer"
_SIGNALS: Final = {"traces": Symptom.COLLECTOR_DROPS, "metrics": Symptom.METRICS_MISSING, "logs": Symptom.LOGS_MISSING}
_NOWHERE: Final = frozenset({"debug", "nop", "file"})


def find(facts: Facts) -> Iterator[Finding]:
    config = collector_config.running(facts)
    for signal, symptom in _SIGNALS.items():
        pipelines = config.pipelines(signal) if config else []
        exporters = [name for one in pipelines for name in one.exporters]
        if pipelines and all(name.partition("/")[0] in _NOWHERE for name in exporters):
            path = f"service.pipelines.{signal}.exporters"
            quoted = collector_config.evidence(facts, path) or (collector_config.quoted(facts, path),)
            yield Finding(
                "exporter-missing", Kind.CAUSE, "collector",
                f"the collector's {signal} pipeline does not lead to the viewer: it has {collector_config.shown(exporters)}",
                quoted, collector_config.remedy(facts, path), leads_to=frozenset({symptom}),
            )
