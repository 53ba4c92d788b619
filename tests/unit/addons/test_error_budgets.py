"""What is made of Prometheus's answers: budgets, burn rates, alerts; and how they are shown."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console, RenderableType

from labctl.addons import alerts, error_budgets
from labctl.addons.error_budgets import SloReport
from labctl.addons.prometheus_api import PrometheusApi
from labctl.errors import LabError, NotReady
from labctl.findings import Finding, Kind
from labctl.host.http import Answer, Unreachable
from labctl.switches.slo.objectives import read
from labctl.ui.telemetry import alerts as alerts_screen
from labctl.ui.telemetry import error_budgets as screen
from labctl.why.alerts import ExplainedAlerts

SLO = read("p99<200ms,errors<1%,scale=360")
URL = "http://127.0.0.1:9090"
NOW = 1_795_687_260.0
FIRES = {
    "labels": {"alertname": "ErrorBudgetBurn", "slo": "errors<1%", "severity": "page", "component": "service"},
    "annotations": {"summary": "the budget is used up fast", "runbook": "labctl slo"},
    "state": "firing", "activeAt": "2026-11-26T10:00:00.5Z", "value": "2e-01",
}


def answering(monkeypatch: pytest.MonkeyPatch, data: Callable[[str, str], Any], status: int = 200) -> PrometheusApi:
    def get(url: str, timeout_s: float) -> Answer:
        parts = urlsplit(url)
        found = data(parts.path, parse_qs(parts.query).get("query", [""])[0])
        return Answer(url, status, json.dumps({"status": "success", "data": found, "error": "parse error"}).encode(), 0.0, 0)

    monkeypatch.setattr("labctl.addons.prometheus_api.get", get)
    return PrometheusApi(URL)


def vector(*values: str) -> dict[str, Any]:
    return {"resultType": "vector", "result": [{"metric": {}, "value": [1.0, value]} for value in values]}


def report(monkeypatch: pytest.MonkeyPatch, data: Callable[[str, str], Any]) -> SloReport:
    api = answering(monkeypatch, data)
    return SloReport(SLO, [error_budgets._budget(api, SLO, one) for one in SLO.objectives], loaded=True)


def shown(view: RenderableType) -> str:
    console = Console(width=100, record=True)
    console.print(view)
    return console.export_text()


def test_a_budget_that_is_half_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def data(_: str, query: str) -> Any:
        return vector("2000" if query.startswith("sum(increase") else "0.005")

    found = report(monkeypatch, data)
    for one in found.budgets:
        assert (one.measured, one.requests, round(one.left or 0.0, 6)) == (0.995, 2000, 0.5)
        assert {round(burn.long or 0.0, 6) for burn in one.burns} == {0.5}
    text = shown(screen.render(found))
    assert "99.50 %" in text
    assert "50 %" in text
    assert "scaled down by 360: the last 2h" in text


def test_without_a_request_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found = report(monkeypatch, lambda _, query: vector() if "slo:" in query else vector("NaN"))
    assert {(one.measured, one.left) for one in found.budgets} == {(None, None)}
    assert {burn.long for one in found.budgets for burn in one.burns} == {None}
    assert "–" in shown(screen.render(found))


def test_what_prometheus_refuses_is_an_error_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabError) as refused:
        answering(monkeypatch, lambda *_: None, status=400).query("(")
    assert refused.value.detail == "parse error"

    def gone(url: str, timeout_s: float) -> Answer:
        raise Unreachable("refused", detail="connection refused")

    monkeypatch.setattr("labctl.addons.prometheus_api.get", gone)
    with pytest.raises(NotReady, match="does not answer"):
        PrometheusApi(URL).alerts()


def test_an_alert_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    [active] = answering(monkeypatch, lambda *_: {"alerts": [FIRES]}).alerts()
    told = [{"labels": FIRES["labels"], "ended": None}]
    one = alerts._active(active, told)
    assert (one.name, one.objective, one.since, one.value, one.delivered) == (
        "ErrorBudgetBurn", "errors<1%", 1_795_687_200.5, 0.2, True,
    )
    assert alerts._active(active, [{**told[0], "ended": 5.0}]).delivered is False
    causes = [
        Finding("viewer-gone", Kind.CAUSE, "viewer", "the viewer is gone", remedy="labctl up"),
        Finding("slow", Kind.CAUSE, "service", "an inference takes 1.80 s", remedy="labctl up"),
    ]
    explained = ExplainedAlerts(alerts.LabAlerts([one], [], [], has_alertmanager=True), causes)
    assert explained.as_json()["firing"][0]["finding"]["rule"] == "slow"
    text = shown(alerts_screen.render(explained, NOW))
    assert "ErrorBudgetBurn of errors<1% (page) fires since" in text
    assert "20.0 % of the requests are bad" in text
    assert "an inference takes 1.80 s" in text


def test_that_nothing_fires_is_said() -> None:
    found = alerts.LabAlerts([], [], [], has_alertmanager=False)
    assert "No alert fires" in shown(alerts_screen.render(ExplainedAlerts(found, ()), NOW))


def test_the_proposed_line_keeps_the_add_ons_that_the_lab_has() -> None:
    found = alerts.LabAlerts([], [], [], has_alertmanager=False, addons="prometheus,jaeger")
    assert "labctl up --with prometheus,jaeger,alertmanager" in shown(alerts_screen.render(ExplainedAlerts(found, ()), NOW))


@pytest.mark.parametrize(("text", "share", "shown_as"), [
    ("p99.999<200ms", "0", "99.999 % 100.000 %"), ("p99<200ms", "0.00004", "99.00 % 99.99 %"),
    ("p99.9<200ms", "0.001", "99.90 % 99.90 %"),
])
def test_a_share_has_the_digits_of_its_objective_and_is_rounded_down(
    monkeypatch: pytest.MonkeyPatch, text: str, share: str, shown_as: str,
) -> None:
    slo, api = read(f"{text},scale=1000"), answering(monkeypatch, lambda _, query: vector(
        "2000" if query.startswith("sum(increase") else share,
    ))
    found = SloReport(slo, [error_budgets._budget(api, slo, one) for one in slo.objectives], loaded=True)
    seen = shown(screen.render(found))
    assert shown_as in " ".join(seen.split())
    assert "the last 43m12s" in seen


def test_a_name_without_an_end_and_a_thousand_alerts_leave_the_screen_readable() -> None:
    one = alerts.Alert("x" * 100_000, "", "service", "", "", "", NOW - 5)
    found = alerts.LabAlerts([one] * 900, [one] * 150, [], has_alertmanager=True)
    seen = shown(alerts_screen.render(ExplainedAlerts(found, ()), NOW))
    assert len(seen) < 40_000
    assert "and 1010 more: " in seen
    assert "()" not in seen
    assert "runbook" not in seen
