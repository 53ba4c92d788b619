"""The alerts of a lab: what fires, by Prometheus itself, and what is resolved, as Alertmanager has told the viewer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl.addons.error_budgets import api
from labctl.addons.prometheus_api import ActiveAlert
from labctl.components import ALERTMANAGER, WITH, of
from labctl.errors import LabError
from labctl.model import LabSpec, Target
from labctl.viewer_client.client import ViewerClient

RECENT_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    severity: str
    component: str                      # where to look first
    objective: str                      # of an error budget; "": it is about the pipeline
    summary: str
    runbook: str                        # a line to begin with
    since: float                        # Unix seconds
    ended: float | None = None          # None: it fires
    value: float | None = None          # of its expression, where it fires
    delivered: bool | None = None       # whether Alertmanager has told the viewer; None: the lab has no Alertmanager

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LabAlerts:
    firing: Sequence[Alert]
    pending: Sequence[Alert]            # their conditions hold, but not for long enough yet
    resolved: Sequence[Alert]           # within the last hour, the latest first
    has_alertmanager: bool
    unknown: str = ""                   # why nobody can say what was told and what is resolved
    addons: str = ""                    # of the lab, as --with takes them


def look(target: Target, spec: LabSpec, now: float) -> LabAlerts:
    """Raises LabError where the lab has no Prometheus."""
    active = api(target, spec).alerts()
    has = ALERTMANAGER in of(target.switches())
    told, unknown = _told_of(target) if has else ([], "")
    there = [(one.firing, _active(one, told if has and not unknown else None)) for one in active]
    resolved = [
        _alert(one["labels"], one["annotations"], float(one["started"]), ended=float(one["ended"]), delivered=True)
        for one in told if one["ended"] is not None and now - float(one["ended"]) < RECENT_S
    ]
    resolved.sort(key=lambda one: -(one.ended or 0.0))
    firing = sorted((alert for fires, alert in there if fires), key=lambda one: one.since)
    pending = [alert for fires, alert in there if not fires]
    return LabAlerts(firing, pending, resolved, has, unknown, target.switches().get(WITH, ""))


def _told_of(target: Target) -> tuple[list[dict[str, Any]], str]:
    """What Alertmanager has told the viewer; why that is not known."""
    try:
        return ViewerClient(target.endpoints().viewer).alerts(), ""
    except LabError as error:
        return [], error.message


def _active(one: ActiveAlert, told: Sequence[Mapping[str, Any]] | None) -> Alert:
    delivered = None if told is None else _told(told, one.labels)
    return _alert(one.labels, one.annotations, one.since, value=one.value, delivered=delivered)


def _told(told: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> bool:
    return any(one["ended"] is None and one["labels"] == labels for one in told)


def _alert(labels: Mapping[str, str], annotations: Mapping[str, str], since: float, **more: Any) -> Alert:
    return Alert(
        labels.get("alertname", ""), labels.get("severity", ""), labels.get("component", ""), labels.get("slo", ""),
        annotations.get("summary", ""), annotations.get("runbook", ""), since, **more,
    )
