"""The service level objectives of a lab as Prometheus measures them: what is left of each error budget, and how fast it goes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from labctl.addons.pages import require
from labctl.addons.prometheus_api import LoadedRule, PrometheusApi
from labctl.components import PROMETHEUS
from labctl.errors import LabError, NotReady
from labctl.host.waiting import until
from labctl.model import LabSpec, Target
from labctl.switches.slo import rules, windows
from labctl.switches.slo.objectives import Objective, Slo, read
from labctl.switches.slo.switch import NAME

LOADED_S: Final = 150.0                 # a kubelet hands on a changed ConfigMap within a minute or two
_LOOK_EVERY_S: Final = 1.0
HINT: Final = "labctl slo 'p99<200ms,errors<1%'"


@dataclass(frozen=True, slots=True)
class Burn:
    """How many times too fast the budget goes in a pair of windows; None: not known, as without a request."""

    long_s: int
    short_s: int
    limit: float                        # above it, in both windows, the alert fires
    severity: str
    long: float | None
    short: float | None


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    objective: str
    target: float                       # the share of requests that has to be good
    measured: float | None              # the share that was; None: no request
    requests: float | None
    left: float | None                  # of the budget: 1 all of it, below 0 overdrawn
    burns: Sequence[Burn]


@dataclass(frozen=True, slots=True)
class SloReport:
    slo: Slo
    budgets: Sequence[ErrorBudget]
    loaded: bool                        # whether Prometheus has the rules of these objectives

    def as_json(self) -> dict[str, Any]:
        return {
            "slo": self.slo.text, "window_s": self.slo.window_s, "scale": self.slo.scale,
            "budget_window_s": self.slo.budget_window_s, "loaded": self.loaded,
            "objectives": [asdict(one) for one in self.budgets],
        }


def report(target: Target, spec: LabSpec) -> SloReport:
    """Raises LabError where the lab has no Prometheus or no objectives."""
    slo, prometheus = _slo(target, spec), api(target, spec)
    return SloReport(slo, [_budget(prometheus, slo, one) for one in slo.objectives], _loaded(prometheus.rules(), slo))


def api(target: Target, spec: LabSpec) -> PrometheusApi:
    """Raises LabError where the lab has no Prometheus."""
    require(PROMETHEUS, target.switches(), spec)
    return PrometheusApi(target.endpoints()[PROMETHEUS.ports[0].name])


def await_loaded(target: Target, spec: LabSpec, within_s: float = LOADED_S) -> None:
    """Until Prometheus has read the rules, or none any more. Raises NotReady."""
    text = target.switches().get(NAME, "")
    prometheus, slo = api(target, spec), read(text) if text else None
    if not until(lambda: _loaded(prometheus.rules(), slo), within_s, every=_LOOK_EVERY_S):
        raise NotReady(
            "Prometheus has not loaded the rules yet", detail=f"after {within_s:.0f} s it has others", hint="labctl slo",
        )


def _slo(target: Target, spec: LabSpec) -> Slo:
    text = target.switches().get(NAME, "")
    if not text:
        raise LabError(f"the lab {spec.name} has no service level objectives", hint=HINT)
    return read(text)


def _loaded(there: Sequence[LoadedRule], slo: Slo | None) -> bool:
    if slo is None:
        return not any(rule.group.startswith(rules.GROUP) for rule in there)
    groups = {rule.group for rule in there if rule.group.startswith(rules.GROUP)}
    objectives = {rule.labels["slo"] for rule in there if rule.name == rules.ALERT and "slo" in rule.labels}
    return groups == set(rules.groups(slo)) and objectives == {one.name for one in slo.objectives}


def _budget(prometheus: PrometheusApi, slo: Slo, objective: Objective) -> ErrorBudget:
    seconds = slo.budget_window_s
    bad, requests = prometheus.number(rules.bad_ratio(objective, seconds)), prometheus.number(rules.requests(seconds))
    bad = max(bad, 0.0) if bad is not None and requests else None
    burns = [
        Burn(one.long_s, one.short_s, one.factor, one.severity, *(
            _burn(prometheus, objective, length) for length in (one.long_s, one.short_s)
        ))
        for one in windows.for_objective(slo, objective)
    ]
    return ErrorBudget(
        objective.name, 1 - objective.budget, None if bad is None else 1 - bad, requests,
        None if bad is None else 1 - bad / objective.budget, burns,
    )


def _burn(prometheus: PrometheusApi, objective: Objective, seconds: int) -> float | None:
    bad = prometheus.number(rules.recorded(objective, seconds))
    return None if bad is None else max(bad, 0.0) / objective.budget
