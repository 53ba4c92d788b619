"""What the switches that are on give a plain process: what they add to the manifests, with paths and addresses of its own."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from labctl.components import BY_NAME, of
from labctl.host.documents import Node, kustomization
from labctl.model import LabSpec, SwitchParts
from labctl.switches import building

FOLDERS: Final = ("/etc/lab/", "/var/lib/lab/")
"""Where the switches' components mount volumes; a process has the folder of the same name in the lab's state folder."""


def parts(spec: LabSpec, on: Mapping[str, str]) -> SwitchParts:
    """Raises Refused where a file of a switch is missing or wrong. Nothing is written."""
    if not on:
        return SwitchParts()
    spec = replace(spec, switches=on)
    manifests = spec.project / "manifests"
    plain = dict(building.containers(deepcopy(kustomization.build(manifests).objects)))
    built = building.build(manifests, manifests, on).objects
    switched = {name: one for name, one in building.containers(built) if not BY_NAME[name].addon}
    env = {name: _added_variables(spec, plain.get(name, {}), container) for name, container in switched.items()}
    words = {name: _added_words(spec, plain.get(name, {}), container) for name, container in switched.items()}
    return SwitchParts(dict(_configs(spec, built)), env, words, building.argument_values(on))


def _configs(spec: LabSpec, built: list[Node]) -> Iterator[tuple[str, str]]:
    """The collector's as composed; an add-on's with the addresses of this machine."""
    data = [item.field("data") for item in built if item.field("kind").text("") == "ConfigMap"]
    for component in of(spec.switches):
        for key in (file.key for file in component.files):
            text = next((node.text() for one in data if (node := one.field(key)).present), "")
            if text:
                yield key, in_process(spec, text) if component.addon else text


def _added_variables(spec: LabSpec, plain: Mapping[str, Any], switched: Mapping[str, Any]) -> dict[str, str]:
    before, after = (
        {entry["name"]: entry["value"] for entry in one.get("env", ()) if "value" in entry} for one in (plain, switched)
    )
    return {name: in_process(spec, text) for name, text in after.items() if before.get(name) != text}


def _added_words(spec: LabSpec, plain: Mapping[str, Any], switched: Mapping[str, Any]) -> tuple[str, ...]:
    before = plain.get("args", [])
    return tuple(in_process(spec, word) for word in switched.get("args", []) if word not in before)


def in_process(spec: LabSpec, text: str) -> str:
    """A value of the manifests as a process of this machine needs it: its ports on 127.0.0.1, its folders in the state folder."""
    there = of(spec.switches)
    for component, port in ((one, port) for one in there for port in one.ports):
        for host in (component.cluster.deployment, *(() if component.addon else ("0.0.0.0",))):
            text = re.sub(rf"(?<![-\w.]){re.escape(host)}:{port.own}(?!\d)", f"127.0.0.1:{spec.ports[port.name]}", text)
    for one in there:                   # a port that only a switch gives it has the same number here
        text = re.sub(rf"(?<![-\w.]){one.cluster.deployment}:(\d+)", r"127.0.0.1:\1", text)
    text = text.replace("${file:/etc/lab/", "${file:../")       # relative to its working directory, as a path may have a } in it
    text = re.sub(r"(\w_file: )/etc/lab/", r"\1", text)         # relative to its configuration, which is in the state folder
    for folder in FOLDERS:
        text = text.replace(folder, f"{spec.state}/")
    return text
