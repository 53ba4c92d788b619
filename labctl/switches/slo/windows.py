"""Multi-window, multi-burn-rate alerting: over which windows a budget is watched, and how fast it may be used up there.

From "Alerting on SLOs", chapter 5 of the Site Reliability Workbook (Google, O'Reilly 2018,
https://sre.google/workbook/alerting-on-slos/), table 5-8: for a window of 30 days. A burn rate of 1 uses up the budget in exactly
that window. An alert needs the burn rate in the long window and in the short one, a twelfth of it, so that it ends soon after its
cause. For another window all of them are in proportion, so that the same share of the budget is gone when an alert fires.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Final

from labctl.switches.slo.objectives import LEAST_S, WINDOW_S, Objective, Slo


class Severity(StrEnum):
    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class BurnWindow:
    long_s: int
    short_s: int
    factor: float                       # the burn rate above which it fires
    severity: Severity


TABLE: Final = (
    BurnWindow(3600, 300, 14.4, Severity.PAGE),
    BurnWindow(6 * 3600, 1800, 6, Severity.PAGE),
    BurnWindow(24 * 3600, 2 * 3600, 3, Severity.TICKET),
    BurnWindow(72 * 3600, 6 * 3600, 1, Severity.TICKET),
)


def of(slo: Slo) -> list[BurnWindow]:
    """Those of the table for this window, scaled."""
    share = slo.window_s / WINDOW_S / slo.scale
    return [
        replace(one, long_s=max(round(one.long_s * share), LEAST_S), short_s=max(round(one.short_s * share), LEAST_S))
        for one in TABLE
    ]


def for_objective(slo: Slo, objective: Objective) -> list[BurnWindow]:
    """Those whose burn rate is possible at all: with a budget of 10 % not even a failure of every request burns it 14.4 times."""
    return [one for one in of(slo) if one.factor * objective.budget < 1]


def lengths(slo: Slo) -> list[int]:
    """All windows, each once, the shortest first."""
    return sorted(set(chain.from_iterable((one.long_s, one.short_s) for one in of(slo))))
