"""Which engine is asked: as the `docker` command decides it."""

import hashlib
import json
from pathlib import Path

import pytest

from labctl.errors import Refused
from labctl.targets.kind.engine.address import address


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of Docker's configuration, with the context `rootless`."""
    folder = tmp_path / "docker"
    meta = folder / "contexts" / "meta" / hashlib.sha256(b"rootless").hexdigest()
    meta.mkdir(parents=True)
    endpoint = {"docker": {"Host": "unix:///run/user/1000/docker.sock", "SkipTLSVerify": False}}
    (meta / "meta.json").write_text(json.dumps({"Name": "rootless", "Metadata": {}, "Endpoints": endpoint}))
    (folder / "config.json").write_text("{}")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def test_the_default_socket(config: Path) -> None:
    assert address({}).url == ""


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"currentContext": ""}'])
def test_a_configuration_without_a_context_means_the_default(config: Path, content: str) -> None:
    (config / "config.json").write_text(content)
    assert address({"DOCKER_CONFIG": str(config)}).url == ""


def test_the_host_wins_over_the_context(config: Path) -> None:
    assert address({"DOCKER_HOST": "unix:///a", "DOCKER_CONTEXT": "gone"}).url == "unix:///a"


def test_a_context_of_the_environment_or_of_the_configuration(config: Path) -> None:
    assert address({"DOCKER_CONTEXT": "rootless"}).url == "unix:///run/user/1000/docker.sock"
    (config / "config.json").write_text('{"currentContext": "rootless"}')
    assert address({"DOCKER_CONFIG": str(config)}).url == "unix:///run/user/1000/docker.sock"


@pytest.mark.parametrize(("environ", "said"), [
    ({"DOCKER_CONTEXT": "gone"}, r"no Docker context gone \(DOCKER_CONTEXT=gone\)"),
    ({"DOCKER_HOST": "ssh://me@there"}, "DOCKER_HOST=ssh://there is an engine on another machine"),
    ({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/stale"}, r"/stale/ca\.pem is not there \(DOCKER_CERT_PATH=/stale\)"),
])
def test_what_is_not_there_is_named(config: Path, environ: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said) as caught:
        address(environ)
    assert caught.value.hint


def test_a_current_context_that_is_gone_names_the_file(config: Path) -> None:
    (config / "config.json").write_text('{"currentContext": "gone"}')
    with pytest.raises(Refused, match=r"the current context gone in .*config\.json"):
        address({"DOCKER_CONFIG": str(config)})


def test_a_context_whose_file_is_cut_is_named(config: Path) -> None:
    file = next(config.rglob("meta.json"))
    file.write_text(file.read_text()[:20])
    with pytest.raises(Refused, match="the Docker context rootless cannot be read"):
        address({"DOCKER_CONTEXT": "rootless"})


def test_certificates_without_tls_are_not_looked_for(config: Path) -> None:
    assert address({"DOCKER_CERT_PATH": "/stale", "DOCKER_HOST": "tcp://127.0.0.1:2375"}).tls is None
