"""One load run from the wish to its outcome: aim, foresee, run under the board, settle the ledger, judge."""

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
from labctl.load import abort, ledger, probe, session, slo
from labctl.load.aim import aim, same_place
from labctl.load.slo import Term
from labctl.load.summary import LoadPlan, Snapshot, Summary
from labctl.load.wish import Wish
from labctl.model import Endpoints, LabSpec, LogQuery, Target
from labctl.telemetry.trace import Trace
from labctl.viewer_client.client import ViewerClient

T = TypeVar("T")
TAIL_LINES = 8
DRAWN = 5                               # waterfalls in a report


def run(wish: Wish, spec: LabSpec, wanted: Wanted) -> None:
    """Run, settle, print and judge. The live board is on stderr, the result on stdout."""
    outcome.check(wanted)
    target = targets.running_target(spec)
    plan = plan_of(wish, spec, target)
    at = target.endpoints() if target else None
    viewer = ViewerClient(at.viewer) if at and plan.otlp else None
    terms = wish.slo or ()
    with _terminated() as signals:
        before = _asked(lambda: ledger.sdk_count(viewer)) if viewer else None
        summary, broken = _under_the_board(plan, _tail(target, wanted.tail), terms if wish.abort else ())
        try:
            settled = _asked(lambda: ledger.settle(summary, viewer, before)) if viewer and before else None
        except KeyboardInterrupt:                       # the wait for the last spans is not worth the figures
            settled, summary = None, replace(summary, interrupted=True)
    traces = _slowest(viewer, summary) if viewer and wanted.report else ()
    found = Outcome(summary, broken, slo.judge(terms, summary), settled, traces, *signals[:1])
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


def plan_of(wish: Wish, spec: LabSpec, target: Target | None) -> LoadPlan:
    """The plan, once somebody listens where it goes."""
    at = target.endpoints() if target else None
    plan = aim(wish, at, targets.up_command(spec))
    hint = targets.up_command(spec) if not plan.unix and _is_the_labs(plan, spec, at) else ""
    session.reach(plan.url, hint, unix=plan.unix, insecure=plan.insecure)
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
    return same_place(plan.url, at.service if at else f"http://127.0.0.1:{spec.ports.service}")


def _under_the_board(plan: LoadPlan, lines: Sequence[str], terms: Sequence[Term]) -> tuple[Summary, Term | None]:
    """The run, stopped as soon as one of `terms` is broken for certain; and which that was."""
    from labctl.ui.kit.console import err
    from labctl.ui.load.board import board

    if foreseen := probe.foresee(plan):
        err().print(f"  ! {foreseen}", markup=False)
    broken: list[Term] = []
    with board(err(), plan) as view:
        summary = session.run(plan, _watching(lambda snapshot: view.update(snapshot, tuple(lines)), terms, broken))
    return summary, broken[0] if broken else None


def _watching(show: Callable[[Snapshot], None], terms: Sequence[Term], broken: list[Term]) -> Callable[[Snapshot], None]:
    def watch(snapshot: Snapshot) -> None:
        show(snapshot)
        if term := abort.broken(terms, snapshot):
            broken.append(term)
            raise session.Enough
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
