"""One load run from the options to its outcome: make_plan, foresee, run under the board, settle the ledger, judge."""

import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import TypeVar

from labctl import targets
from labctl.cli import outcome
from labctl.cli.outcome import Outcome, Wanted
from labctl.errors import LabError, UsageError
from labctl.load.generator import session
from labctl.load.judge import early_stop, ledger, probe, verdicts
from labctl.load.judge.response_advice import identified
from labctl.load.measure.summary import Snapshot, Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.options import RunOptions
from labctl.load.plan.planning import make_plan, same_place
from labctl.load.plan.thresholds import Threshold
from labctl.load.server.reach import reach
from labctl.model import Endpoints, LabSpec, LogQuery, Target
from labctl.telemetry.trace import Trace
from labctl.viewer_client.client import ViewerClient

T = TypeVar("T")
TAIL_LINES = 8
DRAWN = 5                               # waterfalls in a report


def run(options: RunOptions, spec: LabSpec, wanted: Wanted) -> None:
    """Run, settle, print and judge. The live board is on stderr, the result on stdout."""
    outcome.check(wanted)
    # where it is said where to send, a lab that cannot be asked is not needed
    target = targets.reachable_target(spec) if options.url or options.unix else targets.running_target(spec)
    plan = plan_of(options, spec, target)
    at = target.endpoints() if target else None
    viewer = ViewerClient(at.viewer) if at and plan.otlp else None
    thresholds = options.slo or ()
    with _terminated() as signals:
        before = _asked(lambda: ledger.sdk_count(viewer)) if viewer else None
        summary, broken = _under_the_board(plan, _tail(target, wanted.tail), thresholds if options.abort else ())
        summary = identified(plan, summary)
        try:
            settled = _asked(lambda: ledger.settle(summary, viewer, before)) if viewer and before else None
        except KeyboardInterrupt:                       # the wait for the last spans is not worth the figures
            settled, summary = None, replace(summary, interrupted=True)
    traces = _slowest(viewer, summary) if viewer and wanted.report else ()
    found = Outcome(summary, broken, verdicts.judge(thresholds, summary), settled, traces, *signals[:1])
    outcome.leave_behind(found, spec.state, wanted)
    outcome.show(found, wanted.output)
    outcome.end(found)


@contextmanager
def _terminated() -> Iterator[Sequence[int]]:
    """As long as a run lasts, what would end this program ends the run as Ctrl-C does; yields the signals that came."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield came
    except KeyboardInterrupt:                           # before there was anything to show
        if came:
            sys.exit(128 + came[0])
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def plan_of(options: RunOptions, spec: LabSpec, target: Target | None) -> LoadPlan:
    """The plan, once somebody listens where it goes."""
    at = target.endpoints() if target else None
    plan = make_plan(options, at, targets.up_command(spec))
    hint = targets.up_command(spec) if not plan.unix and _is_the_labs(plan, spec, at) else ""
    reach(plan, hint)
    return plan


def _slowest(viewer: ViewerClient, summary: Summary) -> Sequence[Trace]:
    """Those of the slowest requests that have arrived, as far as the viewer is there."""
    try:
        return [trace for slow in summary.slowest[:DRAWN] if (trace := viewer.trace(slow.trace_id))]
    except LabError:
        return ()


def _asked(question: Callable[[], T]) -> T | None:
    """What the viewer answers; a run is not lost when it has gone, but has no ledger then."""
    try:
        return question()
    except LabError as error:
        print(f"  ! {error.message}: what became of the spans is not known", file=sys.stderr)
        return None


def _is_the_labs(plan: LoadPlan, spec: LabSpec, at: Endpoints | None) -> bool:
    return same_place(plan.url, at.service if at else f"http://127.0.0.1:{spec.ports['service']}")


def _under_the_board(plan: LoadPlan, lines: Sequence[str], thresholds: Sequence[Threshold]) -> tuple[Summary, Threshold | None]:
    """The run, stopped as soon as one of `thresholds` is broken for certain; and which that was."""
    from labctl.ui.kit.console import err
    from labctl.ui.load.board import board

    if foreseen := probe.foresee(plan):
        err().print(f"  ! {foreseen}", markup=False)
    broken: list[Threshold] = []
    with board(err(), plan) as view:
        summary = session.run(plan, _watching(lambda snapshot: view.update(snapshot, tuple(lines)), thresholds, broken))
    return summary, broken[0] if broken else None


def _watching(
    show: Callable[[Snapshot], None], thresholds: Sequence[Threshold], broken: list[Threshold],
) -> Callable[[Snapshot], None]:
    def watch(snapshot: Snapshot) -> None:
        show(snapshot)
        if threshold := early_stop.broken(thresholds, snapshot):
            broken.append(threshold)
            raise session.StopEarly
    return watch


def _tail(target: Target | None, component: str | None) -> Sequence[str]:
    """The last lines of a component's log, kept up to date by a thread of its own."""
    lines: deque[str] = deque(maxlen=TAIL_LINES)
    if component is None:
        return lines
    if target is None:
        raise UsageError(f"--tail {component}: no lab is up", hint="labctl up, or without --tail")
    query = LogQuery([component], follow=True, since=time.time())

    from labctl.ui.telemetry.log_lines import brief

    def follow() -> None:
        with suppress(LabError):                        # whose log has gone has no more lines
            for line in target.logs(query):
                lines.append(brief(line.text))

    threading.Thread(target=follow, name=f"tail {component}", daemon=True).start()
    return lines
