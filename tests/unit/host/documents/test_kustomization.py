"""Kustomizations are built as kubectl builds them, and what labctl does not know of them is refused by name."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from labctl.errors import Refused
from labctl.host.documents import kustomization

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {here: '1', there: '2'}\n"


def folder(tmp_path: Path, patches: str = "", **more: str) -> Path:
    for name in ("first", "second", "part"):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "first" / "a.yaml").write_text(MAP % "a")
    (tmp_path / "first" / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (tmp_path / "part" / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [b.yaml]\npatches:\n"
        "- target: {kind: ConfigMap, name: a}\n  patch: |\n    - {op: add, path: /data/part, value: x}\n")
    (tmp_path / "part" / "b.yaml").write_text((MAP % "b") + "---\n" + MAP % "ab")
    (tmp_path / "second" / "kustomization.yaml").write_text(
        json.dumps({"resources": ["../first"], "components": ["../part"], **more})[:-1] + f', "patches": [{patches}]}}')
    return tmp_path / "second"


def patch(*operations: dict[str, object], **target: str) -> str:
    return json.dumps({"target": target, "patch": json.dumps(operations)})


def built(path: Path) -> dict[str, object]:
    return {node.value["metadata"]["name"]: node.value for node in kustomization.build(path).objects}


PATCHES = (
    patch({"op": "add", "path": "/data/new", "value": "x"}, kind="ConfigMap", name="a"),
    patch({"op": "replace", "path": "/data/here", "value": "x"}, name="a.*"),
    patch({"op": "remove", "path": "/data/there"}, kind="Config.*"),
    patch({"op": "add", "path": "/metadata/labels", "value": {"of/it": "x"}},
          {"op": "add", "path": "/metadata/labels/of~1it", "value": "y"}, name="b"),
    patch({"op": "add", "path": "/list", "value": [1, 3]}, {"op": "add", "path": "/list/1", "value": 2},
          {"op": "add", "path": "/list/-", "value": 4}, {"op": "remove", "path": "/list/0"},
          {"op": "replace", "path": "/list/0", "value": {"deep": [0]}}, {"op": "add", "path": "/list/0/deep/0", "value": 5},
          name="a"),
    patch({"op": "add", "path": "/data/new", "value": "x"}, name="nobody"),
)


@pytest.mark.parametrize("patches", PATCHES)
def test_it_is_what_kubectl_makes_of_it(tmp_path: Path, patches: str) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not on the PATH")
    path = folder(tmp_path, patches)
    shown = subprocess.run(["kubectl", "kustomize", str(path)], capture_output=True, text=True, check=True, timeout=30).stdout
    assert built(path) == {item["metadata"]["name"]: item for item in yaml.safe_load_all(shown)}


def test_a_component_patches_what_was_there_before_it(tmp_path: Path) -> None:
    found = built(folder(tmp_path))
    assert list(found) == ["a", "b", "ab"]
    assert found["a"]["data"] == {"here": "1", "there": "2", "part": "x"}  # type: ignore[index]


@pytest.mark.parametrize("patches", [
    patch({"op": "replace", "path": "/data/none", "value": "x"}, name="a"), patch({"op": "remove", "path": "/none/x"}, name="a"),
    patch({"op": "move", "path": "/data/x", "from": "/data/here"}, name="a"), patch({"op": "add", "path": "/data", "value": []},
    {"op": "add", "path": "/data/1", "value": 1}, name="a"),
])
def test_what_is_not_possible_is_one_line_with_the_file_and_the_path(tmp_path: Path, patches: str) -> None:
    path = folder(tmp_path, patches)
    with pytest.raises(Refused, match=r"kustomization\.yaml: patches\[0\]\.patch: \w+ /\S+ is not possible for a of .*a\.yaml"):
        kustomization.build(path)


@pytest.mark.parametrize(("more", "said"), [
    ({"namePrefix": "x-"}, "namePrefix of kustomize is not supported"), ({"resources": "a.yaml"}, "resources: expected a list"),
    ({"resources": ["../none.yaml"]}, "none.yaml: there is no such file"), ({"components": ["../none"]}, "there is no such file"),
])
def test_what_is_not_known_or_not_there_is_refused(tmp_path: Path, more: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        kustomization.build(folder(tmp_path, **more))


@pytest.mark.parametrize(("patches", "said"), [
    ('{"target": {"kind": "ConfigMap", "labelSelector": "a=b"}, "patch": "[]"}', r"patches\[0\]\.target\.labelSelector"),
    ('{"path": "other.yaml"}', r"patches\[0\]\.path of kustomize is not supported"),
    ('{"target": {}}', r"patches\[0\]\.patch: expected text"),
    ('{"target": {}, "patch": "[{op: add, value: 1}]"}', r"path: expected text"),
    ('{"patch": "kind: x"}', "expected a list"),
])
def test_a_patch_of_another_form_is_refused(tmp_path: Path, patches: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        kustomization.build(folder(tmp_path, patches))
