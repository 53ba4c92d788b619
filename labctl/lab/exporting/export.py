"""Writes a lab as files that work without labctl: manifests, the collector's configuration, a kustomization, how to apply them.

Subtle: without `with_secrets` no file has a secret, and README.md says how to make each Secret.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labctl.components import COLLECTOR
from labctl.config import Config
from labctl.errors import Refused, again, os_reason
from labctl.host import documents
from labctl.lab.exporting.readme import SECRETS, Described, readme
from labctl.overrides import merged
from labctl.switches import chosen
from labctl.targets import choose_target, exported
from labctl.targets.exported import Exported

KUSTOMIZATION: Final = "kustomization.yaml"
KIND: Final = "kind"
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class ExportOptions:
    folder: Path
    force: bool = False                 # into a folder that is not empty
    with_secrets: bool = False
    for_kind: bool | None = None        # with NodePorts on kind's ports; None: where the lab is in kind


@dataclass(frozen=True, slots=True)
class ExportResult:
    lab: str
    folder: Path
    switches: Mapping[str, str]
    overrides: Mapping[str, str]
    files: list[str]
    secrets: list[str]                  # that have to be made by hand
    loopbacks: list[str]                # addresses of backends that are no others in a pod than the pod itself

    def as_json(self) -> dict[str, Any]:
        return {
            "lab": self.lab, "folder": str(self.folder), "switches": dict(self.switches), "overrides": dict(self.overrides),
            "files": self.files, "secrets": self.secrets, "loopbacks": self.loopbacks,
        }


def export(config: Config, options: ExportOptions) -> ExportResult:
    """Raises Refused where the folder has something in it, or cannot be written."""
    _require_empty(options)
    target = choose_target(config["LABCTL_TARGET"], config.spec()).target
    there = target.exists()
    spec = target.as_it_runs() if there else config.spec()
    switches = chosen.merged(target.switches() if there else {}, config.spec().switches)
    overrides = merged(target.overrides() if there else {}, config.spec().overrides)
    for_kind = target.name == KIND if options.for_kind is None else options.for_kind
    found = exported.exported(
        spec, target.namespace, switches, overrides, overlay=KIND if for_kind else "", with_secrets=options.with_secrets,
    )
    files = dict(_files(found))
    described = Described(spec.name, switches, overrides, found, for_kind=for_kind)
    files["README.md"] = readme(described).encode()
    _write(options.folder, files)
    missing = [] if options.with_secrets else [one.name for one in found.mounted]
    return ExportResult(spec.name, options.folder, switches, overrides, sorted(files), missing, described.loopbacks)


def _require_empty(options: ExportOptions) -> None:
    try:
        there = sorted(path.name for path in options.folder.iterdir()) if options.folder.exists() else []
    except OSError as error:
        raise Refused(
            f"{options.folder}: {os_reason(error)}",
            advice="name a folder that is empty or does not exist yet",
        ) from None
    if there and not options.force:
        raise Refused(
            f"{options.folder} is not empty: it has {', '.join(there[:3])}",
            advice="name another folder", hint=f"{again()} --force",
        )


def _files(found: Exported) -> Iterator[tuple[str, bytes]]:
    config = COLLECTOR.process.config
    assert config
    resources, generator = [], {}
    for item in found.objects:
        if item["kind"] == "ConfigMap" and config.key in item["data"]:
            generator = _generator(item, config.key)
            yield config.key, item["data"][config.key].encode()
            continue
        name = f"{item['kind'].lower()}-{item['metadata']['name']}.yaml"
        resources.append(name)
        yield name, documents.as_yaml(item).encode()
    for secret in found.secrets:
        for key, text in secret["data"].items():
            yield f"{SECRETS}/{secret['metadata']['name']}/{key}", b64decode(text)
    if found.secrets:
        yield f"{SECRETS}/.gitignore", b"*\n"
    generated = {"configMapGenerator": [generator], "secretGenerator": [_secret(one) for one in found.secrets]}
    yield KUSTOMIZATION, documents.as_yaml({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources,
        **{name: entries for name, entries in generated.items() if entries},
    }).encode()


def _generator(config_map: Mapping[str, Any], key: str) -> dict[str, Any]:
    meta = deepcopy(config_map["metadata"])
    return {
        "name": meta["name"], "namespace": meta["namespace"], "files": [key],
        "options": {"disableNameSuffixHash": True, "labels": meta["labels"], "annotations": meta["annotations"]},
    }


def _secret(secret: Mapping[str, Any]) -> dict[str, Any]:
    meta = secret["metadata"]
    return {
        "name": meta["name"], "namespace": meta["namespace"],
        "files": [f"{SECRETS}/{meta['name']}/{key}" for key in secret["data"]],
        "options": {"disableNameSuffixHash": True, "labels": meta["labels"]},
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.startswith(f"{SECRETS}/"):
                documents.write_private(path, content)
            else:
                path.write_bytes(content)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {os_reason(error)}") from None
