"""What `labctl cost` needs of the lab: its pods, and the load run that measured its telemetry."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labctl.config import Config
    from labctl.cost.estimate import Measured
    from labctl.cost.stores import StoreNeed
    from labctl.load.kept_runs import KeptRun


def measured(config: "Config", run: str | None) -> "Measured":
    """Without a run that measured telemetry: the reference figures. Raises UsageError for a named run that did not."""
    from labctl.cost.estimate import Measured
    from labctl.cost.measured import reference
    from labctl.cost.stores import Keeping
    from labctl.errors import UsageError
    from labctl.switches.chosen import merged
    from labctl.switches.table import AGGREGATE
    from labctl.targets import reachable_target
    from labctl.targets.pods import pods
    from labctl.ui.kit.plain import remark

    spec = config.spec()
    target = reachable_target(spec)
    on = merged(target.switches() if target else {}, spec.switches)
    keeping = Keeping(on, spec.viewer_max_bytes, spec.viewer_max_age_s)
    name, found, exported = target.name if target else "", pods(spec, target), _exported(on)
    aggregates = AGGREGATE.name in on
    kept = _run(spec.state, run)
    if kept is None:
        remark("no load run has measured this lab's telemetry yet (labctl load): reference figures are used")
        return Measured(
            name, found, reference.volume(), keeping=keeping, exported=exported, aggregated=aggregates,
        )
    if kept.use.volume is None:
        raise UsageError(f"the run {kept.summary.run_id} did not measure the telemetry of a lab", hint="labctl load")
    return Measured(name, found, kept.use.volume, kept.use.usage, kept.summary.rate, keeping, exported, aggregates)


def stores(config: "Config", on: "Mapping[str, str]") -> "tuple[list[StoreNeed], float | None]":
    """What the stores of a lab with these switches need, and the rate of requests that it is for; None: unknown."""
    from labctl.cost.measured import reference
    from labctl.cost.month import WhatIf, month
    from labctl.cost.stores import Keeping, needs
    from labctl.switches.table import AGGREGATE

    spec = config.spec()
    kept = _run(spec.state, None)
    volume, rps = (kept.use.volume, kept.summary.rate) if kept and kept.use.volume else (reference.volume(), None)
    wanted = month(volume, WhatIf(rps, aggregated=AGGREGATE.name in on), volume.replicas) if rps is not None else None
    return needs(Keeping(on, spec.viewer_max_bytes, spec.viewer_max_age_s), wanted), rps


def _exported(on: "Mapping[str, str]") -> list[str]:
    """Where the running lab's telemetry goes beside the viewer, or would go with the settings given."""
    from labctl.switches.destinations import destinations
    from labctl.switches.export import EXPORT

    return [one.name for one in destinations(on[EXPORT.name])] if EXPORT.name in on else []


def _run(state: "Path", name: str | None) -> "KeptRun | None":
    from labctl.load import kept_runs

    if name is not None:
        return kept_runs.find(state, name)
    return next((run for run in _newest_first(state) if run.use.volume), None)


def _newest_first(state: "Path") -> "Iterator[KeptRun]":
    from labctl.load import kept_runs

    return reversed(kept_runs.kept(state).runs)
