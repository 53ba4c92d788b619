"""Secrets that a lab in a cluster was given, and those of its switches: in Secrets, where they are needed, and nowhere else."""

import json
import subprocess
from base64 import b64decode
from collections.abc import Iterator

import pytest

from tests import planted
from tests.driver import Driver
from tests.e2e.kind.test_replacement import kubectl
from tests.planted import BACKEND, SETTINGS, SWITCHES, generated_in, processes

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

KINDS = (
    "namespaces", "nodes", "configmaps", "services", "deployments.apps", "replicasets.apps", "pods", "events", "networkpolicies",
    "serviceaccounts", "endpointslices.discovery.k8s.io",
)
DOCUMENTS = ("up", "status", "config", "describe service", "why", "up --explain --sampling 10%", "certs", "doctor")
FROM_SETTINGS = planted.planted_in(json.dumps(SETTINGS))
OF_THEIR_OWN = {"tls", "auth", "headers"}           # folders of private files
generated: list[str] = []


@pytest.fixture(scope="module")
def lab(kind_lab: Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    headers = tmp_path_factory.mktemp("headers") / "headers"
    headers.write_text(BACKEND)
    headers.chmod(0o600)
    kind_lab.run("up", *SWITCHES, str(headers), timeout=240)
    generated.extend(generated_in(kind_lab.state / kind_lab.name))
    assert len(generated) == 6          # a token, and the keys of the CA, the three components and labctl
    yield kind_lab
    off = [word for name in ("export-headers", "export", "auth", "mtls", "tls") for word in (f"--{name}", "off")]
    kind_lab.run("up", *off, timeout=240)


def planted_in(content: str | bytes) -> list[str]:
    return planted.planted_in(content, generated)


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


def test_the_secrets_hold_what_is_needed_and_no_key_of_the_ca(lab: Driver) -> None:
    items = json.loads(kubectl(lab, "get", "secrets", "-o", "json"))["items"]
    held = {item["metadata"]["name"]: item["data"] for item in items if item["type"] == "Opaque"}
    assert set(SETTINGS) in map(set, held.values())
    said = b"".join(b64decode(text) for data in held.values() for text in data.values())
    ca_key = (lab.state / lab.name / "tls" / "ca.key").read_text().splitlines()[1]
    assert ca_key in generated
    assert set(planted_in(said)) == {*FROM_SETTINGS, *planted.planted_in(BACKEND), *generated} - {ca_key}


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
    files = [path for path in (lab.state / lab.name).rglob("*") if path.is_file()]
    others = [path for path in files if not OF_THEIR_OWN & set(path.relative_to(lab.state / lab.name).parts)]
    assert [str(path) for path in others if planted_in(path.read_bytes())] == []


def test_an_exported_lab_holds_none(lab: Driver) -> None:
    folder = lab.state / "exported"
    lab.run("export", str(folder), "--kind")
    assert [str(path) for path in folder.rglob("*") if path.is_file() and planted_in(path.read_bytes())] == []
