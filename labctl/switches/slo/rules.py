"""The recording and alerting rules of Prometheus for service level objectives, as the text of a rules file.

A recording rule for each objective and window holds the share of bad requests; the alerts compare those with the budget times
the burn rate (`windows.py`). Subtle: a window with few requests says nothing, so an alert also needs LEAST_REQUESTS of them.
"""

from collections.abc import Iterator
from typing import Any, Final

from labctl.host import documents
from labctl.switches.slo import windows
from labctl.switches.slo.objectives import Measure, Objective, Slo, in_words
from labctl.switches.slo.windows import BurnWindow, Severity

ALERT: Final = "ErrorBudgetBurn"
GROUP: Final = "slo-"                   # the beginning of the names of the groups
LEAST_REQUESTS: Final = 10
_SCRAPE_S: Final = 2
_RARELY_S: Final = 60
_SUMMARY: Final = "{{ $labels.slo }}: the error budget is used up "
_BURNS: Final = {Severity.PAGE: "fast", Severity.TICKET: "slowly, but too fast to last"}


def text(slo: Slo) -> str:
    return documents.as_yaml({"groups": [*(_recording(slo, seconds) for seconds in windows.lengths(slo)), _alerting(slo)]})


def bad_ratio(objective: Objective, seconds: int) -> str:
    """The expression for the share of bad requests in a window; NaN without a request, empty where nothing is known."""
    window = in_words(seconds)
    if objective.measure is Measure.LATENCY:
        good = f'sum(rate(request_duration_ms_bucket{{le=~"{objective.bound_ms}([.]0)?"}}[{window}]))'
        return f"1 - {good} / sum(rate(request_duration_ms_count[{window}]))"
    answered = f"sum(rate(http_requests_total[{window}]))"
    failed = f'sum(rate(http_requests_total{{http_response_status_code=~"5.."}}[{window}]))'
    return f"({failed} or 0 * {answered}) / {answered}"


def recorded(objective: Objective, seconds: int) -> str:
    """The recorded series of the same."""
    return f'{_ratio(seconds)}{{slo="{objective.name}"}}'


def _ratio(seconds: int) -> str:
    return f"slo:bad_requests:ratio_rate{in_words(seconds)}"


def requests(seconds: int) -> str:
    """The expression for how many there were in a window."""
    return f"sum(increase(http_requests_total[{in_words(seconds)}]))"


def groups(slo: Slo) -> list[str]:
    """The names of the groups of its rules."""
    return [*(f"{GROUP}{in_words(seconds)}" for seconds in windows.lengths(slo)), f"{GROUP}alerts"]


def _requests(seconds: int) -> str:
    return f"slo:requests:increase{in_words(seconds)}"


def _recording(slo: Slo, seconds: int) -> dict[str, Any]:
    counted = {"record": _requests(seconds), "expr": requests(seconds)}
    ratios = [
        {"record": _ratio(seconds), "labels": {"slo": one.name}, "expr": bad_ratio(one, seconds)} for one in slo.objectives
    ]
    return {"name": f"{GROUP}{in_words(seconds)}", "interval": _interval(seconds), "rules": [counted, *ratios]}


def _interval(seconds: int) -> str:
    """How often a window is looked at: a long one changes slowly, and is much to read."""
    return in_words(min(max(seconds // 60, _SCRAPE_S), _RARELY_S))


def _alerting(slo: Slo) -> dict[str, Any]:
    shortest = windows.lengths(slo)[0]
    rules = [rule for one in slo.objectives for rule in _alerts(one, windows.for_objective(slo, one))]
    return {"name": f"{GROUP}alerts", "interval": _interval(shortest), "rules": rules}


def _alerts(objective: Objective, possible: list[BurnWindow]) -> Iterator[dict[str, Any]]:
    for severity in Severity:
        burns = [_burns(objective, one) for one in possible if one.severity is severity]
        if burns:
            yield {
                "alert": ALERT, "expr": " or ".join(burns),
                "labels": {"slo": objective.name, "severity": severity.value, "component": "service"},
                "annotations": {"summary": _SUMMARY + _BURNS[severity], "runbook": "labctl slo"},
            }


def _burns(objective: Objective, window: BurnWindow) -> str:
    limit = f"{window.factor * objective.budget:.6g}"
    long, short = (f"{recorded(objective, seconds)} > {limit}" for seconds in (window.long_s, window.short_s))
    return f"({long} and {short} and on () {_requests(window.short_s)} >= {LEAST_REQUESTS})"
