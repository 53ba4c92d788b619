"""What `up` and `down` do, as lists one can read, and the loop that runs them.

A step yields notes; the last one is its result. Steps know no screen: a Reporter shows what they yield.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from labctl.errors import LabError
from labctl.lab import steps
from labctl.model import Lab, Notes, Unchanged


class StepName(StrEnum):
    CHECK = "check"
    PROVISION = "provision"
    PUBLISH = "publish"
    DEPLOY = "deploy"
    READY = "ready"
    CANARY = "canary"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Step:
    name: StepName
    title: str
    run: Callable[[Lab], Notes]


UP: Final = (
    Step(StepName.CHECK, "Check this machine", steps.check),
    Step(StepName.PROVISION, "Provision", steps.provision),
    Step(StepName.PUBLISH, "Publish the image", steps.publish),
    Step(StepName.DEPLOY, "Deploy", steps.deploy),
    Step(StepName.READY, "Wait until ready", steps.ready),
    Step(StepName.CANARY, "See one trace arrive", steps.canary),
)
DOWN: Final = (Step(StepName.DESTROY, "Remove", steps.destroy),)


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step that has ended; `result` is its last note, empty when there was nothing to do."""

    name: StepName
    title: str
    result: str
    changed: bool                       # whether it changed anything, as far as it says
    start_ns: int                       # Unix time
    seconds: float

    @property
    def end_ns(self) -> int:
        return self.start_ns + round(self.seconds * 1e9)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "title": self.title, "result": self.result, "changed": self.changed,
            "seconds": round(self.seconds, 3),
        }


class Reporter(Protocol):
    """Shows what happens while a plan runs."""

    def note(self, text: str) -> None:
        """Shows a remark between steps."""
    def step(self, title: str) -> AbstractContextManager[Callable[[str], None]]:
        """Shows a step for as long as the block runs; the callable takes its notes."""


class NoReport:
    """Shows nothing."""

    def note(self, text: str) -> None:
        pass

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:  # noqa: ARG002 - a Reporter's
        yield lambda _: None


def run(plan: Iterable[Step], lab: Lab, report: Reporter) -> list[StepResult]:
    """Run every step to its end. The first error stops the plan and travels on."""
    return [_run(step, lab, report) for step in plan]


def _run(step: Step, lab: Lab, report: Reporter) -> StepResult:
    start_ns, begun, result = time.time_ns(), time.monotonic(), ""
    with report.step(step.title) as say:
        for result in step.run(lab):
            say(result)
    changed = bool(result) and not isinstance(result, Unchanged)
    return StepResult(step.name, step.title, result, changed, start_ns, time.monotonic() - begun)


def unexplained(error: LabError) -> LabError:
    return error


def up(
    lab: Lab, report: Reporter, *, retain: bool = False, explain: Callable[[LabError], LabError] = unexplained,
) -> list[StepResult]:
    """Bring the lab up. When that fails or is interrupted, what this run made is removed, unless it is to be retained."""
    was_up = lab.target.exists()
    try:
        return _explained(lab, report, explain)
    except BaseException:
        if not was_up and not retain and lab.target.exists():
            run(DOWN, lab, report)
        raise


def _explained(lab: Lab, report: Reporter, explain: Callable[[LabError], LabError]) -> list[StepResult]:
    try:
        return run(UP, lab, report)
    except LabError as error:
        raise explain(error) from None


def down(lab: Lab, report: Reporter) -> list[StepResult]:
    return run(DOWN, lab, report)
