import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from labctl.errors import LabError, Refused
from labctl.targets.kind.engine import client, containers, images
from tests.unit.targets.kind.fake_engine import tls_engine

STREAM = bytes([1, 0, 0, 0, 0, 0, 0, 3]) + b"out" + bytes([2, 0, 0, 0, 0, 0, 0, 3]) + b"err"


def test_no_container_is_no_error(docker: Any) -> None:
    docker({})
    assert containers.inspect("any") is None


@pytest.mark.parametrize(("answer", "empty"), [
    ((200, []), True), ((200, [{"Id": "a"}]), False), ((400, []), False), ((200, b"nonsense"), False),
])
def test_an_engine_without_a_node_is_known_without_the_package(docker: Any, answer: tuple[int, Any], empty: bool) -> None:
    docker({"/containers/json": answer})
    assert client.certainly_empty(containers.CLUSTER_LABEL) is empty


def test_what_the_engine_says_is_passed_on(docker: Any) -> None:
    docker({"/containers/any/json": (500, {"message": "something else"})})
    with pytest.raises(LabError) as caught:
        containers.inspect("any")
    assert "something else" in caught.value.detail
    assert not isinstance(caught.value, Refused)


def test_a_full_disk_has_a_remedy(docker: Any) -> None:
    docker({"/containers/any/start": (500, {"message": "write /var/lib/docker/tmp: no space left on device"})})
    with pytest.raises(Refused, match="disk is full") as caught:
        containers.start("any")
    assert caught.value.hint == "docker system prune"


def test_an_engine_that_is_not_running_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(Refused, match="is not running") as caught:
        containers.inspect("any")
    assert "unset DOCKER_HOST" in caught.value.hint


def test_a_hung_engine_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "hung.sock"))
        listener.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/hung.sock")
        with pytest.raises(Refused, match=r"does not answer within 0\.2 s"):
            containers.inspect("any", timeout=0.2)


def test_a_command_in_the_node_gives_its_stdout(docker: Any) -> None:
    docker({
        "/containers/node/exec": (201, {"Id": "e"}), "/exec/e/start": (200, STREAM), "/exec/e/json": (200, {"ExitCode": 0}),
    })
    assert containers.execute("node", "any") == b"out"


def test_a_command_that_fails_can_be_repeated(docker: Any) -> None:
    docker({
        "/containers/node/exec": (201, {"Id": "e"}), "/exec/e/start": (200, STREAM), "/exec/e/json": (200, {"ExitCode": 3}),
    })
    with pytest.raises(LabError, match="exit code 3") as caught:
        containers.execute("node", "any", "a b")
    assert caught.value.detail == "$ docker exec node any 'a b'\nouterr"


def test_an_error_of_a_registry_comes_inside_of_the_answer(docker: Any) -> None:
    docker({"/images/create": (200, b'{"status": "pulling"}\n{"error": "no such host"}\n')})
    with pytest.raises(LabError, match="has no image a:b") as caught:
        images.pull("a:b")
    assert caught.value.detail == "no such host"


def test_images_that_are_not_there_are_not_listed(docker: Any) -> None:
    docker({"/images/a:b/json": (200, {"Id": "1"})})
    assert images.held("a:b", "c:d") == {"a:b": {"Id": "1"}}


def test_the_newest_image_comes_first(docker: Any) -> None:
    docker({"/images/json": (200, [{"Created": 1, "RepoTags": ["a:old"]}, {"Created": 2, "RepoTags": ["a:new"]},
                                   {"Created": 3, "RepoTags": None}])})
    assert images.tags() == ["a:new", "a:old"]


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder as DOCKER_CERT_PATH names it, whose authority has signed both sides."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    client_side = authority.issue_cert("client")
    client_side.private_key_pem.write_to_path(tmp_path / "key.pem")
    client_side.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    return tmp_path


def test_an_engine_behind_tls_is_asked_with_the_clients_certificate(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "ca.pem"))
    context.load_cert_chain(certificates / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with tls_engine(context) as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates))
        assert client.version() == "28.5.2"


def test_a_configuration_that_makes_no_sense_is_named(docker: Any, tmp_path: Path) -> None:
    docker({})
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.json").write_text("[1]")
    with pytest.raises(Refused, match=r"config/config\.json cannot be used"):
        client.version(timeout=1.5)
