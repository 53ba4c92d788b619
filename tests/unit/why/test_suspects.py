"""A change whose effect is not known is a notice, until a symptom is seen that nothing else explains."""

import pytest

from labctl.findings import Finding, Kind, Symptom
from labctl.why.ranking import rank

CHANGED = Finding(
    "changed-by-hand", Kind.NOTICE, "service", "not as the manifests say", leads_to=frozenset({Symptom.NO_SPANS}), suspect=True,
)
LOST = Finding("canary-lost", Kind.SYMPTOM, "lab", "a trace did not arrive whole", symptom=Symptom.TRACES_MISSING)
SAMPLER = Finding("sampler-off", Kind.CAUSE, "service", "its sampler is off", leads_to=frozenset({Symptom.NO_SPANS}))
SLOW = Finding("slow", Kind.SYMPTOM, "service", "requests are slow", symptom=Symptom.SLOW)


@pytest.mark.parametrize(("beside", "kind"), [
    ((), Kind.NOTICE),                  # no effect is seen
    ((LOST,), Kind.CAUSE),
    ((LOST, SAMPLER), Kind.NOTICE),     # the symptom has a cause
    ((SLOW,), Kind.NOTICE),             # not what it leads to
])
def test_a_suspect_is_a_cause_where_a_symptom_of_it_has_no_other(beside: tuple[Finding, ...], kind: Kind) -> None:
    found = next(one.finding for one in rank([CHANGED, *beside]) if one.finding.rule == "changed-by-hand")
    assert found.kind is kind


def test_its_symptom_stands_under_it() -> None:
    ranked = rank([CHANGED, LOST])
    assert [one.rule for one in ranked[0].symptoms] == ["canary-lost"]
