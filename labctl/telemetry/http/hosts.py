"""Which Host a request may name, and which pages may send one: the viewer's own.

A page of another site can make its own name resolve to 127.0.0.1 (DNS rebinding), which its Host header tells. Without that it
cannot read an answer, but it can send telemetry and ask much: browsers say in Sec-Fetch-Site whose page asks, a page of another
port of this machine included. Where the viewer has another host name and no TLS, they say only the Origin of what is sent.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from labctl.telemetry.http.messages import HTTPProblem, HttpRequest

MISDIRECTED, FORBIDDEN = 421, 403
_OWN_PAGE = ("", "none", "same-origin")                 # "": no browser, or an old one


@dataclass(frozen=True, slots=True)
class Hosts:
    """`names` are the lab's host names, besides this machine's own."""

    names: frozenset[str] = frozenset()

    def check(self, request: HttpRequest, local_address: str) -> None:
        """Raises HTTPProblem. `local_address` is the connection's own address: a Kubernetes probe sends the pod's IP as Host."""
        host, origin, site = request.headers.get("host"), request.headers.get("origin"), request.header("sec-fetch-site")
        if host is not None and not self._is_ours(f"//{host}", local_address):
            raise HTTPProblem(MISDIRECTED, "wrong host", f"{host[:200]} is not a name of the viewer")
        reads = request.method in {"GET", "HEAD"}
        followed = reads and request.header("sec-fetch-dest") == "document"         # a link to the viewer
        if site not in _OWN_PAGE and not followed:
            raise HTTPProblem(FORBIDDEN, "cross-site request refused", "open the viewer's own page")
        if origin is not None and not reads and not self._is_ours(origin, local_address):
            raise HTTPProblem(FORBIDDEN, "cross-site request refused", f"Origin: {origin[:200]}")

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
