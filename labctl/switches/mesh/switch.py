"""--mesh istio|linkerd: labels, annotations, protocols and policies that a mesh's proxies need. It installs no mesh."""

from collections.abc import Mapping
from typing import Final

from labctl.errors import UsageError
from labctl.switches.security import TLS
from labctl.switches.switch import OFF, Effect, Switch, unlike

MESHES: Final = ("istio", "linkerd")


def effect(text: str) -> Effect:
    if text not in MESHES:
        raise unlike(text, MESHES, " or ".join(MESHES))
    return Effect((f"mesh-{text}",), program=False)


def _without_own_tls(text: str, on: Mapping[str, str]) -> str:
    """Raises UsageError where the lab encrypts by itself what the proxies are told is HTTP."""
    if on.get(TLS.name, OFF) != OFF:
        raise UsageError(
            f"--mesh {text}: the mesh encrypts between pods, and cannot read what --tls has encrypted before",
            hint=f"labctl up --mesh {text} --tls off --mtls off --auth off\nlabctl up --mesh off",
        )
    return text


MESH: Final = Switch(
    "mesh", "istio|linkerd|off", MESHES,
    "prepares the lab for a service mesh that the cluster has; never run with one, only checked by an API server",
    effect, settled=_without_own_tls,
)
