"""The lab's addresses on this machine, and what it takes to connect to them where the switches --tls, --mtls or --auth are on."""

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from labctl import access, components
from labctl.access import Credentials
from labctl.components import COLLECTOR
from labctl.credentials import export_headers, grafana_password, private_files, token
from labctl.credentials.certificates import LABCTL, Certificates, holders
from labctl.credentials.file_names import CA, CERTIFICATE, KEY
from labctl.host.ports import LOOPBACK
from labctl.model import HeldFiles, LabSpec
from labctl.switches.security import AUTH, MTLS, TLS

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


def grafana_login(spec: LabSpec, switches: Mapping[str, str]) -> str:
    """In words; "" where the lab has no Grafana."""
    if not grafana_password.wanted(switches):
        return ""
    return f"Grafana's user is {grafana_password.USER}, its password in {grafana_password.file_in(spec.state)}"


def page_needs(spec: LabSpec, switches: Mapping[str, str]) -> list[str]:
    """What a browser needs to show the viewer's page, in words, without the token."""
    found = []
    if TLS.name in switches:
        found.append(f"browsers do not trust the lab's own CA: accept their warning, or import {spec.state / 'tls' / CA}")
    if MTLS.name in switches:
        own = certificates(spec, "").of(LABCTL)
        found.append("with --mtls a browser also needs a client certificate, which it imports as one file: openssl pkcs12 -export"
                     f" -in {own / CERTIFICATE} -inkey {own / KEY} -out labctl.p12")
    if AUTH.name in switches:
        found.append(f"the page asks for the token: it is in {token.file_in(spec.state)}")
    return found


def require_headers(spec: LabSpec, switches: Mapping[str, str]) -> None:
    """Raises Refused where a file of --export-headers cannot be used. Nothing is written."""
    export_headers.require_usable(spec.state, switches)


def forget_unused(spec: LabSpec, switches: Mapping[str, str]) -> None:
    """Delete what the user gave for a switch that is off now. What labctl has made itself it may use again."""
    export_headers.forget_others(spec.state, switches)


def forget(spec: LabSpec) -> None:
    """Delete all of them."""
    for name in ("tls", "auth", export_headers.FOLDER, grafana_password.FOLDER):
        shutil.rmtree(spec.state / name, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    made: str                           # in words; "": nothing
    reread: frozenset[str]              # components that read a changed file only when they start


def prepare(spec: LabSpec, switches: Mapping[str, str], namespace: str) -> Prepared:
    """Make the files that the switches need where they are missing, broken or about to expire."""
    made, own = [], certificates(spec, namespace)
    trusted = own.files(COLLECTOR.name).get(CA)
    if TLS.name in switches:
        own.expect(holders(switches))
    if TLS.name in switches and own.ensure():
        made.append("new certificates")
    new_token = AUTH.name in switches and token.ensure(spec.state)
    if new_token:
        made.append("a new token")
    if grafana_password.ensure(spec.state, switches):
        made.append("a password for Grafana")
    if new := export_headers.prepare(spec.state, switches):
        made.append(f"headers for {', '.join(new)}")
    # it does not look again at a token's file that was missing
    reread = new_token or own.files(COLLECTOR.name).get(CA) != trusted
    return Prepared(" and ".join(made), frozenset({COLLECTOR.name} if reread else ()))


def held(spec: LabSpec, switches: Mapping[str, str], only: Collection[str] = ()) -> list[HeldFiles]:
    """The files in the state folder that the switches need; `only` of these holders."""
    wanted = only or holders(switches)
    found = [one for one in certificates(spec, "").held() if one.holder in wanted] if TLS.name in switches else []
    if AUTH.name in switches:
        path = token.file_in(spec.state)
        content = private_files.read(path)
        found.append(HeldFiles("token", str(path.parent), {} if content is None else {path.name: content}))
    return found
