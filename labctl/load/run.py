"""One load run from its options to its result: plan → probe → generators and board → ledger → verdicts → kept run and files."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from labctl import targets
from labctl.errors import LabError, UsageError
from labctl.load import kept_runs, lab_notes, log_tail, signals
from labctl.load.costs import costs
from labctl.load.generator import session
from labctl.load.judge import early_stop, probe, run_advice, verdicts
from labctl.load.judge.response_advice import identified
from labctl.load.lab_notes import LabNotes
from labctl.load.lab_use import LabUseWatch
from labctl.load.ledger.await_spans import Before, Witnesses, await_spans
from labctl.load.ledger.collector_watch import CollectorWatch
from labctl.load.ledger.ledger import Ledger
from labctl.load.measure.summary import Snapshot, Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.planning import is_the_service, make_plan
from labctl.load.plan.run_options import RunOptions
from labctl.load.plan.thresholds import Threshold
from labctl.load.result import RunResult
from labctl.load.result_files import ResultFiles
from labctl.load.screen_protocol import Screen, Update
from labctl.load.server.reach import reach
from labctl.load.told_run import ToldRun
from labctl.model import LabSpec, Target
from labctl.switches.sampling import SAMPLING
from labctl.targets import service_tracing
from labctl.telemetry.trace import Trace
from labctl.viewer_client.annotations import WITHIN_S
from labctl.viewer_client.client import ViewerClient

T = TypeVar("T")
_DRAWN: Final = 5                       # waterfalls in a report
_SERVICE, _COUNTERS = "service", "collector_metrics"


@dataclass(frozen=True, slots=True)
class RunJob:
    """Everything that the command line of `labctl load` asked for."""

    options: RunOptions
    spec: LabSpec
    scenario: str = ""                  # its name, "" where there is none
    tail: str | None = None             # the component whose log is shown
    files: ResultFiles = field(default_factory=ResultFiles)


@dataclass(frozen=True, slots=True)
class _Lab:
    """The running lab, where the requests go to its service."""

    target: Target
    viewer: str                         # its URL
    witnesses: Witnesses
    before: Before


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is shown with the figures of the requests."""

    lines: Sequence[str]                # of a log, the last ones
    use: LabUseWatch
    told: ToldRun


def run(job: RunJob, screen: Screen) -> RunResult:
    """Raises LabError when the run cannot be done; missed thresholds are raised by `RunResult.check`."""
    job.files.check()
    options, spec = job.options, job.spec
    # with an explicit --url the lab is not needed, so its errors do not matter
    target = targets.reachable_target(spec) if options.url or options.unix else targets.running_target(spec)
    plan = plan_for(options, spec, target)
    thresholds = options.slo or ()
    _require_ledger(plan, thresholds)
    with (
        signals.as_interrupts() as came, _witnessed(target, plan, screen) as lab,
        ToldRun(lab.viewer if lab else "", plan, job.scenario, thresholds) as told,
    ):
        watch = LabUseWatch(lab.target, lab.witnesses.viewer) if lab else LabUseWatch()
        with watch:
            probes = _warn(options, plan, screen) if plan.otlp else 0
            usage = lab_notes.ServiceUsage(lab.target if lab else None)
            lines = log_tail.follow(target, job.tail)
            beside = _Beside(lines, watch, told)
            summary, broken = _send(plan, screen, beside, thresholds if options.abort else ())
        summary, throttled, now = identified(plan, summary), usage.throttled(), _as_it_is_now(lab, spec)
        summary, ledger = _account(summary, plan, now, screen)
        summary = _with_sampled_out(summary, plan, now)
        use = watch.use(summary, probes, ledger.sampled_out.traces if ledger and ledger.sampled_out else 0)
        traces = _slowest(now, summary) if now and job.files.report else ()
        month = costs(spec, lab.target, summary, use) if lab and job.files.report else ()
    notes = LabNotes(throttled, list(_other_notes(options, plan, summary, lab)))
    result = RunResult(
        summary, broken, verdicts.judge(thresholds, summary, ledger), ledger, traces, notes, probes, use, month, *came[:1],
    )
    telling = told.end(result)
    _keep(job, result, screen)
    job.files.write(result)
    telling.done(WITHIN_S)
    return result


def plan_for(options: RunOptions, spec: LabSpec, target: Target | None) -> LoadPlan:
    """The plan, after a connection to its address succeeded; with client spans only where that is the lab's own service."""
    lab = target.endpoints() if target else None
    up_command = targets.up_command(spec)
    plan = make_plan(options, lab, up_command)
    service = lab.service if lab else f"http://127.0.0.1:{spec.ports[_SERVICE]}"
    address = reach(plan, up_command if not plan.unix and is_the_service(plan.url, service) else "")
    ours = plan.otlp and is_the_service(f"http://{address.ip}:{address.port}", service)
    if not ours or target is None:
        return replace(plan, otlp=None)
    return replace(plan, sampling=target.switches().get(SAMPLING.name, ""))


@contextmanager
def _witnessed(target: Target | None, plan: LoadPlan, screen: Screen) -> Iterator[_Lab | None]:
    """The lab with the counters from before the run, its collector watched meanwhile; None for any other server."""
    if target is None or plan.otlp is None:
        yield None
        return
    lab = target.endpoints()
    with CollectorWatch(lab.urls.get(_COUNTERS), far=_COUNTERS in lab.temporary) as collector:
        witnesses = Witnesses(
            ViewerClient(lab.viewer), collector, lambda: _instance(target), lambda: not service_tracing.is_off(lab.service),
        )
        before = _asked(witnesses.before, screen)
        yield None if before is None else _Lab(target, lab.viewer, witnesses, before)


def _instance(target: Target) -> object:
    """An identity of the service's running instance, which changes with a restart; None where unknown."""
    found = next((health for health in target.health() if health.name == _SERVICE), None)
    return (found.pid, found.pod, found.restarts, found.started) if found and (found.pid or found.pod) else None


def _warn(options: RunOptions, plan: LoadPlan, screen: Screen) -> int:
    """Warn when there are too few workers for the plan; return how many requests were sent as probes."""
    foreseen = probe.foresee(plan)
    if foreseen.probes:
        screen.say(f"{foreseen.probes} requests were sent first, to see how long an answer takes; they are not counted")
    if foreseen.warning:
        screen.warn(foreseen.warning)
        if total := lab_notes.total_rate(options, plan):
            screen.warn(total)
    return foreseen.probes


def _other_notes(options: RunOptions, plan: LoadPlan, summary: Summary, lab: _Lab | None) -> Iterator[str]:
    total = lab_notes.total_rate(options, plan)
    if total and run_advice.advice(summary):
        yield total
    with suppress(LabError):
        yield from lab_notes.open_files(summary, lab.target if lab else None)


def _send(
    plan: LoadPlan, screen: Screen, beside: _Beside, thresholds: Sequence[Threshold],
) -> tuple[Summary, Threshold | None]:
    """The run's summary, and the threshold that stopped it early, if one of `thresholds` did."""
    broken: list[Threshold] = []
    with screen.board(plan) as update:
        summary = session.run(plan, _watching(update, beside, thresholds, broken))
    return summary, broken[0] if broken else None


def _watching(
    update: Update, beside: _Beside, thresholds: Sequence[Threshold], broken: list[Threshold],
) -> Callable[[Snapshot], None]:
    def watch(snapshot: Snapshot) -> None:
        update(replace(snapshot, pods=beside.use.pods), tuple(beside.lines))
        beside.told.see(snapshot)
        if threshold := early_stop.broken(thresholds, snapshot):
            broken.append(threshold)
            raise session.StopEarly
    return watch


def _as_it_is_now(lab: _Lab | None, spec: LabSpec) -> _Lab | None:
    """With the viewer's present address and access, where a switch of TLS or --auth has changed them during the run."""
    if lab is None:
        return None
    try:
        lab.witnesses.viewer.counts(only="spans")
    except LabError:
        target = targets.reachable_target(spec)
        if target:
            return replace(lab, target=target, witnesses=replace(lab.witnesses, viewer=ViewerClient(target.endpoints().viewer)))
    return lab


def _account(summary: Summary, plan: LoadPlan, lab: _Lab | None, screen: Screen) -> tuple[Summary, Ledger | None]:
    """The ledger; interrupting the wait for the last spans loses the ledger, but not the figures."""
    if lab is None:
        return summary, None
    try:
        with screen.waiting() as progress:
            return summary, _asked(lambda: await_spans(summary, plan, lab.witnesses, lab.before, progress), screen)
    except KeyboardInterrupt:
        return replace(summary, interrupted=True), None


def _with_sampled_out(summary: Summary, plan: LoadPlan, lab: _Lab | None) -> Summary:
    """Its slowest requests marked where the lab has not kept their traces."""
    if plan.policy is None or lab is None:
        return summary
    viewer = lab.witnesses.viewer
    with suppress(LabError):
        marked = [replace(slow, sampled_out=viewer.trace(slow.trace_id, spans=1) is None) for slow in summary.slowest]
        return replace(summary, slowest=marked)
    return summary


def _slowest(lab: _Lab, summary: Summary) -> Sequence[Trace]:
    """The traces of the slowest requests, as far as the viewer has them."""
    viewer = lab.witnesses.viewer
    try:
        return [trace for slow in summary.slowest[:_DRAWN] if (trace := viewer.trace(slow.trace_id))]
    except LabError:
        return ()


def _asked(question: Callable[[], T], screen: Screen) -> T | None:
    """The viewer's answer; None with a warning when it does not answer, since the run's figures do not need it."""
    try:
        return question()
    except LabError as error:
        screen.warn(f"{error.message}: whether spans were lost is not known")
        return None


def _require_ledger(plan: LoadPlan, thresholds: Sequence[Threshold]) -> None:
    if plan.otlp is None and any(threshold.figure == "lost" for threshold in thresholds):
        raise UsageError("lost spans are counted only where the requests go to the running lab", hint="labctl up, and no --url")


def _keep(job: RunJob, result: RunResult, screen: Screen) -> None:
    """Keep the run for `labctl runs`; a failure to do so is a warning, not the loss of its figures."""
    try:
        kept_runs.keep(job.spec.state, result.summary, result.verdicts, job.scenario, result.use)
    except LabError as error:
        screen.warn(error.message)
