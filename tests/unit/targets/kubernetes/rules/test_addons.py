"""What is found of add-ons in a real healthy lab, to which their objects are added as a cluster gives them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from labctl.findings import Finding, Kind, Symptom
from labctl.targets.kubernetes.rules import autoscaler, grafana_sources
from labctl.targets.kubernetes.snapshot import Observed
from tests.unit.targets.kubernetes.rules.test_healthy_changed import lab

NO_METRICS = "unable to get metrics for resource cpu: no metrics returned from resource metrics API"


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def scaled(conditions: dict[str, tuple[str, str, str]], age_s: float = 600.0, since_s: float = 90.0, used: int = 60) -> Observed:
    """With an autoscaler that has these conditions: status, reason and message by type."""
    seen = lab()
    item: dict[str, Any] = {
        "metadata": {"name": "ai-lab-2-2-paid", "creationTimestamp": stamp(seen.at - age_s)},
        "spec": {"maxReplicas": 4, "metrics": [{"resource": {"target": {"averageUtilization": 70}}}]},
        "status": {
            "currentMetrics": [{"resource": {"current": {"averageUtilization": used}}}],
            "conditions": [
                dict(zip(("type", "status", "reason", "message", "lastTransitionTime"), (kind, *said, stamp(seen.at - since_s)),
                         strict=True))
                for kind, said in conditions.items()
            ],
        },
    }
    return replace(seen, objects={**seen.objects, autoscaler.KIND: [item]})


def of(seen: Observed) -> list[Finding]:
    return [one.finding for one in autoscaler.find(seen)]


BLIND = {"ScalingActive": ("False", "FailedGetResourceMetric", NO_METRICS)}


def test_an_autoscaler_without_metrics_is_a_symptom() -> None:
    [found] = of(scaled(BLIND))
    assert (found.rule, found.kind, found.symptom) == ("autoscaler-without-metrics", Kind.SYMPTOM, Symptom.NOT_SCALED)
    assert NO_METRICS in found.evidence[0].text


@pytest.mark.parametrize(("age_s", "since_s"), [(30.0, 30.0), (600.0, 10.0)], ids=["it is new", "it may pass"])
def test_one_that_has_had_no_metrics_for_a_moment_is_not_named(age_s: float, since_s: float) -> None:
    assert of(scaled(BLIND, age_s, since_s)) == []


def test_one_at_its_maximum_may_be_why_requests_are_slow() -> None:
    [found] = of(scaled({"ScalingLimited": ("True", "TooManyReplicas", "more than the maximum")}, used=190))
    assert (found.rule, found.kind, found.suspect) == ("autoscaler-at-maximum", Kind.NOTICE, True)
    assert found.evidence[1].text == "190 % of the CPU request used, 70 % wanted"
    assert "maxReplicas" in found.remedy


@pytest.mark.parametrize("limited", [("False", "DesiredWithinRange", ""), ("True", "TooFewReplicas", "")])
def test_one_within_its_range_or_at_its_minimum_is_fine(limited: tuple[str, str, str]) -> None:
    able = ("True", "ReadyForNewScale", "")
    assert of(scaled({"ScalingLimited": limited, "AbleToScale": able, "ScalingActive": ("True", "ValidMetricFound", "")})) == []


def test_one_that_cannot_scale_is_a_cause() -> None:
    [found] = of(scaled({"AbleToScale": ("False", "FailedGetScale", "not found")}))
    assert (found.rule, found.remedy) == ("autoscaler-cannot-scale", "labctl up")


def with_grafana(url: str) -> Observed:
    labels = {"app.kubernetes.io/name": "grafana"}
    data = {"prometheus.yaml": f"datasources:\n  - name: Prometheus\n    url: {url}\n"}
    sources = {"metadata": {"name": "grafana-sources", "labels": labels}, "data": data}
    seen = lab()
    deployment = {"metadata": {"name": "grafana", "generation": 1}, "spec": {"replicas": 1}}
    return replace(seen, objects={
        **seen.objects, "ConfigMap": [*seen.items("ConfigMap"), sources], "Deployment": [*seen.items("Deployment"), deployment],
    })


def test_a_data_source_whose_service_is_missing() -> None:
    [found] = [one.finding for one in grafana_sources.find(with_grafana("http://prometheus:9090"))]
    assert (found.rule, found.symptom) == ("grafana-source", Symptom.PANELS_EMPTY)
    assert found.evidence[0].text == "url: http://prometheus: there is no such Service"


def test_a_data_source_whose_pods_are_not_ready() -> None:
    seen = with_grafana("http://ai-lab-2-2-viewer:9003")
    assert list(grafana_sources.find(seen)) == []
    [found] = grafana_sources.find(replace(seen, objects={**seen.objects, "Pod": []}))
    assert "none of its pods is ready" in found.finding.evidence[0].text
