"""The volumes of the stores: as large as --retention asks for, and claims where the lab has a StorageClass for them."""

from dataclasses import replace
from typing import Any

import pytest

from labctl.components import DEFAULT_PORTS
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.workload import manifests
from tests.driver import ROOT

SPEC = LabSpec("x", ROOT, ROOT, DEFAULT_PORTS, {}, 1 << 30, 86400, switches={"with": "prometheus,jaeger,logs"})
STORES = ["ai-lab-2-2-viewer", "prometheus", "victoria-logs"]


def objects(**switches: str) -> list[Object]:
    spec = replace(SPEC, switches={**SPEC.switches, **switches})
    return manifests.desired_objects(spec, default_names(spec), {}, "kind")


def pod(found: list[Object], name: str) -> dict[str, Any]:
    deployment = next(item for item in found if (item["kind"], item["metadata"]["name"]) == ("Deployment", name))
    return dict(deployment["spec"]["template"]["spec"])


def data(found: list[Object], name: str) -> dict[str, Any]:
    return next(one for one in pod(found, name)["volumes"] if one["name"] == "data")


def written(found: list[Object], name: str) -> str:
    return str(pod(found, name)["containers"][0]["resources"]["limits"]["ephemeral-storage"])


def test_by_default_they_are_those_of_the_manifests() -> None:
    found = objects()
    assert [data(found, name)["emptyDir"]["sizeLimit"] for name in STORES] == ["2Gi", "1Gi", "1Gi"]
    assert [written(found, name) for name in STORES] == ["3Gi", "1536Mi", "1536Mi"]
    assert [item for item in found if item["kind"] == "PersistentVolumeClaim"] == []


@pytest.mark.parametrize(("retention", "volume", "limit"), [
    ("logs=3GiB", "4Gi", "4608Mi"), ("logs=16MiB", "256Mi", "768Mi"), ("logs=1GiB", "1366Mi", "1878Mi"),
    ("logs=7d", "1Gi", "1536Mi"),
])
def test_a_limit_in_bytes_has_room_in_its_volume(retention: str, volume: str, limit: str) -> None:
    found = objects(retention=retention)
    assert (data(found, "victoria-logs")["emptyDir"]["sizeLimit"], written(found, "victoria-logs")) == (volume, limit)
    assert (data(found, "prometheus"), written(found, "prometheus")) == (data(objects(), "prometheus"), "1536Mi")


def test_with_a_class_each_store_has_a_claim_and_its_pod_writes_less() -> None:
    found = objects(volumes="fast", retention="metrics=3GiB")
    claims = [item for item in found if item["kind"] == "PersistentVolumeClaim"]
    sizes = {one["metadata"]["name"]: one["spec"]["resources"]["requests"]["storage"] for one in claims}
    assert sizes == {"ai-lab-2-2-viewer": "2Gi", "prometheus": "4Gi", "victoria-logs": "1Gi"}
    assert {one["spec"]["storageClassName"] for one in claims} == {"fast"}
    assert [data(found, name) for name in STORES] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": name}} for name in STORES
    ]
    assert [written(found, name) for name in STORES] == ["1Gi", "512Mi", "512Mi"]
    kinds = [item["kind"] for item in found]
    assert kinds.index("PersistentVolumeClaim") < kinds.index("Deployment")


def test_without_a_provisioner_nothing_differs() -> None:
    def without_notes(found: list[Object]) -> list[Object]:
        return [{name: part for name, part in item.items() if name != "metadata"} for item in found]

    assert without_notes(objects(volumes="on")) == without_notes(objects())
