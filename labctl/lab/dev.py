"""Edit, save, serve: `up` after every change of the project's files.

The time that is told begins when the file was saved and ends when every component answers; the canary flies after that.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import LabError
from labctl.lab import plan
from labctl.lab.plan import Reporter, StepName, StepResult
from labctl.model import Lab
from labctl.project import KIND_FILE

WATCHED = ("service", "manifests", "Dockerfile", KIND_FILE)
TOGETHER_MS = 100                       # an editor saves in several steps
LOOK_EVERY_MS = 20
SILENCE_MS = 200                        # after which the watcher says that nothing has changed


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of one change: `error` None when it is served."""

    files: tuple[str, ...]              # relative to the project
    done: tuple[StepResult, ...]
    seconds: float                      # from saving to serving, or to the error
    error: LabError | None


class Silent:
    """A plan that nobody watches: its steps become one line at the end."""

    def note(self, text: str) -> None:
        pass

    @contextmanager
    def step(self, _title: str) -> Iterator[Callable[[str], None]]:
        yield lambda _note: None


def run(lab: Callable[[], Lab], report: Reporter, show: Callable[[FileChange], None]) -> None:
    """The lab up, with its steps told to `report`, then every change of its project to `show`. Until interrupted."""
    import watchfiles

    first = lab()
    project = first.spec.project
    paths = [path for name in WATCHED if (path := project / name).exists()]
    looks = watchfiles.watch(
        *paths, debounce=TOGETHER_MS, step=LOOK_EVERY_MS, rust_timeout=SILENCE_MS, yield_on_timeout=True, raise_interrupt=True,
    )
    next(looks)                         # from here on no change is missed
    plan.up(first, report, retain=True)
    for found in looks:
        if found:
            show(_apply(lab, project, {Path(name) for _, name in found}))


def _apply(lab: Callable[[], Lab], project: Path, files: set[Path]) -> FileChange:
    saved = max((path.stat().st_mtime for path in files if path.exists()), default=time.time())
    names = tuple(sorted(str(path.relative_to(project)) for path in files))
    try:
        done = plan.up(lab(), Silent(), retain=True)
    except LabError as error:
        return FileChange(names, (), time.time() - saved, error)
    return FileChange(names, tuple(done), served(done) - saved, None)


def served(done: Iterable[StepResult]) -> float:
    """When every component answered, in Unix seconds."""
    return next(step.end_ns for step in done if step.name is StepName.READY) / 1e9
