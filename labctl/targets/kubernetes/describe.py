"""A component's Deployment, pods, Services and events as one description."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from labctl.components import Component
from labctl.description import Description, Mount, Occurrence, PortInUse, Probe, Replica, Resource
from labctl.model import Health, LogQuery
from labctl.redaction import without_secrets
from labctl.targets.kubernetes import logs
from labctl.targets.kubernetes.kube import Kube, Object, path
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.snapshot import is_ready, newest_pod, own_pods, status_of

EVENTS: Final = 8
LINES: Final = 5
PROBES: Final = ("startupProbe", "readinessProbe", "livenessProbe")
SERVICE_NAME: Final = "kubernetes.io/service-name"      # a label of EndpointSlices


def describe(kube: Kube, names: LabNames, component: Component, health: Health, overrides: Mapping[str, str]) -> Description:
    """What the newest pod has, else what the Deployment would give it; only the health where there is neither."""
    seen = (component.name, health.state.value, health.detail, health.hint)
    deployment = kube.get(path("Deployment", names.namespace, component.cluster.deployment))
    if deployment is None:
        return Description(*seen)
    pods = kube.items("Pod", names.namespace)
    newest = newest_pod(deployment, pods)
    spec = newest["spec"] if newest else deployment["spec"]["template"]["spec"]
    container = next((one for one in spec["containers"] if one["name"] == component.name), spec["containers"][0])
    return Description(
        *seen, [_instance(pod) for pod in own_pods(deployment, pods)], container["image"],
        [*container.get("command", ()), *container.get("args", ())], container.get("workingDir", ""),
        without_secrets({entry["name"]: _value(entry) for entry in container.get("env", ())}),
        list(_resources(component, container, overrides)),
        probes=[Probe(name.removesuffix("Probe"), _probe(container[name])) for name in PROBES if name in container],
        ports=list(_ports(kube, names, component, container, health)),
        mounts=[Mount(one["mountPath"], _source(one, spec)) for one in container.get("volumeMounts", ())],
        events=_events(kube.items("Event", names.namespace), component.cluster.deployment),
        log=_log(kube, names, component),
    )


def _instance(pod: Object) -> Replica:
    status = status_of(pod)
    last = status.get("lastState", {}).get("terminated", {})
    waiting = status.get("state", {}).get("waiting", {}).get("reason", "")
    return Replica(
        pod["metadata"]["name"], waiting or pod["status"].get("phase", "unknown"), is_ready(pod),
        seconds(pod["status"].get("startTime")), status.get("restartCount", 0),
        f"{last.get('reason', 'ended')}, exit code {last.get('exitCode', '?')}" if last else "",
    )


def _value(entry: Mapping[str, Any]) -> str:
    """The value, or where it comes from."""
    source = entry.get("valueFrom")
    if not source:
        return str(entry.get("value", ""))
    kind, ref = next(iter(source.items()))
    what = ref.get("resource") or ref.get("fieldPath") or f"{ref.get('name', '')}: {ref.get('key', '')}"
    return f"(from {kind.removesuffix('Ref')} {what})"


def _resources(component: Component, container: Mapping[str, Any], overrides: Mapping[str, str]) -> Iterator[Resource]:
    for kind in ("requests", "limits"):
        for resource, value in container.get("resources", {}).get(kind, {}).items():
            yield Resource(f"{kind}.{resource}", str(value), f"{component.name}.{kind}.{resource}" in overrides)


def _probe(probe: Mapping[str, Any]) -> str:
    if http := probe.get("httpGet"):
        what = f"GET {http.get('path', '/')} on port {http['port']}"
    elif tcp := probe.get("tcpSocket"):
        what = f"a connection to port {tcp['port']}"
    else:
        what = next((kind for kind in ("grpc", "exec") if kind in probe), "unknown")
    return (f"{what}, every {probe.get('periodSeconds', 10)} s, within {probe.get('timeoutSeconds', 1)} s, "
            f"fails after {probe.get('failureThreshold', 3)}")


def _ports(
    kube: Kube, names: LabNames, component: Component, container: Mapping[str, Any], health: Health,
) -> Iterator[PortInUse]:
    """A container's port for each Service that leads to it, or once without one."""
    services = kube.items("Service", names.namespace)
    slices = kube.items("EndpointSlice", names.namespace)
    for port in container.get("ports", ()):
        known = component.port(port["containerPort"])
        leading = [service for service in services if _leads(service, component, port)]
        url = health.endpoints.get(known.name, "") if known else ""
        name = port.get("name", "")
        if not leading:
            yield PortInUse(name, port["containerPort"], url)
        for service in leading:
            node_port = service["spec"].get("type") == "NodePort"
            at = _addresses(slices, service["metadata"]["name"], port["containerPort"])
            here = url if node_port else ""
            yield PortInUse(name, port["containerPort"], here, _reached(service, port), in_cluster=True, endpoints=at)


def _leads(service: Object, component: Component, port: Mapping[str, Any]) -> bool:
    selector = service["spec"].get("selector") or {}
    return selector.get("app.kubernetes.io/name") == component.cluster.deployment and bool(_of_service(service, port))


def _of_service(service: Object, port: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = (port.get("name"), port["containerPort"])
    return next((one for one in service["spec"].get("ports", ()) if one.get("targetPort", one["port"]) in wanted), None)


def _reached(service: Object, port: Mapping[str, Any]) -> str:
    """`otel-collector:4317 (ClusterIP)`, `otel-collector-node-port:4317 (NodePort 30317)`."""
    entry = _of_service(service, port) or {}
    kind = service["spec"].get("type", "ClusterIP")
    node_port = f" {entry['nodePort']}" if entry.get("nodePort") else ""
    return f"{service['metadata']['name']}:{entry.get('port')} ({kind}{node_port})"


def _addresses(slices: Iterable[Object], service: str, port: int) -> list[str]:
    """Of the pods that a Service leads to now; those that are not ready have that behind them."""
    found = []
    for one in slices:
        named = one["metadata"].get("labels", {}).get(SERVICE_NAME) == service
        if named and any(entry.get("port") == port for entry in one.get("ports") or ()):
            for endpoint in one.get("endpoints") or ():
                ready = endpoint.get("conditions", {}).get("ready") is not False
                found += [f"{address}:{port}{'' if ready else ' (not ready)'}" for address in endpoint["addresses"]]
    return sorted(found)


def _source(mount: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """`ConfigMap otel-collector-config, read-only`, `emptyDir of 2Gi`."""
    volume: Mapping[str, Any] = next((one for one in spec.get("volumes", ()) if one["name"] == mount["name"]), {})
    kind = next((kind for kind in volume if kind != "name"), "unknown")
    given: Mapping[str, Any] = volume.get(kind) or {}
    names = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName"), "emptyDir": ("emptyDir of", "sizeLimit")}
    noun, key = names.get(kind, (kind, "name"))
    return " ".join(filter(None, (noun, str(given.get(key, ""))))) + (", read-only" if mount.get("readOnly") else "")


def _events(events: Iterable[Object], deployment: str) -> list[Occurrence]:
    """Of the Deployment, its ReplicaSets and its pods, the newest last."""
    about = (f"{deployment}-", deployment)
    own = [e for e in events if (name := e["involvedObject"].get("name", "")) == about[1] or name.startswith(about[0])]
    found = [
        Occurrence(
            seconds(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")),
            event.get("type") == "Warning", event.get("reason", ""), event.get("message", ""),
            f"{event['involvedObject'].get('kind', '')} {event['involvedObject']['name']}", event.get("count") or 1,
        ) for event in own if event["involvedObject"].get("kind") in {"Pod", "ReplicaSet", "Deployment"}
    ]
    return sorted(found, key=lambda one: one.at or 0.0)[-EVENTS:]


def _log(kube: Kube, names: LabNames, component: Component) -> list[str]:
    return [line.text for line in logs.read(kube, names, LogQuery([component.name], tail=LINES))][-LINES:]


def seconds(stamp: str | None) -> float | None:
    return datetime.fromisoformat(stamp).timestamp() if stamp else None
