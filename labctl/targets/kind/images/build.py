"""The lab's images: tagged with a hash of their sources, built by BuildKit.

So an image that exists need not be built again, and one that the node has need not be sent.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import labctl
from labctl.components import SERVICE, VIEWER
from labctl.errors import LabError
from labctl.host import commands, documents
from labctl.model import LabSpec
from labctl.targets.kind.engine import images as image_store
from labctl.targets.kind.tool_environment import tool_environment
from labctl.targets.kubernetes.names import digest

BUILD_S = 900.0
SKIPPED = {"__pycache__"}


@dataclass(frozen=True, slots=True)
class Image:
    """One of the lab's own images, tagged by its content. The tutorial's `:v1` is for images that are built by hand."""

    component: str                      # service | viewer; also the Dockerfile's target
    repository: str
    content: str                        # 16 hex digits: the hash of all its sources

    @property
    def ref(self) -> str:
        return f"{self.repository}:{self.content}"

    @property
    def files(self) -> str:
        """An image of only the source files; its single layer is the last layer of `ref`."""
        return f"{files_repository(self.repository)}:{self.content}"


def files_repository(repository: str) -> str:
    return f"{repository}-files"


def images(spec: LabSpec) -> tuple[Image, Image]:
    root = spec.project
    common = _named(root, [root / "Dockerfile", root / "service" / "requirements.lock", root / "service" / "sbom.lock"])
    service = _named(root, _sources(root / "service"))
    package = viewers_package(root)
    viewer = _named(package.parent, [package / "__init__.py", package / "errors.py", *_sources(package / "telemetry")])
    return (
        Image("service", SERVICE.cluster.repository, _content(common | service)),
        Image("viewer", VIEWER.cluster.repository, _content(common | viewer)),
    )


def viewers_package(root: Path) -> Path:
    """The labctl package from which the viewer's image is built: the project's, else the running one."""
    own = root / "labctl"
    return own if (own / "telemetry").is_dir() else Path(labctl.__file__).parent


def _sources(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")


def _named(root: Path, files: Iterable[Path]) -> dict[str, Path]:
    """The files by their names in the build context."""
    return {str(file.relative_to(root)): file for file in files}


def _content(files: Mapping[str, Path]) -> str:
    return digest(*(part for name, file in files.items() for part in (name.encode(), documents.read_bytes(file))))


def build(spec: LabSpec, wanted: Iterable[Image]) -> list[str]:
    """Build the images that the engine does not have, in one command. Returns their components."""
    wanted = list(wanted)
    held = image_store.held(*(image.ref for image in wanted))
    missing = [image for image in wanted if image.ref not in held]
    if missing:
        with context(spec.project) as folder:
            _bake(missing, folder)
    return [image.component for image in missing]


@contextmanager
def context(project: Path) -> Iterator[Path]:
    """The build context: the project, or, where labctl's package is elsewhere, a copy of both."""
    package = viewers_package(project)
    if package.parent == project:
        yield project
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(project / "Dockerfile", folder)
        for source, target in ((project / "service", "service"), (package / "telemetry", "labctl/telemetry")):
            shutil.copytree(source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("__init__.py", "errors.py"):
            shutil.copy(package / file, folder / "labctl")
        yield folder


def _bake(missing: Iterable[Image], folder: Path) -> None:
    targets = {}
    for image in missing:
        targets[image.component] = {"target": image.component, "tags": [image.ref]}
        targets[f"{image.component}-files"] = {"target": f"{image.component}-files", "tags": [image.files]}
    wanted = json.dumps({"group": {"default": {"targets": list(targets)}}, "target": targets}).encode()
    argv = ["docker", "buildx", "bake", "--file", "-", "--progress", "plain", "--load", "--provenance=false", "--sbom=false"]
    try:
        commands.run(argv, stdin=wanted, timeout=BUILD_S, cwd=folder, env=tool_environment())
    except LabError as error:
        raise LabError("the image cannot be built", detail=error.detail, hint=f"docker build {folder}") from None
