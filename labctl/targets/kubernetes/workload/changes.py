"""The changes of the lab's spec made in the desired objects, so that they are applied, and taken back, as those are."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from labctl.changes import (
    ConfigurationChange,
    EnvironmentChange,
    LabChange,
    NodeCordoned,
    NotRunning,
    ObjectAdded,
    ObjectMissing,
    ObjectPatch,
    PatchOperation,
    changed_environment,
    of_kind,
)
from labctl.components import ALL, Component
from labctl.errors import Refused
from labctl.host.documents import json_patch
from labctl.model import LabSpec
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import CHANGED, LAB, LabNames
from labctl.targets.kubernetes.workload.manifests import ORDER, sealed

POSSIBLE = (EnvironmentChange, ConfigurationChange, NotRunning, ObjectPatch, ObjectAdded, ObjectMissing, NodeCordoned)


def cannot(change: LabChange) -> str:
    return "" if isinstance(change, POSSIBLE) else "this target has no processes of its own"


def changed(desired: list[Object], spec: LabSpec, names: LabNames) -> list[Object]:
    """The desired objects with the spec's changes in them. Raises Refused where they lack what is changed."""
    if not spec.changes:
        return desired
    found = deepcopy(desired)
    for component in ALL:
        _change_deployment(found, component, spec.changes)
    for patch in of_kind(ObjectPatch, spec.changes):
        _patch(_the(found, patch.kind, patch.name), patch.operations)
    for namespace in (item for item in found if item["kind"] == "Namespace"):
        namespace["metadata"]["annotations"][CHANGED] = spec.changes_note
    missing = {(change.kind, change.name) for change in of_kind(ObjectMissing, spec.changes)}
    kept = [item for item in found if _key(item) not in missing]
    added = [_added(change, names) for change in of_kind(ObjectAdded, spec.changes)]
    return sorted((sealed(item) for item in kept + added), key=lambda item: ORDER.index(item["kind"]))


def _change_deployment(found: Iterable[Object], component: Component, changes: Sequence[LabChange]) -> None:
    simple = (change for change in changes if isinstance(change, EnvironmentChange | NotRunning))
    affected = [change for change in simple if change.component == component.name]
    if not affected:
        return
    deployment = _the(found, "Deployment", component.cluster.deployment)
    if any(isinstance(change, NotRunning) for change in affected):
        deployment["spec"]["replicas"] = 0
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        if container["name"] == component.name:
            container["env"] = _environment(container.get("env", []), component.name, affected)


def _environment(entries: list[dict[str, Any]], component: str, changes: Sequence[LabChange]) -> list[dict[str, Any]]:
    present = {entry["name"]: entry["value"] for entry in entries if "value" in entry}
    wanted = changed_environment(present, component, changes)
    kept = [{"name": entry["name"], "value": wanted[entry["name"]]} if entry["name"] in wanted else entry for entry in entries]
    names = {entry["name"] for entry in entries}
    return kept + [{"name": name, "value": value} for name, value in wanted.items() if name not in names]


def _patch(item: Object, operations: Iterable[PatchOperation]) -> None:
    for operation in operations:
        try:
            json_patch.operate(item, operation.kind, operation.pointer, operation.value)
        except (KeyError, IndexError, ValueError, TypeError):
            raise Refused(f"the {' '.join(_key(item))} has no {operation.pointer} to change") from None


def _the(found: Iterable[Object], kind: str, name: str) -> Object:
    item = next((item for item in found if _key(item) == (kind, name)), None)
    if item is None:
        raise Refused(f"the lab has no {kind} {name} to change")
    return item


def _key(item: Object) -> tuple[str, str]:
    return str(item["kind"]), str(item["metadata"]["name"])


def _added(change: ObjectAdded, names: LabNames) -> Object:
    item = deepcopy(dict(change.manifest))
    item["metadata"] |= {"namespace": names.namespace, "labels": {LAB: names.lab}, "annotations": {}}
    return item
