"""Objects of a real lab, healthy and with faults that were made with kubectl: each is named once, by what was broken."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.findings import Finding, Kind, Symptom
from labctl.targets.kubernetes import rules
from labctl.targets.kubernetes.snapshot import Observed, unix
from tests.unit.targets.kubernetes.real import faulty, read, snapshot

FAULTS = {
    # the fault: its rule, a word of what was broken, and of the line that mends it
    "image": ("image-missing", "nowhere.example/none:v0", "labctl up"),
    "command": ("command-not-found", "nope", "labctl up"),
    "configuration": ("container-ends", "check_intervall", "labctl up"),
    "memory": ("out-of-memory", "20Mi", "labctl up"),
    "replicas": ("scaled-to-zero", "spec.replicas: 0 instead of 1", "labctl up"),
    "pause": ("rollout-paused", "kubectl-rollout", "labctl up"),
    "selector": ("service-selects-nothing", "nobody", "labctl up"),
    "target_port": ("service-port-wrong", "9999", "labctl up"),
    "quota": ("quota-exceeded", "none", "delete resourcequota none"),
    "limit_range": ("limit-range-refuses", "tiny", "delete limitrange tiny"),
    "pod_security": ("pod-security-refuses", "hostNetwork", "labctl up"),
    "webhook": ("webhook-refuses", "gate.example.com", "labctl up"),
    "taint": ("node-tainted", "lab=closed:NoSchedule", "taint node"),
    "node_selector": ("node-selector-fits-none", "gpu", "labctl up"),
    "requests": ("no-room", "Insufficient cpu", "labctl up"),
    "probe_path": ("probe-fails", "statuscode: 404", "labctl up"),
    "config_map": ("configmap-missing", "otel-collector-config", "labctl up"),
    "secret": ("secret-missing", "model-key", "labctl up"),
    "sidecar": ("container-beside-ends", "audit", "labctl up"),
    "stopped": ("probe-fails", "it was ready", "labctl logs service"),
    "finalizer": ("deletion-stuck", "example.com/hold", "finalizers"),
}


def last_moment(objects: list[dict[str, Any]]) -> float:
    """A minute after the latest of the objects was created or deleted."""
    times = (item["metadata"].get(name, "") for item in objects for name in ("creationTimestamp", "deletionTimestamp"))
    return max(unix(time) or 0.0 for time in times) + 60.0


def causes(seen: Observed) -> list[Finding]:
    return [one for one in rules.findings(seen) if one.kind is Kind.CAUSE]


def test_nothing_is_found_in_a_healthy_lab() -> None:
    objects = read("healthy")
    assert rules.findings(snapshot(objects, last_moment(objects))) == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_once(name: str) -> None:
    rule, word, remedy = FAULTS[name]
    objects = faulty(name)
    (found,) = causes(snapshot(objects, last_moment(objects)))
    assert found.rule == rule
    assert word in f"{found.message} {[one.text for one in found.evidence]}"
    assert remedy in found.remedy


def test_a_change_with_which_the_pod_has_been_ready_does_not_keep_it_down() -> None:
    """Its process was stopped by a signal two minutes after somebody had chosen another image."""
    objects = faulty("stopped")
    (changed,) = [one for one in rules.findings(snapshot(objects, last_moment(objects))) if one.rule == "changed-by-hand"]
    assert changed.kind is Kind.NOTICE
    assert Symptom.SERVICE_DOWN not in changed.leads_to
    assert Symptom.SLOW in changed.leads_to


def test_a_limit_range_is_not_blamed_for_another_refusal() -> None:
    objects = faulty("limit_range")
    for item in objects:
        for condition in item.get("status", {}).get("conditions", ()):
            if condition["type"] == "ReplicaFailure":
                condition["message"] = 'pods "x" is forbidden: error looking up service account: serviceaccount "lab" not found'
        if item["kind"] == "Event":
            item["message"] = "Error creating: pods is forbidden: serviceaccount not found"
    (found,) = causes(snapshot(objects, last_moment(objects)))
    assert found.rule == "pod-refused"


def test_a_webhook_that_a_change_needs_is_named_where_it_is_not_applied() -> None:
    """`up --set collector.limits.memory=300Mi` had failed, as the webhook did not answer."""
    objects = read("healthy")
    seen, desired = snapshot(objects, last_moment(objects)), read("desired")
    (collector,) = [one for one in desired if (one["kind"], one["metadata"]["name"]) == ("Deployment", "otel-collector")]
    collector["metadata"]["annotations"]["labctl.dev/applied"] = "newer"
    collector["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = "300Mi"
    webhook: dict[str, Any] = {"failurePolicy": "Fail", "rules": [{"resources": ["pods", "deployments"]}]}
    gate: dict[str, Any] = {"metadata": {"name": "policy.example"}, "webhooks": [webhook]}
    gated = replace(seen, desired=desired, objects={**seen.objects, "ValidatingWebhookConfiguration": [gate]})
    (found,) = rules.findings(gated)
    assert (found.rule, found.kind) == ("not-applied-yet", Kind.NOTICE)
    assert found.evidence[-1].source == "ValidatingWebhookConfiguration policy.example"
    webhook["failurePolicy"] = "Ignore"
    assert len(rules.findings(gated)[0].evidence) == 1


def test_a_pod_that_was_ready_is_not_taken_for_one_that_starts() -> None:
    objects = faulty("stopped")
    at = last_moment(objects)
    (probe,) = [one for one in rules.findings(snapshot(objects, unix("2026-11-26T07:44:18Z") or at)) if one.rule == "probe-fails"]
    assert (probe.kind, probe.leads_to) == (Kind.NOTICE, frozenset())
