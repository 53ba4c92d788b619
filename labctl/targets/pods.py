"""The pods of a lab and what they request: of the running lab in a cluster, else what the manifests and the overrides would give.

Subtle: a lab of plain processes has no pods; what is said of it is what the same lab would request in a cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from labctl.components import Component, of
from labctl.model import LabSpec, Target
from labctl.quantity import quantity
from labctl.switches.chosen import merged


@dataclass(frozen=True, slots=True)
class Pod:
    component: str
    replicas: int
    cpu: float                          # cores that one requests
    memory: float                       # bytes that one requests
    source: str


def pods(spec: LabSpec, target: Target | None) -> list[Pod]:
    """With its add-ons. What is given in `spec` holds too. Raises Refused for manifests that cannot be used."""
    spec = replace(spec, switches=merged(target.switches() if target else {}, spec.switches))
    wanted = _of_manifests(spec)
    there = of(spec.switches)
    running = {one.name: _running(one, target, spec.overrides) for one in there} if target else {}
    return [running.get(pod.component) or pod for pod in wanted]


def _running(component: Component, target: Target, given: Mapping[str, str]) -> Pod | None:
    """None where it has no requests, or where some are given anew."""
    if any(name.startswith(f"{component.name}.") for name in given):
        return None
    seen = target.describe(component.name)
    requests = {one.name: quantity(one.value) for one in seen.resources}
    cpu, memory = requests.get("requests.cpu"), requests.get("requests.memory")
    if cpu is None or memory is None or not seen.instances:
        return None
    return Pod(component.name, len(seen.instances), cpu, memory, "the running lab")


def _of_manifests(spec: LabSpec) -> list[Pod]:
    from labctl.targets.kubernetes.names import LabNames
    from labctl.targets.kubernetes.workload import manifests, overridden

    names = LabNames(spec.name, spec.namespace or spec.name)
    desired = manifests.desired_objects(spec, names, {}, overlay="kind")
    deployments = (item for item in overridden.overridden(desired, spec.overrides) if item["kind"] == "Deployment")
    found = {item["metadata"]["name"]: item for item in deployments}
    return [_pod(component, found[component.cluster.deployment], spec.overrides) for component in of(spec.switches)]


def _pod(component: Component, deployment: Mapping[str, Any], given: Mapping[str, str]) -> Pod:
    wanted = deployment["spec"]
    containers = wanted["template"]["spec"]["containers"]
    asked = [one.get("resources", {}).get("requests", {}) for one in containers]
    cpu, memory = (sum(quantity(one.get(name)) or 0.0 for one in asked) for name in ("cpu", "memory"))
    source = "--set and the manifests" if any(name.startswith(f"{component.name}.") for name in given) else "the manifests"
    return Pod(component.name, int(wanted.get("replicas", 1)), cpu, memory, source)
