"""The result of a load run: its figures, the verdicts on its thresholds, and its exit code."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Final

from labctl.cost.comparison import BackendCost
from labctl.cost.measured.usage import NOT_MEASURED, LabUse
from labctl.errors import Missed
from labctl.load.judge import run_advice
from labctl.load.judge.verdicts import FAILED_SHARE, Verdict
from labctl.load.lab_notes import LabNotes
from labctl.load.ledger.ledger import Ledger
from labctl.load.measure.summary import ANSWERED, Summary, status_name
from labctl.load.plan.thresholds import Threshold
from labctl.telemetry.trace import Trace

_REFUSED: Final = range(400, 500)
_WHY_RUN: Final = "labctl why last"      # what sets the slow and the failed requests apart


@dataclass(frozen=True, slots=True)
class RunResult:
    KIND: ClassVar = "LoadRun"           # of its JSON

    summary: Summary
    broken: Threshold | None            # the threshold that ended the run early
    verdicts: Sequence[Verdict]
    ledger: Ledger | None               # None: the server is not the lab's service, or the viewer was gone
    traces: Sequence[Trace] = ()        # of the slowest requests, as far as the lab has them
    notes: LabNotes = field(default_factory=LabNotes)
    probes: int = 0                     # requests that were sent before the run, to see how long an answer takes
    use: LabUse = NOT_MEASURED          # what it took of the lab
    costs: Sequence[BackendCost] = ()   # of a month at its rate, for the report
    signal: int = signal.SIGINT         # that interrupted the run, if one did

    @property
    def remarks(self) -> Sequence[str]:
        """The remarks on the run, one sentence each; lost spans first."""
        lost = self.ledger.remarks() if self.ledger else ()
        scaled = [said] if (said := self.use.scaled()) else []
        return [*lost, *run_advice.remarks(self.summary, self.notes.cpu_limit), *self.notes.others, *scaled]

    @property
    def interrupted(self) -> bool:
        return self.summary.interrupted and not self.broken

    @property
    def went_wrong(self) -> bool:
        """Whether spans were lost, or requests to the lab failed in another way than by a refusal of the service."""
        if self.ledger is None:
            return False
        refused = sum(count for status, count in self.summary.statuses.items() if status in _REFUSED)
        return bool(self.ledger.lost_spans) or self.summary.failed > refused

    def as_json(self) -> dict[str, Any]:
        value = self.summary.as_json()
        value["requests"]["probes"] = self.probes
        return {
            **value, "slo": [verdict.as_json() for verdict in self.verdicts],
            "ledger": self.ledger.as_json() if self.ledger else None, "remarks": self.remarks,
            **self.use.as_json(),
        }

    def check(self) -> None:
        """Raises Missed when a threshold or too many requests failed."""
        missed = [verdict for verdict in self.verdicts if not verdict.met]
        if missed:
            what = f"{len(missed)} of {len(self.verdicts)} thresholds missed"
            why = "\n".join(f"{verdict.threshold}: {verdict.found}" for verdict in missed)
            hint = _WHY_RUN if self.ledger else ""
            raise Missed(f"stopped: {self.broken.text()} is broken" if self.broken else what, detail=why, hint=hint)
        summary = self.summary
        failed, finished = summary.measured if summary.successful else (summary.failed, summary.failed)
        judged = any(verdict.threshold.startswith("errors") for verdict in self.verdicts)
        if not summary.successful or (failed > finished * FAILED_SHARE and not judged):
            kinds = ", ".join(f"{count} {kind}" for kind, count in summary.errors.items())
            advice = f"is the path of {summary.url} right?" if self._most() == status_name(HTTPStatus.NOT_FOUND) else ""
            raise Missed(f"{failed} of {finished} requests failed", detail=kinds, hint=self._remedy(), advice=advice)

    def _most(self) -> str:
        """The most frequent kind of failure."""
        errors = self.summary.errors
        return max(errors, key=errors.__getitem__, default="")

    def _remedy(self) -> str:
        """For the kind of failure that most requests met."""
        most = self._most()
        if not self.ledger or most == status_name(HTTPStatus.NOT_FOUND):
            return ""
        return _WHY_RUN if most.startswith(ANSWERED) else "labctl why"
