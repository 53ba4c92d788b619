"""The use case of `labctl alerts`: what fires, with what the diagnosis finds beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl.addons.alerts import Alert, LabAlerts, look
from labctl.config import Config
from labctl.findings import Finding, Kind
from labctl.targets import require_target
from labctl.why.diagnose import Diagnosis, diagnose


@dataclass(frozen=True, slots=True)
class ExplainedAlerts:
    alerts: LabAlerts
    causes: Sequence[Finding]           # the most likely first, or else symptoms; empty where nothing fires
    failed: Sequence[str] = ()          # what it could not look at, and why

    def cause_of(self, alert: Alert) -> Finding | None:
        """Of the component that the alert is about where there is one, else the first."""
        own = (one for one in self.causes if one.component == alert.component)
        return next(own, self.causes[0] if self.causes else None)

    def as_json(self) -> dict[str, Any]:
        return {
            "firing": [self._explained(one) for one in self.alerts.firing],
            "pending": [one.as_json() for one in self.alerts.pending],
            "resolved": [one.as_json() for one in self.alerts.resolved], "unknown": self.alerts.unknown or None,
            "failed": list(self.failed),
        }

    def _explained(self, alert: Alert) -> dict[str, Any]:
        cause = self.cause_of(alert)
        return {**alert.as_json(), "finding": cause.as_json() if cause else None}


def explain(config: Config, now: float) -> ExplainedAlerts:
    """Raises LabError when no lab is up, or it has no Prometheus."""
    spec = config.spec()
    found = look(require_target(spec), spec, now)
    return beside(found, diagnose(config)) if found.firing else ExplainedAlerts(found, ())


def beside(alerts: LabAlerts, diagnosis: Diagnosis) -> ExplainedAlerts:
    symptoms = [one.finding for one in diagnosis.ranked if one.finding.kind is Kind.SYMPTOM]
    return ExplainedAlerts(alerts, diagnosis.causes or symptoms, diagnosis.failed)
