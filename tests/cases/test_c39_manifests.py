"""C39: manifests and kind files as people write and break them: valid ones work, others are one line with file and field."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from labctl.components import DEFAULT_PORTS
from labctl.errors import LabError
from labctl.model import LabSpec
from labctl.switches import building
from labctl.targets.kind.cluster import kind_file
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.workload import manifests
from tests.driver import ROOT

KIND_FILES = (Path(kind_file.KIND_FILE), Path(kind_file.ADDITIONS))
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
ODD: tuple[Any, ...] = (None, "text", 7, 1.5, True, [], {}, [None], [[]], ["text"], {"name": None}, [{"name": 7}])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    shutil.copy(ROOT / kind_file.KIND_FILE, tmp_path)
    return tmp_path


def read_with(project: Path, on: dict[str, str]) -> set[Path]:
    """The files that are read for a lab with these switches."""
    folder = project / "manifests"
    return {path.relative_to(project.resolve()) for path in building.build(folder / "kind", folder, on).files}


OBJECTS = sorted(read_with(ROOT, {}))
FILES = [*OBJECTS, KIND_FILES[1], Path("manifests/kind/kustomization.yaml"), Path("manifests/viewer/kustomization.yaml")]


def spec(project: Path) -> LabSpec:
    return LabSpec("second", project, project / "state", DEFAULT_PORTS, {"DEFAULT_LATENCY_MS": "5"}, 1234, 60)


def desired(project: Path) -> list[Object]:
    return manifests.desired_objects(spec(project), default_names(spec(project)), {"service": "a:b"}, "kind")


def cluster(project: Path) -> dict[str, Any]:
    return kind_file.configuration(spec(project), default_names(spec(project)))


def one_line(read: Any, project: Path) -> str:
    """What is said of it; empty when it is valid. Anything but a LabError fails the test."""
    try:
        read(project)
    except LabError as error:
        message = error.message
    else:
        message = ""
    assert "\n" not in message
    return message


def edit(file: Path, change: Any) -> None:
    documents = list(yaml.safe_load_all(file.read_text()))
    change(documents)
    file.write_text(yaml.safe_dump_all(documents))


def service(found: list[Object]) -> dict[str, Any]:
    deployment = next(item for item in found if item["kind"] == "Deployment" and item["metadata"]["name"] == "ai-lab-2-2-paid")
    return deployment["spec"]["template"]["spec"]


def pod(documents: list[Any]) -> dict[str, Any]:
    return documents[0]["spec"]["template"]["spec"]


FIELD_REF = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}


@pytest.mark.parametrize("change", [
    lambda documents: pod(documents)["containers"][0]["env"].append(copy.deepcopy(FIELD_REF)),
    lambda documents: pod(documents)["containers"][0].update(env=None),
    lambda documents: pod(documents).update(volumes=None),
    lambda documents: documents[0]["metadata"].update(labels=None, annotations=None),
    lambda documents: documents[0]["spec"]["template"].update(metadata=None),
    lambda documents: documents.append(None),
    lambda documents: documents[0]["metadata"].update(annotations={"written": "2026-01-01"}),
])
def test_a_valid_manifest_works(project: Path, change: Any) -> None:
    edit(project / "manifests" / "deployment.yaml", change)
    env = {entry["name"]: entry for entry in service(desired(project))["containers"][0]["env"]}
    assert env["DEFAULT_LATENCY_MS"]["value"] == "5"
    if "POD" in env:
        assert env["POD"] == FIELD_REF


def test_a_volume_without_a_config_map_is_left_alone(project: Path) -> None:
    volumes = [{"name": "a", "emptyDir": {}}]
    edit(project / "manifests" / "deployment.yaml", lambda documents: pod(documents).update(volumes=volumes))
    assert service(desired(project))["volumes"] == volumes


@pytest.mark.parametrize(("change", "said"), [
    (lambda documents: documents[0]["spec"].pop("template"), "add /spec/template/spec/tolerations is not possible"),
    (lambda documents: pod(documents).update(containers=None), "spec.containers: expected a list with a container"),
    (lambda documents: pod(documents)["containers"][0].update(env=["A=1"]), "env[0]: expected a mapping, found text"),
    (lambda documents: documents[0].update(kind="Secret"), "has a Secret"),
    (lambda documents: documents.insert(0, [1]), "expected a mapping, found a list"),
    (lambda documents: documents[0]["metadata"].pop("name"), "metadata.name is missing"),
])
def test_another_is_one_line_with_file_and_field(project: Path, change: Any, said: str) -> None:
    file = project / "manifests" / "deployment.yaml"
    edit(file, change)
    message = one_line(desired, project)
    assert said in message
    assert str(file) in message


@pytest.mark.parametrize("content", [
    b"\xff\xfe\x00", b"kind: \xe9\n", b"a: [", b"- 1\n- 2\n", b"2026-01-01\n", b"a: 1\na: 2\n", b"\x00",
])
def test_what_is_no_manifest_is_named(project: Path, content: bytes) -> None:
    file = project / "manifests" / "service.yaml"
    file.write_bytes(content)
    assert str(file) in one_line(desired, project)


@pytest.mark.parametrize("file", OBJECTS, ids=str)
def test_a_manifest_cut_anywhere_is_read_or_refused(project: Path, file: Path) -> None:
    whole = (ROOT / file).read_bytes()
    for end in range(0, len(whole), max(1, len(whole) // 40)):
        (project / file).write_bytes(whole[:end])
        one_line(desired, project)


def test_a_file_of_a_switch_that_is_no_manifest_is_one_line(project: Path) -> None:
    """But for those that labctl passes on as they are."""
    from tests.combinations import ALONE

    tried, refused = set(OBJECTS), 0
    for on in ALONE:
        for file in sorted(read_with(project, on) - tried):
            kept = (project / file).read_bytes()
            (project / file).write_bytes(b"a: [")
            refused += "this is not YAML" in one_line(lambda project, on=on: read_with(project, on), project)
            (project / file).write_bytes(kept)
            tried.add(file)
    assert refused > 3 * len(OBJECTS)


MOST_PLACES = 150


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every field and every entry, as the one that holds it and its key there."""
    for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(child, dict | list):
            yield from places(child)


@pytest.mark.parametrize("file", [path for path in FILES if path.name != "network-policy.yaml"], ids=str)
@pytest.mark.timeout(300)
def test_an_odd_value_anywhere_is_read_or_refused(project: Path, file: Path) -> None:
    documents = list(yaml.load_all((ROOT / file).read_text(), Loader=LOADER))
    read = cluster if file in KIND_FILES else desired
    found = [place for document in documents for place in places(document)]
    # a long one has hundreds, which all are read in the same way
    for number, (holder, key) in enumerate(found[::max(1, len(found) // MOST_PLACES)]):
        kept = holder[key]
        holder[key] = ODD[number % len(ODD)]            # not each at every place, but each at many
        (project / file).write_text(yaml.dump_all(documents, Dumper=DUMPER))
        one_line(read, project)
        holder[key] = kept


@pytest.mark.parametrize("text", [
    "nodes: [{role: control-plane, extraPortMappings: [{containerPort: 30090}]}]",
    "nodes: [{role: control-plane, extraPortMappings: null, extraMounts: null}]\nkubeadmConfigPatches: null",
    "nodes: [{role: control-plane}]\nkubeadmConfigPatches: ['apiVersion: v1']",
    "nodes: [{role: control-plane}, {role: worker}]",
])
def test_a_valid_kind_file_works(project: Path, text: str) -> None:
    (project / kind_file.KIND_FILE).write_text(text)
    found = cluster(project)
    ports = {mapping["containerPort"]: mapping["hostPort"] for mapping in found["nodes"][0]["extraPortMappings"]}
    assert ports[30090] == DEFAULT_PORTS["service"]
    assert len(found["nodes"][0]["extraMounts"]) == 2


@pytest.mark.parametrize("text", ["", "nodes:", "nodes: []", "nodes: {}", "[]", "nodes: [1]", "nodes: [{extraMounts: 1}]", "a: [",
                                  "nodes: [{extraPortMappings: [{hostPort: 1}]}]", "nodes: [{}]\nkubeadmConfigPatches: [{a: 1}]"])
def test_another_kind_file_is_one_line(project: Path, text: str) -> None:
    (project / kind_file.KIND_FILE).write_text(text)
    assert kind_file.KIND_FILE in one_line(cluster, project)
