"""Every cell of docs/ports.md for a lab with every add-on, tried in a cluster that enforces policies: who reaches which port.

Grafana's place is taken by a pod with its label, which listens on its port: nothing here has its image.
"""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bench.port_table import ALLOWED, EXTENDED, OUTSIDE, row
from labctl.components import GRAFANA, WITH
from labctl.model import LabSpec
from labctl.switches import addons
from labctl.targets.kind.cluster.names import default_names
from labctl.targets.kubernetes.workload import manifests
from tests.driver import ROOT, Driver, a_name, kind_is_missing
from tests.e2e.kind.test_replacement import kubectl
from tests.production.kind.test_policies import (
    Cells,
    address_of,
    documented,
    enforce,
    node_address,
    observed,
    reached,
    require_cells,
    run_pod,
    said,
    sleeping,
    strangers,
)

pytestmark = [
    pytest.mark.skipif(bool(kind_is_missing()), reason=kind_is_missing()), pytest.mark.timeout(600), pytest.mark.slow,
]
RUNNING = ",".join(name for name in addons.NAMES if name != GRAFANA.addon)
PORTS = (443, 4318, 8080)               # of a stranger: those of OUTSIDE


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    lab = Driver(a_name("ports"), tmp_path_factory.mktemp("lab"), target="kind")
    lab.run("up", "--with", RUNNING, "--allow-from", ALLOWED["allow-from"], timeout=300)
    enforce(lab)
    policies = [item for item in desired(lab) if item["kind"] == "NetworkPolicy"]
    words = ["kubectl", "--kubeconfig", lab.run("kubeconfig").stdout.strip(), "apply", "--server-side", "--force-conflicts"]
    words += ["-f", "-"]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": policies})
    subprocess.run(words, input=text, text=True, check=True, timeout=60)
    yield lab
    lab.run("down", code=None, timeout=120)


def dns(lab: Driver) -> str:
    """Of one of its pods."""
    form = "jsonpath={.items[0].status.podIP}"
    return kubectl(lab, "-n", "kube-system", "get", "pods", "-l", "k8s-app=kube-dns", "-o", form)


def desired(lab: Driver) -> list[dict[str, object]]:
    spec = LabSpec(lab.name, ROOT, lab.state, lab.ports, {}, 1 << 30, 86400, switches=EXTENDED.switches)
    return manifests.desired_objects(spec, default_names(spec), {}, "kind")


@pytest.fixture(scope="module")
def addresses(lab: Driver) -> Iterator[dict[str, str]]:
    with strangers(lab, *PORTS) as found:
        image = kubectl(lab, "get", "deployment/ai-lab-2-2-paid", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
        name = GRAFANA.cluster.deployment
        run_pod(lab, "", name, f"app.kubernetes.io/name={name}", sleeping(name, image, GRAFANA.ports[0].own))
        kubectl(lab, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
        yield found | {one.name: address_of(lab, one.cluster.deployment) for one in EXTENDED.components}


def test_who_reaches_which_port_holds_cell_by_cell(lab: Driver, addresses: dict[str, str]) -> None:
    require_cells(lambda: observed(lab, EXTENDED, addresses), documented(EXTENDED))


@pytest.fixture
def machine(lab: Driver) -> Iterator[str]:
    """This machine's address in the cluster's network, which listens as a server outside of the cluster does."""
    form = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
    argv = ["docker", "inspect", "-f", form, f"{lab.name}-control-plane"]
    found = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout.strip()
    with ExitStack() as stack:
        for port in (443, 8080):
            try:
                stack.enter_context(socket.create_server((found, port)))
            except OSError as error:
                pytest.skip(f"cannot listen on {found}:{port}: {error}")
        yield found


def test_what_each_pod_reaches_besides_holds_cell_by_cell(lab: Driver, addresses: dict[str, str], machine: str) -> None:
    places = {
        "DNS": dns(lab), "the API server": node_address(lab),
        "a pod of another namespace": addresses["a pod of another namespace"], "outside the cluster": machine,
    }
    targets = {name: f"{places[name.rpartition(' ')[0]]}:{name.rpartition(' ')[2]}" for name in OUTSIDE}

    def cells(source: str) -> dict[str, str]:
        there = reached(lab, source, targets.values())
        return {name: said(target in there) for name, target in targets.items()}

    def seen() -> Cells:
        return {row(one): cells(addresses[one.name]) for one in EXTENDED.components}

    assert set(cells("").values()) == {"yes"}           # they listen: the node reaches all of them
    require_cells(seen, {name: dict(zip(OUTSIDE, row_cells, strict=True)) for name, row_cells in EXTENDED.outside_rows()})


def test_everything_arrives_where_policies_are_enforced(lab: Driver) -> None:
    assert lab.json("status")["network_policies"] == "enforced"
    run = lab.json("load", "-n", "100", "--rps", "50", timeout=90)
    assert (run["requests"]["failed"], run["ledger"]["lost_spans"]) == (0, 0)
    assert [one for one in lab.json("why", code=None)["findings"] if one["kind"] == "cause"] == []
    assert set(lab.json("status")["switches"][WITH].split(",")) == set(RUNNING.split(","))
