"""A whole lab in a cluster of its own, through the target's verbs: it comes, it is left alone, it is put right, it goes."""

import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from labctl import canary
from labctl.errors import LabError, Refused
from labctl.model import LabSpec, Ports
from labctl.targets.kind import engine
from labctl.targets.kind.target import KindTarget

ROOT = Path(__file__).resolve().parents[3]
LAB = "labctl-e2e"
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def engine_is_missing() -> str:
    """Why no cluster can be made here; empty when one can."""
    if not shutil.which("kind"):
        return "kind is not on the PATH"
    try:
        engine.docker("version", timeout=5)
    except LabError as error:
        return error.message
    return ""


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return numbers


def seen_by_docker() -> tuple[bytes, ...]:
    return tuple(engine.docker(*words) for words in (
        ("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "--format", "{{.Name}}"),
    ))


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> LabSpec:
    if why := engine_is_missing():
        pytest.skip(why)
    return LabSpec(LAB, ROOT, tmp_path_factory.mktemp("kind") / LAB, Ports(*free_ports(7)), {}, 1 << 30, 86400)


@pytest.fixture(scope="module")
def before(spec: LabSpec) -> tuple[bytes, ...]:
    return seen_by_docker()


def up(spec: LabSpec, **more: bool) -> KindTarget:
    target = KindTarget(spec, **more)
    for verb in (target.check, target.provision, target.publish, target.deploy):
        list(verb())
    list(target.ready(120))
    return target


@pytest.fixture(scope="module")
def lab(spec: LabSpec, before: tuple[bytes, ...]) -> Iterator[KindTarget]:
    target = KindTarget(spec)
    try:
        yield up(spec)
    finally:
        list(target.destroy())


def test_a_requests_trace_arrives_whole(lab: KindTarget):
    assert canary.fly(lab.endpoints(), 30)[-1].seen == "5 spans arrived"
    assert [one.state for one in lab.health()] == ["ready"] * 3


def test_a_second_up_sends_nothing(lab: KindTarget, spec: LabSpec):
    assert up(spec)._location.kube.sent == 0


def test_what_was_changed_or_deleted_is_put_back_and_no_more(lab: KindTarget, spec: LabSpec):
    kube, namespace = lab._location.kube, lab._location.place.namespace
    kube.patch(f"apis/apps/v1/namespaces/{namespace}/deployments/ai-lab-2-2-paid", {"spec": {"revisionHistoryLimit": 7}})
    kube.delete(f"apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/default-deny")
    assert up(spec)._location.kube.sent == 2
    assert up(spec)._location.kube.sent == 0


def test_another_lab_does_not_take_the_cluster(lab: KindTarget, spec: LabSpec, tmp_path: Path):
    other = LabSpec("another", ROOT, tmp_path / "another", spec.ports, {}, 1, 1)
    target = KindTarget(replace(other, cluster=lab._location.place.cluster))
    for verb in (target.check, target.provision, target.destroy):
        with pytest.raises(Refused, match="was not made for the lab"):
            list(verb())


def test_it_goes_and_leaves_nothing(lab: KindTarget, spec: LabSpec, before: tuple[bytes, ...]):
    shutil.rmtree(spec.state)
    list(KindTarget(spec).destroy())
    assert seen_by_docker() == before
    assert not KindTarget(spec).exists()
