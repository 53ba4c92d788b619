"""The lab's objects as they are live: made equal to what is desired, removed when no longer desired, gone when the lab goes.

Found by their label. Only what differs is sent, so a lab that is as it should be costs questions alone.
"""

from labctl.errors import LabError, NotReady
from labctl.host.waiting import until
from labctl.targets.kubernetes.kube import ApiError, Kube, Object, path, path_of
from labctl.targets.kubernetes.names import LAB, LabNames
from labctl.targets.kubernetes.workload import manifests
from labctl.targets.kubernetes.workload.drift import differs

SYSTEM = path("Namespace", name="kube-system")
GONE_S = 90.0
LOOK_EVERY_S = 0.2


def apply(kube: Kube, names: LabNames, desired: list[Object]) -> list[Object]:
    """Apply those that differ from what is live, in their order; returns them."""
    there = live(kube, names, {item["kind"] for item in desired})
    differing = [item for item in desired if differs(item, there.get(path_of(item)))]
    for item in differing:
        _apply(kube, item)
    return differing


def _apply(kube: Kube, item: Object) -> None:
    try:
        kube.apply(item)
    except ApiError as error:
        raise LabError(
            f"the cluster does not take the {item['kind']} {item['metadata']['name']}",
            detail=f"{error.message}: {error.detail}", hint="correct it in manifests/, then: labctl up",
        ) from None


def prune(kube: Kube, names: LabNames, desired: list[Object]) -> list[Object]:
    """Delete what carries the lab's label and is not desired; returns it. Never a namespace: an adopted cluster's has it too."""
    keep = {path_of(item) for item in desired}
    there = live(kube, names, set(manifests.ORDER) - {"Namespace"})
    left = {where: item for where, item in there.items() if where not in keep}
    for where in left:
        kube.delete(where)
    return list(left.values())


def live(kube: Kube, names: LabNames, kinds: set[str]) -> dict[str, Object]:
    """The lab's objects of these kinds by their path. Lists leave out each item's kind, so it is written back."""
    found: dict[str, Object] = {}
    for kind in manifests.ORDER:
        if kind in kinds:
            for item in kube.items(kind, names.namespace, names.selector):
                found[path(kind, names.namespace, item["metadata"]["name"])] = {
                    "apiVersion": path(kind).split("/", 1)[1].rpartition("/")[0], **item, "kind": kind,
                }
    return found


def adopted(kube: Kube, names: LabNames) -> bool:
    system = kube.get(SYSTEM) or {}
    return bool(system.get("metadata", {}).get("labels", {}).get(LAB) == names.lab)


def adopt(kube: Kube, names: LabNames) -> None:
    kube.patch(SYSTEM, {"metadata": {"labels": {LAB: names.lab}}})


def delete_all(kube: Kube, names: LabNames) -> None:
    """Delete the namespace and the label of an adoption. Raises NotReady when the namespace does not go."""
    where = path("Namespace", name=names.namespace)
    kube.delete(where)
    if until(lambda: kube.get(where), GONE_S, every=LOOK_EVERY_S, done=lambda found: found is None) is not None:
        raise NotReady(f"the namespace {names.namespace} does not go", hint="labctl status")
    if adopted(kube, names):
        kube.patch(SYSTEM, {"metadata": {"labels": {LAB: None}}})
