"""labctl export: files that kubectl builds to the very objects that labctl would apply, without a secret unless asked for."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from labctl.config import Config, load
from labctl.errors import Refused
from labctl.lab.exporting.export import ExportOptions, export
from labctl.targets.kubernetes.names import LabNames
from labctl.targets.kubernetes.workload import manifests
from tests.driver import a_name

FLAGS = {"LABCTL_SAMPLING": "10%", "LABCTL_EXPORT": "prometheus,http://backend.example:4318", "LABCTL_PERSIST": "on"}
SECRET = "s3cret-key"


def config(tmp_path: Path, **more: str | None) -> Config:
    flags = {"LABCTL_LAB": a_name("exported"), "LABCTL_STATE_DIR": str(tmp_path / "state"), "LABCTL_TARGET": "local"}
    return load({**flags, **FLAGS, **more}, {})


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def kustomized(folder: Path) -> list[Any]:
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, timeout=30, check=True)
    return list(yaml.safe_load_all(done.stdout))


def with_headers(tmp_path: Path) -> Config:
    file = tmp_path / "headers"
    file.write_text(f"x-api-key: {SECRET}\n")
    file.chmod(0o600)
    return config(tmp_path, LABCTL_EXPORT_HEADERS=str(file))


@pytest.mark.parametrize("for_kind", [True, False])
def test_kubectl_builds_what_labctl_would_apply(tmp_path: Path, for_kind: bool) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not on the PATH")
    wanted = config(tmp_path)
    found = export(wanted, ExportOptions(tmp_path / "out", for_kind=for_kind))
    built = kustomized(tmp_path / "out")
    spec = wanted.spec()
    desired = manifests.desired_objects(spec, LabNames(spec.name, spec.name), {}, "kind" if for_kind else "")
    assert sorted(yaml.safe_dump(one) for one in built) == sorted(map(yaml.safe_dump, desired))
    assert found.files == sorted(content(tmp_path / "out"))
    assert not found.secrets


def test_an_address_of_a_backend_that_pods_cannot_use_is_said(tmp_path: Path) -> None:
    found = export(config(tmp_path, LABCTL_EXPORT="file,http://127.0.0.1:4318"), ExportOptions(tmp_path / "out"))
    assert found.loopbacks == ["http://127.0.0.1:4318"]
    assert "In a pod, http://127.0.0.1:4318 is the pod itself" in (tmp_path / "out" / "README.md").read_text()
    assert export(config(tmp_path), ExportOptions(tmp_path / "other")).loopbacks == []


def test_the_same_lab_gives_the_same_bytes(tmp_path: Path) -> None:
    wanted = config(tmp_path)
    for name in ("one", "other"):
        export(wanted, ExportOptions(tmp_path / name))
    assert content(tmp_path / "one") == content(tmp_path / "other")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    with pytest.raises(Refused, match="not empty: it has mine"):
        export(config(tmp_path), ExportOptions(out))
    assert content(out) == {"mine": b"mine"}
    export(config(tmp_path), ExportOptions(out, force=True))
    assert (out / "mine").read_text() == "mine"


def test_no_file_has_a_secret_and_the_readme_says_how_to_make_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = export(with_headers(tmp_path), ExportOptions(out))
    assert found.secrets == ["export-backend-example"]
    text = (out / "README.md").read_text()
    assert "- `secrets/export-backend-example/`: headers.yaml" in text
    assert "create secret generic export-backend-example --from-file=secrets/export-backend-example" in text
    assert not [name for name, text in content(out).items() if SECRET.encode() in text]


def test_secrets_that_are_asked_for_are_private_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert not export(with_headers(tmp_path), ExportOptions(out, with_secrets=True)).secrets
    holding = [name for name, text in content(out).items() if SECRET.encode() in text]
    assert holding == ["secrets/export-backend-example/headers.yaml"]
    assert (out / holding[0]).stat().st_mode & 0o777 == 0o600
    assert (out / "secrets" / ".gitignore").read_text() == "*\n"
    if shutil.which("kubectl"):
        assert [one["metadata"]["name"] for one in kustomized(out) if one["kind"] == "Secret"] == ["export-backend-example"]


@pytest.mark.parametrize("with_secrets", [True, False])
def test_the_readme_asks_the_viewer_as_it_wants_to_be_asked(tmp_path: Path, with_secrets: bool) -> None:
    wanted = config(tmp_path, LABCTL_TLS="on", LABCTL_MTLS="on", LABCTL_AUTH="on")
    export(wanted, ExportOptions(tmp_path / "out", with_secrets=with_secrets))
    asked = next(line for line in (tmp_path / "out" / "README.md").read_text().splitlines() if "https://127.0.0.1:9003" in line)
    files = [word for word in asked.split() if word.endswith((".crt", ".key", "/token"))]
    assert [Path(file).name for file in files] == ["token", "ca.crt", "tls.crt", "tls.key"]
    assert all((tmp_path / "out" / file).exists() == with_secrets for file in files)
    if with_secrets:
        shown = x509.load_pem_x509_certificate((tmp_path / "out" / files[2]).read_bytes())
        assert ExtendedKeyUsageOID.CLIENT_AUTH in shown.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
