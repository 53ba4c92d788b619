"""The memory limiter refuses what the collector is sent."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.why import collector_config
from labctl.why.facts import CollectorFacts, Facts

LOOKS_AT: Final = "what the collector's memory limiter refuses, and its limit"
_REFUSED: Final = "processor_memory_limiter_refused_{}"
_ITEMS: Final = ("spans", "metric_points", "log_records")
_LEADS_TO: Final = frozenset({Symptom.COLLECTOR_REFUSES, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})


def find(facts: Facts) -> Iterator[Finding]:
    collector = facts.collector
    refused = _refused(collector) if collector else {}
    if not collector or not refused:
        return
    counts = ", ".join(f"{int(number)} {item.replace('_', ' ')}" for item, number in refused.items())
    used = collector.after.total("process_memory_rss")
    component = facts.component("collector")
    limit = component.usage.memory_limit if component and component.usage else None
    of = f" of a limit of {numbers.size(limit)}" if limit else ""
    changed = collector_config.is_changed(facts, "processors.memory_limiter")
    by_hand = collector_config.evidence(facts, "processors.memory_limiter")
    refuses = "memory limiter refuses what it is sent"
    too_low = f"the collector's memory limit of {numbers.size(limit)} is too low: its {refuses}" if limit and not changed else ""
    yield Finding(
        "memory-limiter", Kind.CAUSE, "collector", too_low or f"the collector's {refuses}",
        (Evidence("the collector's own metrics", f"refused in the last seconds: {counts}"),
         Evidence("the collector's own metrics", f"it uses {numbers.size(used)}{of}"),
         *(by_hand or (collector_config.quoted(facts, "processors.memory_limiter"),))),
        collector_config.remedy(facts, "processors.memory_limiter") if changed or not limit else
        "labctl up --set collector.limits.memory=512Mi",
        leads_to=_LEADS_TO, certainty=Certainty.CERTAIN,
    )


def _refused(collector: CollectorFacts) -> dict[str, float]:
    grown = {item: collector.grown(_REFUSED.format(item)) for item in _ITEMS}
    return {item: number for item, number in grown.items() if number}
