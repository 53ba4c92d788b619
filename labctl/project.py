"""Which copy of service/ and manifests/ runs: the project around the current folder, else the one inside the wheel.

A folder is a project when it holds both `kind-mcp-cluster.yaml` and `manifests/`.
"""

from dataclasses import dataclass
from pathlib import Path

from labctl.errors import UsageError
from labctl.host import folders

KIND_FILE = "kind-mcp-cluster.yaml"


@dataclass(frozen=True, slots=True)
class Project:
    root: Path
    origin: str                         # how it was found, in words


def is_project(folder: Path) -> bool:
    return (folder / KIND_FILE).is_file() and (folder / "manifests").is_dir()


def find(start: Path | None, named: str | None = None) -> Project:
    """The project to run: `named`, else around `start`. Raises UsageError where `named` is none, Refused for its path."""
    if named:
        return _named(folders.named(named, "LABCTL_PROJECT"))
    for folder in (start, *start.parents) if start else ():
        if is_project(folder):
            return Project(folders.readable(str(folder), "the project's folder"), "around the current folder")
    return _packaged()


def _named(folder: Path) -> Project:
    if is_project(folder):
        return Project(folder, "named")
    raise UsageError(
        f"{folder} is not a project: it does not hold both {KIND_FILE} and manifests/",
        advice="name a folder that does, or leave --project away to use the copy that came with labctl",
    )


def _packaged() -> Project:
    package = Path(__file__).resolve().parent
    inside = package / "_data"
    # an editable installation has no copy inside: its package lies in the project itself
    return Project(inside, "inside the labctl package") if is_project(inside) else Project(package.parent, "labctl's own")
