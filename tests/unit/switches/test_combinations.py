"""Every switch alone and every pair, as the table has them: composed, accepted by the collector, applicable without labctl."""

import os
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from labctl.components import COLLECTOR, DEFAULT_PORTS, WITH
from labctl.errors import UsageError
from labctl.host.documents import kustomization
from labctl.model import LabSpec
from labctl.switches import building
from labctl.switches.chosen import merged
from labctl.switches.parts import parts
from labctl.switches.switch import OFF
from labctl.switches.table import SWITCHES
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.workload import manifests
from labctl.targets.local.processes import expected
from tests.covering import all_pairs
from tests.driver import ROOT

MANIFESTS = ROOT / "manifests"
FACTORS = {switch.name: (OFF, *switch.examples) for switch in SWITCHES}
WITHOUT_ADDONS = {name: values for name, values in FACTORS.items() if name != WITH}
ALONE = [{switch.name: example} for switch in SWITCHES for example in switch.examples]


def possible(wanted: dict[str, str]) -> dict[str, str] | None:
    """With what a switch needs beside it; None where it cannot be."""
    needed = {name: FACTORS[name][1] for switch in SWITCHES if wanted.get(switch.name, OFF) != OFF for name in switch.needs}
    try:
        return merged({**wanted, **{name: text for name, text in needed.items() if wanted.get(name, OFF) == OFF}}, {})
    except UsageError:
        return None


def combinations_of(wanted: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({str(one): one for each in wanted if (one := possible(each))}.values())


COMBINATIONS = combinations_of([one for one in ALONE if WITH not in one] + all_pairs(WITHOUT_ADDONS))
"""Without add-ons, whose programs not every machine has."""
WITH_ADDONS = combinations_of([{**one, WITH: example} for one in ({}, *COMBINATIONS[-4:]) for example in FACTORS[WITH][1:]])


def spec(tmp_path: Path, switches: dict[str, str] | None = None) -> LabSpec:
    return LabSpec("x", ROOT, tmp_path, DEFAULT_PORTS, {}, 1, 1, switches=switches or {})


def shown(on: dict[str, str]) -> str:
    return " ".join(f"--{name} {text}" for name, text in on.items())


def test_every_pair_of_values_occurs() -> None:
    found = all_pairs({"a": "123", "b": "123", "c": "12", "d": "12"})
    for (first, xs), (second, ys) in combinations({"a": "123", "b": "123", "c": "12", "d": "12"}.items(), 2):
        assert {(x, y) for x in xs for y in ys} == {(one[first], one[second]) for one in found}
    assert len(found) < 36


@pytest.mark.parametrize("on", COMBINATIONS + WITH_ADDONS, ids=shown)
def test_the_collector_accepts_what_is_composed(on: dict[str, str], tmp_path: Path) -> None:
    program = shutil.which("otelcol-contrib")
    if not program:
        pytest.skip("otelcol-contrib is not on the PATH")
    lab = spec(tmp_path, on)
    given = expected(LabSpec("x", ROOT, tmp_path, DEFAULT_PORTS, {}, 1, 1, switches=on, parts=parts(lab, on)), COLLECTOR)
    file = tmp_path / "collector.yaml"
    file.write_text(given.config)
    checked = subprocess.run(
        [program, "validate", "--config", str(file)], env={**os.environ, **given.env}, capture_output=True, text=True, timeout=30,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("on", COMBINATIONS + WITH_ADDONS, ids=shown)
def test_a_pod_and_a_process_are_given_the_same_configuration(on: dict[str, str], tmp_path: Path) -> None:
    lab = spec(tmp_path, on)
    objects = manifests.desired_objects(lab, default_names(lab), {}, "kind")
    texts = [text for item in objects if item["kind"] == "ConfigMap" for text in item.get("data", {}).values()]
    config = parts(lab, on).configs.get("collector.yaml", "")
    assert not config or config in texts


@pytest.mark.parametrize("on", ALONE, ids=shown)
def test_the_files_of_a_switch_work_without_labctl(on: dict[str, str], tmp_path: Path) -> None:
    """With the base alone: kustomize builds it as labctl does, and the collector accepts the overlay as a further `--config`."""
    complete = possible(on)
    assert complete
    folders = [one.folder for one in building.folders(MANIFESTS, complete)]
    own = tmp_path / "own"
    own.mkdir()
    (own / "kustomization.yaml").write_text(yaml.safe_dump({
        "resources": [os.path.relpath(MANIFESTS, own)], "components": [os.path.relpath(folder, own) for folder in folders],
    }))
    if shutil.which("kubectl"):
        done = subprocess.run(["kubectl", "kustomize", str(own)], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        built = [node.value for node in kustomization.build(own).objects]
        assert sorted(map(key, built)) == sorted(map(key, yaml.safe_load_all(done.stdout)))
    program = shutil.which("otelcol-contrib")
    overlays = [folder / "collector.yaml" for folder in folders if (folder / "collector.yaml").exists()]
    if program and overlays:
        base = tmp_path / "base.yaml"
        base.write_text(yaml.safe_load((MANIFESTS / "collector-config.yaml").read_text())["data"]["collector.yaml"])
        words = [word for file in (base, *overlays) for word in ("--config", str(file))]
        checked = subprocess.run([program, "validate", *words], capture_output=True, text=True, timeout=30, check=False)
        assert checked.returncode == 0, checked.stderr


def key(item: dict[str, object]) -> str:
    return yaml.safe_dump(item)
