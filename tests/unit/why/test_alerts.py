"""What stands beside an alert: its component's cause, else the first, else a symptom, else what could not be looked at."""

from io import StringIO

from rich.console import Console

from labctl.addons.alerts import Alert, LabAlerts
from labctl.findings import Finding, Kind
from labctl.ui.telemetry import alerts as screen
from labctl.why.alerts import ExplainedAlerts, beside
from labctl.why.diagnose import Diagnosis
from labctl.why.ranking import Ranked

ALERT = Alert("ErrorBudgetBurn", "page", "service", "errors<1%", "it burns", "labctl slo", 1000.0, value=0.3, delivered=True)
FIRING = LabAlerts([ALERT], [], [], True)


def finding(component: str, kind: Kind = Kind.CAUSE) -> Finding:
    return Finding("rule", kind, component, f"something of {component}", remedy="labctl up")


def explained(*findings: Finding, failed: tuple[str, ...] = ()) -> ExplainedAlerts:
    return beside(FIRING, Diagnosis([Ranked(one) for one in findings], (), failed))


def shown(found: ExplainedAlerts) -> str:
    console = Console(width=100, file=StringIO())
    console.print(screen.render(found, 1030.0))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_cause_of_its_component_comes_before_others() -> None:
    found = explained(finding("viewer"), finding("service"))
    assert found.cause_of(ALERT) == finding("service")
    assert found.as_json()["firing"][0]["finding"]["component"] == "service"
    assert explained(finding("viewer"), finding("service", Kind.SYMPTOM)).cause_of(ALERT) == finding("viewer")


def test_a_symptom_is_better_than_nothing_and_a_notice_is_not() -> None:
    assert explained(finding("service", Kind.SYMPTOM)).cause_of(ALERT) == finding("service", Kind.SYMPTOM)
    assert explained(finding("service", Kind.NOTICE)).cause_of(ALERT) is None
    assert "labctl why finds no cause" in shown(explained(finding("service", Kind.NOTICE)))


def test_what_could_not_be_looked_at_is_no_absence_of_causes() -> None:
    found = explained(failed=("the components: no answer in time",))
    assert "unknown: could not look at the components: no answer in time" in shown(found)
    assert found.as_json()["failed"] == ["the components: no answer in time"]
