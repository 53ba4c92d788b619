"""Checks what a cluster needs of this machine. Changes nothing; every check has a timeout."""

from collections.abc import Callable, Iterator

from labctl.errors import LabError
from labctl.host import commands
from labctl.model import LabSpec, Requirement
from labctl.targets.kind.cluster import kind_file, lifecycle
from labctl.targets.kind.engine import client, images

BUILDX = "install Docker's buildx plugin (https://docs.docker.com/build/), or: labctl up --target local"


def requirements(spec: LabSpec) -> Iterator[Requirement]:
    image = kind_file.node_image(spec)
    yield _asked("docker", "runs the cluster's node", client.INSTALL, _engine)
    yield _asked("docker buildx", "builds the images", BUILDX, _buildx)
    yield _asked("kind", "creates the cluster", lifecycle.INSTALL, _kind)
    yield _asked(f"image {image}", "the node's image", f"docker pull {image}", lambda: _image(image))


def _asked(name: str, why: str, hint: str, ask: Callable[[], str]) -> Requirement:
    try:
        return Requirement(name, ok=True, found=ask(), why=why, hint="")
    except LabError as error:
        return Requirement(name, ok=False, found=error.message, why=why, hint=error.advice or error.hint or hint)


def _engine() -> str:
    commands.need("docker", client.INSTALL)             # kind and the build call it
    return client.version()


def _buildx() -> str:
    return commands.run(["docker", "buildx", "version"], timeout=client.PROMPT_S).decode().split()[1]


def _kind() -> str:
    commands.need("kind", lifecycle.INSTALL)
    return commands.run(["kind", "version"], timeout=client.PROMPT_S).decode().split()[1]


def _image(image: str) -> str:
    if image not in images.held(image):
        raise LabError("the engine does not have it")
    return "present"
