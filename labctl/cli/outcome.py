"""What a load run ends with: its figures on stdout, the files that were asked for, and the exit code that it deserves."""

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from labctl.cli.json_output import print_json
from labctl.cli.options import Output
from labctl.errors import LabError, Missed, UsageError
from labctl.load import kept_runs
from labctl.load.judge import advice
from labctl.load.judge.ledger import Ledger
from labctl.load.judge.verdicts import FAILED_SHARE, Verdict
from labctl.load.measure.summary import Summary
from labctl.load.plan.thresholds import Threshold
from labctl.load.plan.trace_ids import trace_ids
from labctl.telemetry.trace import Trace


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown of a run, and left behind by it."""

    scenario: str                       # its name, "" where there is none
    tail: str | None
    report: Path | None
    csv: Path | None
    trace_ids: Path | None
    output: Output


@dataclass(frozen=True, slots=True)
class Outcome:
    summary: Summary
    broken: Threshold | None                 # the bound that ended the run early
    verdicts: Sequence[Verdict]
    settled: Ledger | None
    traces: Sequence[Trace] = ()        # of the slowest requests, as far as the lab has them
    stopped: int = signal.SIGINT        # by which signal, if it was interrupted


def check(wanted: Wanted) -> None:
    """Raises UsageError for a file that could not be written, as long as nothing has been sent."""
    files = {"--report": wanted.report, "--csv": wanted.csv, "--trace-ids": wanted.trace_ids}
    places = {flag: path.resolve() for flag, path in files.items() if path is not None}
    for flag, path in files.items():
        if path is not None:
            _written(flag, path, _touch)
    if len(set(places.values())) < len(places):
        raise UsageError(f"{' and '.join(places)} cannot all go to the same file")


def show(outcome: Outcome, output: Output) -> None:
    summary, settled = outcome.summary, outcome.settled
    if output is Output.json:
        verdicts = [one.as_json() for one in outcome.verdicts]
        print_json("LoadRun", {
            **summary.as_json(), "slo": verdicts, "ledger": settled.as_json() if settled else None,
            "remarks": advice.remarks(summary),
        })
        return
    from labctl.ui.kit.console import out
    from labctl.ui.load import summary as screen
    from labctl.ui.load import thresholds as table

    out().print(screen.render(summary, advice.remarks(summary), settled.text() if settled else ""))
    if outcome.verdicts:
        out().print("", table.render(outcome.verdicts))


def leave_behind(outcome: Outcome, state: Path, wanted: Wanted) -> None:
    """The run for `labctl runs`, which is no reason to lose its figures when it cannot be kept, and what was asked for."""
    try:
        kept_runs.keep(state, outcome.summary, outcome.verdicts, wanted.scenario)
    except LabError as error:
        print(f"  {error.message}", file=sys.stderr)
    _written("--report", wanted.report, lambda path: _report(path, outcome))
    _written("--csv", wanted.csv, lambda path: _csv(path, outcome.summary))
    _written("--trace-ids", wanted.trace_ids, lambda path: _ids(path, outcome.summary))


def end(outcome: Outcome) -> None:
    """Exit as the run deserves: Missed when a bound or too many requests failed, as shells do when it was interrupted."""
    summary, missed = outcome.summary, [one for one in outcome.verdicts if not one.met]
    if summary.interrupted and not outcome.broken:
        raise typer.Exit(128 + outcome.stopped)
    if missed:
        what = f"{len(missed)} of {len(outcome.verdicts)} bounds do not hold"
        why = "\n".join(f"{one.threshold}: {one.found}" for one in missed)
        raise Missed(f"stopped: {outcome.broken.text()} is broken" if outcome.broken else what, detail=why)
    failed, finished = summary.measured if summary.successful else (summary.failed, summary.failed)
    asked = any(one.threshold.startswith("errors") for one in outcome.verdicts)
    if not summary.successful or (failed > finished * FAILED_SHARE and not asked):
        kinds = ", ".join(f"{count} {kind}" for kind, count in summary.errors.items())
        hint = "labctl check; labctl logs service" if outcome.settled else ""
        raise Missed(f"{failed} of {finished} requests failed", detail=kinds, hint=hint)


def _written(flag: str, path: Path | None, write: Callable[[Path], object]) -> None:
    if path is None:
        return
    try:
        write(path)
    except OSError as error:
        raise UsageError(f"{flag} {path}: {error.strerror}") from None


def _touch(path: Path) -> None:
    """Without leaving anything behind."""
    before = path.exists()
    path.open("ab").close()
    if not before:
        path.resolve().unlink()                         # where it leads, if it is a link


def _report(path: Path, outcome: Outcome) -> None:
    from labctl.load import report

    report.write_html(outcome.summary, path, verdicts=outcome.verdicts, slowest=outcome.traces)


def _csv(path: Path, summary: Summary) -> None:
    from labctl.load import report

    report.write_csv(summary, path)


def _ids(path: Path, summary: Summary) -> None:
    with path.open("w", encoding="ascii") as file:
        file.writelines(f"{one}\n" for one in trace_ids(summary.run_id, summary.sent_by))
