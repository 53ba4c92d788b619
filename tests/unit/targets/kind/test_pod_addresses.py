"""Which addresses the policies take for pods'."""

from pathlib import Path

from labctl.components import DEFAULT_PORTS
from labctl.model import LabSpec
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kind.pod_addresses import DEFAULT, excepted, ranges
from labctl.targets.kubernetes.names import APPLIED
from labctl.targets.kubernetes.workload import manifests
from tests.driver import ROOT

LAB = LabSpec("x", ROOT, Path("/nowhere"), DEFAULT_PORTS, {}, 1, 1)


def node(*addresses: str) -> dict[str, object]:
    return {"spec": {"podCIDRs": list(addresses)}}


def test_kinds_own_what_its_file_names_and_what_nodes_have() -> None:
    assert ranges("", [node("10.244.0.0/24"), {"spec": {}}]) == [DEFAULT]
    assert ranges("10.10.0.0/16,fd00::/56", []) == ["10.10.0.0/16", "fd00::/56"]
    assert ranges("", [node("192.168.0.0/24"), node("192.168.1.0/24")]) == [DEFAULT, "192.168.0.0/24", "192.168.1.0/24"]


def from_this_machine(pods: list[str]) -> tuple[list[str], str]:
    """The addresses that the policy leaves out, and the hash of the object."""
    desired = excepted(manifests.desired_objects(LAB, default_names(LAB), {}, "kind"), pods)
    [found] = [item for item in desired if item["metadata"]["name"] == "from-this-machine"]
    return found["spec"]["ingress"][0]["from"][0]["ipBlock"]["except"], found["metadata"]["annotations"][APPLIED]


def test_the_policy_leaves_out_the_pods_of_the_cluster() -> None:
    usual, other = from_this_machine([DEFAULT]), from_this_machine(["10.10.0.0/16", "fd00::/56"])
    assert (usual[0], other[0]) == ([DEFAULT], ["10.10.0.0/16"])
    assert usual[1] != other[1]
