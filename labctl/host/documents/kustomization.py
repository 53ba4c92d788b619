"""Builds the objects of a kustomization as `kubectl kustomize` does, without running it.

Supported are resources, components, JSON patches (RFC 6902: add, replace, remove) with a target of kind and name, and a
configMapGenerator that merges files into a ConfigMap that is there. Any other feature of kustomize is refused by name, never
ignored.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from labctl.errors import Refused
from labctl.host.documents import json_patch
from labctl.host.documents.files import read_text
from labctl.host.documents.node import Node
from labctl.host.documents.yaml_format import parse_yaml

FILE_NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
FIELDS: Final = {"apiVersion", "kind", "resources", "components", "patches", "configMapGenerator"}
MERGED: Final = {"behavior": "merge", "options": {"disableNameSuffixHash": True}}


@dataclass(slots=True)
class Built:
    objects: list[Node] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)       # that the objects were read from


@dataclass(frozen=True, slots=True)
class KustomizeComponent:
    folder: Path
    words: tuple[tuple[str, str], ...] = ()     # of its files, each with what stands in its place

    def text(self, path: Path) -> str:
        text = read_text(path)
        for word, other in self.words:
            text = text.replace(word, other)
        return text

    def documents(self, path: Path) -> list[Node]:
        return parse_yaml(self.text(path), str(path))


def build(folder: Path, components: Iterable[KustomizeComponent] = ()) -> Built:
    """With further components, as if the kustomization named them last. Raises Refused with what is wrong or not supported."""
    built = Built()
    for part in (KustomizeComponent(folder), *components):
        _add(part, built)
    return built


def _add(part: KustomizeComponent, built: Built) -> None:
    folder, kustomization = part.folder, _read(part)
    for entry in kustomization.field("resources").items():
        path = (folder / entry.text()).resolve()
        if path.is_dir():
            _add(replace(part, folder=path), built)
        else:
            built.files.add(path)
            built.objects += _objects(part, path)
    for entry in kustomization.field("components").items():
        _add(replace(part, folder=(folder / entry.text()).resolve()), built)
    for entry in kustomization.field("configMapGenerator").items():
        _merge_files(entry, part, built)
    for entry in kustomization.field("patches").items():
        _apply(entry, built.objects)


def _objects(part: KustomizeComponent, file: Path) -> list[Node]:
    found = part.documents(file)
    if not found:
        # an editor may have half saved it: its objects must not be deleted as no longer desired
        raise Refused(f"{file} is empty: expected Kubernetes objects", advice="fill it, or remove it from the kustomization")
    for item in found:
        item.fields()
    return found


def _read(part: KustomizeComponent) -> Node:
    paths = [part.folder / name for name in FILE_NAMES]
    file = next((path for path in paths if path.is_file()), paths[0])
    found = part.documents(file)
    if not found:
        raise Refused(f"{file} is empty: expected resources", advice="fill it, or remove its folder")
    _refuse_unknown(found[0], FIELDS)
    return found[0]


def _refuse_unknown(node: Node, known: set[str]) -> None:
    for name in node.fields():
        if name not in known:
            raise Refused(f"{node.source}: {node.path + '.' if node.path else ''}{name} of kustomize is not supported by labctl",
                          advice=f"supported: {', '.join(sorted(known))}")


def _merge_files(generator: Node, part: KustomizeComponent, built: Built) -> None:
    _refuse_unknown(generator, {"name", "namespace", "files", *MERGED})
    for field_name, wanted in MERGED.items():
        if generator.field(field_name).value != wanted:
            raise generator.field(field_name).wrong(f"{wanted}, as labctl only merges files into a ConfigMap that is there")
    name = generator.field("name").text()
    item = next((one for one in built.objects if _key(one) == ("ConfigMap", name)), None)
    if item is None:
        raise Refused(f"{generator.source}: there is no ConfigMap {name} to merge into")
    for entry in generator.field("files").items():
        key, _, file = entry.text().rpartition("=")
        path = (part.folder / file).resolve()
        built.files.add(path)
        item.value.setdefault("data", {})[key or path.name] = part.text(path)


def _key(item: Node) -> tuple[str, str]:
    return item.field("kind").text(""), item.field("metadata").field("name").text("")


def _apply(patch: Node, objects: list[Node]) -> None:
    _refuse_unknown(patch, {"target", "patch"})
    target = patch.field("target")
    _refuse_unknown(target, {"kind", "name"})
    operations = parse_yaml(patch.field("patch").text(), f"{patch.source}: {patch.path}.patch")
    for item in objects:
        if _matches(target, item):
            for operation in (one for document in operations for one in document.items()):
                _operate(operation, item)


def _matches(target: Node, item: Node) -> bool:
    """Kustomize treats both as anchored regular expressions."""
    there = {"kind": item.field("kind"), "name": item.field("metadata").field("name")}
    return all(re.fullmatch(wanted.text(), there[name].text("")) for name, wanted in target.fields().items())


def _operate(operation: Node, item: Node) -> None:
    kind, pointer = operation.field("op").text(), operation.field("path").text()
    try:
        json_patch.operate(item.value, kind, pointer, operation.field("value").value)
    except (KeyError, IndexError, ValueError, TypeError):
        name = item.field("metadata").field("name").text("")
        message = f"{operation.source}: {kind} {pointer} is not possible for {name} of {item.source}"
        raise Refused(message, advice=f"correct {item.source}, which may lack what is patched, or the patch") from None
