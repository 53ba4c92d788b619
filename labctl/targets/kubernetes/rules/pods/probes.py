"""A component's container runs, and its probe fails: a wrong path or port, or too little time for an answer."""

import re
from collections.abc import Iterator
from typing import Any, Final

from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import TEMPLATE, Field, Found, cause, edit, event, seen
from labctl.targets.kubernetes.snapshot import Observed, Workload, container, ended, event_time, status_of, unix, was_ready

LOOKS_AT: Final = "the probes of the pods"
RECENT_S: Final = 300.0
PROBES: Final = ("startupProbe", "readinessProbe", "livenessProbe")
NO_SUCH_PAGE: Final = re.compile(r"statuscode: 4\d\d")          # the path does not exist: waiting does not help


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        pod = workload.new_pod
        if pod and (failing := _failing(snapshot, pod)):
            yield _found(workload, pod, failing)


def _failing(snapshot: Observed, pod: Object) -> Object | None:
    """The last event of a probe that fails, or for which the container was ended."""
    status = status_of(pod)
    waits = "running" in status.get("state", {}) and not status.get("ready") and not ended(status)
    events = snapshot.events(pod, "Unhealthy") if waits or ended_by_probe(snapshot, pod) else []
    return events[-1] if events else None


def ended_by_probe(snapshot: Observed, pod: Object) -> bool:
    """Whether the kubelet has lately ended its container because a probe failed."""
    killed = [event for event in snapshot.events(pod, "Killing") if "probe" in event.get("message", "")]
    return bool(killed) and snapshot.at - (unix(event_time(killed[-1])) or 0.0) < RECENT_S


def _found(workload: Workload, pod: Object, failing: Object) -> Found:
    component, said = workload.component, str(failing.get("message", ""))
    name = next((probe for probe in PROBES if said.lower().startswith(probe.removesuffix("Probe"))), "probe")
    probe = container(pod).get(name, {})
    wrong_port = bool(probe) and not _declared(pod, probe)
    no_port = ", a port that its container does not have" if wrong_port else ""
    message = f"{component}: its {name} fails: {_words(probe)}{no_port}"
    every = f"every {probe.get('periodSeconds', 10)} s, fails after {probe.get('failureThreshold', 3)}"
    evidence = [event(failing), seen(pod, f"{name}: {_words(probe)}, {every}", "pod")]
    final = wrong_port or bool(NO_SUCH_PAGE.search(said))
    if was_ready(pod):
        message = f"{component}: it was ready, and does not answer its {name} any more: {_words(probe)}"
    remedy = f"labctl logs {component}" if was_ready(pod) else edit(component, name, "correct")
    fields = (Field("Deployment", workload.name, f"{TEMPLATE}.spec.containers[{container(pod)['name']}].{name}"),)
    return Found(cause("probe-fails", component, message, evidence, remedy, final=final), fields)


def _declared(pod: Object, probe: Object) -> bool:
    """Whether its port is one of the container's; true where it has none."""
    wanted = next((probe[kind].get("port") for kind in ("httpGet", "tcpSocket", "grpc") if kind in probe), None)
    ports = container(pod).get("ports") or ()
    return wanted is None or any(wanted in {port.get("name"), port.get("containerPort")} for port in ports)


def _words(probe: Object) -> str:
    asked: Any = probe.get("httpGet") or probe.get("tcpSocket") or probe.get("exec") or probe.get("grpc") or {}
    where = f"{asked.get('path', '')} on port {asked['port']}" if "port" in asked else str(asked or "")
    return f"{where} within {probe.get('timeoutSeconds', 1)} s".strip()
