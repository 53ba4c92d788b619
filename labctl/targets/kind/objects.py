"""The lab's objects as they are live: made equal to what is wanted, removed when no longer wanted, gone when the lab goes.

Found by their label. Only what differs is sent, so a lab that is as it should be costs questions alone.
"""

import time

from labctl.errors import NotReady
from labctl.targets.kind import manifests
from labctl.targets.kind.kube import Kube, Object, path, path_of
from labctl.targets.kind.place import LAB, Place

SYSTEM = path("Namespace", name="kube-system")
GONE_S = 90.0
LOOK_EVERY_S = 0.2


def apply(kube: Kube, place: Place, wanted: list[Object]) -> list[Object]:
    """Apply those that differ from what is live, in their order; returns them."""
    there = live(kube, place, {item["kind"] for item in wanted})
    differing = [item for item in wanted if manifests.differs(item, there.get(path_of(item)))]
    for item in differing:
        kube.apply(item)
    return differing


def prune(kube: Kube, place: Place, wanted: list[Object]) -> list[Object]:
    """Delete what carries the lab's label and is not wanted; returns it. Never a namespace: an adopted cluster's has it too."""
    keep = {path_of(item) for item in wanted}
    there = live(kube, place, set(manifests.ORDER) - {"Namespace"})
    left = {where: item for where, item in there.items() if where not in keep}
    for where in left:
        kube.delete(where)
    return list(left.values())


def live(kube: Kube, place: Place, kinds: set[str]) -> dict[str, Object]:
    """The lab's objects of these kinds by their path. Lists leave out each item's kind, so it is written back."""
    found: dict[str, Object] = {}
    for kind in manifests.ORDER:
        if kind in kinds:
            for item in kube.items(kind, place.namespace, f"{LAB}={place.lab}"):
                found[path(kind, place.namespace, item["metadata"]["name"])] = {
                    "apiVersion": path(kind).split("/", 1)[1].rpartition("/")[0], **item, "kind": kind,
                }
    return found


def adopted(kube: Kube, place: Place) -> bool:
    system = kube.get(SYSTEM) or {}
    return bool(system.get("metadata", {}).get("labels", {}).get(LAB) == place.lab)


def adopt(kube: Kube, place: Place) -> None:
    kube.patch(SYSTEM, {"metadata": {"labels": {LAB: place.lab}}})


def delete_all(kube: Kube, place: Place) -> None:
    """Delete the namespace and the mark of an adoption. Raises NotReady when the namespace does not go."""
    where = path("Namespace", name=place.namespace)
    kube.delete(where)
    deadline = time.monotonic() + GONE_S
    while kube.get(where) is not None:
        if time.monotonic() > deadline:
            raise NotReady(f"the namespace {place.namespace} does not go", hint="labctl status")
        time.sleep(LOOK_EVERY_S)
    if adopted(kube, place):
        kube.patch(SYSTEM, {"metadata": {"labels": {LAB: None}}})
