"""The lab as a lesson uses it: settings for the time of the lesson, requests, the telemetry, and back to how it was."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from labctl import config, numbers
from labctl.components import SERVICE
from labctl.config import Config
from labctl.errors import LabError
from labctl.faults import breaking, mending
from labctl.host.waiting import until
from labctl.lab import lifecycle
from labctl.lab.plan import NoReport, Reporter
from labctl.lessons import needs
from labctl.load.judge.capacity import Trial
from labctl.load.ledger.await_spans import Progress
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.run_options import RunOptions
from labctl.load.result import RunResult
from labctl.load.run import RunJob, run
from labctl.load.screen_protocol import Update
from labctl.model import Target
from labctl.switches import addons
from labctl.targets import require_target
from labctl.telemetry.trace import Trace
from labctl.viewer_client.client import ViewerClient
from labctl.why.diagnose import diagnose

UP_S: Final = 90.0
SCALES_DOWN_S: Final = 180.0            # after a minute without load, one pod every 15 s
LEASE_S: Final = 3600.0                 # of a fault, should the lesson be forgotten
MOST_TRACES: Final = 200                # what the viewer lists at once


class Quiet:
    """A load run that shows nothing: its figures would answer the question."""

    def say(self, text: str) -> None:
        pass

    def warn(self, text: str) -> None:
        pass

    @contextmanager
    def board(self, plan: LoadPlan) -> Iterator[Update]:  # noqa: ARG002 - a Screen's
        yield lambda _snapshot, _lines: None

    @contextmanager
    def waiting(self) -> Iterator[Progress]:
        yield lambda _seen, _expected: None

    def trial(self, trial: Trial) -> None:
        pass


@dataclass(frozen=True)
class LabStage:
    flags: Mapping[str, str | None]     # as they were typed: which lab is meant
    report: Reporter

    @property
    def config(self) -> Config:
        return config.load(self.flags)

    def require(self, addon: str) -> None:
        """Raises Refused where the lab does not have this add-on, with the line that brings it; "" is none."""
        needs.require(addon, self.config, self.target)

    def set_up(self, **settings: str) -> None:
        """Bring the lab up with these settings of the service, until `restore`. What `up` says would give them away."""
        with self.report.step("Set the scene") as say:
            lifecycle.up(config.load({**self.flags, **settings}), lifecycle.UpOptions(UP_S), NoReport())
            say("the lab is ready for this lesson")

    def restore(self) -> None:
        """Bring the lab back to the user's own settings, without faults."""
        with suppress(LabError):        # it may be down
            self._await_one_pod()
        with self.report.step("Restore the lab") as say:
            if self.fault_is_on():
                mending.mend(self.config, "", NoReport())
            lifecycle.up(self.config, lifecycle.UpOptions(UP_S), NoReport())
            say("it has its own settings again")

    def _await_one_pod(self) -> None:
        """Of an autoscaled service: beside all that a load has brought a node may have no room for the new one."""
        if addons.is_autoscaled(self.target.switches()) and self._pods() > 1:
            with self.report.step("Wait until the autoscaler has taken its pods away") as say:
                until(lambda: self._pods() <= 1, SCALES_DOWN_S, every=2.0)
                say(numbers.plural(self._pods(), "pod"))

    def _pods(self) -> int:
        return len(self.target.describe(SERVICE.name).instances)

    @property
    def target(self) -> Target:
        return require_target(self.config.spec())

    def possible_faults(self) -> Sequence[str]:
        return [fault.name for fault in breaking.possible(self.target)]

    def make_fault(self, name: str) -> None:
        """A secret one, for as long as the lesson lasts."""
        breaking.break_lab(self.config, breaking.BreakRequest((name,), LEASE_S, secret=True), self.report)

    def fault_is_on(self) -> bool:
        return breaking.on(self.config) is not None

    def explained(self) -> Sequence[str]:
        """What the diagnosis says first of the lab as it is now, with its evidence."""
        return [
            f"labctl why: {cause.message} ({evidence.source}: {evidence.text})"
            for cause in diagnose(self.config).causes[:1] for evidence in cause.evidence[:1]
        ]

    def send(self, options: RunOptions) -> RunResult:
        """A load run that is kept, as the learner's own are."""
        with self.report.step("Send requests") as say:
            result = run(RunJob(options, self.config.spec(), "lesson"), Quiet())
            say(f"{result.summary.sent} requests, run {result.summary.run_id}")
        if result.interrupted:
            raise KeyboardInterrupt
        return result

    @cached_property
    def viewer(self) -> ViewerClient:
        return ViewerClient(self.target.endpoints().viewer)

    def traces(self, run_id: str) -> Sequence[Trace]:
        """The traces of a run of at most MOST_TRACES requests. Raises LabError when the viewer has none of them any more."""
        listed = self.viewer.traces(run=run_id, limit=MOST_TRACES)
        found = [trace for one in listed if (trace := self.viewer.trace(str(one["trace_id"])))]
        if not found:
            raise LabError("the viewer no longer has any trace of this lesson's requests", hint="labctl learn --restart")
        return found


def steps_of(trace: Trace) -> dict[str, float]:
    """The time of each of the service's steps in milliseconds, by name."""
    return {span.name: span.duration_ms for span in trace.spans if span.kind == "internal"}
