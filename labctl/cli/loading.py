"""One load run from the wish to the exit code: aim, run under the board, settle the ledger, judge, keep, print."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from labctl import targets
from labctl.cli.options import Output, print_json
from labctl.errors import LabError, Missed, UsageError
from labctl.load import abort, advice, ledger, probe, runs, session, slo
from labctl.load.aim import aim, same_place
from labctl.load.ledger import Ledger
from labctl.load.slo import Judged, Term
from labctl.load.summary import LoadPlan, Snapshot, Summary
from labctl.load.traceids import trace_ids
from labctl.load.wish import Wish
from labctl.model import Endpoints, LabSpec, LogQuery, Target
from labctl.telemetry.client import ViewerClient

TAIL_LINES = 8
FAILED_SHARE = 0.01
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown of a run, and left behind by it."""

    scenario: str                       # its name, "" where there is none
    tail: str | None
    trace_ids: Path | None
    output: Output


@dataclass(frozen=True, slots=True)
class Outcome:
    summary: Summary
    broken: Term | None                 # the bound that ended the run early
    judged: Sequence[Judged]
    settled: Ledger | None


def run(wish: Wish, spec: LabSpec, wanted: Wanted) -> None:
    """Run, settle, print and judge. The live board is on stderr, the result on stdout."""
    target = targets.standing(spec)
    plan = plan_of(wish, spec, target)
    at = target.endpoints() if target else None
    viewer = ViewerClient(at.viewer) if at and plan.otlp else None
    before = ledger.sdk_count(viewer) if viewer else None
    terms = wish.slo or ()
    summary, broken = _under_the_board(plan, _tail(target, wanted.tail), terms if wish.abort else ())
    settled = ledger.settle(summary, viewer, before) if viewer and before else None
    outcome = Outcome(summary, broken, slo.judge(terms, summary), settled)
    _leave_behind(outcome, spec, wanted)
    _show(outcome, wanted.output)
    _end(outcome)


def plan_of(wish: Wish, spec: LabSpec, target: Target | None) -> LoadPlan:
    """The plan, once somebody listens where it goes."""
    at = target.endpoints() if target else None
    plan = aim(wish, at, targets.up_line(spec))
    if plan.unix is None:
        session.reach(plan.url, targets.up_line(spec) if _is_the_labs(plan, spec, at) else "")
    return plan


def _end(outcome: Outcome) -> None:
    """Exit as the run deserves: Missed when a bound or too many requests failed, 130 when it was interrupted."""
    summary, missed = outcome.summary, [one for one in outcome.judged if not one.met]
    if summary.interrupted and not outcome.broken:
        raise typer.Exit(INTERRUPTED)
    if missed:
        what = f"{len(missed)} of {len(outcome.judged)} bounds do not hold"
        why = "\n".join(f"{one.term}: {one.found}" for one in missed)
        raise Missed(f"stopped: {outcome.broken.text()} is broken" if outcome.broken else what, detail=why)
    finished = summary.successful + summary.failed
    asked = any(one.term.startswith("errors") for one in outcome.judged)
    if not summary.successful or (summary.failed > finished * FAILED_SHARE and not asked):
        kinds = ", ".join(f"{count} {kind}" for kind, count in summary.errors.items())
        raise Missed(f"{summary.failed} of {finished} requests failed", detail=kinds, hint="labctl check; labctl logs service")


def _leave_behind(outcome: Outcome, spec: LabSpec, wanted: Wanted) -> None:
    """The run for `labctl runs`, which is no reason to lose its figures when it cannot be kept, and what was asked for."""
    try:
        runs.keep(spec.state, outcome.summary, outcome.judged, wanted.scenario)
    except LabError as error:
        print(f"  {error.message}", file=sys.stderr)
    if wanted.trace_ids:
        _write_ids(wanted.trace_ids, outcome.summary)


def _write_ids(path: Path, summary: Summary) -> None:
    try:
        path.write_text("".join(f"{one}\n" for one in trace_ids(summary.run_id, summary.sent)))
    except OSError as error:
        raise UsageError(f"--trace-ids {path}: {error.strerror}") from None


def _is_the_labs(plan: LoadPlan, spec: LabSpec, at: Endpoints | None) -> bool:
    return same_place(plan.url, at.service if at else f"http://127.0.0.1:{spec.ports.service}")


def _under_the_board(plan: LoadPlan, lines: Sequence[str], terms: Sequence[Term]) -> tuple[Summary, Term | None]:
    """The run, stopped as soon as one of `terms` is broken for certain; and which that was."""
    from labctl.ui.board import board
    from labctl.ui.console import err

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
        raise UsageError(f"--tail {component}: no lab is up")
    query = LogQuery([component], follow=True, since=time.time())

    from labctl.ui.loglines import brief

    def follow() -> None:
        for line in target.logs(query):
            lines.append(brief(line.text))

    threading.Thread(target=follow, name=f"tail {component}", daemon=True).start()
    return lines


def _show(outcome: Outcome, output: Output) -> None:
    summary, settled = outcome.summary, outcome.settled
    if output is Output.json:
        judged = [one.as_json() for one in outcome.judged]
        print_json({**summary.as_json(), "slo": judged, "ledger": settled.as_json() if settled else None})
        return
    from labctl.ui import slo as table
    from labctl.ui import summary as screen
    from labctl.ui.console import out

    notes = [text for text in (advice.advice(summary), advice.gap(summary)) if text]
    out().print(screen.render(summary, notes, settled.text() if settled else ""))
    if outcome.judged:
        out().print("", table.render(outcome.judged))
