"""C35: a Docker context that is gone, DOCKER_HOST=nonsense, a stale DOCKER_CERT_PATH, the same in config.json: who needs no
engine does not notice, and `up` and `doctor` name the cause. Likewise the variables of kind, buildx and kubectl.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from labctl.targets.kind.tool_environment import tool_environment
from tests.cases.surroundings import labctl
from tests.driver import Driver, a_name

BROKEN = {
    "a context that is gone": ({"DOCKER_CONTEXT": "gone"}, "there is no Docker context gone (DOCKER_CONTEXT=gone)"),
    "a host that is none": ({"DOCKER_HOST": "nonsense"}, "DOCKER_HOST=nonsense"),
    "a socket that is not there": ({"DOCKER_HOST": "unix:///nowhere.sock"}, "DOCKER_HOST=unix:///nowhere.sock"),
    "a port where nobody listens": ({"DOCKER_HOST": "tcp://127.0.0.1:1"}, "DOCKER_HOST=tcp://127.0.0.1:1"),
    "an engine elsewhere": ({"DOCKER_HOST": "ssh://me@there"}, "DOCKER_HOST=ssh://there"),
    "an unknown scheme": ({"DOCKER_HOST": "gopher://x"}, "DOCKER_HOST=gopher://x"),
    "stale certificates": (
        {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/stale", "DOCKER_HOST": "tcp://127.0.0.1:1"}, "DOCKER_CERT_PATH=/stale",
    ),
    "certificates for a socket": ({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/stale"}, "DOCKER_CERT_PATH=/stale"),
}
CONFIGURED = {
    "a current context that is gone": ('{"currentContext": "gone"}', "the current context gone in "),
    "no configuration": ("[1]", "config.json cannot be used"),
    "a context without a name": ('{"currentContext": 7}', "config.json"),
}
SOME = ("a context that is gone", "a host that is none", "certificates for a socket", "no configuration")
has_programs = shutil.which("docker") and shutil.which("kind")


@pytest.fixture(params=[*BROKEN, *CONFIGURED])
def surroundings(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, str], str]:
    """The environment, and what is said of it where an engine is needed."""
    if request.param in BROKEN:
        return BROKEN[request.param]
    content, said = CONFIGURED[request.param]
    (tmp_path / "config.json").write_text(content)
    return {"DOCKER_CONFIG": str(tmp_path)}, said


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = Driver(a_name("c35"), tmp_path_factory.mktemp("state"), settings={"DOCKER_CONTEXT": "gone"})
    with driver.up("--target", "local"):
        yield driver


@pytest.mark.e2e
@pytest.mark.parametrize("surroundings", SOME, indirect=True)
def test_a_local_lab_does_not_notice(lab: Driver, surroundings: tuple[dict[str, str], str]) -> None:
    lab.settings = surroundings[0]
    assert lab.json("up", "--target", "local")["target"] == "local"
    assert lab.json("status")["state"] == "ready"
    assert lab.json("load", "--url", lab.url("SERVICE") + "/predict", "-n", "5")["requests"]["successful"] == 5


@pytest.mark.parametrize("surroundings", SOME, indirect=True)
def test_a_load_elsewhere_does_not_notice(surroundings: tuple[dict[str, str], str], tmp_path: Path) -> None:
    """Also where a lab in a cluster was seen before, which cannot be asked now."""
    env: dict[str, str | bytes | None] = {**surroundings[0], "LABCTL_STATE_DIR": str(tmp_path), "LABCTL_LAB": "c35-before"}
    kubeconfig = tmp_path / "c35-before" / "kube" / "config"
    kubeconfig.parent.mkdir(parents=True)
    kubeconfig.write_text("{}")
    done = labctl("load", "--url", "http://127.0.0.1:1/", "-n", "1", env=env, afresh=False)
    assert "127.0.0.1:1" in done.stderr
    assert "Docker" not in done.stderr


@pytest.mark.skipif(not has_programs, reason="docker and kind are not on the PATH")
def test_up_names_the_cause(surroundings: tuple[dict[str, str], str]) -> None:
    env, said = surroundings
    done = labctl("up", "--target", "kind", env={**env}, afresh=False)
    assert done.returncode == 3
    assert said in done.stderr
    assert "try: " in done.stderr
    assert said in labctl("doctor", "-o", "json", env={**env}, afresh=False).stdout.replace('\\"', '"')


def test_variables_that_would_change_what_is_asked_for_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUILDX_BUILDER", "DOCKER_DEFAULT_PLATFORM", "KIND_CLUSTER_NAME", "KIND_EXPERIMENTAL_PROVIDER", "HTTP_PROXY"):
        monkeypatch.setenv(name, "other")
    kept = tool_environment()
    assert kept["HTTP_PROXY"] == "other"
    assert not {"BUILDX_BUILDER", "DOCKER_DEFAULT_PLATFORM", "KIND_CLUSTER_NAME", "KIND_EXPERIMENTAL_PROVIDER"} & kept.keys()


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_other_tools_variables_do_not_matter_in_kind(kind_lab: Driver, tmp_path: Path) -> None:
    kept = dict(kind_lab.settings)
    kind_lab.settings |= {
        "KUBECONFIG": str(tmp_path / "nowhere" / "config"), "KIND_EXPERIMENTAL_PROVIDER": "podman", "KIND_CLUSTER_NAME": "other",
        "BUILDX_BUILDER": "gone", "DOCKER_DEFAULT_PLATFORM": "linux/s390x", "DEFAULT_LATENCY_MS": "21",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:1"),
    }
    try:
        assert kind_lab.json("up")["target"] == "kind"
        assert kind_lab.json("status")["state"] == "ready"
        kind_lab.run("check")
    finally:
        kind_lab.settings = kept


