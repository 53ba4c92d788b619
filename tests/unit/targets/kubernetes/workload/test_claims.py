"""Whether a cluster fulfils claims, and what can be done with those that are there."""

from typing import Any, cast

import pytest

from labctl.errors import Refused
from labctl.targets.kubernetes.kube import Kube, Object, path, path_of
from labctl.targets.kubernetes.workload import claims

LOCAL = path("Deployment", *claims.LOCAL_PATH_AT)


def storage_class(name: str, provisioner: str, **more: Any) -> Object:
    return {"metadata": {"name": name, "annotations": {claims.DEFAULT: "true"}}, "provisioner": provisioner, **more}


class Server:
    def __init__(self, *classes: Object, **there: Object) -> None:
        self.classes = classes
        self.there = {path("StorageClass", name=one["metadata"]["name"]): one for one in classes} | there

    def get(self, where: str) -> Object | None:
        return self.there.get(where)

    def items(self, kind: str) -> list[Object]:
        assert kind == "StorageClass"
        return list(self.classes)


def settled(server: Server, text: str) -> str:
    return claims.settled(cast(Kube, server), text)


KIND = storage_class("standard", claims.LOCAL_PATH)
DISK = storage_class("disk", "pd.csi.storage.gke.io")
AVAILABLE = {"status": {"availableReplicas": 1}}


@pytest.mark.parametrize(("server", "value"), [
    (Server(), "on"),
    (Server({"metadata": {"name": "slow"}, "provisioner": "pd.csi.storage.gke.io"}), "on"),         # which is not the default
    (Server(KIND), "on"),
    (Server(KIND, **{LOCAL: {"status": {}}}), "on"),
    (Server(KIND, **{LOCAL: AVAILABLE}), "standard"),
    (Server(DISK), "on"),
    (Server(DISK, **{path("CSIDriver", name="pd.csi.storage.gke.io"): {}}), "disk"),
])
def test_the_default_class_is_used_where_its_provisioner_is_there(server: Server, value: str) -> None:
    assert settled(server, "on") == value


@pytest.mark.parametrize(("server", "why"), [
    (Server(), "it has no StorageClass standard"), (Server(KIND), "the provisioner of its StorageClass standard is not there"),
])
def test_a_class_that_is_named_has_to_be_usable(server: Server, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        settled(server, "standard")
    assert refused.value.hint == "labctl up --volumes on"


def claim(size: str, of_class: str = "standard") -> Object:
    spec = {"storageClassName": of_class, "resources": {"requests": {"storage": size}}}
    metadata = {"name": "prometheus", "namespace": "x", "annotations": {}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def adapted(server: Server, wanted: Object, live: Object) -> str:
    [item] = claims.adapted(cast(Kube, server), [wanted], {path_of(live): live})
    return str(item["spec"]["resources"]["requests"]["storage"])


def test_a_claim_never_shrinks_and_grows_where_its_class_can() -> None:
    assert adapted(Server(KIND), claim("1Gi"), claim("2Gi")) == "2Gi"
    assert adapted(Server(KIND), claim("1Gi"), claim("1024Mi")) == "1Gi"
    growing = Server(storage_class("standard", claims.LOCAL_PATH, allowVolumeExpansion=True))
    assert adapted(growing, claim("4Gi"), claim("1Gi")) == "4Gi"


@pytest.mark.parametrize(("wanted", "why"), [
    (claim("4Gi"), "has 1Gi and would need 4Gi, and its StorageClass standard cannot enlarge it"),
    (claim("1Gi", "disk"), "is of another StorageClass, standard"),
])
def test_what_a_volume_cannot_become_is_refused(wanted: Object, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        adapted(Server(KIND), wanted, claim("1Gi"))
    assert "labctl up --volumes off" in refused.value.hint
