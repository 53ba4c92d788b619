"""A component's Deployment is missing, scaled to zero, or paused before its rollout is complete."""

from collections.abc import Iterator
from typing import Final

from labctl.targets.kubernetes.rules.found import Field, Found, cause, seen
from labctl.targets.kubernetes.snapshot import Observed

LOOKS_AT: Final = "the Deployments: whether they are there, their replicas, a pause"


def find(snapshot: Observed) -> Iterator[Found]:
    for component in snapshot.components:
        name = component.cluster.deployment
        if snapshot.lacks("Deployment", name):
            finding = cause("deployment-missing", component.name, f"{component.name}: the Deployment {name} is missing")
            yield Found(finding, (Field("Deployment", name),))
    for workload in snapshot.workloads():
        spec, name = workload.deployment["spec"], workload.name
        if spec.get("replicas", 1) == 0:
            message = f"{workload.component}: the Deployment {name} is scaled to 0 replicas"
            evidence = [seen(workload.deployment, "spec.replicas: 0", "Deployment")]
            finding = cause("scaled-to-zero", workload.component, message, evidence)
            yield Found(finding, (Field("Deployment", name, "spec.replicas"),))
        elif spec.get("paused") and not workload.is_complete:
            message = f"{workload.component}: the rollout of the Deployment {name} is paused: its pods are not replaced"
            evidence = [seen(workload.deployment, "spec.paused: true", "Deployment")]
            yield Found(cause("rollout-paused", workload.component, message, evidence), (Field("Deployment", name, "spec"),))
