"""The bill of materials: what it lists, and that the same versions give the same. `make scan` validates it by the schema."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labctl
from labctl.errors import Refused
from labctl.lab.contents import sbom
from tests.driver import ROOT

COLLECTOR = "otel/opentelemetry-collector-contrib"


def references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if "bom-ref" in document:
            yield document["bom-ref"]
        for value in document.values():
            yield from references(value)
    elif isinstance(document, list):
        for value in document:
            yield from references(value)


def images(bill: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in bill["components"] if one["type"] == "container"}


def test_it_lists_labctl_what_it_needs_and_every_image() -> None:
    bill = sbom.bill(ROOT)
    own = bill["metadata"]["component"]
    assert (own["name"], own["version"]) == (labctl.DISTRIBUTION, labctl.__version__)
    assert {"httpx", "rich", "fastapi"} <= {one["name"] for one in bill["components"] if one["type"] == "library"}
    assert set(images(bill)) == {"ai-lab-2-2-paid", "ai-lab-2-2-viewer", COLLECTOR}


def test_an_image_holds_its_base_and_the_packages_of_its_lock_file() -> None:
    service = images(sbom.bill(ROOT))["ai-lab-2-2-paid"]
    base, *packages = service["components"]
    assert (base["name"], base["type"]) == ("python", "container")
    assert f"ARG PYTHON_IMAGE={base['name']}:{base['version']}" in (ROOT / "Dockerfile").read_text()
    named = re.findall(r"^([\w-]+)==", (ROOT / "service" / "requirements.lock").read_text(), re.MULTILINE)
    left_out = {"colorama", "tzdata"}    # for Windows
    assert {one["name"] for one in packages} == set(named) - left_out


def test_the_collectors_image_is_the_manifests() -> None:
    version = images(sbom.bill(ROOT))[COLLECTOR]["version"]
    assert f"image: {COLLECTOR}:{version}\n" in (ROOT / "manifests" / "collector-deployment.yaml").read_text()


def test_every_reference_is_unique_and_every_one_that_is_used_exists() -> None:
    bill = sbom.bill(ROOT)
    there = list(references(bill))
    assert len(there) == len(set(there))
    used = [each for one in bill["dependencies"] for each in (one["ref"], *one["dependsOn"])]
    used += [each for one in bill["compositions"] for each in one["assemblies"]]
    assert set(used) <= set(there)


def test_the_same_versions_give_the_same_bytes(project: Path) -> None:
    first = sbom.bill(ROOT)
    assert json.dumps(sbom.bill(project)) == json.dumps(first)
    lock = project / "service" / "requirements.lock"
    lock.write_text(re.sub(r"^fastapi==\S+", "fastapi==9.9.9", lock.read_text(), flags=re.MULTILINE))
    assert sbom.bill(project)["serialNumber"] != first["serialNumber"]


def test_a_dockerfile_without_its_base_is_refused_with_a_way_out(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(Refused, match="ARG PYTHON_IMAGE") as refused:
        sbom.bill(project)
    assert refused.value.hint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("manifests", "service"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    return tmp_path
