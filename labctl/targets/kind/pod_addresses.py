"""Which addresses pods have, so that NetworkPolicies can tell them from this machine's.

Subtle: a node has no range of its own until the controller gives it one, so a new cluster's is taken from its kind file.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any, Final

from labctl.targets.kubernetes.kube import Object
from labctl.targets.kubernetes.workload.manifests import sealed

DEFAULT: Final = "10.244.0.0/16"        # kind's, and in the manifests
_WAYS: Final = {"ingress": "from", "egress": "to"}


def ranges(named: str, nodes: Iterable[Object]) -> list[str]:
    """Kind's default or what the kind file names, and those of the nodes that lie elsewhere."""
    found = [ip_network(one.strip()) for one in (named or DEFAULT).split(",")]
    given = (one for node in nodes for one in node["spec"].get("podCIDRs") or ())
    found += [one for text in given if not any(_lies_in(one := ip_network(text), each) for each in found)]
    return [str(one) for one in found]


def _lies_in(one: Any, other: Any) -> bool:
    return bool(one.version == other.version and one.subnet_of(other))


def excepted(desired: list[Object], pods: list[str]) -> list[Object]:
    """The desired objects, whose blocks of addresses leave these out where they leave out kind's default."""
    for item in desired if pods != [DEFAULT] else ():
        for block in _blocks(item):
            if block.get("except") == [DEFAULT]:
                block["except"] = [one for one in pods if ip_network(one).version == ip_network(block["cidr"]).version]
                sealed(item)
    return desired


def _blocks(item: Object) -> list[dict[str, Any]]:
    spec = item["spec"] if item["kind"] == "NetworkPolicy" else {}
    peers = (peer for way, end in _WAYS.items() for rule in spec.get(way) or () for peer in rule.get(end) or ())
    return [peer["ipBlock"] for peer in peers if "ipBlock" in peer]
