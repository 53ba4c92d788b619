"""A rollout that cannot finish ends with its cause, the last thing seen and a remedy; the good project then puts it right."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driver import ROOT, Driver

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, to be broken."""
    for name in ("service", "manifests", "labctl"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Dockerfile", ".dockerignore", "kind-mcp-cluster.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def put_right(kind_lab: Driver) -> Iterator[None]:
    yield
    kind_lab.run("up")


RESOURCES = re.search(r"requests: .*\n *limits: .*", (ROOT / "manifests/deployment.yaml").read_text())[0]  # type: ignore[index]
BROKEN = {
    "an image that is nowhere": (
        "manifests/collector-deployment.yaml", "contrib:0.155.0", "contrib:0.0.0",
        ("has no image", "contrib:0.0.0", "docker pull"),
    ),
    "a program that ends": (
        "service/__main__.py", "jsonlog.install()", "raise SystemExit('no model today')",
        ("service: ended with exit code 1", "no model today", "labctl logs"),
    ),
    "a limit that is too small": (
        "manifests/deployment.yaml", RESOURCES, re.sub(r"memory: \d+Mi", "memory: 20Mi", RESOURCES),
        ("service: killed, ", "more memory than its limit of 20Mi", "--set service.limits.memory="),
    ),
    "more than the node has": (
        "manifests/deployment.yaml", RESOURCES, re.sub(r"memory: \d+Mi", "memory: 9000Gi", RESOURCES),
        ("service: its pod cannot be scheduled", "Insufficient memory", "resources.requests"),
    ),
    "a key that the collector does not know": (
        "manifests/collector-config.yaml", "check_interval:", "check_intervall:",
        ("collector: ended with exit code 1", "invalid keys: check_intervall"),
    ),
    "a probe of a page that is not there": (
        "manifests/deployment.yaml", "path: /ready", "path: /reedy", ("service: its startupProbe fails", "statuscode: 404"),
    ),
    "a manifest that the cluster does not take": (
        "manifests/viewer/viewer.yaml", "replicas: 1", "replicas: one",
        ("rejects the Deployment ai-lab-2-2-viewer", ".spec.replicas"),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_it_ends_with_its_cause(kind_lab: Driver, project: Path, case: str) -> None:
    name, good, bad, said = BROKEN[case]
    text = (project / name).read_text()
    assert good in text
    (project / name).write_text(text.replace(good, bad))
    failed = kind_lab.run("up", "--project", str(project), code=1)
    for part in said:
        assert part in failed.stderr, failed.stderr
    assert re.search(r"^  (try:|correct its?) ", failed.stderr, re.MULTILINE), failed.stderr


def test_a_quota_is_named_and_its_end_is_noticed(kind_lab: Driver) -> None:
    kubectl = ("kubectl", "--kubeconfig", kind_lab.run("kubeconfig").stdout.strip(), "-n", kind_lab.name)
    subprocess.run([*kubectl, "create", "quota", "none", "--hard=pods=0"], check=True, capture_output=True)
    try:
        failed = kind_lab.run("up", "--set", "DEFAULT_LATENCY_MS=3", code=1)
    finally:
        subprocess.run([*kubectl, "delete", "quota", "none"], check=True, capture_output=True)
    assert "its pod is not admitted by a quota" in failed.stderr
    assert "exceeded quota: none" in failed.stderr
    kind_lab.run("up", "--set", "DEFAULT_LATENCY_MS=3")
