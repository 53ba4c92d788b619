"""Where a run goes: a URL taken apart, its name looked up once, and the proof that somebody listens there."""

import socket
import ssl
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from labctl.errors import LabError, UsageError

CONNECT_S = 1.0
_PORTS: Final = {"http": 80, "https": 443}
_PATH = "/%:@!$&'()*+,;=-._~"           # what RFC 3986 allows in a path; in a query "?" too


@dataclass(frozen=True, slots=True)
class Address:
    host: str                           # as in the URL, without brackets
    port: int
    authority: str                      # the Host header's value
    path: str                           # with the query
    ip: str = ""                        # numeric, of the host; "" until it was looked up
    secure: bool = False                # https
    unix: str = ""                      # the socket to connect to instead


def parse(url: str) -> Address:
    """Take an http:// or https:// URL apart. Raises UsageError."""
    parts = _split(url)
    host, port = parts.hostname or "", parts.port
    shown = f"[{host}]" if ":" in host else host
    path = quote(parts.path or "/", safe=_PATH) + (f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else "")
    authority = f"{shown}:{port}" if port is not None else shown
    return Address(host, _PORTS[parts.scheme] if port is None else port, authority, path, secure=parts.scheme == "https")


def reach(url: str, hint: str = "", *, unix: str | None = None, insecure: bool = False) -> Address:
    """The address with the IP that answers, of those that its name stands for. Raises LabError within about a second."""
    address = parse(url)
    if unix:
        return _reach_socket(replace(address, unix=unix))
    failure: OSError | None = None
    for ip in _lookup(address):
        try:
            connection = socket.create_connection((ip, address.port), timeout=CONNECT_S)
        except OSError as error:
            failure = error
            continue
        _shake_hands(connection, address, insecure)
        return replace(address, ip=ip)
    if failure is None or isinstance(failure, ConnectionRefusedError):
        raise LabError(f"nothing listens on {address.authority}: {_cause(failure) if failure else 'no address'}", hint=hint)
    raise LabError(f"{address.authority} takes no connection: {_cause(failure)}", hint=hint)


def tls_context(insecure: bool) -> ssl.SSLContext:
    """HTTP/1.1 over TLS; `insecure` takes any certificate."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _reach_socket(address: Address) -> Address:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(CONNECT_S)
        try:
            connection.connect(address.unix)
        except OSError as error:
            raise LabError(f"nothing listens on {address.unix}: {_cause(error)}") from None
    return address


def _shake_hands(connection: socket.socket, address: Address, insecure: bool) -> None:
    """So that a certificate that is not taken is said before the run, and once."""
    with connection:
        if not address.secure:
            return
        try:
            tls_context(insecure).wrap_socket(connection, server_hostname=address.host).close()
        except ssl.SSLCertVerificationError as error:
            raise LabError(
                f"{address.authority} has a certificate that is not trusted: {error.verify_message}",
                hint="--insecure takes any certificate",
            ) from None
        except OSError as error:
            raise LabError(f"{address.authority} does not speak TLS: {_cause(error)}", hint="use http://") from None


def _split(url: str) -> SplitResult:
    if any(not character.isprintable() for character in url):
        raise UsageError(f"{url!r} is no URL: it holds characters that cannot be seen")
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.netloc.encode("ascii"), (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise UsageError(f"{url} is no URL: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname or " " in parts.hostname:
        raise UsageError(f"{url}: an address such as http://127.0.0.1:9002/predict is wanted")
    if parts.username is not None or parts.port == 0:
        raise UsageError(f"{url}: neither a user nor port 0 can be part of the address")
    return parts


def _lookup(address: Address) -> list[str]:
    """Every IP of the host, each once, in the resolver's order."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise LabError(f"the name {address.host} cannot be looked up: {error.strerror or error}") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _cause(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no connection within {CONNECT_S:g} s"
    return (error.strerror or str(error)).lower()
