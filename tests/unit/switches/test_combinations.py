"""Every switch alone and every pair, as the table has them: composed, accepted by the collector, applicable without labctl."""

import os
import shutil
import subprocess
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from labctl.components import COLLECTOR, DEFAULT_PORTS, WITH
from labctl.credentials.export_headers import FILE, FOLDER
from labctl.host.documents import kustomization
from labctl.model import LabSpec
from labctl.switches import addons, building
from labctl.switches.export_headers import NAME as EXPORT_HEADERS
from labctl.switches.export_headers import files
from labctl.switches.mesh.switch import MESH
from labctl.switches.parts import parts
from labctl.switches.switch import OFF
from labctl.switches.table import SWITCHES
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.workload import manifests
from labctl.targets.local.processes import expected
from tests.combinations import ALONE, ARRAY, COMBINATIONS, FACTORS, completed, shown
from tests.covering import all_pairs, pairs, pairs_of
from tests.driver import ROOT

MANIFESTS = ROOT / "manifests"


def spec(tmp_path: Path, switches: dict[str, str] | None = None) -> LabSpec:
    return LabSpec("x", ROOT, tmp_path, DEFAULT_PORTS, {}, 1, 1, switches=switches or {})


def test_every_pair_of_values_occurs() -> None:
    found = all_pairs({"a": "123", "b": "123", "c": "12", "d": "12"})
    for (first, xs), (second, ys) in combinations({"a": "123", "b": "123", "c": "12", "d": "12"}.items(), 2):
        assert {(x, y) for x in xs for y in ys} == {(one[first], one[second]) for one in found}
    assert len(found) < 36


def test_values_that_cannot_be_together_cost_no_other_pair() -> None:
    factors = {"a": "012", "b": "012", "c": "012"}

    def complete(one: dict[str, str]) -> dict[str, str] | None:
        needed = {"c": "1"} if one.get("a") == "1" else {}
        return None if one.get("a") == one.get("b") == "2" else {**needed, **one}

    found = all_pairs(factors, complete)
    assert (("a", "2"), ("b", "2")) not in set().union(*map(pairs, found)) >= pairs_of(factors, complete)
    assert len(pairs_of(factors, complete)) == 26


def test_every_switch_and_every_add_on_is_in_the_array() -> None:
    """One that is new fails here until it has a value: an example of its row, or one of MORE."""
    assert {name: len(values) > 1 for name, values in FACTORS.items()} == {switch.name: True for switch in SWITCHES}
    held = {pair for one in ARRAY for pair in one.items()}
    assert held >= {(name, text) for name, values in FACTORS.items() for text in values}
    assert {name for text in FACTORS[WITH][1:] for name in addons.names(text)} == {*addons.NAMES}
    assert {pair for one in ARRAY for pair in pairs(one)} >= pairs_of(FACTORS, completed)


def test_only_these_switches_exclude_each_other() -> None:
    together = {frozenset(name for name, text in pair if text != OFF) for pair in pairs_of(FACTORS, completed)}
    assert {frozenset(two) for two in combinations(FACTORS, 2)} - together == {
        frozenset({MESH.name, name}) for name in ("tls", "mtls", "auth")
    }


@pytest.mark.parametrize("on", COMBINATIONS, ids=shown)
def test_the_collector_accepts_what_is_composed(on: dict[str, str], tmp_path: Path) -> None:
    program = shutil.which("otelcol-contrib")
    if not program:
        pytest.skip("otelcol-contrib is not on the PATH")
    lab = spec(tmp_path, on)
    given = expected(LabSpec("x", ROOT, tmp_path, DEFAULT_PORTS, {}, 1, 1, switches=on, parts=parts(lab, on)), COLLECTOR)
    file = tmp_path / "collector.yaml"
    file.write_text(given.config)
    for name in files(on[EXPORT_HEADERS]) if EXPORT_HEADERS in on else ():
        (tmp_path / FOLDER / name).mkdir(parents=True)
        (tmp_path / FOLDER / name / FILE).write_text("x-api-key: key\n")
    (beside := tmp_path / "logs").mkdir()
    checked = subprocess.run(
        [program, "validate", "--config", str(file)], env={**os.environ, **given.env}, cwd=beside, capture_output=True, text=True,
        timeout=30, check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("on", COMBINATIONS, ids=shown)
def test_a_pod_and_a_process_are_given_the_same_configuration(on: dict[str, str], tmp_path: Path) -> None:
    lab = spec(tmp_path, on)
    objects = manifests.desired_objects(lab, default_names(lab), {}, "kind")
    texts = [text for item in objects if item["kind"] == "ConfigMap" for text in item.get("data", {}).values()]
    config = parts(lab, on).configs.get("collector.yaml", "")
    assert not config or config in texts


@pytest.mark.parametrize("on", ALONE, ids=shown)
def test_the_files_of_a_switch_work_without_labctl(on: dict[str, str], tmp_path: Path) -> None:
    """With the base alone: kustomize builds it as labctl does, and the collector accepts the overlay as a further `--config`."""
    folders = [one.folder for one in building.folders(MANIFESTS, on)]
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
