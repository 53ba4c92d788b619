"""Claims for volumes: whether a cluster fulfils them, the one rule by which --volumes decides, and those that are there.

It does where the provisioner of its default StorageClass, or of the one that is named, is there: a CSIDriver of that name or, of
kind's rancher.io/local-path, which is no CSI driver, an available Deployment local-path-provisioner.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from labctl.errors import Refused
from labctl.host.waiting import until
from labctl.quantity import quantity
from labctl.switches.stores.volumes import ON
from labctl.targets.kubernetes.kube import Kube, Object, path, path_of
from labctl.targets.kubernetes.workload.manifests import sealed
from labctl.targets.kubernetes.workload.volumes import CLAIM

DEFAULT: Final = "storageclass.kubernetes.io/is-default-class"
LOCAL_PATH: Final = "rancher.io/local-path"
LOCAL_PATH_AT: Final = ("local-path-storage", "local-path-provisioner")
MISSING: Final = "this cluster has no provisioner of volumes, and what a store has goes with its pod"
DELETED: Final = "Delete"               # the reclaim policy of a volume that goes with its claim, with its data


def settled(kube: Kube, text: str, patience_s: float = 0.0) -> str:
    """The class to use; `on` where there is none. Raises Refused where one was named and cannot be used.

    `patience_s`: how long a provisioner that begins with its cluster may take.
    """
    found = _class(kube, text)
    if found and _has_provisioner(kube, found["provisioner"], patience_s):
        return str(found["metadata"]["name"])
    if text == ON:
        return ON
    why = f"the provisioner of its StorageClass {text} is not there" if found else f"it has no StorageClass {text}"
    raise Refused(f"--volumes {text}: this cluster makes no such volumes: {why}", hint="labctl up --volumes on")


def _class(kube: Kube, text: str) -> Object | None:
    if text != ON:
        return kube.get(path("StorageClass", name=text))
    classes = kube.items("StorageClass")
    return next((one for one in classes if one["metadata"].get("annotations", {}).get(DEFAULT) == "true"), None)


def _has_provisioner(kube: Kube, provisioner: str, patience_s: float) -> bool:
    if provisioner != LOCAL_PATH:
        return kube.get(path("CSIDriver", name=provisioner)) is not None
    where = path("Deployment", *LOCAL_PATH_AT)
    return bool(kube.get(where)) and until(lambda: _is_available(kube.get(where)), patience_s, every=0.2)


def _is_available(deployment: Object | None) -> bool:
    return bool((deployment or {}).get("status", {}).get("availableReplicas"))


def adapted(kube: Kube, desired: Sequence[Object], there: Mapping[str, Object]) -> list[Object]:
    """The desired objects, with the claims that are there at least as large as they are: none can shrink.

    Raises Refused where one would have to change in a way that is not possible.
    """
    return [_adapted(kube, item, there.get(path_of(item))) if item["kind"] == CLAIM else item for item in desired]


def _adapted(kube: Kube, item: Object, live: Object | None) -> Object:
    if live is None:
        return item
    name, wanted = item["metadata"]["name"], item["spec"]["storageClassName"]
    has, needs = (one["spec"]["resources"]["requests"]["storage"] for one in (live, item))
    if live["spec"].get("storageClassName") != wanted:
        raise _cannot(f"the volume of {name} is of another StorageClass, {live['spec'].get('storageClassName')}")
    if (quantity(has) or 0) > (quantity(needs) or 0):
        item["spec"]["resources"]["requests"]["storage"] = has
        return sealed(item)
    if quantity(has) != quantity(needs) and not (kube.get(path("StorageClass", name=wanted)) or {}).get("allowVolumeExpansion"):
        raise _cannot(f"the volume of {name} has {has} and would need {needs}, and its StorageClass {wanted} cannot enlarge it")
    return item


def _cannot(message: str) -> Refused:
    return Refused(message, advice="a new volume begins empty", hint="labctl up --volumes off\nlabctl up --volumes on")


def volumes_of(kube: Kube, namespace: str) -> list[Object]:
    """Those that claims of the namespace have."""
    found = kube.items("PersistentVolume")
    return [one for one in found if one["spec"].get("claimRef", {}).get("namespace") == namespace]


def await_deleted(kube: Kube, namespace: str, patience_s: float) -> list[Object]:
    """Wait for the volumes that go with their claims; returns those that stay."""
    def going() -> list[Object]:
        return [one for one in volumes_of(kube, namespace) if one["spec"]["persistentVolumeReclaimPolicy"] == DELETED]

    until(going, patience_s, every=0.2, done=lambda found: not found)
    return volumes_of(kube, namespace)
