"""C40: a manifest becomes empty (0 bytes), as an editor may leave it for a moment: one line, and the lab stays as it is."""

from pathlib import Path

import pytest

from tests.cases.projects import copy_of_the_project
from tests.cases.test_c39_manifests import desired, one_line
from tests.driver import Driver

FILES = ("deployment.yaml", "service.yaml", "collector-config.yaml", "collector-deployment.yaml", "namespace.yaml",
         "network-policy.yaml", "viewer/viewer.yaml")
EMPTY = {"nothing": "", "a comment": "# later\n", "a mark": "---\n", "null": "null\n"}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("content", EMPTY.values(), ids=EMPTY)
def test_nothing_is_no_wish_to_delete(tmp_path: Path, file: str, content: str) -> None:
    project = copy_of_the_project(tmp_path)
    (project / "manifests" / file).write_text(content)
    assert f"{project / 'manifests' / file} is empty" in one_line(desired, project)


@pytest.mark.parametrize("file", ["collector-deployment.yaml", "viewer/viewer.yaml"])
def test_half_a_file_is_no_wish_to_delete(tmp_path: Path, file: str) -> None:
    project = copy_of_the_project(tmp_path)
    path = project / "manifests" / file
    path.write_text(path.read_text().partition("\n---\n")[0])
    assert "is missing in manifests/" in one_line(desired, project)


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_the_running_deployment_stays_in_kind(kind_lab: Driver, tmp_path: Path) -> None:
    kind_lab.run("up")
    before = kind_lab.instances()
    project = copy_of_the_project(tmp_path)
    (project / "manifests" / "deployment.yaml").write_bytes(b"")
    assert "deployment.yaml is empty" in kind_lab.run("up", "--project", str(project), code=3).stderr
    assert kind_lab.instances() == before
