"""An object whose deletion is stuck: a finalizer holds it, or a pod does not terminate."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Finding
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.rules.found import DOWN, EVERYTHING, Found, cause, component_of, kubectl, seen
from labctl.targets.kubernetes.snapshot import Observed, unix

LOOKS_AT: Final = "objects whose deletion is stuck"
KINDS: Final = ("Deployment", "Service", "ConfigMap", "Pod")
PATIENCE_S: Final = 10.0                # after its grace period
FINALIZERS: Final = """-p '{"metadata":{"finalizers":null}}' --type=merge"""


def find(snapshot: Observed) -> Iterator[Found]:
    for namespace in snapshot.items("Namespace"):
        if "deletionTimestamp" in namespace["metadata"]:
            yield Found(_namespace(snapshot, namespace))
    for kind in KINDS:
        for item in snapshot.items(kind):
            if _stays(snapshot, item):
                yield Found(_object(snapshot, kind, item))


def _stays(snapshot: Observed, item: Object) -> bool:
    """The API server sets the time of deletion to the end of the grace period."""
    ends = unix(item["metadata"].get("deletionTimestamp", ""))
    return ends is not None and snapshot.at > ends + PATIENCE_S


def _namespace(snapshot: Observed, namespace: Object) -> Finding:
    conditions = [f"{one['type']}: {one.get('message', '')}" for one in namespace.get("status", {}).get("conditions", ())
                  if one["status"] == "True"]
    message = f"the namespace {snapshot.names.namespace} is being deleted"
    evidence = [seen(namespace, text, "Namespace") for text in conditions or ["Terminating"]]
    return cause("namespace-terminating", "lab", message, evidence, "labctl down && labctl up", leads_to=EVERYTHING)


def _object(snapshot: Observed, kind: str, item: Object) -> Finding:
    name, component, finalizers = item["metadata"]["name"], component_of(item), item["metadata"].get("finalizers") or []
    message = f"{component}: the {kind} {name} is stuck in deletion"
    if finalizers:
        message += f": the finalizer {', '.join(finalizers)} holds it"
        remedy = kubectl(snapshot, f"patch {kind.lower()} {name} {FINALIZERS}")
    else:
        remedy = kubectl(snapshot, f"delete {kind.lower()} {name} --force --grace-period=0")
    held = ", ".join(finalizers) or "none"
    evidence = [seen(item, f"deletionTimestamp {item['metadata']['deletionTimestamp']}, finalizers {held}", kind)]
    leads_to = DOWN.get(component, EVERYTHING) if kind != "Pod" else frozenset()
    return cause("deletion-stuck", component, message, evidence, f"{remedy} && labctl up", leads_to=leads_to)
