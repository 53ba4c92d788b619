"""Containers of the engine: inspects and starts the cluster's node, and runs commands in it."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labctl.errors import LabError, Refused
from labctl.targets.kind.engine.client import ANSWER_S, TRANSFER_S, ask, find

STREAM_HEADER = 8                       # of a frame: the stream's number, three zeros, the length
STDOUT = 1
CLUSTER_LABEL = "io.x-k8s.kind.cluster"                 # which kind gives to every node


@dataclass(frozen=True, slots=True)
class NodeContainer:
    """The cluster's one container."""

    name: str
    id: str
    running: bool
    cluster: str
    mounts: tuple[str, ...]             # paths in the container
    ports: dict[int, int]               # container port → host port
    created: float                      # Unix seconds
    paused: bool = False

    @property
    def version(self) -> str:
        return self.id[:12]


def inspect(container: str, timeout: float = ANSWER_S) -> NodeContainer | None:
    """The container, or None when there is none of that name."""
    found = find(lambda api: api.inspect_container(container), timeout)
    return _node(found) if found else None


def mounting(mount: str) -> list[str]:
    """The names of the containers that have this mount point, running or not."""
    found = ask(lambda api: api.containers(all=True, filters={"volume": mount}))
    return [str(name).lstrip("/") for container in found for name in container["Names"]]


def start(container: str) -> None:
    ask(lambda api: api.start(container))


def _node(found: dict[str, Any]) -> NodeContainer:
    bound = found["HostConfig"].get("PortBindings") or {}
    ports = {int(inner.partition("/")[0]): int(outer[0]["HostPort"] or 0) for inner, outer in bound.items() if outer}
    created = datetime.fromisoformat(found["Created"]).timestamp()
    return NodeContainer(
        name=found["Name"].lstrip("/"), id=found["Id"], running=found["State"]["Running"],
        cluster=(found["Config"].get("Labels") or {}).get(CLUSTER_LABEL, ""),
        mounts=tuple(mount["Destination"] for mount in found.get("Mounts") or ()), ports=ports, created=created,
        paused=bool(found["State"].get("Paused")),
    )


def execute(container: str, *words: str, timeout: float = ANSWER_S) -> bytes:
    """A command's stdout. Raises LabError with its output when it fails; `timeout` limits each pause in its output.

    The package's own `exec_start` is not used: it hijacks the connection and then waits without a timeout.
    """
    created = ask(lambda api: api.exec_create(container, list(words)), timeout)["Id"]
    body = {"Detach": False, "Tty": False}
    raw = ask(lambda api: _content(api, f"{api.base_url}/v{api.api_version}/exec/{created}/start", body, timeout), timeout)
    code = ask(lambda api: api.exec_inspect(created), timeout)["ExitCode"]
    frames = list(_frames(raw))
    if code:
        said = b"".join(content for _, content in frames).decode(errors="replace").strip()
        command = shlex.join(["docker", "exec", container, *words])
        raise LabError(f"{words[0]} failed in the node with exit code {code}", detail=f"$ {command}\n{said[-2000:]}")
    return b"".join(content for stream, content in frames if stream == STDOUT)


def _content(session: Any, url: str, body: dict[str, bool], timeout: float) -> bytes:
    response = session.post(url, json=body, timeout=timeout)
    response.raise_for_status()
    return bytes(response.content)


def _frames(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The engine's multiplexed stream: https://docs.docker.com/reference/api/engine/ (ContainerAttach, stream format)."""
    while len(raw) >= STREAM_HEADER:
        end = STREAM_HEADER + int.from_bytes(raw[4:STREAM_HEADER], "big")
        yield raw[0], raw[STREAM_HEADER:end]
        raw = raw[end:]


def put(container: str, file: Path, folder: str) -> None:
    """Copy a file of this machine into a folder of the container, under its own name."""
    ask(lambda api: api.put_archive(container, folder, _archive(file)), TRANSFER_S)


def _archive(file: Path) -> Iterator[bytes]:
    """A tar archive of one file, created while it is sent."""
    import tarfile

    member = tarfile.TarInfo(file.name)
    member.size = file.stat().st_size
    yield member.tobuf()
    with file.open("rb") as content:
        while chunk := content.read(1 << 20):
            yield chunk
    yield bytes(-member.size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)


def remove_network(name: str, *, not_older_than: float) -> bool:
    """Remove a network that is unused and not older than that (Unix seconds). Returns whether it was removed."""
    try:
        found: dict[str, Any] | None = find(lambda api: api.inspect_network(name))
        if not found or found.get("Containers") or datetime.fromisoformat(found["Created"]).timestamp() < not_older_than:
            return False
        ask(lambda api: api.remove_network(name))
    except Refused:
        raise
    except LabError:
        return False
    return True
