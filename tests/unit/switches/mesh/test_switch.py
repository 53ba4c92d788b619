"""--mesh: what a mesh's proxies need is in the lab's objects, on every pod and every port."""

from typing import Any

import pytest

from labctl.errors import UsageError
from labctl.switches import building, chosen
from labctl.switches.mesh.switch import MESH, MESHES
from tests.driver import ROOT

MANIFESTS = ROOT / "manifests"
meshes = pytest.mark.parametrize("mesh", MESHES)


def objects(kind: str, mesh: str, **more: str) -> dict[str, Any]:
    built = building.build(MANIFESTS, MANIFESTS, chosen.merged({}, {"mesh": mesh, **more})).objects
    return {item.value["metadata"]["name"]: item.value for item in built if item.value["kind"] == kind}


@meshes
def test_every_port_of_the_lab_says_what_it_speaks(mesh: str) -> None:
    ports = [port for service in objects("Service", mesh).values() for port in service["spec"]["ports"]]
    assert {port["name"]: port.get("appProtocol") for port in ports} == {
        "http": "http", "otlp-grpc": "grpc", "otlp-http": "http", "metrics": "http", "health": "http",
    }


@meshes
def test_every_pod_is_injected_and_starts_after_its_proxy(mesh: str) -> None:
    [namespace] = objects("Namespace", mesh).values()
    for name, deployment in objects("Deployment", mesh, **{"with": "prometheus,jaeger,metrics-server"}).items():
        meta = deployment["spec"]["template"]["metadata"]
        if mesh == "istio":
            assert namespace["metadata"]["labels"]["istio-injection"] == "enabled"
            assert "holdApplicationUntilProxyStarts: true" in meta["annotations"]["proxy.istio.io/config"]
            assert meta["labels"].get("sidecar.istio.io/inject", "true") == ("false" if name == "metrics-server" else "true")
        else:
            assert meta["annotations"]["linkerd.io/inject"] == ("disabled" if name == "metrics-server" else "enabled")
            assert meta["annotations"]["config.linkerd.io/proxy-await"] == "enabled"


@meshes
def test_the_proxies_reach_the_control_plane(mesh: str) -> None:
    policy = objects("NetworkPolicy", mesh)["mesh-control-plane"]["spec"]
    assert policy["podSelector"] == {}
    [to] = policy["egress"][0]["to"]
    assert to["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == {"istio": "istio-system"}.get(mesh, mesh)


def test_the_labs_own_encryption_is_refused_beside_it() -> None:
    with pytest.raises(UsageError, match="cannot read what --tls has encrypted") as refused:
        chosen.merged({"tls": "on"}, {"mesh": "istio"})
    assert refused.value.hint.startswith("labctl up --mesh istio --tls off")
    with pytest.raises(ValueError, match="istio or linkerd"):
        MESH.allowed("consul")
