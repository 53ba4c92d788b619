"""Every fault is made of changes that its targets can make, changes something there, and does not give itself away."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.fault_expectations import EXPECTED
from labctl.changes import LabChange, NotRunning, ProgramBeside, Suspended, of_kind
from labctl.config import load
from labctl.faults.catalogue import BY_NAME, FAULTS
from labctl.faults.fault import Fault, FaultRow, hides
from labctl.faults.listing import targets_of
from labctl.model import LabSpec
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.workload import changes, manifests
from labctl.targets.local import processes
from labctl.targets.local.target import LocalTarget

IMAGES = {"service": "ai-lab-2-2-paid:1", "viewer": "ai-lab-2-2-viewer:1"}
LOCAL = [fault for fault in FAULTS if "local" in targets_of(fault)]
IN_A_CLUSTER = [fault for fault in FAULTS if "kind" in targets_of(fault)]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabSpec:
    program = tmp_path / "otelcol-contrib"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return load({"LABCTL_STATE_DIR": str(tmp_path / "state"), "LABCTL_LAB": "x"}, {}).spec()


def way(fault: Fault, target: str) -> tuple[LabChange, ...]:
    return fault.ways[-1] if target == "kind" else fault.ways[0]


def fingerprints(spec: LabSpec) -> dict[str, str]:
    return {daemon.component: daemon.fingerprint for daemon in processes.daemons(spec)}


def objects(spec: LabSpec) -> str:
    names = LabNames("x", "x")
    desired = manifests.desired_objects(spec, names, IMAGES, overlay="kind")
    return json.dumps(changes.changed(desired, spec, names), sort_keys=True)


def test_there_are_enough_on_each_target_and_in_each_row() -> None:
    assert len(LOCAL) >= 16
    assert len(IN_A_CLUSTER) >= 24
    assert {fault.row for fault in LOCAL} == {fault.row for fault in IN_A_CLUSTER} == set(FaultRow)
    assert len(BY_NAME) == len(FAULTS)


@pytest.mark.parametrize("fault", LOCAL, ids=lambda fault: fault.name)
def test_it_changes_a_lab_of_processes(fault: Fault, spec: LabSpec) -> None:
    changed = replace(spec, changes=way(fault, "local"))
    before, after = fingerprints(spec), fingerprints(changed)
    assert before != after or any(isinstance(change, Suspended | ProgramBeside) for change in changed.changes)
    assert fingerprints(spec) == before, "it is not taken back"
    assert set(before) - set(after) == {change.component for change in of_kind(NotRunning, changed.changes)}


@pytest.mark.parametrize("fault", IN_A_CLUSTER, ids=lambda fault: fault.name)
def test_it_changes_the_objects_in_a_cluster(fault: Fault, spec: LabSpec) -> None:
    before, after = objects(spec), objects(replace(spec, changes=way(fault, "kind")))
    assert before != after
    assert objects(spec) == before, "it is not taken back"
    assert fault.name not in after, "its name can be read in the cluster"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_it_teaches_does_not_name_it(fault: Fault) -> None:
    assert fault.name.replace("-", " ") not in fault.teaches
    assert fault.name in EXPECTED, "nobody says what the diagnosis should find"


def test_faults_of_different_components_can_be_on_together(spec: LabSpec) -> None:
    target = LocalTarget(spec)
    assert hides(BY_NAME["wrong-port"], BY_NAME["wrong-scheme"], target)
    assert hides(BY_NAME["unusable-setting"], BY_NAME["sdk-disabled"], target)
    assert not hides(BY_NAME["wrong-port"], BY_NAME["slow-step"], target)
    assert not hides(BY_NAME["wrong-port"], BY_NAME["collector-gone"], target)


def test_a_fault_of_a_cluster_cannot_be_made_of_processes(spec: LabSpec) -> None:
    assert BY_NAME["quota"].way(LocalTarget(spec)) is None
