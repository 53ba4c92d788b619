"""Who may send telemetry and query it: --tls encrypts, --mtls wants a certificate, --auth a token, --allow-from lets pods in."""

import re
from typing import Any, Final

from labctl.switches.switch import ON_OR_OFF, Effect, ObjectValue, Switch, just_on

TLS: Final = Switch(
    "tls", ON_OR_OFF, ("on",),
    "TLS with a CA of the lab's own: service to collector, collector to viewer, labctl and other clients to both",
    just_on("tls"),
)
MTLS: Final = Switch(
    "mtls", ON_OR_OFF, ("on",), "whoever sends telemetry or queries the viewer has to show a certificate issued by the lab's CA",
    just_on("mtls"), needs=(TLS.name,),
)
AUTH: Final = Switch(
    "auth", ON_OR_OFF, ("on",),
    "whoever sends telemetry or queries the viewer needs a bearer token, which is in a private file or a Secret",
    just_on("auth"), needs=(TLS.name,),
)

ALLOWED: Final = "NAMESPACE or NAMESPACE/LABEL=VALUE, several with commas, such as monitoring/app=shop"
_NAME: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WORD: Final = r"[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?"
_PEER: Final = rf"({_NAME})(?:/((?:{_NAME}(?:\.{_NAME})*/)?{_WORD})=({_WORD}|))?"
"""Of Kubernetes: a namespace's name, a label's key with its prefix, a label's value."""



def _allow_from(text: str) -> Effect:
    peers = [_peer(word.strip()) for word in text.split(",")]
    value = ObjectValue("NetworkPolicy", "allow-from", "/spec/ingress/0/from", peers)
    return Effect(("allow-from",), objects=(value,), program=False)


def _peer(word: str) -> dict[str, Any]:
    match = re.fullmatch(_PEER, word, re.ASCII)
    if not match:
        raise ValueError(ALLOWED)
    namespace, label, value = match.groups()
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    return peer if label is None else {**peer, "podSelector": {"matchLabels": {label: value}}}


ALLOW_FROM: Final = Switch(
    "allow-from", "PODS,…|off", ("monitoring/app=shop", "monitoring,tools"),
    "which pods of other namespaces reach the collector and the viewer, in a cluster that enforces NetworkPolicies", _allow_from,
    repeatable=True,
)
