"""Which Host a request may name, and from which Origin a page may send one.

A page of another site can make its own name resolve to 127.0.0.1 (DNS rebinding), and can POST to any address. The first is
recognised by the Host header, the second by the Origin header: neither is a name of the lab.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest

MISDIRECTED, FORBIDDEN = 421, 403


@dataclass(frozen=True, slots=True)
class Hosts:
    """`names` are the lab's host names, besides this machine's own."""

    names: frozenset[str] = frozenset()

    def check(self, request: HttpRequest, local_address: str) -> None:
        """Raises HTTPProblem. `local_address` is the connection's own address: a Kubernetes probe sends the pod's IP as Host."""
        host, origin = request.headers.get("host"), request.headers.get("origin")
        if host is not None and not self._is_ours(f"//{host}", local_address):
            raise HTTPProblem(MISDIRECTED, "wrong host", f"{host[:200]} is not a name of the viewer")
        if origin is not None and request.method not in {"GET", "HEAD"} and not self._is_ours(origin, local_address):
            raise HTTPProblem(FORBIDDEN, "requests from pages of other sites are refused", f"Origin: {origin[:200]}")

    def _is_ours(self, url: str, local_address: str) -> bool:
        try:
            name = (urlsplit(url).hostname or "").rstrip(".").lower()
        except ValueError:
            return False
        return name == "localhost" or name in self.names or _is_this_machine(name, local_address)


def _is_this_machine(name: str, local_address: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
        return address.is_loopback or address == ipaddress.ip_address(local_address)
    except ValueError:
        return False
