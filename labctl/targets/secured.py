"""The lab's addresses on this machine, and what it takes to connect to them where the switches --tls, --mtls or --auth are on."""

import shutil
from collections.abc import Mapping
from datetime import timedelta

from labctl import access, components
from labctl.access import Credentials
from labctl.credentials import export_headers, token
from labctl.credentials.certificates import CA, CERTIFICATE, KEY, LABCTL, Certificates
from labctl.host.ports import LOOPBACK
from labctl.model import LabSpec
from labctl.switches.security import AUTH, TLS

SECURED = frozenset(port.name for _, port in components.ports() if port.tls)


def base_url(spec: LabSpec, switches: Mapping[str, str], endpoint: str, port: int) -> str:
    """Of an endpoint that `port` of this machine leads to; from then on labctl's requests to it have what they need."""
    if TLS.name not in switches or endpoint not in SECURED:
        return f"http://{LOOPBACK}:{port}"
    folder = certificates(spec, "").of(LABCTL)
    secret = str(token.file_in(spec.state)) if AUTH.name in switches else ""
    own = Credentials(str(folder / CA), str(folder / CERTIFICATE), str(folder / KEY), secret)
    return access.register(f"https://{LOOPBACK}:{port}", own)


def certificates(spec: LabSpec, namespace: str) -> Certificates:
    return Certificates(spec.state, spec.name, namespace)


def due(spec: LabSpec, switches: Mapping[str, str]) -> list[str]:
    """Which certificates have expired or should be renewed, in words; nothing where --tls is off."""
    if TLS.name not in switches:
        return []
    from labctl.credentials import listing  # imports cryptography

    return [
        f"the certificate of {one.holder} {'expired' if one.left <= timedelta(0) else 'expires'} on {one.ends:%Y-%m-%d %H:%M} UTC"
        for one in listing.due(certificates(spec, "").folder)
    ]


def backends_with_headers(switches: Mapping[str, str]) -> list[str]:
    return export_headers.backends(switches)


def forget_unused(spec: LabSpec, switches: Mapping[str, str]) -> None:
    """Delete what the user gave for a switch that is off now. What labctl has made itself it may use again."""
    export_headers.forget_others(spec.state, switches)


def forget(spec: LabSpec) -> None:
    """Delete all of them."""
    for name in ("tls", "auth", export_headers.FOLDER):
        shutil.rmtree(spec.state / name, ignore_errors=True)


def prepare(spec: LabSpec, switches: Mapping[str, str], namespace: str) -> str:
    """Make the files that the switches need where they are missing or about to expire. Returns what was made, in words."""
    made = []
    if TLS.name in switches and certificates(spec, namespace).ensure():
        made.append("new certificates")
    if AUTH.name in switches and token.ensure(spec.state):
        made.append("a new token")
    if new := export_headers.prepare(spec.state, switches):
        made.append(f"headers for {', '.join(new)}")
    return " and ".join(made)
