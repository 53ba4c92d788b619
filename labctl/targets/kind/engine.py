"""The Docker engine through its command line: faster to start than its package, and it knows contexts and BuildKit.

Every question has a bound, and an engine that is absent, stopped or hung is told apart.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labctl.errors import LabError, NotReady, Refused
from labctl.host import commands

PROMPT_S = 2.0                          # for the first question; a healthy engine answers in 0.05 s
ANSWER_S = 20.0                         # for later ones, when a new cluster takes all the processors
INSTALL = "install Docker 24 or later (https://docs.docker.com/engine/install/), or: labctl up --target local"


@dataclass(frozen=True, slots=True)
class Node:
    """The cluster's one container."""

    name: str
    id: str
    running: bool
    cluster: str
    mounts: tuple[str, ...]             # where in the container
    ports: dict[int, int]               # of the container → of this machine
    created: float                      # Unix seconds

    @property
    def version(self) -> str:
        return self.id[:12]


def docker(*words: str, stdin: bytes | None = None, timeout: float = ANSWER_S) -> bytes:
    """Raises Refused when there is no engine or it does not answer, else LabError when the command failed."""
    commands.need("docker", INSTALL)
    try:
        return commands.run(["docker", *words], stdin=stdin, timeout=timeout)
    except NotReady as error:
        said = f"the Docker engine does not answer within {timeout:g} s"
        raise Refused(said, detail=error.detail, hint="restart Docker, or: labctl up --target local") from None
    except LabError as error:
        raise _explained(error) from None


def _explained(error: LabError) -> LabError:
    said = error.detail.lower()
    if "cannot connect to the docker daemon" in said or ("dial unix" in said and "permission denied" not in said):
        return Refused("the Docker engine is not running", detail=error.detail, hint="start Docker, or: labctl up --target local")
    if "permission denied" in said and "docker.sock" in said:
        return Refused(
            "this user may not use the Docker engine", detail=error.detail,
            hint="sudo usermod -aG docker $USER, then log in again",
        )
    if "no space left on device" in said:
        return Refused("the Docker engine's disk is full", detail=error.detail, hint="docker system prune")
    return error


def inspect(container: str, timeout: float = ANSWER_S) -> Node | None:
    """The container, or None when there is none of that name."""
    try:
        answer = docker("container", "inspect", container, timeout=timeout)
    except Refused:
        raise
    except LabError as error:
        if "no such container" in error.detail.lower():
            return None
        raise
    return _node(json.loads(answer)[0])


def mounting(mount: str) -> list[str]:
    """The names of the containers that have this mount point, running or not."""
    return docker("ps", "-a", "--filter", f"volume={mount}", "--format", "{{.Names}}").decode().split()


def _node(found: dict[str, Any]) -> Node:
    bound = found["HostConfig"].get("PortBindings") or {}
    ports = {int(inner.partition("/")[0]): int(outer[0]["HostPort"] or 0) for inner, outer in bound.items() if outer}
    created = datetime.fromisoformat(found["Created"]).timestamp()
    return Node(
        name=found["Name"].lstrip("/"), id=found["Id"], running=found["State"]["Running"],
        cluster=(found["Config"].get("Labels") or {}).get("io.x-k8s.kind.cluster", ""),
        mounts=tuple(mount["Destination"] for mount in found.get("Mounts") or ()), ports=ports, created=created,
    )


def remove_network(name: str, *, not_older_than: float) -> bool:
    """Remove a network that nobody uses and that is as young as that (Unix seconds). Whether it was removed."""
    try:
        found = json.loads(docker("network", "inspect", name))[0]
        if found.get("Containers") or datetime.fromisoformat(found["Created"]).timestamp() < not_older_than:
            return False
        docker("network", "rm", name)
    except Refused:
        raise
    except LabError:
        return False
    return True


def tags() -> list[str]:
    """The names of all images that the engine holds, newest first."""
    return docker("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}}").decode().split()


def images(*names: str) -> dict[str, dict[str, Any]]:
    """Those of the images that the engine holds: Id, Created and RootFS of each, by the name that was asked for."""
    there = set(tags())
    held = [name for name in names if name in there]
    return dict(zip(held, json.loads(docker("image", "inspect", *held)), strict=True)) if held else {}


def execute(node: str, *words: str, stdin: bytes | None = None, timeout: float = ANSWER_S) -> bytes:
    """Run a command inside the node."""
    return docker("exec", *(("-i",) if stdin is not None else ()), node, *words, stdin=stdin, timeout=timeout)
