"""The lab's objects with the components of manifests/switches in them, the same for processes and for pods.

The files work without labctl: a switch's component adds its overlay to the ConfigMap under a key of its own, and a `--config`
argument. labctl puts one composed text in their place, so that several switches can change the same list of the configuration.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from labctl.components import ALERTMANAGER, ALL, COLLECTOR
from labctl.errors import Refused
from labctl.host import documents
from labctl.host.documents import Node, json_patch, kustomization
from labctl.switches.addons import SECURED
from labctl.switches.chosen import effects
from labctl.switches.composing import Overlay, compose
from labctl.switches.switch import Copy

_ARGUMENT: Final = "--config="
_CONFIG_FILE: Final = "--config.file="


def build(kustomization_folder: Path, manifests: Path, on: Mapping[str, str]) -> kustomization.Built:
    """The objects of the kustomization with the switches that are on. Raises Refused where a file of one is missing or wrong."""
    built = kustomization.build(kustomization_folder, folders(manifests, on))
    if on:
        _set_values(built.objects, on)
        _compose(built.objects)
        _compose_receivers(built.objects)
    return built


def folders(manifests: Path, on: Mapping[str, str]) -> list[kustomization.KustomizeComponent]:
    found = [
        kustomization.KustomizeComponent(manifests / copy.path, tuple(copy.words.items()))
        for effect in effects(on) for copy in (*map(Copy, effect.folders), *effect.copies)
    ]
    for folder in (one.folder for one in found):
        if not folder.is_dir():
            raise Refused(
                f"{folder} is missing: the project is older than the switch, or it was deleted",
                advice="copy it from labctl's own manifests/", hint=f"labctl up --{next(iter(on))} off",
            )
    return list(dict.fromkeys(found))


def containers(objects: Iterable[Node]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each component's container, which is the one of its name."""
    deployments = {component.cluster.deployment: component.name for component in ALL}
    for item in objects:
        name = deployments.get(item.field("metadata").field("name").text(""))
        if item.field("kind").text("") == "Deployment" and name:
            found = item.field("spec").field("template").field("spec").field("containers").items()
            yield from ((name, one.value) for one in found if one.field("name").text("") == name)


def _set_values(objects: Sequence[Node], on: Mapping[str, str]) -> None:
    env = [effect.env for effect in effects(on)]
    for name, container in containers(objects):
        wanted = {variable: text for one in env for variable, text in one.get(name, {}).items()}
        there = {entry["name"]: entry for entry in container.get("env", [])}
        there |= {variable: {"name": variable, "value": text} for variable, text in wanted.items()}
        if wanted:
            container["env"] = list(there.values())
        if values := argument_values(on).get(name):
            container["args"] = with_values(container.get("args", []), values)
    for one in (one for effect in effects(on) for one in effect.objects):
        json_patch.operate(_object(objects, one.kind, one.name).value, "replace", one.pointer, deepcopy(one.value))


def argument_values(on: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By component, the values that its arguments of the form FLAG=VALUE get, by their flags."""
    found: dict[str, dict[str, str]] = {}
    for name, values in (pair for effect in effects(on) for pair in effect.arguments.items()):
        found.setdefault(name, {}).update(values)
    return found


def with_values(words: Iterable[str], values: Mapping[str, str]) -> list[str]:
    flags = ((word, word.partition("=")[0]) for word in words)
    return [f"{flag}={values[flag]}" if flag in values else word for word, flag in flags]


def _object(objects: Iterable[Node], kind: str, name: str) -> Node:
    there = ((item.field("kind").text(""), item.field("metadata").field("name").text(""), item) for item in objects)
    found = next((item for of, called, item in there if (of, called) == (kind, name)), None)
    if found is None:
        raise Refused(f"no file of manifests/ has the {kind} {name}")
    return found


def _compose(objects: Sequence[Node]) -> None:
    container = dict(containers(objects)).get(COLLECTOR.name, {})
    arguments = [word for word in container.get("args", []) if word.startswith(_ARGUMENT)]
    base, *others = [Path(word.removeprefix(_ARGUMENT)).name for word in arguments] or [""]
    if not others:
        return
    item = _config_map(objects, base)
    data = item.value["data"]
    overlays = [Overlay(f"{item.source}: {key}", data.pop(key)) for key in others]
    env = {entry["name"]: entry["value"] for entry in container.get("env", []) if "value" in entry}
    data[base] = compose(Overlay(f"{item.source}: {base}", data[base]), overlays, env)
    container["args"] = [word for word in container["args"] if word not in arguments[1:]]


def _compose_receivers(objects: Sequence[Node]) -> None:
    """Alertmanager reads one file: the base's, with the receivers of the overlay's in place of its own of the same name."""
    container = dict(containers(objects)).get(ALERTMANAGER.name, {})
    arguments, plain = container.get("args", []), ALERTMANAGER.files[0].key
    key = next((Path(word).name for word in arguments if word.startswith(_CONFIG_FILE)), plain)
    if key == plain:
        return
    item = _config_map(objects, plain)
    data = item.value["data"]
    base, overlay = (documents.parse_yaml(data[name], f"{item.source}: {name}")[0] for name in (plain, key))
    others = {one.field("name").text(): one.value for one in overlay.field("receivers").items()}
    receivers = [others.get(one.field("name").text(""), one.value) for one in base.field("receivers").items()]
    for switch in SECURED[ALERTMANAGER.addon]:
        data.pop(f"{switch}.yaml", None)
    data[plain] = documents.as_yaml({**base.value, "receivers": receivers})
    container["args"] = [str(Path(word).with_name(plain)) if word.startswith(_CONFIG_FILE) else word for word in arguments]


def _config_map(objects: Iterable[Node], key: str) -> Node:
    found = (item for item in objects if item.field("kind").text("") == "ConfigMap" and key in item.field("data").fields())
    item = next(found, None)
    if item is None:
        raise Refused(f"no ConfigMap of manifests/ has the configuration {key}")
    return item
