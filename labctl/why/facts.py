"""All that the rules look at, gathered once. A part that could not be gathered is None or empty, and named in `failed`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.lab.canary import CanaryResult
from labctl.load.kept_runs import KeptRun
from labctl.model import LabSpec, Observation


@dataclass(frozen=True, slots=True)
class ViewerFacts:
    health: Mapping[str, Any]           # its /health
    counts: Mapping[str, Any]           # its /api/counts
    metrics: Sequence[Mapping[str, Any]] = ()       # its /api/metrics: every series, the SDK's own counters among them


@dataclass(frozen=True, slots=True)
class Facts:
    at: float                           # Unix seconds
    spec: LabSpec
    observation: Observation
    canary: CanaryResult | None = None
    service_health: Mapping[str, Any] | None = None     # its /health
    collector_before: Mapping[str, float] = field(default_factory=dict)     # its own metrics, by name with labels,
    collector_after: Mapping[str, float] = field(default_factory=dict)      # before and after the canary
    viewer: ViewerFacts | None = None
    run: KeptRun | None = None          # the latest
    failed: Sequence[str] = ()
