"""A kustomization of manifests/ as the objects that a lab should have: its namespace, images, settings and marks filled in.

The files are complete by themselves, for `kubectl apply`; nothing here is a template language.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from labctl.errors import Refused
from labctl.host.documents import Node
from labctl.model import LabSpec
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.names import APPLIED, CONFIG, LAB, LabNames, digest
from labctl.targets.kubernetes.workload import kustomization

ORDER = ("Namespace", "ServiceAccount", "NetworkPolicy", "ConfigMap", "Service", "Deployment")
"""What comes first is needed by what comes after."""


def desired_objects(spec: LabSpec, names: LabNames, images: Mapping[str, str], overlay: str) -> list[Object]:
    """Every object of the lab, in the order in which it is applied.

    `images` maps a container's name to its image; `overlay` is the folder of manifests/ with the kustomization to use.
    """
    found = _read(spec.project / "manifests", overlay)
    configs = {i["metadata"]["name"]: digest(json.dumps(i["data"]).encode()) for i in found if i["kind"] == "ConfigMap"}
    for item in found:
        _set_names(item, names)
        if item["kind"] == "Deployment":
            _fill(item, spec, images, configs)
        item["metadata"].setdefault("annotations", {})[APPLIED] = digest(json.dumps(item, sort_keys=True).encode())
    return sorted(found, key=lambda item: ORDER.index(item["kind"]))


def _read(folder: Path, overlay: str) -> list[Object]:
    """The objects of the overlay. Raises Refused for a file of `folder` that the overlay leaves out: it would be missed."""
    built = kustomization.build(folder / overlay)
    for file in sorted(folder.glob("*.yaml")):
        if file.is_file() and not file.name.startswith(".#") and file.resolve() not in built.files:
            where = folder / overlay / kustomization.FILE_NAMES[0]
            raise Refused(f"{file} is not part of the lab", hint=f"add `- ../{file.name}` to the resources of {where}")
    return [_known(item) for item in built.objects]


def _known(item: Node) -> Object:
    kind = item.field("kind").text("")
    if kind not in ORDER:
        raise Refused(f"{item.source} holds a {kind or 'document without a kind'}", hint=f"the lab knows {', '.join(ORDER)}")
    if not item.field("metadata").field("name").text(""):
        raise Refused(f"{item.source}: metadata.name is missing")
    return dict(item.value)


def _set_names(item: Object, names: LabNames) -> None:
    meta = item["metadata"]
    if item["kind"] == "Namespace":
        meta["name"] = names.namespace
    else:
        meta["namespace"] = names.namespace
    meta.setdefault("labels", {})[LAB] = names.lab


def _fill(item: Object, spec: LabSpec, images: Mapping[str, str], configs: Mapping[str, str]) -> None:
    template = item["spec"]["template"]
    template["metadata"].setdefault("labels", {})[LAB] = item["metadata"]["labels"][LAB]
    mounted = [v["configMap"]["name"] for v in template["spec"].get("volumes", ()) if "configMap" in v]
    if mounted:
        template["metadata"].setdefault("annotations", {})[CONFIG] = "-".join(configs.get(name, "") for name in mounted)
    for container in template["spec"]["containers"]:
        container["image"] = images.get(container["name"], container["image"])
        if container["name"] == "service":
            _set_env(container, spec.service_env)
        if container["name"] == "viewer":
            _set_bounds(container["args"], spec)


def _set_env(container: dict[str, Any], env: Mapping[str, str]) -> None:
    entries = {entry["name"]: entry for entry in container.get("env", ())}
    container["env"] = list((entries | {name: {"name": name, "value": value} for name, value in env.items()}).values())


def _set_bounds(words: list[str], spec: LabSpec) -> None:
    bounds = {"--max-bytes": spec.viewer_max_bytes, "--max-age": spec.viewer_max_age_s}
    for option, value in bounds.items():
        if option in words:
            words[words.index(option) + 1] = str(value)


def image(objects: Iterable[Object], deployment: str) -> str:
    found = next((item for item in objects if item["kind"] == "Deployment" and item["metadata"]["name"] == deployment), None)
    if found is None:
        raise Refused(f"no file of manifests/ holds the Deployment {deployment}")
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def differs(want: Any, live: Any) -> bool:
    """Whether `live` lacks or contradicts anything that is wanted; what others have added is no difference.

    Lists whose items have a name (or a port) are compared item by item under that name, as the API server merges them.
    """
    if isinstance(want, dict):
        return not isinstance(live, dict) or any(differs(value, live.get(key)) for key, value in want.items() if value != {})
    if isinstance(want, list):
        return not isinstance(live, list) or _items_differ(want, live)
    return bool(want != live)


def _items_differ(want: list[Any], live: list[Any]) -> bool:
    keyed = {_key(item): item for item in live}
    if all(_key(item) is not None for item in want):
        return any(differs(item, keyed.get(_key(item))) for item in want)
    return len(want) != len(live) or any(differs(*pair) for pair in zip(want, live, strict=True))


def _key(item: Any) -> str | None:
    return item.get("name") or item.get("mountPath") if isinstance(item, dict) else None
