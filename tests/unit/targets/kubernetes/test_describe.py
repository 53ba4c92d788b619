"""A description from the objects of a cluster."""

from typing import Any

from labctl.components import BY_NAME
from labctl.model import Health, State
from labctl.redaction import REDACTED
from labctl.targets.kubernetes.describe import describe
from labctl.targets.kubernetes.names import LabNames
from tests.unit.targets.kubernetes.workload.test_manifests import objects

NAMES = LabNames("second", "second")
COLLECTOR = BY_NAME["collector"]


class Objects:
    """The desired objects as if they were there, with what a test adds."""

    def __init__(self, **more: list[Any]) -> None:
        self.found: dict[str, list[Any]] = {}
        for (kind, _), item in objects().items():
            self.found.setdefault(kind, []).append(item)
        self.found |= more

    def get(self, where: str) -> Any:
        return next((item for item in self.found["Deployment"] if where.endswith(f"/{item['metadata']['name']}")), None)

    def items(self, kind: str, *_: str) -> list[Any]:
        return self.found.get(kind, [])


def described(monkeypatch: Any, kube: Any, overrides: dict[str, str] | None = None) -> Any:
    monkeypatch.setattr("labctl.targets.kubernetes.logs.read", lambda *_: iter(()))
    return describe(kube, NAMES, COLLECTOR, Health("collector", State.STARTING), overrides or {})


def event(name: str, kind: str, at: str, reason: str = "BackOff") -> Any:
    return {
        "involvedObject": {"name": name, "kind": kind}, "lastTimestamp": at, "reason": reason, "message": "m", "type": "Warning",
        "metadata": {}, "count": 3,
    }


def test_without_a_pod_the_deployment_is_described(monkeypatch: Any) -> None:
    found = described(monkeypatch, Objects(), {"collector.limits.memory": "256Mi"})
    assert found.instances == []
    assert found.image.startswith("otel/opentelemetry-collector-contrib:")
    assert {one.name: one.override for one in found.resources if one.name.endswith("memory")} == {
        "requests.memory": False, "limits.memory": True,
    }
    assert found.env["LIMIT_MIB"] == "(from resourceField limits.memory)"
    assert [one.kind for one in found.probes] == ["startup", "readiness", "liveness"]
    assert [(one.path, one.source) for one in found.mounts] == [("/etc/otelcol", "ConfigMap otel-collector-config, read-only")]


def test_without_a_deployment_there_is_only_the_state(monkeypatch: Any) -> None:
    found = described(monkeypatch, Objects(Deployment=[]))
    assert (found.state, found.image, found.ports) == ("starting", "", ())


def test_each_port_has_the_services_that_lead_to_it_and_the_pods_behind_them(monkeypatch: Any) -> None:
    slices = [{
        "metadata": {"labels": {"kubernetes.io/service-name": "otel-collector"}}, "ports": [{"port": 4317}],
        "endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"], "conditions": {"ready": False}}],
    }]
    found = described(monkeypatch, Objects(EndpointSlice=slices))
    ports = {(one.number, one.service): one for one in found.ports}
    assert ports[4317, "otel-collector:4317 (ClusterIP)"].endpoints == ["10.0.0.1:4317", "10.0.0.2:4317 (not ready)"]
    assert ports[4317, "otel-collector-node-port:4317 (NodePort 30317)"].endpoints == []
    assert ports[8888, "otel-collector:8888 (ClusterIP)"].in_cluster


def test_the_events_are_the_components_own_the_newest_last(monkeypatch: Any) -> None:
    events = [
        event("otel-collector-5d-x", "Pod", "2026-11-26T00:00:02Z"),
        event("otel-collector", "Deployment", "2026-11-26T00:00:01Z"),
        event("ai-lab-2-2-paid-1-y", "Pod", "2026-11-26T00:00:03Z"), event("otel-collector", "Service", "2026-11-26T00:00:04Z"),
    ]
    found = described(monkeypatch, Objects(Event=events))
    assert [one.about for one in found.events] == ["Deployment otel-collector", "Pod otel-collector-5d-x"]
    assert (found.events[0].warning, found.events[0].count) == (True, 3)


def test_values_that_may_be_secret_are_not_in_it(monkeypatch: Any) -> None:
    kube = Objects()
    container = kube.get("/otel-collector")["spec"]["template"]["spec"]["containers"][0]
    container["env"].append({"name": "API_TOKEN", "value": "hunter2"})
    assert described(monkeypatch, kube).env["API_TOKEN"] == REDACTED
