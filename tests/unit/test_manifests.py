"""The YAML for a cluster: plain and portable below manifests/, what kind needs in manifests/kind, each container bounded."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl import components
from labctl.host.documents import kustomization

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "manifests"

Object = dict[str, Any]


def base() -> list[Object]:
    """All of manifests/ except for kind's folder and the switches: what any cluster is given, with the add-ons."""
    folders = (MANIFESTS, MANIFESTS / "viewer", *sorted((MANIFESTS / "addons").iterdir()))
    found = (file for folder in folders for file in folder.glob("*.yaml"))
    files = [file for file in found if file.name not in {"kustomization.yaml", "collector.yaml"}]
    found_in = (item for file in files for item in yaml.safe_load_all(file.read_text()))
    return [item for item in found_in if isinstance(item, dict)]        # a file of a program is none


def containers(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for item in objects:
        if item["kind"] == "Deployment":
            pod = item["spec"]["template"]["spec"]
            for container in [*pod["containers"], *pod.get("initContainers", [])]:
                yield f"{item['metadata']['name']}/{container['name']}", container


CONTAINERS = dict(containers(base()))


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys(one)


def test_every_component_has_a_deployment() -> None:
    assert {name.partition("/")[0] for name in CONTAINERS} == {each.cluster.deployment for each in components.ALL}


def test_no_file_for_any_cluster_holds_what_only_kind_has() -> None:
    of_kind = {"nodePort", "clusterIP", "hostAliases", "tolerations", "nodeSelector", "hostNetwork", "hostPort"}
    assert not of_kind & set(keys(base()))
    assert [item["metadata"]["name"] for item in base() if item["kind"] == "Service" and item["spec"].get("type")] == []


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_is_bounded(name: str) -> None:
    resources = CONTAINERS[name]["resources"]
    for kind in ("requests", "limits"):
        assert set(resources[kind]) == {"cpu", "memory", "ephemeral-storage"}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_has_probes_and_no_privilege(name: str) -> None:
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(CONTAINERS[name])
    assert CONTAINERS[name]["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }


def test_every_pod_is_an_unprivileged_users_and_has_no_token_unless_it_asks_the_api() -> None:
    for item in base():
        if item["kind"] == "Deployment":
            pod = item["spec"]["template"]["spec"]
            asks_the_api = item["metadata"]["name"] == "metrics-server"
            assert pod["automountServiceAccountToken"] is asks_the_api
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["securityContext"]["runAsUser"] == 10001
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_the_tutorials_resources() -> None:
    wanted = {
        "ai-lab-2-2-paid/service": ({"cpu": "250m", "memory": "256Mi"}, {"cpu": "500m", "memory": "512Mi"}),
        "otel-collector/collector": ({"cpu": "100m", "memory": "128Mi"}, {"cpu": "200m", "memory": "256Mi"}),
    }
    for name, (requests, limits) in wanted.items():
        resources = CONTAINERS[name]["resources"]
        assert requests.items() <= resources["requests"].items()
        assert limits.items() <= resources["limits"].items()


def test_the_volumes_fit_into_the_ephemeral_storage() -> None:
    viewer = next(item for item in base() if item["kind"] == "Deployment" and item["metadata"]["name"] == "ai-lab-2-2-viewer")
    volumes = viewer["spec"]["template"]["spec"]["volumes"]
    limit = CONTAINERS["ai-lab-2-2-viewer/viewer"]["resources"]["limits"]["ephemeral-storage"]
    assert sum(mebibytes(volume["emptyDir"]["sizeLimit"]) for volume in volumes) < mebibytes(limit)


def mebibytes(text: str) -> int:
    return int(text[:-2]) * {"Mi": 1, "Gi": 1024}[text[-2:]]


def test_the_ports_of_the_node_are_the_same_in_every_file() -> None:
    published = {port.node_port: port.default for _, port in components.ports() if port.node_port}
    services = yaml.safe_load_all((MANIFESTS / "kind" / "node-ports.yaml").read_text())
    assert {port["nodePort"] for item in services for port in item["spec"]["ports"]} == set(published)
    cluster = yaml.safe_load((MANIFESTS / "kind" / "cluster.yaml").read_text())
    mappings = cluster["nodes"][0]["extraPortMappings"]
    assert {mapping["containerPort"]: mapping["hostPort"] for mapping in mappings} == published
    assert {mapping["listenAddress"] for mapping in mappings} == {"127.0.0.1"}


@pytest.fixture
def kubectl() -> str:
    found = shutil.which("kubectl")
    if not found:
        pytest.skip("kubectl is not on the PATH: what it makes of manifests/kind is not compared")
    return found


@pytest.mark.parametrize("folder", ["kind", "."])
def test_labctl_makes_of_a_kustomization_what_kubectl_makes_of_it(kubectl: str, folder: str) -> None:
    argv = [kubectl, "kustomize", "--load-restrictor", "LoadRestrictionsNone", str(MANIFESTS / folder)]
    theirs = yaml.safe_load_all(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout)
    ours = [node.value for node in kustomization.build(MANIFESTS / folder).objects]
    assert by_name(ours) == by_name(theirs)


def test_kubectl_takes_the_lab_with_its_viewer_without_a_flag(kubectl: str) -> None:
    made = subprocess.run([kubectl, "kustomize", str(MANIFESTS)], capture_output=True, text=True, check=True, timeout=30).stdout
    assert ("Deployment", "ai-lab-2-2-viewer") in by_name(yaml.safe_load_all(made))


def by_name(objects: Any) -> dict[tuple[str, str], str]:
    return {(item["kind"], item["metadata"]["name"]): json.dumps(item, sort_keys=True) for item in objects}


def test_each_kustomization_holds_the_same_files() -> None:
    whole, kind = (yaml.safe_load((MANIFESTS / name).read_text()) for name in ("Kustomization", "kind/kustomization.yaml"))
    assert sorted(whole["resources"]) == sorted(file.name for file in MANIFESTS.glob("*.yaml"))
    assert {f"../{name}" for name in whole["resources"]} <= set(kind["resources"])
