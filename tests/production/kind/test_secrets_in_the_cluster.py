"""Secrets that a lab in a cluster was given: its service has them, from a Secret, and nothing else has."""

import json
import subprocess

import pytest

from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.planted import NEEDLES, SETTINGS, planted_in, processes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

KINDS = (
    "namespaces", "nodes", "configmaps", "services", "deployments.apps", "replicasets.apps", "pods", "events", "networkpolicies",
    "serviceaccounts", "endpointslices.discovery.k8s.io",
)
DOCUMENTS = ("up", "status", "config", "describe service", "why", "up --explain --sampling 10%")
FROM_SETTINGS = [needle for needle in NEEDLES if planted_in(json.dumps(SETTINGS)).count(needle)]


@pytest.fixture(scope="module")
def lab(kind_lab: Driver) -> Driver:
    kind_lab.run("up", timeout=120)
    return kind_lab


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def test_the_service_has_what_it_was_given(lab: Driver) -> None:
    said = lab.run("exec", "service", "--", "python", "-c", "import os; print(dict(os.environ))").stdout
    assert planted_in(said) == FROM_SETTINGS


def test_no_object_but_a_secret_holds_one(lab: Driver) -> None:
    found = kubectl(lab, "get", ",".join(KINDS), "--all-namespaces", "-o", "json", "--show-managed-fields")
    assert planted_in(found) == []
    assert planted_in(kubectl(lab, "describe", "pods,deployments")) == []
    [held] = [item for item in json.loads(kubectl(lab, "get", "secrets", "-o", "json"))["items"] if item["type"] == "Opaque"]
    assert set(held["data"]) == set(SETTINGS)


def test_no_image_holds_one(lab: Driver) -> None:
    images = {one["image"] for one in lab.json("status")["components"] if one["name"] != "collector"}
    assert len(images) == 2
    for image in images:
        assert planted_in(docker("history", "--no-trunc", image) + docker("image", "inspect", image)) == []
    assert planted_in(docker("inspect", f"{lab.name}-control-plane")) == []


def test_no_log_holds_one(lab: Driver) -> None:
    assert planted_in(lab.run("logs", "--tail", "500").stdout) == []
    assert planted_in(docker("logs", f"{lab.name}-control-plane")) == []


@pytest.mark.parametrize("command", DOCUMENTS)
def test_no_document_holds_one(lab: Driver, command: str) -> None:
    said = lab.run(*command.split(), "-o", "json", code=None, timeout=120)
    assert said.stdout
    assert planted_in(said.stdout + said.stderr) == []


def test_no_other_process_of_this_machine_has_one(lab: Driver) -> None:
    """Those in containers are processes of this machine too."""
    seen = [one for one in processes() if planted_in(one.arguments) or planted_in(one.environment)]
    assert seen
    assert [one.arguments for one in seen if "-m service" not in one.arguments or planted_in(one.arguments)] == []


def test_no_file_of_the_state_folder_holds_one(lab: Driver) -> None:
    files = [path for path in lab.state.rglob("*") if path.is_file()]
    assert [str(path) for path in files if planted_in(path.read_bytes())] == []
