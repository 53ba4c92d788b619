"""A port of this machine that leads to a component's pod, over the API server: for clusters that publish nothing.

The listener is ours and stays; every connection gets a tunnel of its own to a pod that is ready at that moment, so a pod that is
replaced breaks the connections it had and no others. One WebSocket for each connection: made for looking, not for load.
"""

import contextlib
import select
import socket
import threading
import time
from dataclasses import dataclass

from labctl.errors import LabError, NotReady, Refused
from labctl.host import ports
from labctl.targets.kind import health, tunnel
from labctl.targets.kind.kube import Kube, Object
from labctl.targets.kind.logs import selector
from labctl.targets.kind.place import DEPLOYMENTS, Place

BACKLOG = 32
FIND_S = 10.0
FIND_EVERY_S = 0.1
CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Route:
    component: str
    local: int                          # 0: any free port
    remote: int                         # of the pod


class Forward:
    """Listens from its making until `close`. `port` is the local one."""

    def __init__(self, kube: Kube, place: Place, route: Route) -> None:
        self._kube, self._place, self._route = kube, place, route
        try:
            self._listener = socket.create_server((ports.LOOPBACK, route.local), backlog=BACKLOG)
        except OSError:
            raise Refused(
                f"port {route.local} is taken by {ports.holder(route.local)}",
                hint=f"labctl forward {route.component} {route.local + 10000}:{route.remote}",
            ) from None
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # closing alone does not wake a thread that accepts
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                with tunnel.Tunnel(self._kube.access, self._place.namespace, self._pod(), self._route.remote) as way:
                    copy(client, way)
            except (LabError, OSError):
                return                  # the client sees its connection closed, as it would by the pod itself

    def _pod(self) -> str:
        """The name of a pod that is ready, waited for while one is being replaced."""
        deadline = time.monotonic() + FIND_S
        while True:
            pods = self._kube.items("Pod", self._place.namespace, selector(self._route.component))
            ready = [pod for pod in pods if health.is_ready(pod)]
            if ready:
                # one that is being deleted still answers, and is better than none
                return str(max((pod["metadata"] for pod in ready), key=_preference)["name"])
            if time.monotonic() > deadline:
                raise NotReady(f"no pod of {DEPLOYMENTS[self._route.component]} is ready")
            time.sleep(FIND_EVERY_S)


def _preference(meta: Object) -> tuple[bool, str]:
    return "deletionTimestamp" not in meta, meta["creationTimestamp"]


def copy(client: socket.socket, way: "tunnel.Tunnel") -> None:
    """Both directions, until one side has ended."""
    while True:
        # bytes that TLS has already decrypted are not seen by select
        readable = [way.socket] if way.socket.pending() else select.select([client, way.socket], [], [])[0]
        if client in readable:
            sent = client.recv(CHUNK)
            if not sent:
                return
            way.send(sent)
        if way.socket in readable:
            got = way.receive()
            if got is None:
                return
            client.sendall(got)
