"""A component does not start."""

from typing import Any, Final

from labctl.changes import CommandChange, EnvironmentChange, NotRunning, ObjectAdded
from labctl.faults.catalogue.edits import CONTAINER, POD, RESTARTED, add, cpu, replaced, service_pod
from labctl.faults.fault import FaultRow, fault


def _other_module(argv: tuple[str, ...]) -> tuple[str, ...]:
    return (*argv[:-1], "inference")


_QUOTA: Final[dict[str, Any]] = {
    "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "compute"}, "spec": {"hard": {"pods": "0"}},
}

FAULTS: Final = (
    fault("service-gone", FaultRow.START, "what clients see when nothing answers", NotRunning("service")),
    fault("unusable-setting", FaultRow.START, "how to read the last lines of a process that has exited",
          EnvironmentChange("service", {"DEFAULT_LATENCY_MS": "fast"})),
    fault("wrong-command", FaultRow.START, "how to tell a program that fails from one that never started",
          CommandChange("service", _other_module), otherwise=(service_pod(add(f"{CONTAINER}/command", ["inference-server"])),)),
    fault("missing-image", FaultRow.START, "where a node gets its images, and what the kubelet says when it cannot get one",
          service_pod(replaced(f"{CONTAINER}/image", "ai-lab-2-2-paid:v2"))),
    fault("quota", FaultRow.START, "who refuses a pod before it exists, and which object says so",
          ObjectAdded(_QUOTA), service_pod(RESTARTED)),
    fault("node-selector", FaultRow.START, "how the scheduler says why no node fits",
          service_pod(add(f"{POD}/nodeSelector", {"disktype": "ssd"}))),
    fault("large-request", FaultRow.START, "the difference between what a pod requests and what a node has left",
          cpu("64")),
    fault("wrong-probe", FaultRow.START, "the difference between running and ready, and who decides it",
          service_pod(replaced(f"{CONTAINER}/readinessProbe/httpGet/path", "/readiness"))),
    fault("missing-config-map", FaultRow.START, "what a pod waits for before its first container starts",
          service_pod(add(f"{POD}/volumes", [{"name": "model", "configMap": {"name": "model-settings"}}]),
                      add(f"{CONTAINER}/volumeMounts", [{"name": "model", "mountPath": "/etc/model", "readOnly": True}]))),
    fault("missing-secret", FaultRow.START, "where a container's variables come from, and when they are looked up",
          service_pod(add(f"{CONTAINER}/envFrom", [{"secretRef": {"name": "model-credentials"}}]))),
    fault("forbidden-pod", FaultRow.START, "what a namespace's Pod Security level refuses, and where that is recorded",
          service_pod(replaced(f"{CONTAINER}/securityContext/allowPrivilegeEscalation", True))),
    fault("paused-rollout", FaultRow.START, "how a Deployment can accept a change and not roll it out",
          service_pod(RESTARTED, add("/spec/paused", True))),
)
