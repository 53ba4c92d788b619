"""The volumes that the stores write to: as large as their limits say, in the pod or as a PersistentVolumeClaim.

Subtle: a store gets more than its limit, since it writes a part anew before it deletes the old one, and keeps a log of writes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Final

from labctl.components import PROMETHEUS, VICTORIA_LOGS, VIEWER, Component
from labctl.host.documents import Node
from labctl.model import LabSpec
from labctl.quantity import quantity
from labctl.switches.stores.retention import LOGS, METRICS, TRACES, sizes_of_lab
from labctl.switches.stores.volumes import NAME, storage_class
from labctl.switches.switch import OFF
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import LAB, LabNames

VOLUME: Final = "data"                  # of the Deployments of the stores
CLAIM: Final = "PersistentVolumeClaim"
_MIB: Final = 1 << 20
_LEAST: Final = 256 * _MIB


@dataclass(frozen=True, slots=True)
class StoreVolume:
    component: Component
    signal: str                         # of --retention, whose size is its limit
    room: float                         # what its volume holds, in such limits


STORES: Final = (
    StoreVolume(VIEWER, TRACES, 2.0), StoreVolume(PROMETHEUS, METRICS, 4 / 3), StoreVolume(VICTORIA_LOGS, LOGS, 4 / 3),
)


def give(found: Iterable[Node], spec: LabSpec, names: LabNames) -> list[Object]:
    """Change the volumes of the stores' Deployments; returns the claims that these name."""
    deployments = (item for item in found if item.field("kind").text() == "Deployment")
    by_name = {item.field("metadata").field("name").text(): item for item in deployments}
    sizes = sizes_of_lab(spec.switches, spec.viewer_max_bytes)
    wanted = storage_class(spec.switches.get(NAME, OFF))
    claims = []
    for store in STORES:
        name = store.component.cluster.deployment
        if name not in by_name:
            continue
        pod = by_name[name].field("spec").field("template").field("spec")
        volume = next((one for one in pod.field("volumes").items() if _is_of_a_store(one)), None)
        if volume is None:
            continue
        size = max(_LEAST, ceil(sizes[store.signal] * store.room / _MIB) * _MIB)
        _fit(pod, volume.field("emptyDir"), size, claimed=bool(wanted))
        if wanted:
            del volume.value["emptyDir"]
            volume.value["persistentVolumeClaim"] = {"claimName": name}
            claims.append(_claim(name, size, wanted, names))
    return claims


def _is_of_a_store(volume: Node) -> bool:
    return volume.field("name").text() == VOLUME and volume.field("emptyDir").present


def _fit(pod: Node, empty_dir: Node, size: int, *, claimed: bool) -> None:
    """The pod's limit of what it writes to the node's disk holds the volume, unless that is a claim, and the rest as before."""
    before = int(quantity(empty_dir.field("sizeLimit").value) or 0)
    if size != before:
        empty_dir.value["sizeLimit"] = _text(size)
    more = (0 if claimed else size) - before
    for limits in (one.field("resources").field("limits") for one in pod.field("containers").items()):
        if more and (limit := quantity(limits.field("ephemeral-storage").value)):
            limits.value["ephemeral-storage"] = _text(int(limit) + more)


def _text(size: int) -> str:
    """As Kubernetes itself writes it."""
    number, units = ceil(size / _MIB), iter(("Mi", "Gi", "Ti", "Pi"))
    unit = next(units)
    while number % 1024 == 0 and unit != "Pi":
        number, unit = number // 1024, next(units)
    return f"{number}{unit}"


def _claim(name: str, size: int, wanted: str, names: LabNames) -> Object:
    labels = {LAB: names.lab, "app.kubernetes.io/name": name}
    spec = {
        "accessModes": ["ReadWriteOnce"], "storageClassName": wanted, "resources": {"requests": {"storage": _text(size)}},
    }
    metadata = {"name": name, "namespace": names.namespace, "labels": labels, "annotations": {}}
    return {"apiVersion": "v1", "kind": CLAIM, "metadata": metadata, "spec": spec}
