"""The use case of `labctl mend`: the lab as it was before, and the proof that it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl.config import Config
from labctl.errors import LabError, UsageError
from labctl.faults import record, told
from labctl.faults.breaking import deploy_with
from labctl.faults.catalogue import BY_NAME
from labctl.faults.lease import forget
from labctl.faults.record import FaultRecord
from labctl.host import locks
from labctl.lab import plan
from labctl.lab.lifecycle import lock_of
from labctl.lab.plan import Reporter
from labctl.model import Lab, LabSpec, Target, Unchanged
from labctl.targets import ClusterOptions, open_target, require_target

WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Mended:
    faults: Sequence[str]               # what is gone, by name, secret ones too
    left: int                           # how many are still on

    def as_json(self) -> dict[str, Any]:
        return {"mended": list(self.faults), "left": self.left}


def mend(config: Config, name: str, report: Reporter) -> Mended:
    """One fault, or all of them when `name` is empty. Raises LabError where it is not proved that they are gone."""
    if name and name not in BY_NAME:
        raise UsageError(f"there is no fault {name}", hint="labctl break --list")
    spec = config.spec()
    with locks.hold(lock_of(spec), "mend"):
        target = require_target(spec)
        found = record.read(spec.state)
        if found is None:
            if not target.changes_note():
                return Mended((), 0)
            found = FaultRecord(0.0, {})
        if name:
            return _one(spec, target, found, name, report)
        _all(found.of(spec), target, report)
        forget(spec.state)
        told.end(target, found, FaultRecord(0.0, {}))
    return Mended([fault.name for fault in found.faults], 0)


def _one(spec: LabSpec, target: Target, found: FaultRecord, name: str, report: Reporter) -> Mended:
    left = found.without(BY_NAME[name])
    if left == found:
        raise LabError(f"the fault {name} is not on", hint="labctl status")
    if left.entries:
        with report.step("Mend the lab") as say:
            deploy_with(spec, target, left)
            say(f"{name} is undone")
        record.write(spec.state, left)
    else:
        _all(left.of(spec), target, report)
        forget(spec.state)
    told.end(target, found, left)
    return Mended([name], len(left.entries))


def _all(spec: LabSpec, target: Target, report: Reporter) -> None:
    options = ClusterOptions(adopt=True)
    plan.run(plan.UP, Lab(spec, open_target(target.name, spec, options), WAIT_S), report)
    *_, last = open_target(target.name, spec, options).deploy()
    if not isinstance(last, Unchanged):
        raise LabError("the lab is still not what its project says", detail=last, hint="labctl why")


def made_whole(config: Config) -> None:
    """After an `up`, which makes the lab what its project says: nothing is recorded any more, and the page is told."""
    found = record.read(config.state)
    forget(config.state)
    if found:
        told.all_gone(config.spec(), found)


def end_expired(config: Config, report: Reporter) -> Mended | None:
    """Mend the lab when the time of its faults is over."""
    found = record.read(config.state)
    return mend(config, "", report) if found and found.expired else None
