"""Imports images into the node's containerd: only missing ones, and early, while the control plane still starts.

A host folder with the images is mounted into a new node, so nothing has to be piped through the engine. `kind load` is not
used: it sends complete images, one at a time, and needs every platform.
"""

import shlex
import tempfile
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.targets.kind.engine import containers, images

CTR = ("ctr", "--namespace=k8s.io")
IMPORT_S = 300.0
NODE_FOLDER = "/var"                    # a volume of the node; /tmp is a tmpfs, into which nothing can be copied


@dataclass(frozen=True, slots=True)
class Delivered:
    refs: tuple[str, ...]
    bytes: int                          # sent into the node


def node_images(node: str) -> set[str]:
    """The images that the node has, by Docker's names. Waits for a node that was just started."""
    listing = shlex.join([*CTR, "images", "ls", "-q"])
    ask = f"for i in 1 2 3 4 5 6 7 8 9; do {listing} 2>/dev/null && exit; sleep 0.5; done; {listing}"
    names = containers.execute(node, "sh", "-c", ask).decode().split()
    return {name.removeprefix("docker.io/").removeprefix("library/") for name in names}


def await_containerd(node: str, patience_s: float) -> None:
    """Wait until the node's containerd answers, seconds before the rest of the node. Polls inside the node, since repeated `exec`
    calls would slow a starting cluster down.
    """
    ask = "until ctr version >/dev/null 2>&1; do sleep 0.1; done"
    containers.execute(node, "sh", "-c", ask, timeout=patience_s)


def save(refs: Sequence[str], archive: Path) -> Path:
    """Write images to a file, each layer once. Raises LabError when the engine does not have them and cannot pull them."""
    archive.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    there = images.held(*refs)
    for ref in refs:
        if ref not in there:
            images.pull(ref)
    images.save(refs, archive)
    return archive


def import_file(node: str, archive: Path, seen_as: str, refs: Iterable[str]) -> Delivered:
    """Import a file that the node sees as `seen_as`, and remove it."""
    try:
        containers.execute(node, *CTR, "images", "import", "--local", seen_as, timeout=IMPORT_S)
        return Delivered(tuple(refs), archive.stat().st_size)
    finally:
        archive.unlink(missing_ok=True)


def send(node: str, refs: Sequence[str]) -> Delivered:
    """Send complete images to a node without the mounted folder. Raises LabError when they cannot be imported."""
    if not refs:
        return Delivered((), 0)
    with tempfile.TemporaryDirectory() as folder:
        return Delivered(tuple(refs), import_copy(node, save(refs, Path(folder) / f"labctl-{uuid.uuid4().hex}.tar")))


def import_copy(node: str, archive: Path) -> int:
    """Copy an archive into the node and import it there. Returns the bytes sent."""
    containers.put(node, archive, NODE_FOLDER)
    copy = shlex.quote(f"{NODE_FOLDER}/{archive.name}")
    importing = f"{shlex.join([*CTR, 'images', 'import', '--local'])} {copy}; code=$?; rm -f {copy}; exit $code"
    containers.execute(node, "sh", "-c", importing, timeout=IMPORT_S)
    return archive.stat().st_size
