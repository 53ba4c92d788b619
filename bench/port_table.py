"""Works out from the NetworkPolicies who may reach which port, and writes the table of docs/ports.md.

    python bench/port_table.py

tests/production/kind/test_policies.py tries every cell of the table in a cluster that enforces policies.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from labctl.components import COLLECTOR, COMPONENTS, Component, Port
from labctl.switches import building
from labctl.targets.kubernetes.network.policies import PolicyPeer, reaches

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "ports.md"
TABLE: Final = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", re.DOTALL)
YES, NO = "yes", "–"

POD: Final = "10.244.0.99"             # an address of kind's pods
MACHINE: Final = "172.18.0.1"          # what the node sees of this machine
ELSEWHERE: Final = {"kubernetes.io/metadata.name": "tools"}
SWITCHES: Final = {"allow-from": "tools/app=guest", "export": "prometheus"}
SCRAPED: Final = Port("scraped", 8889, "of --export prometheus")
OTHERS: Final = {
    "another pod of the namespace": PolicyPeer({"app": "stranger"}, address=POD),
    "a pod of another namespace": PolicyPeer({"app": "stranger"}, ELSEWHERE, inside=False, address=POD),
    "a pod that `--allow-from` lets in": PolicyPeer({"app": "guest"}, ELSEWHERE, inside=False, address=POD),
}
BY_NODE_PORTS: Final = {
    "a pod of another namespace, by the node's ports": PolicyPeer({"app": "stranger"}, ELSEWHERE, inside=False, address=POD),
    "this machine, by the node's ports": PolicyPeer(address=MACHINE),
}
NODE: Final = "the node"


def policies() -> list[dict[str, Any]]:
    objects = [item.value for item in building.build(ROOT / "manifests" / "kind", ROOT / "manifests", SWITCHES).objects]
    return [item for item in objects if item["kind"] == "NetworkPolicy"]


def pod(component: Component) -> PolicyPeer:
    return PolicyPeer({"app.kubernetes.io/name": component.cluster.deployment}, address=POD)


def columns() -> list[tuple[Component, Port]]:
    scraped = {COLLECTOR.name: (SCRAPED,)}
    return [(one, port) for one in COMPONENTS for port in (*one.ports, *scraped.get(one.name, ()))]


def rows() -> Iterator[tuple[str, list[str]]]:
    found = policies()
    sources = {f"the {component.name}": pod(component) for component in COMPONENTS} | OTHERS
    for name, source in sources.items():
        yield name, [_cell(reaches(found, source, pod(component), port.own), name, component) for component, port in columns()]
    for name, source in BY_NODE_PORTS.items():
        yield name, [_cell(bool(port.node_port) and reaches(found, source, pod(one), port.own)) for one, port in columns()]
    yield NODE, [YES for _ in columns()]


def _cell(reached: bool, name: str = "", component: Component | None = None) -> str:
    """A component reaches its own ports at 127.0.0.1, which is no connection between pods."""
    return "" if component and name == f"the {component.name}" else YES if reached else NO


def table() -> str:
    head = ["from", *(f"{component.name} {port.own}" for component, port in columns())]
    lines = [head, ["---"] * len(head), *([name, *cells] for name, cells in rows())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page() -> str:
    return TABLE.sub(lambda _: table(), PAGE.read_text())


if __name__ == "__main__":
    PAGE.write_text(page())
