"""A batch processor that holds spans back so long that they seem to be missing."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Finding, Kind, Symptom
from labctl.why import collector_config
from labctl.why.facts import Facts

LOOKS_AT: Final = "how long the collector holds spans back"
_HOLDS: Final = {
    "batch": ("timeout",), "groupbytrace": ("wait_duration",),
    "tail_sampling": ("decision_wait_after_root_received", "decision_wait"),
}
"""By kind, its settings: the first that is there is that of a trace which is complete."""
KEYS: Final = frozenset(key for keys in _HOLDS.values() for key in keys)
_LATE_S: Final = 2.0
_SIGNALS: Final = {"traces": Symptom.COLLECTOR_DROPS, "metrics": Symptom.METRICS_MISSING, "logs": Symptom.LOGS_MISSING}


def find(facts: Facts) -> Iterator[Finding]:
    config = collector_config.running(facts)
    lost = facts.canary is not None and not facts.canary.whole
    for kind, keys in _HOLDS.items():
        held = {(name, signal) for signal in _SIGNALS for name, _ in (config.used("processors", kind, signal) if config else ())}
        for name in sorted({name for name, _ in held}):
            times = {key: collector_config.seconds(config.of("processors", name, key)) for key in keys} if config else {}
            key, held_s = next(((key, time_s) for key, time_s in times.items() if time_s), ("", None))
            path = f"processors.{name}.{key}"
            changed = collector_config.is_changed(facts, path)
            if held_s is not None and held_s >= _LATE_S and (lost or changed):
                yield Finding(
                    "held-back", Kind.CAUSE if changed else Kind.NOTICE, "collector",
                    f"the collector's {name} holds telemetry back for {numbers.seconds(held_s)}",
                    collector_config.evidence(facts, path) or (collector_config.quoted(facts, path),),
                    collector_config.remedy(facts, path), suspect=True,
                    leads_to=frozenset(symptom for signal, symptom in _SIGNALS.items() if (name, signal) in held),
                )
