"""The symptom of metrics that do not arrive, while all components have run for long enough."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.components import COMPONENTS
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.model import METRICS
from labctl.why.facts import Facts, ViewerFacts

LOOKS_AT: Final = "when the service's latest metrics arrived"
_LATE_S: Final = 8.0                    # the service exports every second
_BEGUN_S: Final = 15.0                  # a component younger than that may not have seen any yet
_SDK: Final = "otel.sdk."


def find(facts: Facts) -> Iterator[Finding]:
    viewer = facts.viewer
    if viewer is None or viewer.health is None or not _all_run(facts):
        return
    newest = _newest(viewer)
    if newest is None and "metrics.http" not in _accepted(viewer):
        seen = "none since the viewer started"
    elif newest is not None and facts.at - newest > _LATE_S:
        seen = f"the latest are {numbers.age(facts.at - newest)} old"
    else:
        return
    yield Finding(
        "metrics-missing", Kind.SYMPTOM, "lab", "the service's metrics do not arrive",
        (Evidence("the viewer's /api/metrics", seen),), symptom=Symptom.METRICS_MISSING,
    )


def _newest(viewer: ViewerFacts) -> float | None:
    times = [float(one["time"]) for one in viewer.metrics if one.get("name") in METRICS or str(one.get("name")).startswith(_SDK)]
    return max(times, default=None)


def _accepted(viewer: ViewerFacts) -> set[str]:
    """What has been counted; also what the counts do not tell, where they could not be read in time."""
    accepted = viewer.counts.get("accepted")
    return set(accepted) if isinstance(accepted, dict) else {"metrics.http"}


def _all_run(facts: Facts) -> bool:
    there = facts.observation.components
    started = [there[one.name].health.started for one in COMPONENTS if one.name in there]
    return len(started) == len(COMPONENTS) and all(at is not None and facts.at - at > _BEGUN_S for at in started)
