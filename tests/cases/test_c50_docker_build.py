"""C50: the tutorial's `docker build -t ai-lab-2-2-paid:v1 .` makes the service's image; it says what it is and what it holds."""

import json
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.driver import ROOT, kind_is_missing

SERVICE, VIEWER = "ai-lab-2-2-c50-service:test", "ai-lab-2-2-c50-viewer:test"


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=240).stdout


@pytest.fixture(scope="module")
def images() -> Iterator[dict[str, str]]:
    if why := kind_is_missing():
        pytest.skip(why)
    docker("build", "-t", SERVICE, ".")
    docker("build", "--target", "viewer", "-t", VIEWER, ".")
    yield {"service": SERVICE, "viewer": VIEWER}
    docker("image", "rm", SERVICE, VIEWER)


def inspected(image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("image", "inspect", image))[0]["Config"]
    return found


def inside(image: str, script: str) -> str:
    return docker("run", "--rm", "--entrypoint", "/usr/bin/python3", image, "-I", "-c", script)


def test_without_a_target_it_is_the_service(images: dict[str, str]) -> None:
    assert inspected(images["service"])["Cmd"] == ["python", "-m", "service"]
    assert "9000/tcp" in inspected(images["service"])["ExposedPorts"]


@pytest.mark.parametrize("name", ["service", "viewer"])
def test_it_says_what_it_is(images: dict[str, str], name: str) -> None:
    labels = inspected(images[name])["Labels"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert labels["org.opencontainers.image.version"] == project["version"]
    assert labels["org.opencontainers.image.licenses"] == project["license"]
    assert labels["org.opencontainers.image.title"]
    assert labels["org.opencontainers.image.description"]


def test_its_software_is_listed(images: dict[str, str]) -> None:
    """Every Python package of the lock file in a CycloneDX document, and each Debian package that a file is of."""
    listed = json.loads(inside(images["service"], "print(open('/usr/share/sbom/python.cdx.json').read())"))
    assert listed["bomFormat"] == "CycloneDX"
    found = {f"{one['name'].lower().replace('_', '-')}=={one['version']}" for one in listed["components"]}
    wanted = {line.split()[0] for line in (ROOT / "service" / "requirements.lock").read_text().splitlines() if "==" in line}
    assert wanted == found
    debian = inside(images["service"], "import os; print(os.listdir('/var/lib/dpkg/status.d'))")
    assert "'libc6'" in debian
    assert "'libssl3" in debian


def test_the_viewers_image_holds_what_it_imports_and_no_more_of_labctl(images: dict[str, str]) -> None:
    held = inside(images["viewer"], "import os; print(sorted(os.listdir('/app/labctl')), os.path.isdir('/app/service'))").strip()
    assert held == "['__init__.py', 'errors.py', 'telemetry'] False"
    imported = "import sys; sys.path[:0] = ['/app', '/venv/lib/python3.13/site-packages']; import labctl.telemetry.__main__"
    inside(images["viewer"], imported)


def test_the_build_needs_nothing_that_the_context_leaves_out() -> None:
    """Each COPY of the Dockerfile names files that .dockerignore lets through."""
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert any(Path(source).is_relative_to(name) for name in allowed), source
