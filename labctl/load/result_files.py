"""The files that a run writes on request: a report, its timeline, its trace ids."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import UsageError
from labctl.load.plan.trace_ids import trace_ids
from labctl.load.result import RunResult


@dataclass(frozen=True, slots=True)
class ResultFiles:
    report: Path | None = None
    csv: Path | None = None
    trace_ids: Path | None = None

    def check(self) -> None:
        """Raises UsageError for a file that cannot be written; called before anything is sent."""
        given = {flag: path for flag, path, _ in self._all() if path is not None}
        for flag, path in given.items():
            _write(flag, path, _touch)
        if len({path.resolve() for path in given.values()}) < len(given):
            raise UsageError(f"{' and '.join(given)} cannot all go to the same file")

    def write(self, result: RunResult) -> None:
        for flag, path, writer in self._all():
            if path is not None:
                _write(flag, path, lambda path, writer=writer: writer(path, result))  # type: ignore[misc]

    def _all(self) -> tuple[tuple[str, Path | None, Callable[[Path, RunResult], object]], ...]:
        return ("--report", self.report, _report), ("--csv", self.csv, _csv), ("--trace-ids", self.trace_ids, _trace_ids)


def _write(flag: str, path: Path, writer: Callable[[Path], object]) -> None:
    try:
        writer(path)
    except OSError as error:
        raise UsageError(f"{flag} {path}: {error.strerror}") from None


def _touch(path: Path) -> None:
    """Open the file for writing, and remove it if it was not there before."""
    before = path.exists()
    path.open("ab").close()
    if not before:
        path.resolve().unlink()                         # the link's target, if it is a link


def _report(path: Path, result: RunResult) -> None:
    from labctl.load import report

    ledger = result.ledger.text() if result.ledger else ""
    beside = report.Beside(result.verdicts, result.traces, result.remarks, ledger, result.costs, result.use.replicas)
    report.write_html(result.summary, path, beside)


def _csv(path: Path, result: RunResult) -> None:
    from labctl.load import report

    report.write_csv(result.summary, path)


def _trace_ids(path: Path, result: RunResult) -> None:
    summary = result.summary
    with path.open("w", encoding="ascii") as file:
        file.writelines(f"{trace_id}\n" for trace_id in trace_ids(summary.run_id, summary.sent_by))
