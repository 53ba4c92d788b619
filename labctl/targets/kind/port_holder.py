"""Finds the container that has a port of this machine: the listening process is only named `docker-proxy`."""

from collections.abc import Mapping

from labctl.errors import LabError
from labctl.host import ports
from labctl.model import PortHolder
from labctl.targets.kind.engine.client import PROMPT_S, ask
from labctl.targets.kind.engine.containers import CLUSTER_LABEL


def require_free(wanted: Mapping[str, int]) -> None:
    """Raises Refused with the holder's name; by the port's name in the settings, such as `service`."""
    for endpoint, port in wanted.items():
        if ports.taken(port) and (holder := container_holder(port)):
            raise ports.port_taken(f"{port} ({endpoint})", holder.name, holder.hint)
    ports.require_free(wanted)


def container_holder(port: int) -> PortHolder | None:
    """None when no container has it, or the engine does not answer."""
    try:
        running = ask(lambda api: api.containers(), PROMPT_S)
    except LabError:
        return None
    for container in running:
        if any(published.get("PublicPort") == port for published in container.get("Ports") or ()):
            cluster = (container.get("Labels") or {}).get(CLUSTER_LABEL)
            name = str(container["Names"][0]).lstrip("/")
            if cluster:
                return PortHolder(f"the kind cluster {cluster}", f"kind delete cluster --name {cluster}")
            return PortHolder(f"the container {name}", f"docker stop {name}")
    return None
