"""`up` on a lab that stands: it sends what differs, and nothing else; another lab does not take its cluster."""

from pathlib import Path

import pytest

from labctl.config import load
from labctl.targets.kind.target import KindTarget
from tests.driver import Driver, a_name
from tests.e2e.kind.test_replacement import kubectl

# the kubernetes package tries whether a proxy's package is there
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180), pytest.mark.filterwarnings("ignore:SOCKS support")]


def sent_by_up(lab: Driver) -> int:
    """How many requests change something."""
    target = KindTarget(load({}, lab.env, lab.cwd).spec())
    for verb in (target.check, target.provision, target.publish, target.deploy):
        list(verb())
    list(target.ready(60))
    return target._cluster.kube.sent


@pytest.fixture(autouse=True)
def as_it_should_be(kind_lab: Driver) -> None:
    kind_lab.run("up")


def test_nothing_is_sent_where_nothing_differs(kind_lab: Driver) -> None:
    assert sent_by_up(kind_lab) == 0


def test_what_was_changed_or_deleted_is_put_back_and_no_more(kind_lab: Driver) -> None:
    kubectl(kind_lab, "patch", "deployment/ai-lab-2-2-paid", "-p", '{"spec": {"revisionHistoryLimit": 7}}')
    kubectl(kind_lab, "delete", "networkpolicy/default-deny")
    assert sent_by_up(kind_lab) == 2
    assert kubectl(kind_lab, "get", "deployment/ai-lab-2-2-paid", "-o", "jsonpath={.spec.revisionHistoryLimit}") == "3"
    assert "default-deny" in kubectl(kind_lab, "get", "networkpolicy")


def test_what_is_no_longer_wanted_is_removed(kind_lab: Driver) -> None:
    kubectl(kind_lab, "create", "configmap", "stray")
    kubectl(kind_lab, "label", "configmap", "stray", f"labctl.dev/lab={kind_lab.name}")
    assert sent_by_up(kind_lab) == 1
    assert "stray" not in kubectl(kind_lab, "get", "configmap")


def test_another_lab_does_not_take_the_cluster(kind_lab: Driver, tmp_path: Path) -> None:
    other = Driver(a_name("other"), tmp_path, target="kind", settings={"LABCTL_CLUSTER": kind_lab.name})
    before = kind_lab.instances()
    for command in ("up", "down"):
        assert f"the cluster {kind_lab.name} was not created for the lab {other.name}" in other.run(command, code=3).stderr
    assert kind_lab.instances() == before


def test_the_kubeconfig_is_ones_own(kind_lab: Driver) -> None:
    path = Path(kind_lab.run("kubeconfig").stdout.strip())
    assert path.stat().st_mode & 0o777 == 0o600
    assert kind_lab.name in kubectl(kind_lab, "config", "current-context")
