"""One load run from the wish to the exit code: aim, run under the board, settle the ledger, print, judge."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import typer

from labctl import targets
from labctl.cli.options import Output, print_json
from labctl.errors import Missed, UsageError
from labctl.load import advice, ledger, session
from labctl.load.aim import Wish, aim
from labctl.load.ledger import Ledger
from labctl.load.summary import LoadPlan, Summary
from labctl.load.traceids import trace_ids
from labctl.model import Endpoints, LabSpec, LogQuery, Target
from labctl.telemetry.client import ViewerClient

TAIL_LINES = 8
FAILED_SHARE = 0.01
INTERRUPTED = 130


def run(wish: Wish, spec: LabSpec, tail: str | None, output: Output) -> Summary:
    """Run, settle and print. The live board is on stderr, the result on stdout."""
    target = targets.standing(spec)
    at = target.endpoints() if target else None
    plan = aim(wish, at, targets.up_line(spec))
    viewer = ViewerClient(at.viewer) if at and plan.otlp else None
    before = ledger.sdk_count(viewer) if viewer else None
    summary = _under_the_board(plan, _tail(target, tail), targets.up_line(spec) if _is_the_labs(plan, spec, at) else "")
    settled = ledger.settle(summary, viewer, before) if viewer and before else None
    _show(summary, settled, output)
    return summary


def judge(summary: Summary) -> None:
    """Exit as the run deserves: 130 when it was interrupted, Missed when too many requests failed."""
    if summary.interrupted:
        raise typer.Exit(INTERRUPTED)
    finished = summary.successful + summary.failed
    if summary.failed > finished * FAILED_SHARE or not summary.successful:
        kinds = ", ".join(f"{count} {kind}" for kind, count in summary.errors.items())
        raise Missed(f"{summary.failed} of {finished} requests failed", detail=kinds, hint="labctl check; labctl logs service")


def write_ids(path: Path, summary: Summary) -> None:
    try:
        path.write_text("".join(f"{one}\n" for one in trace_ids(summary.run_id, summary.sent)))
    except OSError as error:
        raise UsageError(f"--trace-ids {path}: {error.strerror}") from None


def _is_the_labs(plan: LoadPlan, spec: LabSpec, at: Endpoints | None) -> bool:
    from labctl.load.aim import same_place

    return same_place(plan.url, at.service if at else f"http://127.0.0.1:{spec.ports.service}")


def _under_the_board(plan: LoadPlan, lines: Sequence[str], hint: str) -> Summary:
    from labctl.ui.board import board
    from labctl.ui.console import err

    session.reach(plan.url, hint)
    with board(err(), plan) as view:
        return session.run(plan, lambda snapshot: view.update(snapshot, tuple(lines)))


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


def _show(summary: Summary, settled: Ledger | None, output: Output) -> None:
    if output is Output.json:
        print_json({**summary.as_json(), "ledger": settled.as_json() if settled else None})
        return
    from labctl.ui import summary as screen
    from labctl.ui.console import out

    notes = [text for text in (advice.advice(summary), advice.gap(summary)) if text]
    out().print(screen.render(summary, notes, settled.text() if settled else ""))
