"""Grafana's password: made where Grafana is on, once, private; in the cluster as a Secret; gone with the lab."""

import base64
import stat
from pathlib import Path

from labctl.components import DEFAULT_PORTS
from labctl.credentials import grafana_password
from labctl.credentials.certificates import Certificates
from labctl.model import LabSpec
from labctl.targets import secured
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.workload import secrets

ON = {"with": "prometheus,grafana"}


def test_one_is_made_once_and_only_for_grafana(tmp_path: Path) -> None:
    assert not grafana_password.ensure(tmp_path, {"with": "prometheus"})
    assert grafana_password.ensure(tmp_path, ON)
    path = grafana_password.file_in(tmp_path)
    first = path.read_text()
    assert len(first) >= 24
    assert not grafana_password.ensure(tmp_path, ON)
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_cluster_has_it_as_a_secret(tmp_path: Path) -> None:
    grafana_password.ensure(tmp_path, ON)
    [secret] = secrets.secrets(Certificates(tmp_path, "x", "n"), ON, LabNames("x", "n"))
    assert secret["metadata"]["name"] == "grafana-admin"
    assert base64.b64decode(secret["data"]["password"]) == grafana_password.file_in(tmp_path).read_bytes()


def test_the_login_is_said_without_the_password_and_goes_with_the_lab(tmp_path: Path) -> None:
    spec = LabSpec("x", tmp_path, tmp_path, DEFAULT_PORTS, {}, 1, 1)
    assert secured.prepare(spec, ON, "n").made == "a password for Grafana"
    path = grafana_password.file_in(tmp_path)
    said = secured.grafana_login(spec, ON)
    assert str(path) in said
    assert path.read_text() not in said
    assert secured.grafana_login(spec, {}) == ""
    secured.forget(spec)
    assert not path.exists()
