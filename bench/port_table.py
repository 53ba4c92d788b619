"""Works out from the NetworkPolicies who may reach which port, and writes the tables of docs/ports.md.

    python bench/port_table.py

tests/production/kind/test_policies.py and, with every add-on, tests/addons/kind/test_policies.py try every cell of them in a
cluster that enforces policies.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labctl.components import COLLECTOR, METRICS_SERVER, Component, Port, of
from labctl.switches import addons, building
from labctl.targets.kubernetes.network.policies import PolicyPeer, reaches

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "ports.md"
YES, NO = "yes", "–"

POD: Final = "10.244.0.99"             # an address of kind's pods
MACHINE: Final = "172.18.0.1"          # what the node sees of this machine
ELSEWHERE: Final = {"kubernetes.io/metadata.name": "tools"}
SYSTEM: Final = {"kubernetes.io/metadata.name": "kube-system"}
ALLOWED: Final = {"allow-from": "tools/app=guest"}
FURTHER: Final = {
    COLLECTOR.name: (Port("scraped", 8889, "of --export prometheus"),),
    METRICS_SERVER.name: (Port("metrics_api", 10250, "which the API server asks"),),
}
"""Ports that no row of the components' table has."""
STRANGER: Final = PolicyPeer({"app": "stranger"}, ELSEWHERE, inside=False, address=POD)
OTHERS: Final = {
    "another pod of the namespace": PolicyPeer({"app": "stranger"}, address=POD),
    "a pod of another namespace": STRANGER,
    "a pod that `--allow-from` lets in": PolicyPeer({"app": "guest"}, ELSEWHERE, inside=False, address=POD),
}
BY_NODE_PORTS: Final = {
    "a pod of another namespace, by the node's ports": STRANGER,
    "this machine, by the node's ports": PolicyPeer(address=MACHINE),
}
NODE: Final = "the node"
OUTSIDE: Final = {
    "DNS 53": (PolicyPeer({"k8s-app": "kube-dns"}, SYSTEM, inside=False, address=POD), 53),
    "the API server 6443": (PolicyPeer(address="172.18.0.2"), 6443),
    **{f"a pod of another namespace {port}": (STRANGER, port) for port in (443, 4318, 8080)},
    **{f"outside the cluster {port}": (PolicyPeer(address="203.0.113.7"), port) for port in (443, 8080)},
}


@dataclass(frozen=True)
class LabVariant:
    """A lab with these switches, in kind."""

    switches: Mapping[str, str]

    @property
    def components(self) -> tuple[Component, ...]:
        return of(self.switches)

    def policies(self) -> list[dict[str, Any]]:
        objects = [item.value for item in building.build(ROOT / "manifests" / "kind", ROOT / "manifests", self.switches).objects]
        return [item for item in objects if item["kind"] == "NetworkPolicy"]

    def columns(self) -> list[tuple[Component, Port]]:
        return [(one, port) for one in self.components for port in (*one.ports, *FURTHER.get(one.name, ()))]

    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Who reaches which port, in the order of the columns."""
        found = self.policies()
        sources = {row(component): pod(component) for component in self.components} | OTHERS
        ends = [(one, pod(one), port) for one, port in self.columns()]
        for name, source in sources.items():
            yield name, [_cell(reaches(found, source, to, port.own), name, one) for one, to, port in ends]
        for name, source in BY_NODE_PORTS.items():
            yield name, [_cell(bool(port.node_port) and reaches(found, source, to, port.own)) for _, to, port in ends]
        yield NODE, [YES for _ in ends]

    def outside_rows(self) -> Iterator[tuple[str, list[str]]]:
        """What each pod reaches besides, in the order of OUTSIDE."""
        found = self.policies()
        for component in self.components:
            yield row(component), [_cell(reaches(found, pod(component), to, port)) for to, port in OUTSIDE.values()]


PLAIN: Final = LabVariant({**ALLOWED, "export": "prometheus"})
EXTENDED: Final = LabVariant({**ALLOWED, "with": ",".join(addons.NAMES)})


def row(component: Component) -> str:
    return component.name if component.addon else f"the {component.name}"


def pod(component: Component) -> PolicyPeer:
    return PolicyPeer({"app.kubernetes.io/name": component.cluster.deployment}, address=POD)


def column(component: Component, port: Port) -> str:
    return f"{component.name} {port.own}"


def _cell(reached: bool, name: str = "", component: Component | None = None) -> str:
    """A component reaches its own ports at 127.0.0.1, which is no connection between pods."""
    return "" if component and name == row(component) else YES if reached else NO


def _table(head: list[str], rows: Iterator[tuple[str, list[str]]]) -> str:
    lines = [head, ["---"] * len(head), *([name, *cells] for name, cells in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _by_port(variant: LabVariant) -> Iterator[tuple[str, list[str]]]:
    """For many ports: those who reach one, besides the node."""
    rows = [(name, cells) for name, cells in variant.rows() if name != NODE]
    for index, (component, port) in enumerate(variant.columns()):
        yield column(component, port), ["; ".join(name for name, cells in rows if cells[index] == YES) or "nobody"]


def tables() -> dict[str, str]:
    return {
        "table": _table(["from", *(column(*one) for one in PLAIN.columns())], PLAIN.rows()),
        "add-ons": _table(["port", "reached by"], _by_port(EXTENDED)),
        "outside": _table(["from", *OUTSIDE], EXTENDED.outside_rows()),
    }


def page() -> str:
    text = PAGE.read_text()
    for name, table in tables().items():
        text = re.sub(rf"(?<=<!-- {name} -->\n).*?(?=<!-- end -->)", lambda _, new=table: new, text, count=1, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    PAGE.write_text(page())
