"""Where a run goes: a URL taken apart, its name looked up once, and the proof that somebody listens there."""

import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from labctl.errors import LabError, UsageError

CONNECT_S = 1.0
_PATH = "/%:@!$&'()*+,;=-._~"           # what RFC 3986 allows in a path; in a query "?" too


@dataclass(frozen=True, slots=True)
class Address:
    host: str                           # as in the URL, without brackets
    port: int
    authority: str                      # the Host header's value
    path: str                           # with the query
    ip: str = ""                        # numeric, of the host; "" until it was looked up


def parse(url: str) -> Address:
    """Take an http:// URL apart. Raises UsageError."""
    parts = _split(url)
    host, port = parts.hostname or "", parts.port
    shown = f"[{host}]" if ":" in host else host
    path = quote(parts.path or "/", safe=_PATH) + (f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else "")
    return Address(host, 80 if port is None else port, f"{shown}:{port}" if port is not None else shown, path)


def reach(url: str, hint: str = "") -> Address:
    """The address with the IP that answers, of those that its name stands for. Raises LabError within about a second."""
    address = parse(url)
    failure = "no address"
    for ip in _lookup(address):
        try:
            socket.create_connection((ip, address.port), timeout=CONNECT_S).close()
        except OSError as error:
            failure = _cause(error)
            continue
        return Address(address.host, address.port, address.authority, address.path, ip)
    raise LabError(f"nothing listens on {address.authority}: {failure}", hint=hint)


def _split(url: str) -> SplitResult:
    if any(not character.isprintable() for character in url):
        raise UsageError(f"{url!r} is no URL: it holds characters that cannot be seen")
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.netloc.encode("ascii"), (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise UsageError(f"{url} is no URL: {error}") from None
    if parts.scheme == "https":
        raise UsageError(f"{url}: https is not supported yet", hint="use http://")
    if parts.scheme != "http" or not parts.hostname:
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
