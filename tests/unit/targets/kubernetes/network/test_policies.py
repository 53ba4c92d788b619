"""What policies allow, and that the page on ports says what the manifests' policies do."""

from typing import Any

import pytest

from bench.port_table import EXTENDED, PLAIN, column, page
from labctl.targets.kubernetes.network.policies import PolicyPeer, reaches
from tests.driver import ROOT

WEB = PolicyPeer({"app": "web"}, {"team": "a"}, address="10.244.0.5")
DATABASE = PolicyPeer({"app": "db"}, {"team": "a"}, address="10.244.0.6")
STRANGER = PolicyPeer({"app": "web"}, {"team": "b"}, inside=False, address="10.244.1.7")
MACHINE = PolicyPeer(address="172.18.0.1")


def policy(selector: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"podSelector": selector, **spec}}


def test_without_a_policy_everything_is_allowed_and_one_that_selects_denies_the_rest() -> None:
    assert reaches([], STRANGER, DATABASE, 1)
    closed = policy({"matchLabels": {"app": "db"}}, policyTypes=["Ingress"])
    assert not reaches([closed], WEB, DATABASE, 1)
    assert reaches([closed], DATABASE, WEB, 1)


def test_policies_add_up() -> None:
    denies = policy({}, policyTypes=["Ingress"])
    opens = policy({}, ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 5432}]}])
    assert reaches([denies, opens], WEB, DATABASE, 5432)
    assert not reaches([denies, opens], WEB, DATABASE, 5433)


def test_a_pod_of_another_namespace_needs_a_namespace_selector() -> None:
    by_pod = policy({}, ingress=[{"from": [{"podSelector": {}}]}])
    by_namespace = policy({}, ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}]}])
    assert (reaches([by_pod], WEB, DATABASE, 1), reaches([by_pod], STRANGER, DATABASE, 1)) == (True, False)
    assert (reaches([by_namespace], WEB, DATABASE, 1), reaches([by_namespace], STRANGER, DATABASE, 1)) == (False, True)


@pytest.mark.parametrize(("peer", "reached"), [(MACHINE, True), (WEB, False), (PolicyPeer(), True)])
def test_a_block_of_addresses_less_what_it_excepts(peer: PolicyPeer, *, reached: bool) -> None:
    block = {"cidr": "0.0.0.0/0", "except": ["10.244.0.0/16"]}
    assert reaches([policy({}, ingress=[{"from": [{"ipBlock": block}]}])], peer, DATABASE, 1) is reached


def test_egress_counts_as_well() -> None:
    silent = policy({"matchLabels": {"app": "web"}}, policyTypes=["Egress"])
    assert not reaches([silent], WEB, DATABASE, 1)
    assert reaches([silent], STRANGER, DATABASE, 1)


def test_the_page_says_what_the_manifests_do() -> None:
    """python bench/port_table.py writes it."""
    assert (ROOT / "docs" / "ports.md").read_text() == page()


def test_no_stranger_reaches_telemetry() -> None:
    strangers = {name: cells for name, cells in PLAIN.rows() if name.startswith(("a pod of", "another pod"))}
    assert len(strangers) == 3
    assert {cell for cells in strangers.values() for cell in cells[1:]} == {"–"}


def test_no_stranger_reaches_an_add_on() -> None:
    ports = [column(*one) for one in EXTENDED.columns()]
    of_addons = {name for name, one in zip(ports, EXTENDED.columns(), strict=True) if one[0].addon}
    assert of_addons
    for name, cells in EXTENDED.rows():
        if name.startswith(("a pod of", "another pod", "a pod that", "this machine")):
            assert not of_addons & {port for port, cell in zip(ports, cells, strict=True) if cell == "yes"}, name


def test_no_pod_of_the_lab_reaches_a_stranger() -> None:
    assert {cell for _, cells in EXTENDED.outside_rows() for cell in cells[2:5]} == {"–"}
