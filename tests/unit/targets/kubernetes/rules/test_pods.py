"""Why a pod does not become ready: one rule for each cause, on a Deployment whose one pod is in that state."""

from typing import Any

import pytest

from labctl.findings import Finding
from labctl.model import LogLine
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.rules import why_not_ready
from labctl.targets.kubernetes.rules.pods import images
from labctl.targets.kubernetes.snapshot import Observed, newest_pod, unix

NAMES = LabNames("lab", "lab")
DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "ai-lab-2-2-paid", "generation": 1},
    "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": {"spec": {"containers": [{"name": "service"}]}}},
    "status": {"observedGeneration": 1, "updatedReplicas": 1},
}


MADE: dict[str, Any] = {
    "labels": {"pod-template-hash": "1"},
    "ownerReferences": [{"kind": "ReplicaSet", "name": "ai-lab-2-2-paid-1", "controller": True}],
}


def pod(status: dict[str, Any], **conditions: dict[str, str]) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "namespace": "n", "uid": "u", "creationTimestamp": "2026", **MADE},
        "spec": {"containers": [{"name": "service", "resources": {"limits": {"memory": "32Mi"}}}]},
        "status": {
            "containerStatuses": [{"image": "name:tag", "ready": False, "containerID": "c", **status}] if status else [],
            "conditions": [{"type": kind, **condition} for kind, condition in conditions.items()],
        },
    }


def found(of: dict[str, Any], log: str = "", events: tuple[str, ...] = (), at: float = 0.0) -> list[Finding]:
    about = {"uid": "u", "kind": "Pod", "name": "p"}
    said = [
        {"reason": "Unhealthy", "message": text, "lastTimestamp": str(at), "involvedObject": about}
        for at, text in enumerate(events)
    ]
    objects = {"Deployment": [DEPLOYMENT], "Pod": [of], "Event": said}
    snapshot = Observed(NAMES, at, objects, previous_logs={"p": [LogLine("service", None, log)]})
    return [one for one in why_not_ready(snapshot) if one.component == "service"]


def cause(of: dict[str, Any], **seen: Any) -> Finding:
    return found(of, **seen)[0]


def said(finding: Finding) -> str:
    return " ".join(one.text for one in finding.evidence)


def not_created(words: str, created: str = "2026-11-26T10:00:00Z") -> dict[str, Any]:
    of = pod({"state": {"waiting": {"reason": "CreateContainerConfigError", "message": words}}})
    return {**of, "metadata": {**of["metadata"], "creationTimestamp": created}, "spec": {**of["spec"], "nodeName": "node"}}


@pytest.mark.parametrize(("words", "remedy"), [
    ("couldn't find key MODEL_API_KEY in Secret lab/model-key", "the Secret's name or key"),
    ("container has runAsNonRoot and image will run as root", "the pod's template"),
])
def test_a_container_that_cannot_be_created_does_not_come_by_waiting(words: str, remedy: str) -> None:
    finding = cause(not_created(words))
    assert (finding.rule, finding.final) == ("configuration-incomplete", True)
    assert words in finding.message
    assert f"correct {remedy} in manifests/deployment.yaml" in finding.remedy


@pytest.mark.parametrize("words", [
    "services have not yet been read at least once, cannot construct envvars",
    "nodes have not yet been read at least once, cannot construct node object",
    "failed to sync secret cache: timed out waiting for the condition", 'object "lab"/"model-key" not registered',
])
def test_a_kubelet_that_has_just_begun_is_waited_for(words: str) -> None:
    begun = not_created(words)
    created = unix(begun["metadata"]["creationTimestamp"])
    assert created
    assert found(begun, at=created + 5) == []
    [finding] = found(begun, at=created + 30)
    assert (finding.rule, finding.final) == ("kubelet-not-ready", False)
    assert words in finding.message


@pytest.mark.parametrize("reason", sorted(images.REASONS))
def test_an_image_that_is_not_there_does_not_come_by_waiting(reason: str) -> None:
    finding = cause(pod({"state": {"waiting": {"reason": reason, "message": "no such host"}}}))
    assert finding.final
    assert "name:tag" in finding.message
    assert "no such host" in said(finding)


def test_a_crash_shows_its_last_lines() -> None:
    ended = {"terminated": {"exitCode": 3, "reason": "Error"}}
    finding = cause(pod({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended}), log="ValueError: no")
    assert finding.final
    assert "ValueError: no" in said(finding)
    assert "exit code 3" in finding.message


def test_a_program_that_is_not_there_is_told_from_one_that_fails() -> None:
    begun = {"state": {"waiting": {"reason": "RunContainerError", "message": 'exec: "nope": not found in $PATH'}}}
    ended = {"state": {"terminated": {"exitCode": 127, "reason": "Error"}}}
    for status in (begun, ended):
        finding = cause(pod(status))
        assert finding.rule == "command-not-found"
        assert "command" in finding.remedy


def test_a_limit_that_was_too_small_is_named_and_the_remedy_raises_it() -> None:
    finding = cause(pod({"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}))
    assert finding.final
    assert "32Mi" in finding.message
    assert finding.remedy == "labctl up --set service.limits.memory=256Mi"


def test_a_probe_that_fails_is_shown_with_its_last_answer_and_waited_for() -> None:
    running = pod({"state": {"running": {}}})
    finding = cause(running, events=("refused", "Readiness probe failed: HTTP probe failed with statuscode: 503"))
    assert not finding.final
    assert "statuscode: 503" in said(finding)
    assert cause(running, events=("Readiness probe failed: HTTP probe failed with statuscode: 404",)).final


def test_a_probe_of_a_port_that_the_container_lacks_is_not_waited_for() -> None:
    running = pod({"state": {"running": {}}})
    running["spec"]["containers"][0] |= {"ports": [{"name": "http", "containerPort": 9000}],
                                         "readinessProbe": {"httpGet": {"path": "/ready", "port": 9999}}}
    finding = cause(running, events=("Readiness probe failed: connection refused",))
    assert finding.final
    assert "9999" in finding.message


def test_a_pod_that_fits_nowhere() -> None:
    finding = cause(pod({}, PodScheduled={"status": "False", "message": "0/1 nodes are available: 1 Insufficient cpu."}))
    assert finding.final
    assert "Insufficient cpu" in said(finding)


def test_a_pod_that_is_fine_has_no_cause() -> None:
    fine: list[dict[str, Any]] = [{"state": {"running": {}}, "ready": True}, {"state": {"running": {}}}]
    for status in fine:
        assert not found(pod(status))


def test_the_newest_pod_that_is_not_going() -> None:
    def of(name: str, at: str, **meta: str) -> dict[str, Any]:
        return {"metadata": {"name": name, "creationTimestamp": at, **MADE, **meta}}

    other = {"metadata": {"name": "other", "creationTimestamp": "9", "labels": {"app": "a", "pod-template-hash": "1"}}}
    newest = newest_pod(DEPLOYMENT, [of("old", "1"), of("new", "2"), of("going", "3", deletionTimestamp="4"), other])
    assert newest
    assert newest["metadata"]["name"] == "new"
