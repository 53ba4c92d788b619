"""The lab's live objects: applied where they differ from the desired ones, pruned when no longer desired, deleted with the lab.

Found by their label. Only differing objects are sent, so an unchanged lab causes only reads.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from labctl.errors import LabError, NotReady
from labctl.host.waiting import Deadline, until
from labctl.targets.kubernetes.drift import additions, differs, taken_over
from labctl.targets.kubernetes.kube import CONFLICT, ApiError, Kube, Object, path, path_of
from labctl.targets.kubernetes.names import CONFIG, LAB, READ_AT_START, LabNames
from labctl.targets.kubernetes.rules.configuration import content
from labctl.targets.kubernetes.workload import manifests

SYSTEM = path("Namespace", name=manifests.SYSTEM)
RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"          # an annotation of pods, as `kubectl rollout restart` sets it
OUTSIDE: Final = ("APIService", "RoleBinding", "ClusterRoleBinding", "ClusterRole")      # of the lab's namespace
GONE_S = 90.0
LOOK_EVERY_S = 0.2
INTERNAL: Final = 500                                           # HTTP's errors of the server begin there
OWN_REASONS: Final = frozenset({"InternalError", "ServerTimeout"})      # a manifest of a wrong shape is a 500 without one
SERVER_ERROR_S = 10.0
CHANGING_S = 10.0                                               # others may change an object again and again


def apply(kube: Kube, desired: list[Object], there: Mapping[str, Object]) -> list[Object]:
    """Apply the objects that differ from `there`, the live ones, in order; returns them."""
    differing = [item for item in desired if _differs(item, there.get(path_of(item)))]
    for item in differing:
        live = there.get(path_of(item))
        _take_over(kube, item, live)
        _apply(kube, item)
        if live and item["kind"] == "ConfigMap":
            _restart_readers(kube, item, there)
        if live and READ_AT_START in item["metadata"]["annotations"]:
            _restart(kube, (where for where, other in there.items() if _mounts(other, item)))
    return differing


def _differs(item: Object, live: Object | None) -> bool:
    return differs(item, live) or bool(live and any(additions(item, live)))


def _take_over(kube: Kube, item: Object, live: Object | None) -> None:
    """What others have added becomes labctl's. Where the object was changed since it was read, as its controller does, again."""
    deadline = Deadline.after(CHANGING_S)
    while live and any(additions(item, live)):
        meta = {"managedFields": taken_over(live), "resourceVersion": live["metadata"]["resourceVersion"]}
        try:
            kube.patch(path_of(item), {"metadata": meta})
        except ApiError as error:
            if error.status != CONFLICT or deadline.passed:
                raise
            live = kube.get(path_of(item))
        else:
            return


def _restart_readers(kube: Kube, config_map: Object, there: Mapping[str, Object]) -> None:
    """Restart the Deployments that were applied with this content already: their pods may have begun with another one."""
    _restart(kube, (where for where, item in there.items() if content(config_map) in _configs(item)))


def _configs(item: Object) -> list[str]:
    template = item["spec"]["template"] if item["kind"] == "Deployment" else {}
    return str(template.get("metadata", {}).get("annotations", {}).get(CONFIG, "")).split("-")


def _mounts(item: Object, secret: Object) -> bool:
    volumes = item["spec"]["template"]["spec"].get("volumes", ()) if item["kind"] == "Deployment" else ()
    return any(volume.get("secret", {}).get("secretName") == secret["metadata"]["name"] for volume in volumes)


def _restart(kube: Kube, deployments: Iterable[str]) -> None:
    for where in deployments:
        annotations = {RESTARTED: datetime.now(UTC).isoformat(timespec="seconds")}
        kube.patch(where, {"spec": {"template": {"metadata": {"annotations": annotations}}}})


def _apply(kube: Kube, item: Object) -> None:
    """Apply it. An error of the server itself is tried again: one that has just begun has no addresses for Services yet."""
    error = until(lambda: _refusal(kube, item), SERVER_ERROR_S, every=LOOK_EVERY_S, done=_is_final)
    if error:
        ours = not _is_the_servers(error)
        raise LabError(
            f"the cluster {'rejects' if ours else 'fails to store'} the {item['kind']} {item['metadata']['name']}",
            detail=f"{error.message}: {error.detail}",
            advice="correct it in manifests/, then: labctl up" if ours else "", hint="" if ours else "labctl why",
        )


def _refusal(kube: Kube, item: Object) -> ApiError | None:
    try:
        kube.apply(item)
    except ApiError as error:
        return error
    return None


def _is_final(error: ApiError | None) -> bool:
    return error is None or not _is_the_servers(error)


def _is_the_servers(error: ApiError) -> bool:
    return error.status > INTERNAL or error.reason in OWN_REASONS


def prune(kube: Kube, desired: list[Object], there: Mapping[str, Object]) -> list[Object]:
    """Delete those of `there` that are not desired; returns them. Never a namespace: an adopted one has the label too."""
    keep = {path_of(item) for item in desired}
    left = {where: item for where, item in there.items() if where not in keep and item["kind"] != "Namespace"}
    for where in reversed(left):        # what needs others goes before them
        kube.delete(where)
    return list(left.values())


def live(kube: Kube, names: LabNames) -> dict[str, Object]:
    """The objects with the lab's label, by path. The API's lists omit each item's kind, so it is added."""
    found: dict[str, Object] = {}
    for kind in manifests.ORDER:
        for item in _of_lab(kube, names, kind):
            found[path(kind, item["metadata"].get("namespace", ""), item["metadata"]["name"])] = {
                "apiVersion": path(kind).split("/", 1)[1].rpartition("/")[0], **item, "kind": kind,
            }
    return found


def _of_lab(kube: Kube, names: LabNames, kind: str) -> list[Object]:
    namespace = manifests.SYSTEM if kind == "RoleBinding" else names.namespace
    return kube.items(kind, namespace, names.selector)


def adopted(kube: Kube, names: LabNames) -> bool:
    system = kube.get(SYSTEM) or {}
    return bool(system.get("metadata", {}).get("labels", {}).get(LAB) == names.lab)


def adopt(kube: Kube, names: LabNames) -> None:
    kube.patch(SYSTEM, {"metadata": {"labels": {LAB: names.lab}}})


def delete_all(kube: Kube, names: LabNames) -> None:
    """Delete the namespace, what is outside of it, and the label of an adoption.

    Raises NotReady when the namespace is not gone in time.
    """
    for kind in OUTSIDE:                # first: an API without its Service would hold the namespace up
        for item in _of_lab(kube, names, kind):
            kube.delete(path(kind, item["metadata"].get("namespace", ""), item["metadata"]["name"]))
    where = path("Namespace", name=names.namespace)
    kube.delete(where)
    if until(lambda: kube.get(where), GONE_S, every=LOOK_EVERY_S, done=lambda found: found is None) is not None:
        raise NotReady(f"the namespace {names.namespace} is still being deleted", hint="labctl status")
    if adopted(kube, names):
        kube.patch(SYSTEM, {"metadata": {"labels": {LAB: None}}})
