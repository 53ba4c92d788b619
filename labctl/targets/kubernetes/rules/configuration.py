"""A ConfigMap was changed after a pod that mounts it started: the pod runs with the old content."""

import json
from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import CONFIG, digest
from labctl.targets.kubernetes.rules.changes import EFFECTS
from labctl.targets.kubernetes.rules.found import Field, Found, notice, seen
from labctl.targets.kubernetes.snapshot import Observed, Workload, is_ready, status_of, unix

LOOKS_AT: Final = "whether pods run with the ConfigMaps as they are now"


def find(snapshot: Observed) -> Iterator[Found]:
    for workload in snapshot.workloads():
        pod = workload.pod
        applied = (pod or {"metadata": {}})["metadata"].get("annotations", {}).get(CONFIG)
        if pod and applied and is_ready(pod):
            config_maps = mounted(snapshot, pod)
            if config_maps and applied != "-".join(content(item) for item in config_maps):
                yield _found(workload, pod, config_maps)


def mounted(snapshot: Observed, pod: Object) -> list[Object]:
    names = [volume["configMap"]["name"] for volume in pod["spec"].get("volumes") or () if "configMap" in volume]
    return [item for name in names if (item := snapshot.get("ConfigMap", name))]


def content(config_map: Object) -> str:
    """The hash of what is in it."""
    return digest(json.dumps({name: config_map.get(name) for name in ("data", "binaryData")}, sort_keys=True).encode())


def _found(workload: Workload, pod: Object, config_maps: list[Object]) -> Found:
    names = ", ".join(item["metadata"]["name"] for item in config_maps)
    entries = [entry for item in config_maps for entry in item["metadata"].get("managedFields") or ()]
    changed = max((entry.get("time", "") for entry in entries), default="")
    began = status_of(pod).get("state", {}).get("running", {}).get("startedAt", "")
    older = changed > began
    message = f"{workload.component}: the ConfigMap {names} is not as it was applied; the pod " + (
        "runs with the older one" if older else "runs with the changed one")
    evidence = [Evidence(f"ConfigMap {names}", f"changed at {changed}", unix(changed)), seen(pod, f"began at {began}", "pod")]
    finding = notice("configuration-changed", workload.component, message, evidence, "labctl up",
                     leads_to=frozenset() if older else EFFECTS[workload.component], suspect=not older)
    return Found(finding, tuple(Field("ConfigMap", item["metadata"]["name"]) for item in config_maps))
