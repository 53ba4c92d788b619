"""What NetworkPolicies allow, as Kubernetes defines it.

Subtle: policies add up. A pod that one of them selects for a direction is reached only by what some policy allows there; so a
deletion denies as well as an addition does. https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Final

from labctl.targets.kubernetes.kube import Object

INGRESS: Final = "Ingress"
EGRESS: Final = "Egress"


@dataclass(frozen=True, slots=True)
class PolicyPeer:
    """One end of a connection."""

    labels: Mapping[str, str] | None = None     # None: it is no pod
    namespace: Mapping[str, str] = field(default_factory=dict)      # the labels of its namespace
    inside: bool = True                 # whether that is the policies' own
    address: str = ""                   # empty: unknown


def reaches(policies: Sequence[Object], source: PolicyPeer, to: PolicyPeer, port: int) -> bool:
    """Whether the source may connect to the pod. The policies are those of one namespace, and restrict its pods alone."""
    there = allowed(selecting(policies, to, INGRESS), source, port, INGRESS)
    return there and allowed(selecting(policies, source, EGRESS), to, port, EGRESS)


def selecting(policies: Iterable[Object], pod: PolicyPeer, direction: str) -> list[Object]:
    """The policies that restrict the pod in this direction."""
    if pod.labels is None or not pod.inside:
        return []
    return [item for item in policies if direction in _types(item) and selects(item["spec"].get("podSelector", {}), pod.labels)]


def allowed(selected: Sequence[Object], peer: PolicyPeer, port: int, direction: str) -> bool:
    """Whether one of the policies that restrict a pod allows the peer; without any, everything is allowed."""
    rules = (rule for item in selected for rule in item["spec"].get(direction.lower()) or ())
    return not selected or any(_allows(rule, peer, port, direction) for rule in rules)


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors."""
    exact = (selector.get("matchLabels") or {}).items() <= labels.items()
    return exact and all(_meets(one, labels) for one in selector.get("matchExpressions") or ())


def _types(policy: Object) -> Sequence[str]:
    spec = policy["spec"]
    return spec.get("policyTypes") or [INGRESS, *([EGRESS] if "egress" in spec else [])]


def _allows(rule: Object, peer: PolicyPeer, port: int, direction: str) -> bool:
    peers, ports = rule.get("from" if direction == INGRESS else "to"), rule.get("ports")
    reached = not peers or any(_matches(one, peer) for one in peers)
    return reached and (not ports or any(_has_port(one, port) for one in ports))


def _matches(entry: Object, peer: PolicyPeer) -> bool:
    if block := entry.get("ipBlock"):
        return _holds(block, peer.address)
    if peer.labels is None:
        return False
    namespace = selects(entry["namespaceSelector"], peer.namespace) if "namespaceSelector" in entry else peer.inside
    return namespace and selects(entry.get("podSelector", {}), peer.labels)


def _holds(block: Object, address: str) -> bool:
    """True for an address that is not known here: nothing is claimed."""
    if not address:
        return True
    found = ip_address(address)
    return found in ip_network(block["cidr"]) and not any(found in ip_network(one) for one in block.get("except") or ())


def _has_port(entry: Object, port: int) -> bool:
    first = entry.get("port")
    if entry.get("protocol", "TCP") != "TCP":
        return False
    if not isinstance(first, int):
        return True                     # of all ports, or a named one
    return bool(first <= port <= entry.get("endPort", first))


def _meets(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    meets: dict[str, bool] = {
        "In": value in values, "NotIn": value not in values, "Exists": value is not None, "DoesNotExist": value is None,
    }
    return meets.get(expression["operator"], True)
