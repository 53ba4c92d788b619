"""Each component as the cluster shows it just now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labctl.components import COMPONENTS
from labctl.model import Health, State
from labctl.targets.kubernetes.kube import Kube, Object
from labctl.targets.kubernetes.names import DEPLOYMENTS, LabNames
from labctl.targets.kubernetes.workload import diagnosis, rollout


def component_health(kube: Kube, names: LabNames, at: Mapping[str, str]) -> list[Health]:
    """`at` has the addresses under which others reach the lab, by endpoint."""
    there = {item["metadata"]["name"]: item for item in kube.items("Deployment", names.namespace)}
    pods = kube.items("Pod", names.namespace)
    urls = {one.name: {port.name: at[port.name] for port in one.ports if port.name in at} for one in COMPONENTS}
    return [_health(kube, component, there.get(name), pods, urls[component]) for component, name in DEPLOYMENTS.items()]


def _health(kube: Kube, component: str, deployment: Object | None, pods: list[Object], urls: Mapping[str, str]) -> Health:
    if deployment is None:
        return Health(component, State.ABSENT)
    pod = diagnosis.newest_pod(deployment, pods)
    if pod is None:
        said = next(diagnosis.deployment_causes(kube, deployment, pods), None)
        return Health(component, State.STARTING, f"{said.message}: {said.seen}" if said else "no pod yet", urls)
    cause = next(diagnosis.pod_causes(kube, component, pod), None)
    ready = rollout.complete(deployment)
    state = State.READY if ready else State.FAILED if cause and cause.final else State.STARTING
    return Health(
        component, state, f"{cause.message}: {cause.seen}" if cause and not ready else "", urls, started=_started(pod),
        **_run(pod),
    )


def _started(pod: Object) -> float:
    return datetime.fromisoformat(pod["status"].get("startTime") or pod["metadata"]["creationTimestamp"]).timestamp()


def is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _run(pod: Object) -> dict[str, Any]:
    """Which pod, of which image, how often its containers were started anew and why the last time."""
    statuses: list[dict[str, Any]] = pod["status"].get("containerStatuses") or []
    ended = next((s["lastState"]["terminated"] for s in statuses if s.get("lastState", {}).get("terminated")), None)
    return {
        "pod": pod["metadata"]["name"], "image": pod["spec"]["containers"][0]["image"],
        "restarts": sum(status.get("restartCount", 0) for status in statuses),
        "reason": f"{ended.get('reason', 'ended')}, exit code {ended.get('exitCode')}" if ended else "",
    }
