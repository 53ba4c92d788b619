"""Requests that the service answers with an error of its own: a step that fails by a setting, and what was counted lately."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service answers requests with errors (5xx), and a step that fails by a setting (FAILING_SPAN)"
_NAME: Final = "FAILING_SPAN"
_COUNTER: Final = "http_requests_total"


def find(facts: Facts) -> Iterator[Finding]:
    step, _, share = variables.value(facts, _NAME).partition(":")
    if share:
        changed = variables.changed(facts, _NAME)
        yield Finding(
            "configured-failure", Kind.CAUSE if changed else Kind.NOTICE, "service",
            f"{step} fails in {share} of the requests, which are answered with 500 ({_NAME})",
            (*variables.evidence(facts, _NAME), *_counted(facts)), variables.remedy(facts, _NAME) if changed else "",
            leads_to=frozenset({Symptom.REQUESTS_FAIL}),
        )
    yield from _lately(facts)


def _counted(facts: Facts) -> tuple[Evidence, ...]:
    """Since the service began."""
    failed, answered = _answers(facts.viewer.metrics) if facts.viewer else (0, 0)
    text = f"{numbers.count(failed)} of {numbers.plural(answered, 'request')} answered with 5xx"
    return (Evidence(_COUNTER, text),) if failed else ()


def _lately(facts: Facts) -> Iterator[Finding]:
    """A single one of the past is not wrong any more: what has grown between the two looks at the viewer is."""
    if facts.viewer is None or not facts.viewer.metrics_before:
        return
    (failed, answered), before = _answers(facts.viewer.metrics), _answers(facts.viewer.metrics_before)
    failed, answered = failed - before[0], answered - before[1]
    if failed > 0:
        text = f"{numbers.count(failed)} of {numbers.plural(answered, 'request')} answered with 5xx in the last seconds"
        yield Finding(
            "answers-with-errors", Kind.SYMPTOM, "service", "the service answers requests with errors",
            (Evidence(_COUNTER, text),), "labctl logs service", symptom=Symptom.REQUESTS_FAIL,
        )


def _answers(series: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """How many were answered with 5xx, and how many in all."""
    found = [(str(one["attributes"].get("http.response.status_code", "")), int(one["value"])) for one in series
             if one.get("name") == _COUNTER]
    return sum(number for status, number in found if status.startswith("5")), sum(number for _, number in found)
