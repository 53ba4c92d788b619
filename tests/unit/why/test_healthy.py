"""What is no fault is never called a cause."""

from dataclasses import replace

import pytest

from labctl.findings import Kind
from labctl.why.diagnose import judge
from labctl.why.facts import Facts
from labctl.why.rules import RULES, Rule
from tests.unit.why.samples import by_hand, by_settings, found, healthy, lost, only, service_log, with_component


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.find.__module__.removeprefix("labctl.why.rules."))
def test_a_healthy_lab_yields_nothing(rule: Rule) -> None:
    assert list(rule.find(healthy())) == []


def busy() -> Facts:
    facts = healthy()
    assert facts.machine
    return replace(facts, machine=replace(facts.machine, load=20.0, busy=1.0, memory_available=1 << 20))


def begun() -> Facts:
    """The viewer has begun a moment ago, and has nothing yet."""
    facts = healthy()
    assert facts.viewer
    viewer = facts.observation.components["viewer"]
    facts = with_component(facts, "viewer", health=replace(viewer.health, started=facts.at - 1))
    nothing = {"started": facts.at - 1, "accepted": {}, "refused": {}, "reasons": {}}
    return replace(facts, viewer=replace(facts.viewer, metrics=(), metrics_before=(), counts=nothing, counts_before=nothing))


CONTROLS = {
    "busy machine": busy(),
    "viewer has just begun": begun(),
    "high latency by a flag": by_settings(healthy(), "flag", DEFAULT_LATENCY_MS="2000"),
    "high latency by .env": by_settings(healthy(), ".env", DEFAULT_LATENCY_MS="2000"),
    "slow span by a flag": by_settings(healthy(), "flag", SLOW_SPAN="format_response:1%:400ms"),
    "a failing span by a flag": by_settings(healthy(), "flag", FAILING_SPAN="model_inference:5%"),
    "cpu by the environment": by_settings(healthy(), "environment", MODEL_WORK="cpu"),
    "a tenth of the traces": lost(
        by_settings(healthy(), ".env", OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0.1"), only("client")),
    "no metrics on purpose": by_settings(healthy(), "flag", OTEL_METRICS_EXPORTER="none"),
    "nothing could be gathered": Facts(healthy().at, healthy().spec, replace(healthy().observation, components={})),
}


@pytest.mark.parametrize("facts", CONTROLS.values(), ids=CONTROLS)
def test_a_control_has_no_cause(facts: Facts) -> None:
    assert [one for one in found(facts) if one.kind is Kind.CAUSE] == []


def test_a_share_of_traces_on_purpose_is_healthy_and_explained() -> None:
    diagnosis = judge(CONTROLS["a tenth of the traces"])
    assert diagnosis.healthy
    [sampler] = diagnosis.ranked
    assert sampler.finding.rule == "sampler"
    assert [one.rule for one in sampler.symptoms] == ["trace-missing"]


def late() -> Facts:
    """The user wants an inference to take longer than the diagnosis has time."""
    facts = by_settings(healthy(), "flag", DEFAULT_LATENCY_MS="3000")
    return lost(facts, status=None, said="no answer in time", timed_out=True, ms=2010.0)


def test_a_request_that_takes_long_on_purpose_is_no_failure() -> None:
    assert judge(late()).healthy
    slow = lost(healthy(), status=None, said="no answer in time", timed_out=True, ms=2010.0)
    [symptom] = judge(slow).ranked
    assert symptom.finding.rule == "slow"
    assert "got no answer within 2.01 s" in symptom.finding.message


def test_a_request_that_there_was_no_time_for_is_not_health() -> None:
    """A busy machine left a second, and an inference takes 0.9 s."""
    facts = by_settings(healthy(), "flag", DEFAULT_LATENCY_MS="900")
    diagnosis = judge(lost(facts, status=None, said="no answer in time", timed_out=True, ms=1010.0))
    assert diagnosis.well
    assert not diagnosis.healthy


def test_a_trace_that_there_was_no_time_for_is_not_health() -> None:
    assert not judge(lost(healthy(), unseen="there was no time to wait for it", hasty=True)).healthy


def test_a_busy_machine_does_not_hide_a_slow_service() -> None:
    facts = busy()
    assert facts.canary
    diagnosis = judge(replace(facts, canary=replace(facts.canary, ms=900.0)))
    assert not diagnosis.healthy
    assert diagnosis.ranked[0].finding.rule == "slow"


def rules(facts: Facts) -> list[str]:
    return [one.finding.rule for one in judge(facts).ranked]


def test_a_busy_machine_is_said_only_where_it_has_a_part_in_the_answer() -> None:
    facts = busy()
    assert facts.canary
    assert "machine-busy" not in rules(facts)
    assert "machine-busy" in rules(replace(facts, canary=replace(facts.canary, ms=900.0)))         # slow
    assert "machine-busy" in rules(replace(facts, canary=replace(facts.canary, ms=404.0)))         # and not called slow
    assert "machine-busy" in rules(lost(facts, unseen="there was no time to wait for it", hasty=True))
    assert "machine-busy" in rules(replace(facts, failed=("the viewer: no answer in time",)))
    assert "machine-busy" in rules(lost(facts, only("client")))                     # a symptom without a cause
    assert "machine-busy" not in rules(lost(by_hand(facts, OTEL_SDK_DISABLED="true"), only("client")))


@pytest.mark.parametrize(("facts", "ms", "well"), [(healthy(), 404.0, False), (busy(), 404.0, True), (healthy(), 250.0, True)])
def test_how_slow_is_slow(facts: Facts, ms: float, well: bool) -> None:
    assert facts.canary
    assert judge(replace(facts, canary=replace(facts.canary, ms=ms))).healthy is well


def test_what_has_passed_is_no_symptom_while_traces_arrive() -> None:
    facts = with_component(healthy(), "service", log=[replace(service_log("Failed to export metrics"), at=healthy().at - 3)])
    assert found(facts) == []
    assert [one.rule for one in found(lost(facts, only("client")))] == ["trace-missing", "service-export-fails"]


def began_ago(facts: Facts, component: str, ago_s: float) -> Facts:
    health = facts.observation.components[component].health
    return with_component(facts, component, health=replace(health, started=facts.at - ago_s))


@pytest.mark.parametrize("replaced", ["service", "collector", "viewer"])
def test_what_was_said_while_a_component_was_replaced_has_passed(replaced: str) -> None:
    """The old service has said it in the log of the new one, or the new one while it waited for the collector."""
    facts = began_ago(healthy(), replaced, 4)
    assert facts.canary
    before, after = (replace(service_log("Failed to export logs"), at=facts.canary.at + delay) for delay in (-0.2, 0.2))
    assert judge(with_component(facts, "service", log=[before])).healthy
    assert not judge(with_component(facts, "service", log=[before, after])).healthy
    settled = began_ago(facts, replaced, 60)
    assert not judge(with_component(settled, "service", log=[before])).healthy


def test_what_could_not_be_looked_at_is_unknown_and_not_fine() -> None:
    diagnosis = judge(CONTROLS["nothing could be gathered"])
    assert diagnosis.well
    assert not diagnosis.healthy


def test_an_unknown_fault_is_a_symptom_that_says_what_was_seen() -> None:
    diagnosis = judge(lost(healthy(), only("client")))
    assert not diagnosis.healthy
    assert diagnosis.causes == []
    [symptom] = diagnosis.ranked
    assert "the client span arrived, none of the service's 4" in symptom.finding.evidence[0].text
