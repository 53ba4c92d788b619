"""A Service is missing, selects no pod, or forwards to a port that its pods do not have."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from labctl.components import BY_NAME, Component
from labctl.findings import Evidence, Symptom
from labctl.numbers import plural
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import DOWN, Field, Found, cause, component_of, seen
from labctl.targets.kubernetes.snapshot import Observed, Workload, container, has_labels, is_ready

LOOKS_AT: Final = "the Services, their endpoints and ports"
SERVICE_NAME: Final = "kubernetes.io/service-name"      # a label of EndpointSlices
_UNREACHABLE: Final[Mapping[str, frozenset[Symptom]]] = {
    **DOWN, "collector": frozenset({Symptom.COLLECTOR_DOWN, Symptom.SERVICE_EXPORT_FAILS, Symptom.TRACES_MISSING}),
}


def find(snapshot: Observed) -> Iterator[Found]:
    if not snapshot.queried("Service"):
        return
    yield from _missing(snapshot)
    for service in snapshot.items("Service"):
        component = component_of(service)
        workload = next((one for one in snapshot.workloads() if one.component == component), None)
        if workload:
            yield from _broken(snapshot, service, workload)
    yield from _unpublished(snapshot)


def names(snapshot: Observed) -> Iterator[tuple[Component, str]]:
    """The Services that there should be."""
    for component in snapshot.components:
        yield component, component.cluster.deployment
    for item in snapshot.desired:
        owner, name = BY_NAME.get(component_of(item)), item["metadata"]["name"]
        if item["kind"] == "Service" and owner and name != owner.cluster.deployment:
            yield owner, name


def _missing(snapshot: Observed) -> Iterator[Found]:
    for component, name in names(snapshot):
        if snapshot.lacks("Service", name):
            message = f"{component.name}: the Service {name} is missing"
            finding = cause("service-missing", component.name, message, leads_to=_UNREACHABLE[component.name])
            yield Found(finding, (Field("Service", name),))


def _broken(snapshot: Observed, service: Object, workload: Workload) -> Iterator[Found]:
    name, component = service["metadata"]["name"], workload.component
    selector = service["spec"].get("selector") or {}
    running = [pod for pod in snapshot.items("Pod") if has_labels(pod, selector) and "deletionTimestamp" not in pod["metadata"]]
    own = [pod for pod in workload.pods if is_ready(pod)]
    if own and not any(pod in running for pod in own):
        message = f"{component}: the Service {name} selects none of its pods"
        evidence = [seen(service, f"spec.selector: {words(selector)}", "Service"),
                    seen(own[0], f"labels: {words(own[0]['metadata'].get('labels', {}))}", "pod"), *endpoints(snapshot, name)]
        yield _found("service-selects-nothing", component, message, evidence, Field("Service", name))
    elif workload.pod:
        yield from _ports(snapshot, service, workload, workload.pod)


def _ports(snapshot: Observed, service: Object, workload: Workload, pod: Object) -> Iterator[Found]:
    name, component = service["metadata"]["name"], workload.component
    have = {port.own for port in BY_NAME[component].ports}
    for port in service["spec"].get("ports") or ():
        target = resolved(port, pod)
        if target is None or (target not in have and target not in _numbers(pod)):
            message = f"{component}: the Service {name} forwards to port {port.get('targetPort')}, which its pod does not have"
        elif target in have and port["port"] in have and target != port["port"]:
            message = f"{component}: the Service {name} forwards port {port['port']} to {target}, another port of its pod"
        else:
            continue
        evidence = [seen(service, f"port {port['port']}, targetPort {port.get('targetPort')}", "Service"),
                    seen(pod, f"ports: {', '.join(map(str, sorted(_numbers(pod))))}", "pod"),
                    *endpoints(snapshot, name, port.get("name", ""))]
        yield _found("service-port-wrong", component, message, evidence, Field("Service", name, "spec.ports"))


def resolved(port: Object, pod: Object) -> int | None:
    """The number of the pod's port that a Service's port leads to; None for a name that it does not have."""
    target: Any = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    found = (one["containerPort"] for one in container(pod).get("ports") or () if one.get("name") == target)
    return next(found, None)


def _numbers(pod: Object) -> set[int]:
    return {port["containerPort"] for port in container(pod).get("ports") or ()}


def _unpublished(snapshot: Observed) -> Iterator[Found]:
    """The first of a component's node ports that this machine's ports lead to, and that no Service has."""
    there = {port.get("nodePort") for service in snapshot.items("Service") for port in service["spec"].get("ports") or ()}
    gone = {component.name for component, name in names(snapshot) if snapshot.lacks("Service", name)}
    for component in snapshot.components:
        published = [snapshot.published[port.name] for port in component.ports if port.name in snapshot.published]
        lacking = [one for one in published if one.node_port not in there]
        if lacking and component.name not in gone:
            message = f"{component.name}: no Service has the node port {lacking[0].node_port}, to which {lacking[0].url} leads"
            services = [one for one in snapshot.items("Service") if component_of(one) == component.name]
            evidence = [seen(one, f"node ports {_node_ports(one)}", "Service") for one in services if _node_ports(one)]
            fields = tuple(Field("Service", one["metadata"]["name"], "spec") for one in services)
            unreachable = _UNREACHABLE[component.name]
            yield Found(cause("node-port-missing", component.name, message, evidence, leads_to=unreachable), fields)


def _node_ports(service: Object) -> str:
    return ", ".join(str(port["nodePort"]) for port in service["spec"].get("ports") or () if port.get("nodePort"))


def slices_of(snapshot: Observed, service: str) -> list[Object]:
    return [one for one in snapshot.items("EndpointSlice") if one["metadata"].get("labels", {}).get(SERVICE_NAME) == service]


def endpoints(snapshot: Observed, service: str, *ports: str) -> list[Evidence]:
    """How many are ready of each of these ports of the Service, by their names; of all its ports without any."""
    slices = slices_of(snapshot, service)
    ready: dict[str, int] = {}
    for one in slices:
        count = sum(1 for endpoint in one.get("endpoints") or () if endpoint.get("conditions", {}).get("ready"))
        for port in one.get("ports") or ():
            if not ports or port.get("name", "") in ports:
                ready[str(port.get("port"))] = ready.get(str(port.get("port")), 0) + count
    said = ", ".join(f"port {port}: {plural(count, 'ready endpoint')}" for port, count in ready.items()) or "no endpoints"
    return [seen({"metadata": {"name": service}}, said, "EndpointSlice")] if slices else []


def _found(rule: str, component: str, message: str, evidence: Any, field: Field) -> Found:
    return Found(cause(rule, component, message, evidence, leads_to=_UNREACHABLE[component]), (field,))


def words(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items()) or "none"
