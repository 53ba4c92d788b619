"""The lab's addresses as this machine has them: a port that the node publishes, else one of ours over the API server.

The latter lasts as long as this process, and costs nothing until somebody connects.
"""

from labctl.host.ports import LOOPBACK
from labctl.host.relay import Relay
from labctl.model import PORTS, Endpoints, Route
from labctl.targets.kind import forward
from labctl.targets.kind.location import Location
from labctl.targets.kind.place import NODE_PORTS

INNER = {endpoint: (component, port) for component, ports in PORTS.items() for port, endpoint in ports.items()}


class Reach:
    def __init__(self, location: Location) -> None:
        self._location = location
        self._relays: dict[str, Relay] = {}

    def endpoints(self) -> Endpoints:
        outer = self._outer()
        names = tuple(name for name in Endpoints.__slots__ if name in INNER)
        at = {name: f"http://{LOOPBACK}:{outer.get(name) or self._relay(name)}" for name in names}
        return Endpoints(**at, passing=frozenset(names) - outer.keys())

    def published(self, route: Route) -> bool:
        return self._outer().get(PORTS[route.component].get(route.remote, "")) == route.local

    def forward(self, route: Route) -> Relay:
        location = self._location
        return Relay(route.local, lambda: forward.dial(location.kube, location.place, route.component, route.remote))

    def _outer(self) -> dict[str, int]:
        node = self._location.node()
        there = node.ports if node else {}
        return {name: there[inner] for name, inner in NODE_PORTS.items() if there.get(inner)}

    def _relay(self, endpoint: str) -> int:
        if endpoint not in self._relays:
            component, port = INNER[endpoint]
            self._relays[endpoint] = self.forward(Route(component, 0, port))
        return self._relays[endpoint].port
