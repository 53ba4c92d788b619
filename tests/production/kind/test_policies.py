"""Every cell of the first table in docs/ports.md, tried in a cluster that enforces policies: who reaches which port.

Tried from the node, in the network namespace of each pod: so the collector's image needs no shell, and no pod's CPU is used.
"""

import json
import socket
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from bench.port_table import NODE, PLAIN, LabVariant, column, row
from labctl.components import Port
from tests.driver import ROOT, Driver
from tests.e2e.kind.test_replacement import kubectl, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

KIT: Final = ROOT.parent / "shared" / "kind" / "policies"       # for node images that do not enforce policies by themselves
PODS: Final = {
    "another pod of the namespace": ("", "stranger"), "a pod of another namespace": ("tools", "stranger"),
    "a pod that `--allow-from` lets in": ("tools", "guest"),
}
"""The namespace and the name of each, which is its label `app` too. An empty namespace: the lab's."""
HTTP, HTTP2 = b"GET / HTTP/1.0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
PREFACE: Final = {"otlp_grpc": HTTP2}
TRY: Final = """
for target in {targets}; do
  (timeout 1 bash -c "</dev/tcp/${{target/:/\\/}}" 2>/dev/null && echo $target) &
done
wait
"""

Cells = dict[str, dict[str, str]]


def documented(variant: LabVariant) -> Cells:
    """By row and column; tests/unit/targets/kubernetes/network/test_policies.py compares the page with it."""
    head = [column(*one) for one in variant.columns()]
    return {name: dict(zip(head, cells, strict=True)) for name, cells in variant.rows()}


def node_of(lab: Driver) -> str:
    return f"{lab.name}-control-plane"


def in_node(lab: Driver, script: str) -> str:
    argv = ["docker", "exec", node_of(lab), "bash", "-c", script]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout


def enforce(lab: Driver) -> None:
    """Make the cluster enforce policies, where it does not and can be made to."""
    if lab.json("status")["network_policies"] != "enforced":
        assert "not enforced" in lab.run("status").stdout
        if not KIT.exists():
            pytest.skip("this cluster's network does not enforce policies: who reaches which port is not tried here")
        subprocess.run([str(KIT), node_of(lab)], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def enforced(kind_lab: Driver) -> Iterator[Driver]:
    enforce(kind_lab)
    kind_lab.run("up", *(word for name, text in PLAIN.switches.items() for word in (f"--{name}", text)))
    yield kind_lab
    kind_lab.run("up", *(word for name in PLAIN.switches for word in (f"--{name}", "off")))


@pytest.fixture(scope="module")
def addresses(enforced: Driver) -> Iterator[dict[str, str]]:
    """The addresses of the lab's pods by component, and of the others by their row."""
    with strangers(enforced) as found:
        yield found | {one.name: address_of(enforced, one.cluster.deployment) for one in PLAIN.components}


@contextmanager
def strangers(lab: Driver, *listening: int) -> Iterator[dict[str, str]]:
    """The addresses by row of pods that are none of the lab's, which listen on these ports."""
    image = kubectl(lab, "get", "deployment/ai-lab-2-2-paid", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    kubectl(lab, "create", "namespace", "tools")
    for namespace, name in PODS.values():
        run_pod(lab, namespace, name, f"app={name}", sleeping(name, image, *listening))
    for namespace, name in PODS.values():
        kubectl(lab, *at(namespace), "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    yield {place: address(lab, namespace, f"app={name}") for place, (namespace, name) in PODS.items()}
    kubectl(lab, "delete", "pod/stranger", "--grace-period=0", "--force")
    kubectl(lab, "delete", "namespace", "tools", "--wait=false")


def run_pod(lab: Driver, namespace: str, name: str, labels: str, pod: dict[str, Any]) -> None:
    image = pod["spec"]["containers"][0]["image"]
    kubectl(lab, *at(namespace), "run", name, f"--image={image}", f"--labels={labels}", f"--overrides={json.dumps(pod)}")


def at(namespace: str) -> list[str]:
    return ["-n", namespace] if namespace else []


def sleeping(name: str, image: str, *listening: int) -> dict[str, Any]:
    """A pod that the `restricted` standard lets in."""
    none = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    listens = f"all = [socket.create_server(('', port), backlog=4096) for port in {listening}]"
    sleeps = ["python", "-c", f"import signal, socket; {listens}; signal.pause()"]
    container = {"name": name, "image": image, "command": sleeps, "securityContext": none}
    secure = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"spec": {"containers": [container], "securityContext": secure, "automountServiceAccountToken": False}}


def address(lab: Driver, namespace: str, labels: str) -> str:
    pods = json.loads(kubectl(lab, *at(namespace), "get", "pods", "-l", labels, "-o", "json"))["items"]
    [found] = [pod["status"]["podIP"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return str(found)


def address_of(lab: Driver, deployment: str) -> str:
    return address(lab, "", f"app.kubernetes.io/name={deployment}")


def reached(lab: Driver, source: str, targets: Iterable[str]) -> set[str]:
    """Those of `ADDRESS:PORT` to which a connection is made from the pod with this address; from the node, if it is empty."""
    script = TRY.format(targets=" ".join(targets))
    if source:
        find = f"for n in $(ls /var/run/netns); do ip netns exec $n ip -4 -o addr | grep -q ' {source}/' && echo $n; done"
        script = f"ip netns exec $({find}) bash -c '{script}'"
    return set(in_node(lab, script).split())


def by_pod(lab: Driver, variant: LabVariant, addresses: dict[str, str], source: str, own: str = "") -> dict[str, str]:
    """The cells of a row: for each port, whether the pod's address is reached."""
    targets = {column(one, port): f"{addresses[one.name]}:{port.own}" for one, port in variant.columns()}
    there = reached(lab, source, [target for name, target in targets.items() if not own or name.split()[0] != own])
    return {name: "" if own == name.split()[0] else said(target in there) for name, target in targets.items()}


def node_address(lab: Driver) -> str:
    return kubectl(lab, "get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}")


def by_node_ports(lab: Driver, variant: LabVariant, source: str) -> dict[str, str]:
    node = node_address(lab)
    there = reached(lab, source, [f"{node}:{port.node_port}" for _, port in variant.columns() if port.node_port])
    return {column(one, port): said(f"{node}:{port.node_port}" in there) for one, port in variant.columns()}


def from_this_machine(lab: Driver, variant: LabVariant) -> dict[str, str]:
    return {column(one, port): said(port.node_port > 0 and answers(lab, port)) for one, port in variant.columns()}


def answers(lab: Driver, port: Port) -> bool:
    """The engine's proxy takes a connection whatever is behind it: only an answer counts."""
    try:
        with socket.create_connection(("127.0.0.1", lab.ports[port.name.upper()]), 2) as connection:
            connection.sendall(PREFACE.get(port.name, HTTP))
            return bool(connection.recv(1))
    except OSError:
        return False


def said(yes: bool) -> str:
    return "yes" if yes else "–"


def observed(lab: Driver, variant: LabVariant, addresses: dict[str, str]) -> Cells:
    cells = {row(one): by_pod(lab, variant, addresses, addresses[one.name], one.name) for one in variant.components}
    cells |= {name: by_pod(lab, variant, addresses, addresses[name]) for name in PODS}
    stranger = "a pod of another namespace"
    cells[f"{stranger}, by the node's ports"] = by_node_ports(lab, variant, addresses[stranger])
    cells["this machine, by the node's ports"] = from_this_machine(lab, variant)
    cells[NODE] = by_pod(lab, variant, addresses, "")
    return cells


def require_cells(observe: Callable[[], Cells], wanted: Cells) -> None:
    last = dict[str, Cells]()

    def holds() -> bool:                # the controller takes a moment over new pods
        last["cells"] = observe()
        return last["cells"] == wanted

    assert until(holds, 20), differences(last["cells"], wanted)


def differences(cells: Cells, wanted: Cells) -> list[str]:
    pairs = ((name, one, cells[name][one], cell) for name, row_cells in wanted.items() for one, cell in row_cells.items())
    return [f"from {name} to {one}: {seen} instead of {cell}" for name, one, seen, cell in pairs if seen != cell]


def test_the_table_holds_cell_by_cell(enforced: Driver, addresses: dict[str, str]) -> None:
    require_cells(lambda: observed(enforced, PLAIN, addresses), documented(PLAIN))


def test_status_and_doctor_say_that_policies_are_enforced(enforced: Driver) -> None:
    assert enforced.json("status")["network_policies"] == "enforced"
    [check] = [one for one in enforced.json("doctor", code=None)["checks"] if one["name"] == "network policies"]
    assert (check["ok"], check["found"]) == (True, "enforced")


def test_the_lab_works_where_policies_are_enforced(enforced: Driver) -> None:
    run = enforced.json("load", "-n", "100", "--rps", "100", timeout=90)
    assert run["requests"]["failed"] == 0
    assert sum(loss["spans"] for loss in run["ledger"]["lost"]) == 0
    assert [one for one in enforced.json("why", code=None)["findings"] if one["kind"] == "cause"] == []
