"""The desired objects of a lab: a kustomization of manifests/ with namespace, images, settings, labels and annotations filled in.

The files are also complete for `kubectl apply`; there is no template language.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labctl.components import ADDONS, SERVICE, VIEWER, of
from labctl.errors import Refused
from labctl.host.documents import Node, kustomization
from labctl.model import LabSpec
from labctl.switches import building
from labctl.targets.kubernetes.kube import OF_CLUSTER, Object
from labctl.targets.kubernetes.names import APPLIED, CONFIG, GIVEN, LAB, SWITCHES, LabNames, digest
from labctl.targets.kubernetes.workload import secret_settings, volumes
from labctl.targets.kubernetes.workload.config_maps import change_config_maps
from labctl.targets.viewer_limits import limits_in, max_age_s, max_bytes

ORDER = (
    "Namespace", "ResourceQuota", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "RoleBinding", "NetworkPolicy", "Secret",
    "ConfigMap", "Service", "PersistentVolumeClaim", "Deployment", "HorizontalPodAutoscaler", "APIService",
)
"""The order of application: kinds come before those that need them."""
SYSTEM = "kube-system"                  # the namespace of the only objects that are not in the lab's
_RELOADING = frozenset(component.cluster.deployment for component in ADDONS if component.process.reloads)
"""Deployments whose pods read a changed ConfigMap by themselves."""
IN_FILES = tuple(kind for kind in ORDER if kind not in {"Secret", volumes.CLAIM})
"""labctl makes the others itself: no file has a secret, and only a cluster can say whether it fulfils a claim."""


def desired_objects(spec: LabSpec, names: LabNames, images: Mapping[str, str], overlay: str) -> list[Object]:
    """Every object of the lab, in the order in which it is applied.

    `images` maps a container's name to its image; `overlay` is the folder of manifests/ with the kustomization to use. The spec's
    switches are all that are on, the recorded ones too.
    """
    found = _read(spec.project / "manifests", overlay, spec.switches)
    _require_components(found, spec.switches)
    change_config_maps(found, spec.changes)
    own_claims = volumes.give(found, spec, names)
    configs = {_name(item): _content(item) for item in found if item.field("kind").text() == "ConfigMap"}
    for item in found:
        _set_names(item, names)
        if item.field("kind").text() == "Deployment":
            _fill(item, spec, images, configs)
        annotations = mapping_of(item, "metadata", "annotations")
        if item.field("kind").text() == "Namespace" and spec.switches:
            annotations[SWITCHES] = json.dumps(dict(spec.switches), sort_keys=True)
    wanted = [*(item.value for item in found), *own_claims, *secret_settings.objects(spec.service_env, names)]
    return in_order(map(sealed, wanted))


def in_order(objects: Iterable[Object]) -> list[Object]:
    return sorted(objects, key=lambda item: ORDER.index(item["kind"]))


def sealed(item: Object) -> Object:
    """With the hash of all of it as an annotation, by which a later `up` knows whether anything was changed."""
    annotations = item["metadata"]["annotations"]
    annotations.pop(APPLIED, None)
    annotations[APPLIED] = digest(json.dumps(item, sort_keys=True).encode())
    return item


def _require_components(found: Iterable[Node], switches: Mapping[str, str]) -> None:
    """Raises Refused when a component's objects are missing, since objects that are not desired would be deleted."""
    there = {(item.field("kind").text(), _name(item)) for item in found}
    for component in of(switches):
        for kind in ("Deployment", "Service"):
            if (kind, component.cluster.deployment) not in there:
                files = ", ".join(component.cluster.manifests)
                raise Refused(f"the {kind} {component.cluster.deployment} is missing in manifests/ ({files})")


def _read(folder: Path, overlay: str, switches: Mapping[str, str]) -> list[Node]:
    """The objects of the overlay with the switches. Raises Refused for a file of `folder` that it leaves out, so ignores."""
    built = building.build(folder / overlay, folder, switches)
    for file in sorted(folder.glob("*.yaml")):
        if file.is_file() and not file.name.startswith(".#") and file.resolve() not in built.files:
            where = folder / overlay / kustomization.FILE_NAMES[0]
            raise Refused(f"{file} is not part of the lab", advice=f"add `- ../{file.name}` to the resources of {where}")
    return [_known(item) for item in built.objects]


def _known(item: Node) -> Node:
    """The object without nulls, which the API server treats as absent too."""
    kind = item.field("kind").text("")
    if kind not in IN_FILES:
        raise Refused(
            f"{item.source} has a {kind or 'document without a kind'}",
            advice=f"supported kinds: {', '.join(IN_FILES)}",
        )
    if not item.field("metadata").field("name").text(""):
        raise Refused(f"{item.source}: metadata.name is missing")
    return replace(item, value=_without_nulls(item.value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(field) for name, field in value.items() if field is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def mapping_of(item: Node, *fields: str) -> dict[str, Any]:
    """The mapping below these fields, created when absent. Raises Refused when it is not a mapping."""
    for name in fields:
        item.fields()
        item.value.setdefault(name, {})
        item = item.field(name)
    item.fields()
    return item.value  # type: ignore[no-any-return]


def _name(item: Node) -> str:
    return item.field("metadata").field("name").text()


def _content(config_map: Node) -> str:
    content = {name: config_map.field(name).value for name in ("data", "binaryData")}
    return digest(json.dumps(content, sort_keys=True).encode())


def _set_names(item: Node, names: LabNames) -> None:
    meta = mapping_of(item, "metadata")
    kind = item.field("kind").text()
    if kind == "Namespace":
        meta["name"] = names.namespace
    elif kind not in OF_CLUSTER and meta.get("namespace") != SYSTEM:
        meta["namespace"] = names.namespace
    for subject in item.field("subjects").items():
        subject.value["namespace"] = names.namespace
    if kind == "APIService":
        mapping_of(item, "spec", "service")["namespace"] = names.namespace
    mapping_of(item, "metadata", "labels")[LAB] = names.lab


def _fill(item: Node, spec: LabSpec, images: Mapping[str, str], configs: Mapping[str, str]) -> None:
    template = item.field("spec").field("template")
    if not template.present:
        raise template.wrong("a pod's template")
    mapping_of(template, "metadata", "labels")[LAB] = item.field("metadata").field("labels").field(LAB).text()
    pod = template.field("spec")
    mounted = [volume.field("configMap") for volume in pod.field("volumes").items()]
    used = [configs.get(config_map.field("name").text(), "") for config_map in mounted if config_map.present]
    if used and _name(item) not in _RELOADING:
        mapping_of(template, "metadata", "annotations")[CONFIG] = "-".join(used)
    if _name(item) == SERVICE.cluster.deployment:
        mapping_of(item, "metadata", "annotations")[GIVEN] = json.dumps(dict(spec.service_env_from), sort_keys=True)
        mapping_of(template, "metadata", "annotations").update(secret_settings.annotations(spec.service_env))
    containers = pod.field("containers")
    if not containers.items():
        raise containers.wrong("a list with a container")
    for container in containers.items():
        _fill_container(container, spec, images)


def _fill_container(container: Node, spec: LabSpec, images: Mapping[str, str]) -> None:
    name = container.field("name").text()
    container.value["image"] = images.get(name) or container.field("image").text()
    if name == SERVICE.name:
        entries = {entry.field("name").text(): entry.value for entry in container.field("env").items()}
        settings = {name: secret_settings.entry(name, value) for name, value in sorted(spec.service_env.items())}
        container.value["env"] = list((entries | settings).values())
    if name == VIEWER.name:
        container.value["args"] = _with_limits([word.text() for word in container.field("args").items()], spec)


def _with_limits(words: list[str], spec: LabSpec) -> list[str]:
    limits = {"--max-bytes": str(max_bytes(spec)), "--max-age": str(max_age_s(spec))}
    return [limits.get(before, word) for before, word in zip(["", *words], words, strict=False)]


def settings_of(deployments: Iterable[Object], secrets: Iterable[Object], desired: Iterable[Object]) -> dict[str, Any]:
    """By the spec's field, the settings that live Deployments have beyond those of the desired objects."""
    live, plain = _containers(deployments), _containers(item for item in desired if item["kind"] == "Deployment")
    found: dict[str, Any] = limits_in(live[VIEWER.name].get("args", ())) if VIEWER.name in live else {}
    if SERVICE.name in live:
        there = _variables(plain[SERVICE.name])
        found["service_env"] = {name: value for name, value in _variables(live[SERVICE.name]).items() if there.get(name) != value}
        found["service_env"] |= secret_settings.values(secrets)
    return found


def _containers(deployments: Iterable[Object]) -> dict[str, Object]:
    return {one["name"]: one for item in deployments for one in item["spec"]["template"]["spec"]["containers"]}


def _variables(container: Object) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container.get("env", ()) if "value" in entry}


def image(objects: Iterable[Object], deployment: str) -> str:
    found = next((item for item in objects if item["kind"] == "Deployment" and item["metadata"]["name"] == deployment), None)
    if found is None:
        raise Refused(f"no file of manifests/ has the Deployment {deployment}")
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])
