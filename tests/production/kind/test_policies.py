"""Every cell of the table in docs/ports.md, tried in a cluster that enforces policies: who reaches which port.

Tried from the node, in the network namespace of each pod: so the collector's image needs no shell, and no pod's CPU is used.
"""

import json
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator
from typing import Final

import pytest

from bench.port_table import SWITCHES, columns
from labctl import components
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


def documented() -> Cells:
    """By row and column."""
    lines = re.findall(r"^\| (.*) \|$", (ROOT / "docs" / "ports.md").read_text(), re.MULTILINE)
    head, _, *rows = ([cell.strip() for cell in line.split("|")] for line in lines)
    return {name: dict(zip(head[1:], cells, strict=True)) for name, *cells in rows}


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
    kind_lab.run("up", *(word for name, text in SWITCHES.items() for word in (f"--{name}", text)))
    enforce(kind_lab)
    yield kind_lab
    kind_lab.run("up", *(word for name in SWITCHES for word in (f"--{name}", "off")))


@pytest.fixture(scope="module")
def addresses(enforced: Driver) -> Iterator[dict[str, str]]:
    """The addresses of the lab's pods by component, and of the others by their row."""
    image = kubectl(enforced, "get", "deployment/ai-lab-2-2-paid", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    kubectl(enforced, "create", "namespace", "tools")
    for namespace, name in PODS.values():
        pod = [f"--image={image}", f"--labels=app={name}", f"--overrides={json.dumps(sleeping(name, image))}"]
        kubectl(enforced, *at(namespace), "run", name, *pod)
    for namespace, name in PODS.values():
        kubectl(enforced, *at(namespace), "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    found = {row: address(enforced, namespace, f"app={name}") for row, (namespace, name) in PODS.items()}
    for component in components.COMPONENTS:
        found[component.name] = address(enforced, "", f"app.kubernetes.io/name={component.cluster.deployment}")
    yield found
    kubectl(enforced, "delete", "pod/stranger", "--grace-period=0", "--force")
    kubectl(enforced, "delete", "namespace", "tools", "--wait=false")


def at(namespace: str) -> list[str]:
    return ["-n", namespace] if namespace else []


def sleeping(name: str, image: str) -> dict[str, object]:
    """A pod that the `restricted` standard lets in."""
    none = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    sleeps = ["python", "-c", "import signal; signal.pause()"]
    container = {"name": name, "image": image, "command": sleeps, "securityContext": none}
    secure = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"spec": {"containers": [container], "securityContext": secure, "automountServiceAccountToken": False}}


def address(lab: Driver, namespace: str, labels: str) -> str:
    pods = json.loads(kubectl(lab, *at(namespace), "get", "pods", "-l", labels, "-o", "json"))["items"]
    [found] = [pod["status"]["podIP"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    return str(found)


def reached(lab: Driver, source: str, targets: Iterable[str]) -> set[str]:
    """Those of `ADDRESS:PORT` to which a connection is made from the pod with this address; from the node, if it is empty."""
    script = TRY.format(targets=" ".join(targets))
    if source:
        find = f"for n in $(ls /var/run/netns); do ip netns exec $n ip -4 -o addr | grep -q ' {source}/' && echo $n; done"
        script = f"ip netns exec $({find}) bash -c '{script}'"
    return set(in_node(lab, script).split())


def by_pod(lab: Driver, addresses: dict[str, str], source: str, own: str = "") -> dict[str, str]:
    """The cells of a row: for each port, whether the pod's address is reached."""
    targets = {f"{one.name} {port.own}": f"{addresses[one.name]}:{port.own}" for one, port in columns()}
    there = reached(lab, source, [target for name, target in targets.items() if not own or name.split()[0] != own])
    return {name: "" if own == name.split()[0] else said(target in there) for name, target in targets.items()}


def by_node_ports(lab: Driver, source: str) -> dict[str, str]:
    node = kubectl(lab, "get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}")
    there = reached(lab, source, [f"{node}:{port.node_port}" for _, port in columns() if port.node_port])
    return {f"{one.name} {port.own}": said(f"{node}:{port.node_port}" in there) for one, port in columns()}


def from_this_machine(lab: Driver) -> dict[str, str]:
    return {f"{one.name} {port.own}": said(port.node_port > 0 and answers(lab, port)) for one, port in columns()}


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


def observed(lab: Driver, addresses: dict[str, str]) -> Cells:
    cells = {f"the {one.name}": by_pod(lab, addresses, addresses[one.name], one.name) for one in components.COMPONENTS}
    cells |= {row: by_pod(lab, addresses, addresses[row]) for row in PODS}
    cells["a pod of another namespace, by the node's ports"] = by_node_ports(lab, addresses["a pod of another namespace"])
    cells["this machine, by the node's ports"] = from_this_machine(lab)
    cells["the node"] = by_pod(lab, addresses, "")
    return cells


def test_the_table_holds_cell_by_cell(enforced: Driver, addresses: dict[str, str]) -> None:
    wanted, last = documented(), dict[str, Cells]()

    def holds() -> bool:                # the controller takes a moment over new pods
        last["cells"] = observed(enforced, addresses)
        return last["cells"] == wanted

    assert until(holds, 20), last["cells"]


def test_status_and_doctor_say_that_policies_are_enforced(enforced: Driver) -> None:
    assert enforced.json("status")["network_policies"] == "enforced"
    [check] = [one for one in enforced.json("doctor", code=None)["checks"] if one["name"] == "network policies"]
    assert (check["ok"], check["found"]) == (True, "enforced")


def test_the_lab_works_where_policies_are_enforced(enforced: Driver) -> None:
    run = enforced.json("load", "-n", "100", "--rps", "100", timeout=90)
    assert run["requests"]["failed"] == 0
    assert sum(loss["spans"] for loss in run["ledger"]["lost"]) == 0
    assert [one for one in enforced.json("why", code=None)["findings"] if one["kind"] == "cause"] == []
