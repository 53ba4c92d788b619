"""Cordoning the cluster's nodes for a lab, marked as the lab's doing, so that only its own doing is taken back."""

from labctl.targets.kubernetes.kube import Kube, path
from labctl.targets.kubernetes.names import LAB, LabNames


def cordon(kube: Kube, names: LabNames) -> None:
    for node in kube.items("Node"):
        if not node["spec"].get("unschedulable"):
            _change(kube, node["metadata"]["name"], {"metadata": {"labels": {LAB: names.lab}}, "spec": {"unschedulable": True}})


def uncordon(kube: Kube, names: LabNames) -> list[str]:
    """The nodes that it has uncordoned."""
    found = [node["metadata"]["name"] for node in kube.items("Node", selector=names.selector)]
    for name in found:
        _change(kube, name, {"metadata": {"labels": {LAB: None}}, "spec": {"unschedulable": None}})
    return found


def _change(kube: Kube, node: str, change: dict[str, object]) -> None:
    kube.patch(path("Node", name=node), change)
