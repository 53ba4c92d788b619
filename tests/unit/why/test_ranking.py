"""Causes first, each with what follows from it; one finding for one fault."""

from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.why.ranking import rank


def finding(rule: str, kind: Kind = Kind.CAUSE, component: str = "collector", **more: object) -> Finding:
    return Finding(rule, kind, component, rule, **more)  # type: ignore[arg-type]


MISSING = finding("trace-missing", Kind.SYMPTOM, "lab", symptom=Symptom.TRACES_MISSING)
FAILS = finding("service-export-fails", Kind.SYMPTOM, "service", symptom=Symptom.SERVICE_EXPORT_FAILS)
DOWN = finding("collector-down", Kind.SYMPTOM, symptom=Symptom.COLLECTOR_DOWN)
GONE = finding("process-gone", symptom=Symptom.COLLECTOR_DOWN)
CONFIG = finding("collector-config", leads_to=frozenset({Symptom.COLLECTOR_DOWN}))


def test_symptoms_stand_under_their_cause_through_others() -> None:
    [cause] = rank([MISSING, FAILS, DOWN, CONFIG])
    assert cause.finding is CONFIG
    assert [one.rule for one in cause.symptoms] == ["trace-missing", "service-export-fails", "collector-down"]


def test_a_cause_that_is_no_more_than_a_symptom_of_another_stands_under_it() -> None:
    [cause] = rank([GONE, CONFIG, DOWN])
    assert cause.finding is CONFIG
    assert GONE in cause.symptoms


def test_without_another_it_is_the_cause() -> None:
    [cause] = rank([GONE, DOWN])
    assert cause.finding is GONE
    assert cause.symptoms == [DOWN]


def test_the_certain_before_the_likely_and_the_earlier_in_the_pipeline_first() -> None:
    service = finding("sdk-off", component="service", leads_to=frozenset({Symptom.NO_SPANS}))
    viewer = finding("retention", component="viewer", leads_to=frozenset({Symptom.VIEWER_REFUSES}))
    likely = finding("guess", component="service", leads_to=frozenset({Symptom.SERVICE_DOWN}), certainty=Certainty.LIKELY)
    assert [one.finding for one in rank([likely, viewer, service])] == [service, viewer, likely]


def test_two_rules_that_find_the_same_are_one_finding_with_the_evidence_of_both() -> None:
    a = finding("down", evidence=(Evidence("metrics", "none"),), leads_to=frozenset({Symptom.COLLECTOR_DOWN}))
    more = (Evidence("process table", "no process"), Evidence("metrics", "none"))
    b = finding("down", evidence=more, certainty=Certainty.LIKELY)
    [one] = rank([b, a])
    assert one.finding.certainty is Certainty.CERTAIN
    assert set(one.finding.evidence) == {*a.evidence, *b.evidence}
    assert one.finding.leads_to == {Symptom.COLLECTOR_DOWN}


def test_a_notice_explains_what_no_cause_does() -> None:
    sampled = finding("sampler", Kind.NOTICE, leads_to=frozenset({Symptom.NO_SPANS}))
    [notice] = rank([MISSING, sampled])
    assert notice.symptoms == [MISSING]
    cause, notice = rank([MISSING, sampled, CONFIG])
    assert cause.symptoms == [MISSING]
    assert notice.symptoms == []


def test_symptoms_without_a_cause_come_after_the_causes() -> None:
    slow = finding("slow", Kind.SYMPTOM, symptom=Symptom.SLOW)
    assert [one.finding for one in rank([slow, CONFIG])] == [CONFIG, slow]
