"""Grafana and service meshes, which are not here: the API server accepts their objects, and a lab prepared for a mesh works."""

import subprocess
from pathlib import Path

import pytest
import yaml

from labctl.credentials import grafana_password
from labctl.credentials.certificates import Certificates
from labctl.model import LabSpec
from labctl.switches import chosen
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.kube import MANAGER
from labctl.targets.kubernetes.workload import manifests, secrets
from tests.driver import ROOT, Driver

pytestmark = pytest.mark.timeout(600)
EVERY = "prometheus,jaeger,logs,grafana"


@pytest.fixture(scope="module")
def lab(kind_lab: Driver) -> Driver:
    kind_lab.run("up")
    return kind_lab


def dry_run(lab: Driver, switches: dict[str, str], state: Path) -> str:
    """What kubectl warns of, such as a pod that the Pod Security Standard would refuse."""
    on = chosen.merged({}, switches)
    spec = LabSpec(lab.name, ROOT, state, lab.ports, {}, 1 << 30, 86400, switches=on)
    names = default_names(spec)
    grafana_password.ensure(state, on)
    own = secrets.secrets(Certificates(state, lab.name, names.namespace), on, names)
    text = yaml.safe_dump_all([*own, *manifests.desired_objects(spec, names, {}, "kind")])
    argv = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "apply", "--server-side", "--dry-run=server"]
    argv += ["--force-conflicts", "--field-manager", MANAGER, "-f", "-"]        # what it has set before, and not now, goes
    done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("switches", [
    {"with": "grafana"}, {"with": EVERY, "aggregate": "on"}, {"mesh": "istio"}, {"mesh": "linkerd"},
    {"with": EVERY, "volumes": "standard"}, {"mesh": "istio", "with": EVERY},
    {"mesh": "linkerd", "with": f"{EVERY},metrics-server"},
], ids=str)
def test_the_api_server_accepts_it_without_a_warning(switches: dict[str, str], lab: Driver, tmp_path: Path) -> None:
    assert dry_run(lab, switches, tmp_path) == ""


def test_a_missing_image_of_an_add_on_is_said_before_anything_changes(lab: Driver) -> None:
    before = lab.instances()
    refused = lab.run("up", "--with", "grafana", code=3, timeout=120).stderr
    assert "--with grafana: the Docker engine has no image grafana/grafana:" in refused
    assert "labctl up --with prometheus" in refused
    assert lab.instances() == before


def test_a_lab_prepared_for_a_mesh_works_without_one(lab: Driver) -> None:
    lab.run("up", "--mesh", "istio", timeout=180)
    assert lab.json("check")["ok"]
    lab.run("up", "--mesh", "off", timeout=180)
