"""Whom a request may be addressed to, and which pages may send one.

A page of a stranger can have its own name resolve to 127.0.0.1 (DNS rebinding), and can post to any address. The first shows in
Host, the second in Origin: a name that is not the lab's.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest

MISDIRECTED, FORBIDDEN = 421, 403


@dataclass(frozen=True, slots=True)
class Hosts:
    """`names` are those of the lab, besides this machine's own."""

    names: frozenset[str] = frozenset()

    def check(self, request: HttpRequest, local_address: str) -> None:
        """Raises HTTPProblem. `local_address` is where the connection came in: a probe of Kubernetes names the pod's."""
        host, origin = request.headers.get("host"), request.headers.get("origin")
        if host is not None and not self._is_ours(f"//{host}", local_address):
            raise HTTPProblem(MISDIRECTED, "this is not the host that is asked for", f"{host[:200]} is not the viewer's")
        if origin is not None and request.method not in {"GET", "HEAD"} and not self._is_ours(origin, local_address):
            raise HTTPProblem(FORBIDDEN, "a page of another site may not write here", f"Origin: {origin[:200]}")

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
