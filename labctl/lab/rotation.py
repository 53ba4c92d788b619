"""Replaces the lab's certificates, its CA or its token while it runs, in an order in which nothing is refused meanwhile.

Certificates: a new one by the same CA needs no order. A new CA is also signed by the one before, which stays trusted until every
server shows a certificate by the new one. The token: servers accept both, then clients send the new one, then only that is
accepted; each step is seen before the next.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labctl import access
from labctl.components import COLLECTOR
from labctl.config import Config
from labctl.credentials import token
from labctl.credentials.certificates import Certificates
from labctl.credentials.file_names import CA, CERTIFICATE
from labctl.errors import LabError, NotReady, UsageError
from labctl.host import locks
from labctl.host.waiting import until
from labctl.lab.lifecycle import lock_of
from labctl.model import Endpoints, LabSpec, Notes, Target
from labctl.switches.security import AUTH, TLS
from labctl.switches.switch import Switch
from labctl.targets import require_target, secured
from labctl.targets.accepted_token import LOOK_EVERY_S, accepted, accepted_by_one

if TYPE_CHECKING:
    from labctl.credentials.listing import Listed

PATIENCE_S = 120.0                      # a cluster brings a Secret to its pods within about a minute
READ_S = 15.0                           # the collector reads a file that it watches at once, when its pod has it
HANDSHAKE_S = 2.0
IDLE_S = 4.0                            # without a request with the old token: metrics are sent each second
_SERVERS = {"otlp_grpc": COLLECTOR.name, "otlp_http": COLLECTOR.name, "viewer": "viewer"}


@dataclass(frozen=True, slots=True)
class Rotation:
    spec: LabSpec
    target: Target

    @property
    def endpoints(self) -> Endpoints:
        return self.target.endpoints()


@contextmanager
def _locked(config: Config, switch: Switch, doing: str) -> Iterator[Rotation]:
    spec = config.spec()
    with locks.hold(lock_of(spec), doing):
        target = require_target(spec)
        _require(target, spec, switch)
        yield Rotation(spec, target)


def rotate_certificates(config: Config, *, authority: bool) -> Notes:
    """New certificates; with `authority` by a new CA, after which the old one is no longer trusted."""
    with _locked(config, TLS, "certs rotate") as lab:
        endpoints = lab.endpoints       # also fetches the files from a cluster where they are missing
        own = secured.certificates(lab.spec, lab.target.namespace)
        yield "making certificates"
        trusted = own.files(COLLECTOR.name).get(CA)
        (own.exchange if authority else own.renew)()
        # other CAs although none was asked for: a file was lost, so that the old CA could not sign the new one
        lost = not authority and own.files(COLLECTOR.name).get(CA) != trusted
        yield from lab.target.renew_credentials(restart=(COLLECTOR.name,) * lost)
        yield from _await_certificates(endpoints, own)
        if authority:
            yield "the collector reads its CAs only when it starts: restarting it"
            yield from lab.target.renew_credentials(restart=(COLLECTOR.name,))
        if authority or lost:
            own.forget_old()
            yield from lab.target.renew_credentials()
        yield "every server shows its new certificate" + (", and the old CA is no longer trusted" if authority or lost else "")


def rotate_token(config: Config) -> Notes:
    with _locked(config, AUTH, "auth rotate") as lab:
        endpoints, old = lab.endpoints, token.tokens(lab.spec.state)[:1]
        new = token.fresh()
        yield "servers accept both tokens"
        yield from _spread(lab, [*old, new])
        yield from _see(lab, lambda: accepted(endpoints, new), "the new token is not accepted")
        yield "clients send the new token"
        yield from _spread(lab, [new, *old])
        _await(lambda: _is_idle(endpoints), "somebody still sends the old token")
        yield "servers stop accepting the old token"
        yield from _spread(lab, [new])
        for one in old:                 # none, where the file was lost
            yield from _see(lab, lambda one=one: not accepted_by_one(endpoints, one), "the old token is still accepted")  # type: ignore[misc]
        yield "only the new token is accepted"


def _spread(lab: Rotation, tokens: list[str]) -> Notes:
    token.write(lab.spec.state, tokens)
    yield from lab.target.renew_credentials()


def _see(lab: Rotation, seen: Callable[[], bool], otherwise: str) -> Notes:
    """Wait for it, and restart the collector where it does not read its file: it lost sight of one that was away for a while."""
    if not until(seen, READ_S, every=LOOK_EVERY_S):
        yield "the collector does not read the changed file: restarting it"
        yield from lab.target.renew_credentials(restart=(COLLECTOR.name,))
        _await(seen, otherwise)


def _await(seen: Callable[[], bool], otherwise: str) -> None:
    if not until(seen, PATIENCE_S, every=LOOK_EVERY_S):
        raise NotReady(f"{otherwise} after {PATIENCE_S:g} s", hint="labctl why, then the same command again: nothing is lost")


def _is_idle(endpoints: Endpoints) -> bool:
    """Whether for a while every request to the viewer had the first token of its file."""
    from labctl.viewer_client.client import ViewerClient

    try:
        ages = ViewerClient(endpoints.viewer).counts(only="spans")["tokens"]
    except (LabError, KeyError):
        return False
    return ages["read"] >= IDLE_S and (ages["others"] is None or ages["others"] >= IDLE_S)


def _await_certificates(endpoints: Endpoints, own: Certificates) -> Notes:
    for endpoint, holder in _SERVERS.items():
        if endpoint in endpoints.temporary:
            continue
        yield f"waiting until {holder} shows its new certificate on {endpoint}"
        url = endpoints[endpoint]
        wanted = ssl.PEM_cert_to_DER_cert(own.files(holder)[CERTIFICATE].decode().partition("-----END CERTIFICATE-----")[0]
                                          + "-----END CERTIFICATE-----\n")
        _await(lambda url=url, wanted=wanted: shown(url) == wanted, f"{holder} does not show its new certificate")  # type: ignore[misc]


def shown(url: str) -> bytes:
    """The certificate that a server shows, DER; empty where it shows none."""
    own, where = access.of(url), urlsplit(url)
    if own is None:
        return b""
    try:
        context = own.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection((where.hostname or "", where.port or 0), HANDSHAKE_S) as plain, \
                context.wrap_socket(plain, server_hostname=where.hostname) as channel:
            return channel.getpeercert(binary_form=True) or b""
    except (OSError, LabError):
        return b""


def certificates(config: Config) -> "list[Listed]":
    """Raises UsageError where the lab has none."""
    from labctl.credentials import listing

    spec = config.spec()
    target = require_target(spec)
    _require(target, spec, TLS)
    _ = target.endpoints()              # fetches the files from a cluster where they are missing
    return listing.certificates(secured.certificates(spec, target.namespace).folder)


def token_file(config: Config) -> Path:
    """Raises UsageError where the lab has none."""
    spec = config.spec()
    target = require_target(spec)
    _require(target, spec, AUTH)
    _ = target.endpoints()
    return token.file_in(spec.state)


def _require(target: Target, spec: LabSpec, switch: Switch) -> None:
    if switch.name not in target.switches():
        flags = " ".join(f"--{name}" for name in (*switch.needs, switch.name))
        raise UsageError(f"the lab {spec.name} runs without --{switch.name}", hint=f"labctl up {flags}")
