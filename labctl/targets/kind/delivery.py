"""Images into the node's containerd: only what it lacks, as one stream into `ctr`, while the control plane still starts.

`kind load` is not used: it writes everything to disk first, sends it all, and asks for every platform.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from labctl.errors import LabError, Refused
from labctl.host import tools
from labctl.targets.kind import delta, engine
from labctl.targets.kind.images import COLLECTOR, Image

CTR = ("ctr", "--namespace=k8s.io")
IMPORT = (*CTR, "images", "import", "--local", "-")
IMPORT_S = 300.0


@dataclass(frozen=True, slots=True)
class Delivered:
    refs: tuple[str, ...]
    bytes: int | None                   # None: everything was streamed, and nobody counted


def held(node: str) -> set[str]:
    """The images that the node has, as docker names them."""
    names = engine.execute(node, *CTR, "images", "ls", "-q").decode().split()
    return {name.removeprefix("docker.io/").removeprefix("library/") for name in names}


def await_containerd(node: str, patience_s: float) -> None:
    """Until the node exists and its containerd answers, which is seconds before anything else of it does."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            engine.execute(node, *CTR, "version", timeout=5)
        except Refused:
            raise
        except LabError:
            if time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(0.1)


def deliver(node: str, wanted: Iterable[Image]) -> Delivered:
    """Send what the node lacks. Raises LabError when it cannot be imported."""
    there = held(node)
    missing = [image for image in wanted if image.ref not in there]
    sent = [(image, delta.send(node, image, there)) for image in missing]
    whole = [image.ref for image, size in sent if size is None]
    if COLLECTOR not in there:
        whole.append(COLLECTOR)
    if whole:
        _stream(node, whole)
    refs = (*(image.ref for image in missing), *([COLLECTOR] if COLLECTOR in whole else []))
    return Delivered(refs, None if whole else sum(size or 0 for _, size in sent))


def _stream(node: str, refs: list[str]) -> None:
    absent = [ref for ref in refs if ref not in engine.images(*refs)]
    if absent:
        engine.docker("pull", "--quiet", absent[0], timeout=IMPORT_S)
    tools.pipe(["docker", "save", *refs], ["docker", "exec", "-i", node, *IMPORT], timeout=IMPORT_S)
