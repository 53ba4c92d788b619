"""What `up` and `down` do, as lists one can read, and the loop that runs them.

A step yields notes; the last one is its result. Steps know no screen: a Reporter shows what they yield.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from labctl.lab import steps
from labctl.model import Lab, Notes


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    act: Callable[[Lab], Notes]


UP: Final = (
    Step("Check this machine", steps.check),
    Step("Provision", steps.provision),
    Step("Publish the image", steps.publish),
    Step("Deploy", steps.deploy),
    Step("Wait until ready", steps.ready),
    Step("See one trace arrive", steps.canary),
)
DOWN: Final = (Step("Destroy", steps.destroy),)


@dataclass(frozen=True, slots=True)
class Done:
    """A step that has ended; `result` is its last note, empty when there was nothing to do."""

    title: str
    result: str
    start_ns: int                       # Unix time
    seconds: float

    @property
    def end_ns(self) -> int:
        return self.start_ns + round(self.seconds * 1e9)


class Reporter(Protocol):
    def step(self, title: str) -> AbstractContextManager[Callable[[str], None]]:
        """Shows a step for as long as the block runs; the callable takes its notes."""


def run(plan: Iterable[Step], lab: Lab, report: Reporter) -> list[Done]:
    """Run every step to its end. The first error stops the plan and travels on."""
    return [_run(step, lab, report) for step in plan]


def _run(step: Step, lab: Lab, report: Reporter) -> Done:
    start_ns, begun, result = time.time_ns(), time.monotonic(), ""
    with report.step(step.title) as say:
        for result in step.act(lab):
            say(result)
    return Done(step.title, result, start_ns, time.monotonic() - begun)


def up(lab: Lab, report: Reporter, *, retain: bool = False) -> list[Done]:
    """Make the lab stand. When that fails or is interrupted, what this run made is removed, unless it is to be retained."""
    stood = lab.target.exists()
    try:
        return run(UP, lab, report)
    except BaseException:
        if not stood and not retain and lab.target.exists():
            run(DOWN, lab, report)
        raise


def down(lab: Lab, report: Reporter) -> list[Done]:
    return run(DOWN, lab, report)
