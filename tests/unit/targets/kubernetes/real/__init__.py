"""Objects of a real lab in kind 0.33 (Kubernetes 1.34), trimmed: one JSON object a line.

`healthy` is a whole lab, `desired` what its manifests gave then; a fault has the objects of the lab that it changed.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.snapshot import Observed

NAMES = LabNames("kubewhy", "kubewhy")
GONE = {
    "replicas": {("Pod", "otel-collector")}, "config_map": {("ConfigMap", "otel-collector")},
    **{name: {("Pod", "ai-lab-2-2-viewer")} for name in ("quota", "limit_range", "webhook", "pod_security")},
}
"""What a fault has removed."""
QUERIED = ("Deployment", "Pod", "ReplicaSet", "Service", "EndpointSlice", "ConfigMap", "Event", "NetworkPolicy", "ResourceQuota",
           "LimitRange", "Secret", "Node", "Namespace")


def read(name: str) -> list[dict[str, Any]]:
    lines = Path(__file__).with_name(f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def faulty(name: str) -> list[dict[str, Any]]:
    """The lab with the objects that the fault changed; those of the same component and kind have gone for them."""
    changed = read(name)
    gone = {(item["kind"], _component(item)) for item in changed}
    taint = {"key": "lab", "value": "closed", "effect": "NoSchedule"}
    kept = [item for item in read("healthy") if (item["kind"], _component(item)) not in gone | GONE.get(name, set())]
    for item in kept:
        if item["kind"] == "Node" and name == "taint":
            item["spec"]["taints"] = [taint]
    return [*kept, *changed]


def _component(item: dict[str, Any]) -> str:
    return str(item["metadata"].get("labels", {}).get("app.kubernetes.io/name", ""))


def snapshot(objects: Iterable[dict[str, Any]], at: float, **more: Any) -> Observed:
    by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in QUERIED}
    for item in objects:
        by_kind[item["kind"]].append(item)
    return Observed(NAMES, at, by_kind, read("desired"), **more)
