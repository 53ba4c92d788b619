"""The volumes that the stores write to: as large as their limits say, in the pod or as a PersistentVolumeClaim.

Subtle: a store gets more than its limit, since it writes a part anew before it deletes the old one, and keeps a log of writes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

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
    by_name = {item.field("metadata").field("name").text(): item.value for item in deployments}
    sizes = sizes_of_lab(spec.switches, spec.viewer_max_bytes)
    wanted = storage_class(spec.switches.get(NAME, OFF))
    claims = []
    for store in STORES:
        name = store.component.cluster.deployment
        pod = by_name.get(name, {}).get("spec", {}).get("template", {}).get("spec", {})
        volume = next((one for one in pod.get("volumes", ()) if one["name"] == VOLUME and "emptyDir" in one), None)
        if volume is None:
            continue
        size = max(_LEAST, ceil(sizes[store.signal] * store.room / _MIB) * _MIB)
        _fit(pod, volume, size, claimed=bool(wanted))
        if wanted:
            del volume["emptyDir"]
            volume["persistentVolumeClaim"] = {"claimName": name}
            claims.append(_claim(name, size, wanted, names))
    return claims


def _fit(pod: dict[str, Any], volume: dict[str, Any], size: int, *, claimed: bool) -> None:
    """The pod's limit of what it writes to the node's disk holds the volume, unless that is a claim, and the rest as before."""
    before = int(quantity(volume["emptyDir"].get("sizeLimit")) or 0)
    if size != before:
        volume["emptyDir"]["sizeLimit"] = _text(size)
    more = (0 if claimed else size) - before
    for limits in (one.get("resources", {}).get("limits", {}) for one in pod["containers"]):
        if more and (limit := quantity(limits.get("ephemeral-storage"))):
            limits["ephemeral-storage"] = _text(int(limit) + more)


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
