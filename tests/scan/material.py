"""What is scanned, as files in one folder: each object of each variant of the manifests, the Dockerfile, the list of contents."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from labctl.components import WITH
from labctl.lab.contents.sbom import bill
from labctl.switches import building
from labctl.switches.addons import NAMES
from labctl.switches.table import SWITCHES

ROOT: Final = Path(__file__).resolve().parents[2]
MANIFESTS: Final = ROOT / "manifests"


@dataclass(frozen=True)
class Variant:
    name: str
    kustomization: Path
    switches: Mapping[str, str] = field(default_factory=dict)


def variants() -> list[Variant]:
    """For any cluster, for kind, and for kind with all add-ons and every switch on, each with its examples in turn."""
    examples = {switch.name: switch.examples for switch in SWITCHES if switch.examples} | {WITH: [",".join(NAMES)]}
    most = max(map(len, examples.values()))
    with_switches = [{name: of[turn % len(of)] for name, of in examples.items()} for turn in range(most)]
    return [
        Variant("any", MANIFESTS), Variant("kind", MANIFESTS / "kind"),
        *(Variant(f"switches-{turn}", MANIFESTS / "kind", on) for turn, on in enumerate(with_switches)),
    ]


def write(folder: Path) -> None:
    for variant in variants():
        _write_objects(folder / "manifests" / variant.name, variant)
    shutil.copyfile(ROOT / "Dockerfile", folder / "Dockerfile")
    (folder / "sbom.cdx.json").write_text(json.dumps(bill(ROOT)))


def _write_objects(folder: Path, variant: Variant) -> None:
    folder.mkdir(parents=True)
    for item in building.build(variant.kustomization, MANIFESTS, variant.switches).objects:
        kind, name = item.field("kind").text(), item.field("metadata").field("name").text()
        (folder / f"{kind}.{name}.yaml").write_text(yaml.safe_dump(item.value))


def place(file: str) -> str:
    """`Deployment/otel-collector` for the file of an object, and the name of any other file."""
    path = Path(file)
    return path.stem.replace(".", "/", 1) if path.suffix == ".yaml" else path.name


def kubernetes_version() -> str:
    """`1.34`, of the node that the lab's cluster has."""
    nodes = yaml.safe_load((ROOT / "kind-mcp-cluster.yaml").read_text())["nodes"]
    return str(nodes[0]["image"].partition(":v")[2].rpartition(".")[0])
