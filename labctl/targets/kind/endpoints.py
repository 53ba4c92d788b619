"""The lab's addresses on this machine: a port that the node publishes, else a port forward through the API server.

The latter lasts as long as this process, and costs nothing until a client connects.
"""

from collections.abc import Callable, Iterable

from labctl import components
from labctl.components import BY_NAME, Component
from labctl.host.forwarder import Forwarder
from labctl.model import Endpoints, Route
from labctl.targets.kind.cluster.lab_cluster import LabCluster
from labctl.targets.kind.cluster.names import NODE_PORTS
from labctl.targets.kubernetes.snapshot import Published
from labctl.targets.routes import nothing_listens

COMPONENT_PORTS = {port.name: (component.name, port.own) for component, port in components.ports()}


class LabEndpoints:
    def __init__(
        self, cluster: LabCluster, url: Callable[[str, int], str], components: Callable[[], Iterable[Component]],
    ) -> None:
        """`url`: the base URL of an endpoint that a port of this machine leads to; `components`: those of the lab."""
        self._cluster, self._url, self._components = cluster, url, components
        self._forwarders: dict[str, Forwarder] = {}
        self._published: dict[str, int] | None = None

    def endpoints(self) -> Endpoints:
        outer = self._outer()
        urls = {name: self._url(name, outer.get(name) or self._forwarder(name)) for name in self._names()}
        return Endpoints(urls, temporary=frozenset(urls) - outer.keys())

    def _names(self) -> list[str]:
        return [port.name for component in self._components() for port in component.ports]

    def node_ports(self) -> dict[str, Published]:
        """The published ports of the lab, by endpoint."""
        return {name: Published(self._url(name, port), NODE_PORTS[name]) for name, port in self._outer().items()}

    def published(self, route: Route) -> bool:
        port = BY_NAME[route.component].port(route.remote)
        return port is not None and self._outer().get(port.name) == route.local

    def forward(self, route: Route) -> Forwarder:
        from labctl.targets.kubernetes.network import port_forward  # imports http.client and ssl, 20 ms
        from labctl.targets.kubernetes.network.websocket import PortStream

        cluster = self._cluster

        def dial() -> PortStream:
            return port_forward.dial(cluster.kube, cluster.names, route.component, route.remote)

        if not BY_NAME[route.component].port(route.remote) and port_forward.refused(dial()):
            raise nothing_listens(route)
        return Forwarder(route.local, dial)

    def _outer(self) -> dict[str, int]:
        """The host ports that the node publishes, by endpoint; they never change during the node's life."""
        if self._published is None:
            node = self._cluster.node()
            there = node.ports if node else {}
            self._published = {name: there[inner] for name, inner in NODE_PORTS.items() if there.get(inner)} or None
        return self._published or {}

    def _forwarder(self, endpoint: str) -> int:
        if endpoint not in self._forwarders:
            component, port = COMPONENT_PORTS[endpoint]
            self._forwarders[endpoint] = self.forward(Route(component, 0, port))
        return self._forwarders[endpoint].port
