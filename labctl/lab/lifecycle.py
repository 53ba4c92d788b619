"""`up` and `down` from the settings to the result: lock, choose the target, run the plan."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Any

from labctl.config import Config
from labctl.errors import LabError
from labctl.host import locks
from labctl.host.background_task import BackgroundTask
from labctl.lab import plan, told_rollout, up_trace
from labctl.lab.explain import switch_notes
from labctl.lab.plan import NoReport, Reporter, StepName, StepResult
from labctl.lab.status import Recorded
from labctl.model import Endpoints, Lab, LabSpec, Target
from labctl.targets import ClusterOptions, choose_target, search
from labctl.viewer_client.annotations import WITHIN_S

ANSWERED_S = 3.0                        # what a lab has recorded, before it is removed


@dataclass(frozen=True, slots=True)
class UpOptions:
    timeout_s: float                    # for each wait
    retain: bool = False                # keep what was created when it fails
    adopt: bool = False                 # use a cluster that labctl did not create
    explain: Callable[[LabError], LabError] = plan.unexplained      # asked while what failed still stands


@dataclass(frozen=True, slots=True)
class UpResult:
    lab: str
    target: str
    reason: str                         # why this target
    endpoints: Mapping[str, str]
    steps: Sequence[StepResult]
    switches: Mapping[str, str]         # that are on
    trace_error: LabError | None        # why `labctl trace up` has nothing to show
    fetched: Mapping[str, str] = field(default_factory=dict)       # where others fetch telemetry, by destination of --export
    notes: Mapping[str, str] = field(default_factory=dict)         # of switches, also of those that are off

    @property
    def changed(self) -> bool:
        """Whether this run changed what runs, as far as the steps say."""
        return any(step.changed for step in self.steps if step.name is StepName.DEPLOY)

    def as_json(self) -> dict[str, Any]:
        return {
            "lab": self.lab, "target": self.target, "reason": self.reason, "changed": self.changed,
            "endpoints": dict(self.endpoints), "switches": dict(self.switches), "fetched": dict(self.fetched),
            "steps": [step.as_json() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class DownResult:
    lab: str
    was_up: bool
    result: str
    ended: Mapping[str, str] = field(default_factory=dict)         # switches that no setting gives: they end with the lab
    overrides: Mapping[str, str] = field(default_factory=dict)     # of the manifests, which end with it too

    @property
    def again(self) -> str:
        """The line that brings the lab up as it was; "" where a plain `labctl up` does."""
        words = [f"--{name} {quote(text)}" for name, text in self.ended.items()]
        words += [f"--set {quote(f'{name}={text}')}" for name, text in self.overrides.items()]
        return " ".join(("labctl up", *words)) if words else ""

    def as_json(self) -> dict[str, Any]:
        return {
            "lab": self.lab, "was_up": self.was_up, "result": self.result, "switches": dict(self.ended),
            "overrides": dict(self.overrides),
        }


def up(config: Config, options: UpOptions, report: Reporter) -> UpResult:
    """Bring the lab up, or apply changed settings to the running one."""
    spec = config.spec()
    with locks.hold(lock_of(spec), "up"):
        choice = choose_target(config["LABCTL_TARGET"], spec, ClusterOptions(adopt=options.adopt))
        for why in choice.skipped:
            report.note(why)
        steps = plan.up(Lab(spec, choice.target, options.timeout_s), report, retain=options.retain, explain=options.explain)
    endpoints = choice.target.endpoints()
    error = _write_trace(endpoints, choice.target, steps)
    telling = told_rollout.telling(endpoints.viewer, choice.target.started(), steps)
    target, on = choice.target, choice.target.switches()
    result = UpResult(spec.name, target.name, choice.reason, endpoints.as_json(), steps, on, error, target.fetched())
    result = replace(result, notes=switch_notes(config, target, on))
    telling.done(WITHIN_S)
    return result


def down(spec: LabSpec, options: ClusterOptions, report: Reporter) -> DownResult:
    """Take the lab down wherever it runs."""
    with locks.hold(lock_of(spec), "down"):
        running, ended = search(spec, options), Recorded()
        if running.found:
            ended = _recorded(running.found)
            result = plan.down(Lab(spec, running.found), report)[-1].result
        else:
            result = _remove_remains(spec, running.targets.values(), report)
    switches = {name: text for name, text in ended.switches.items() if spec.switches.get(name) != text}
    return DownResult(spec.name, running.found is not None, result, switches, ended.overrides)


def _recorded(target: Target) -> Recorded:
    """Nothing where it cannot be asked, or does not answer soon, which keeps no lab from being removed."""
    asking = BackgroundTask(lambda: Recorded(target.overrides(), target.switches()))
    try:
        return asking.result() if asking.done(ANSWERED_S) else Recorded()
    except LabError:
        return Recorded()


def _remove_remains(spec: LabSpec, targets: Iterable[Target], report: Reporter) -> str:
    """Without a running lab there may be remains of one, and a cluster of its name may not be the lab's."""
    done = [plan.down(Lab(spec, target), NoReport())[-1] for target in targets]
    removed = [step.result for step in done if step.changed]
    for what in removed:
        report.note(what)
    return "; ".join(removed) or done[-1].result


def lock_of(spec: LabSpec) -> Path:
    """Held by whatever changes the lab."""
    return spec.state.with_suffix(".lock")


def _write_trace(endpoints: Endpoints, target: Target, steps: Sequence[StepResult]) -> LabError | None:
    """Write the trace for `labctl trace up`; a failure to do so does not matter to the lab."""
    try:
        up_trace.write(endpoints.viewer, steps, target.work())
    except LabError as error:
        return error
    return None
