"""The address that a run's requests go to: a parsed URL."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from labctl.errors import UsageError

_PORTS: Final = {"http": 80, "https": 443}
_PATH = "/%:@!$&'()*+,;=-._~"           # what RFC 3986 allows in a path; in a query "?" too


@dataclass(frozen=True, slots=True)
class Address:
    host: str                           # as in the URL, without brackets
    port: int
    authority: str                      # the Host header's value
    path: str                           # with the query
    ip: str = ""                        # numeric, of the host; "" before the lookup
    secure: bool = False                # https
    unix: str = ""                      # the socket to connect to instead


def parse(url: str) -> Address:
    """Parse an http:// or https:// URL. Raises UsageError."""
    parts = _split(url)
    host, port = _ascii(parts.hostname or ""), parts.port
    shown = f"[{host}]" if ":" in host else host
    path = quote(parts.path or "/", safe=_PATH) + (f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else "")
    authority = f"{shown}:{port}" if port is not None else shown
    return Address(host, _PORTS[parts.scheme] if port is None else port, authority, path, secure=parts.scheme == "https")


def _ascii(host: str) -> str:
    """`xn--bcher-kva.example` for `bücher.example` (RFC 3490)."""
    return host if host.isascii() else host.encode("idna").decode()


def _split(url: str) -> SplitResult:
    if any(not character.isprintable() for character in url):
        raise UsageError(f"{url!r} is not a URL: it contains invisible characters")
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise UsageError(f"{url} is not a URL: {error}") from None
    try:
        _ = parts.port
    except ValueError:
        raise UsageError(f"{url} is not a URL: its port is not a number from 1 to 65535") from None
    if parts.scheme not in _PORTS or not parts.hostname or " " in parts.hostname:
        raise UsageError(f"{url}: expected a URL such as http://127.0.0.1:9002/predict")
    if parts.username is not None or parts.port == 0:
        raise UsageError(f"{url}: a URL with a user or with port 0 is not supported")
    return parts
