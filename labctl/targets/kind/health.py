"""Each component as the cluster shows it just now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labctl.model import Endpoints, Health
from labctl.targets.kind import causes, rollout
from labctl.targets.kind.kube import Kube, Object
from labctl.targets.kind.place import DEPLOYMENTS, Place


def of(kube: Kube, place: Place, at: Endpoints) -> list[Health]:
    there = {item["metadata"]["name"]: item for item in kube.items("Deployment", place.namespace)}
    pods = kube.items("Pod", place.namespace)
    urls = {
        "service": {"service": at.service}, "viewer": {"viewer": at.viewer},
        "collector": {"otlp_grpc": at.otlp_grpc, "otlp_http": at.otlp_http},
    }
    return [_of(kube, component, there.get(name), pods, urls[component]) for component, name in DEPLOYMENTS.items()]


def _of(kube: Kube, component: str, deployment: Object | None, pods: list[Object], urls: Mapping[str, str]) -> Health:
    if deployment is None:
        return Health(component, "absent")
    pod = causes.newest(deployment, pods)
    if pod is None:
        return Health(component, "starting", "no pod yet", urls)
    started = datetime.fromisoformat(pod["status"].get("startTime") or pod["metadata"]["creationTimestamp"]).timestamp()
    cause = next(causes.of_pod(kube, component, pod), None)
    if rollout.complete(deployment):
        return Health(component, "ready", _words(pod), urls, None, started)
    detail = f"{cause.message}: {cause.seen}" if cause else _words(pod)
    return Health(component, "failed" if cause and cause.final else "starting", detail, urls, None, started)


def is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _words(pod: Object) -> str:
    """`pod NAME, image TAG, N restarts (last: Error 1)`."""
    statuses: list[dict[str, Any]] = pod["status"].get("containerStatuses") or []
    restarts = sum(status.get("restartCount", 0) for status in statuses)
    last = next((s["lastState"]["terminated"] for s in statuses if s.get("lastState", {}).get("terminated")), None)
    words = [pod["metadata"]["name"], f"image {pod['spec']['containers'][0]['image'].rpartition(':')[2]}"]
    if restarts:
        words.append(f"{restarts} restarts" + (f" (last: {last.get('reason')} {last.get('exitCode')})" if last else ""))
    return ", ".join(words)
