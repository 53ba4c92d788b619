"""What the switches that are on give a plain process: what they add to the manifests, with paths and addresses of its own."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from labctl.components import COLLECTOR, ports
from labctl.host.documents import Node, kustomization
from labctl.model import LabSpec, SwitchParts
from labctl.switches import building

FOLDERS: Final = ("/etc/lab/", "/var/lib/lab/")
"""Where the switches' components mount volumes; a process has the folder of the same name in the lab's state folder."""


def parts(spec: LabSpec, on: Mapping[str, str]) -> SwitchParts:
    """Raises Refused where a file of a switch is missing or wrong. Nothing is written."""
    if not on:
        return SwitchParts()
    manifests = spec.project / "manifests"
    plain = dict(building.containers(deepcopy(kustomization.build(manifests).objects)))
    built = building.build(manifests, manifests, on).objects
    switched = dict(building.containers(built))
    env = {name: _added_variables(spec, plain.get(name, {}), container) for name, container in switched.items()}
    words = {name: _added_words(spec, plain.get(name, {}), container) for name, container in switched.items()}
    return SwitchParts(_config(built), env, words)


def _config(built: list[Node]) -> str:
    config = COLLECTOR.process.config
    assert config
    found = (item.field("data").field(config.key) for item in built if item.field("kind").text("") == "ConfigMap")
    return next((node.text() for node in found if node.present), "")


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
    for component, port in ports():
        for host in (component.cluster.deployment, "0.0.0.0"):
            text = text.replace(f"{host}:{port.own}", f"127.0.0.1:{spec.ports[port.name]}")
    text = text.replace("${file:/etc/lab/", "${file:../")       # relative to its working directory, as a path may have a } in it
    for folder in FOLDERS:
        text = text.replace(folder, f"{spec.state}/")
    return text
