"""The lab's images: named by what goes into them, built by BuildKit, handed to the node.

The tag is a hash of the sources, so an image that exists need not be built again, and one that the node has need not be sent.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import LabError, Refused
from labctl.host import tools
from labctl.model import LabSpec
from labctl.targets.kind import engine
from labctl.targets.kind.place import digest

BUILD_S = 900.0
SKIPPED = {"__pycache__"}


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the lab's own. `ref` is its name by content, `stable` the name that the tutorial uses."""

    component: str                      # service | viewer; also the Dockerfile's target
    repository: str
    content: str                        # 16 hex digits of everything that goes into it

    @property
    def ref(self) -> str:
        return f"{self.repository}:{self.content}"

    @property
    def stable(self) -> str:
        return f"{self.repository}:v1"

    @property
    def files(self) -> str:
        """An image of the source files alone; its one layer is the last layer of `ref`."""
        return f"{self.repository}-files:{self.content}"


def images(spec: LabSpec) -> tuple[Image, Image]:
    root = spec.project
    common = [root / "Dockerfile", root / "service" / "requirements.lock"]
    package = _package(root)
    viewer = [package / "__init__.py", package / "errors.py", *_sources(package / "telemetry")]
    return (
        Image("service", "ai-lab-2-2-paid", _content(root, [*common, *_sources(root / "service")])),
        Image("viewer", "ai-lab-2-2-viewer", _content(root, [*common, *viewer])),
    )


def _package(root: Path) -> Path:
    if not (root / "labctl" / "telemetry").is_dir():
        raise Refused(f"{root} lacks labctl/telemetry, of which the viewer's image is made", hint="labctl up --target local")
    return root / "labctl"


def _sources(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")


def _content(root: Path, files: Iterable[Path]) -> str:
    parts: list[bytes] = []
    for file in files:
        parts += [str(file.relative_to(root)).encode(), file.read_bytes()]
    return digest(*parts)


def build(spec: LabSpec, wanted: Iterable[Image]) -> list[str]:
    """Build those that the engine does not hold, in one go. Returns their components."""
    wanted = list(wanted)
    held = engine.images(*(image.ref for image in wanted))
    missing = [image for image in wanted if image.ref not in held]
    if missing:
        argv = ["docker", "buildx", "bake", "--file", "-", "--progress", "plain", "--provenance=false", "--sbom=false"]
        try:
            tools.run(argv, stdin=_bake(missing), timeout=BUILD_S, cwd=spec.project)
        except LabError as error:
            raise LabError("the image cannot be built", detail=error.detail, hint=f"docker build {spec.project}") from None
    return [image.component for image in missing]


def _bake(missing: Iterable[Image]) -> bytes:
    targets = {}
    for image in missing:
        targets[image.component] = {"target": image.component, "tags": [image.ref, image.stable]}
        targets[f"{image.component}-files"] = {"target": f"{image.component}-files", "tags": [image.files]}
    return json.dumps({"group": {"default": {"targets": list(targets)}}, "target": targets}).encode()
