"""The use case of `labctl break`: write down what is meant, then deploy the lab with the faults in it."""

import contextlib
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from labctl.changes import LabChange, NotRunning, Suspended
from labctl.config import Config
from labctl.errors import LabError, Refused, UsageError
from labctl.faults import record, told
from labctl.faults.catalogue import BY_NAME, FAULTS
from labctl.faults.fault import Fault, hides
from labctl.faults.lease import forget
from labctl.faults.record import FaultRecord
from labctl.host import locks
from labctl.lab import plan
from labctl.lab.lifecycle import lock_of
from labctl.lab.plan import NoReport, Reporter, StepName
from labctl.model import Lab, LabSpec, Target
from labctl.numbers import plural
from labctl.targets import ClusterOptions, open_target, require_target

_STEPS: Final = [step for step in plan.UP if step.name in {StepName.PROVISION, StepName.PUBLISH, StepName.DEPLOY}]
_WAIT_S: Final = 60.0
_SETTLED_S: Final = 15.0                # for what is still starting; a fault may keep it from ever being ready
_START_S: Final = 5.0                   # beside what does not run at all
_AWAY_S: Final = 1.0                    # where it is known that something does not answer


@dataclass(frozen=True, slots=True)
class BreakRequest:
    names: Sequence[str]                # empty: a random one, kept secret
    lease_s: float
    secret: bool = False                # no command names it


@dataclass(frozen=True, slots=True)
class Broken:
    """The faults that are on now; a secret one is counted and not named."""

    named: Sequence[str]
    secret: int
    until: float                        # Unix seconds

    def as_json(self) -> dict[str, Any]:
        return {"faults": list(self.named), "secret": self.secret, "until": self.until}


def on(config: Config) -> Broken | None:
    """Also of a lab that is not up, as long as it is recorded."""
    found = record.read(config.state)
    return Broken(found.named, found.secret, found.until) if found else None


def break_lab(config: Config, request: BreakRequest, report: Reporter) -> Broken:
    """Raises Refused where a fault cannot be injected here, or would hide one that is on; then nothing is changed."""
    unknown = [name for name in request.names if name not in BY_NAME]
    if unknown:
        raise UsageError(f"there is no fault {unknown[0]}", hint="labctl break --list")
    with locks.hold(lock_of(config.spec()), "break"):
        target = require_target(config.spec())
        before = record.read(config.state) or record.begun(target.as_it_runs())
        wanted = [BY_NAME[name] for name in request.names] or [_any(target, before.faults)]
        _require_possible(target, before.faults, wanted)
        after = before.with_faults(wanted, time.time() + request.lease_s, secret=request.secret or not request.names)
        record.write(config.state, after)
        with report.step("Break the lab") as say:
            _make(config.spec(), target, before, after)
            say(plural(len(wanted), "fault") + " injected")
    return Broken(after.named, after.secret, after.until)


def _make(spec: LabSpec, target: Target, before: FaultRecord, after: FaultRecord) -> None:
    begun = told.begin(target, before, after)
    try:
        deploy_with(spec, target, after)
    except LabError:
        with contextlib.suppress(LabError):
            deploy_with(spec, target, before)
        told.take_back(target, begun)
        record.write(spec.state, before) if before.entries else forget(spec.state)
        raise


def deploy_with(spec: LabSpec, target: Target, wanted: FaultRecord) -> None:
    """Make the lab what its project says, with these faults in it, and wait until that shows."""
    changes = tuple(change for fault in wanted.faults for change in fault.way(target) or ())
    broken = replace(wanted.of(spec), changes=changes, changes_note=wanted.note)
    place = open_target(target.name, broken, ClusterOptions(adopt=True))
    plan.run(_STEPS, Lab(broken, place, _WAIT_S), NoReport())
    with contextlib.suppress(LabError):
        for _ in place.ready(_shown_within(changes)):
            pass


def _shown_within(changes: Iterable[LabChange]) -> float:
    """Seconds: what is away never becomes ready, and nobody waits for it; what else has changed needs a start to show."""
    away = [isinstance(change, NotRunning | Suspended) for change in changes]
    return _AWAY_S if away and all(away) else _START_S if any(away) else _SETTLED_S


def possible(target: Target) -> list[Fault]:
    return [fault for fault in FAULTS if fault.way(target)]


def _any(target: Target, on_now: Iterable[Fault]) -> Fault:
    present = list(on_now)
    found = [fault for fault in possible(target) if not _hides(target, fault, present)]
    if not found:
        raise Refused("no further fault can be injected beside those that are on", hint="labctl mend")
    return random.SystemRandom().choice(found)


def _require_possible(target: Target, on_now: Sequence[Fault], wanted: Sequence[Fault]) -> None:
    present = list(on_now)
    for fault in wanted:
        if fault.way(target) is None:
            reasons = (target.cannot(change) for change in fault.ways[-1])
            raise Refused(f"{fault.name} cannot be injected here: {next(filter(None, reasons), '')}", hint="labctl break --list")
        if _hides(target, fault, present):
            raise Refused(f"{fault.name} changes what another fault that is on has changed", hint="labctl mend")
        present.append(fault)


def _hides(target: Target, fault: Fault, present: Iterable[Fault]) -> bool:
    return any(hides(fault, other, target) for other in present)
