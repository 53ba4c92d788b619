"""Edit, save, serve: `up` after every change of the project's files.

Subtle: a half-saved file must not take the running lab down. Changed files are validated first, and while one is invalid the lab
stays as it is. The reported time begins when the file was saved and ends when every component answers; the canary is sent after
that.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from labctl.config import Config
from labctl.errors import LabError, Refused
from labctl.host import documents, locks
from labctl.host.watch import Watch
from labctl.lab import plan
from labctl.lab.lifecycle import lock_of
from labctl.lab.plan import NoReport, Reporter, StepName, StepResult
from labctl.model import Lab
from labctl.project import KIND_FILE
from labctl.targets import ClusterOptions, choose_target, open_target

FOLDERS = ("service", "manifests")
WATCHED = (*FOLDERS, "Dockerfile", KIND_FILE, ".env")
RECENT_S = 10.0                         # an older file was moved or copied here, not saved


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of one change: `error` None when it is served."""

    files: tuple[str, ...]              # relative to the project
    done: tuple[StepResult, ...]
    seconds: float                      # from saving to serving, or to the error
    error: LabError | None


@dataclass(frozen=True, slots=True)
class DevScreen:
    """What shows the first `up`, and then each change; `explain` makes an error that can be shown of an unforeseen exception.

    `diagnose` says of the lab's own failure what it comes from.
    """

    report: Reporter
    show: Callable[[FileChange], None]
    explain: Callable[[Exception], LabError]
    diagnose: Callable[[LabError], LabError] = plan.unexplained


@dataclass(frozen=True, slots=True)
class Session:
    """`lab` reads the settings anew each time."""

    lab: Callable[[], Lab]
    screen: DevScreen
    settings: Path | None = None        # a `.env` elsewhere than in the project


def develop(read: Callable[[], Config], timeout_s: float, screen: DevScreen) -> None:
    """The lab up, then every change applied to it, under the lab's lock. Until interrupted; it keeps its target meanwhile."""
    first = read()
    spec = first.spec()
    with locks.hold(lock_of(spec), "dev"):
        target = choose_target(first["LABCTL_TARGET"], spec, ClusterOptions()).target.name

        def lab() -> Lab:
            now = read()
            now.require_same_lab(first)
            return Lab(now.spec(), open_target(target, now.spec(), ClusterOptions()), timeout_s)

        run(Session(lab, screen, first.dotenv))


def run(session: Session) -> None:
    """The lab up, then every change of its project shown."""
    first = session.lab()
    project = first.spec.project
    paths = {project / name for name in WATCHED} | ({session.settings} if session.settings else set())
    watch = Watch(paths)                # from here on no change is missed
    plan.up(first, session.screen.report, retain=True)
    while True:
        session.screen.show(_apply(session, project, watch.changed()))


def _apply(session: Session, project: Path, files: set[Path]) -> FileChange:
    saved = _saved(files)
    names = tuple(sorted(_name(path, project) for path in files if path not in _folders(files)))
    try:
        require_readable(project, files)
        done = plan.up(session.lab(), NoReport(), retain=True, explain=session.screen.diagnose)
    except LabError as error:
        return FileChange(names, (), time.time() - saved, error)
    except Exception as error:  # noqa: BLE001 - whatever a half-saved file leads to, the next change may mend it
        return FileChange(names, (), time.time() - saved, session.screen.explain(error))
    return FileChange(names, tuple(done), served(done) - saved, None)


def require_readable(project: Path, files: Iterable[Path]) -> None:
    """Raises Refused for a missing folder, and for an invalid source file or manifest."""
    for name in FOLDERS:
        if not (project / name).is_dir():
            raise Refused(f"{name}/ is gone: the lab stays as it is until it is back")
    for path in sorted(files):
        if path.is_file() and not path.name.startswith("."):
            if path.suffix == ".py":
                _require_syntax(path)
            if path.suffix in {".yaml", ".yml"} and not documents.read_yaml(path):
                hint = "to remove its objects, delete it and its line in the resources"
                raise Refused(f"{path}: the file is empty: the lab stays as it is", hint=hint)


def _require_syntax(path: Path) -> None:
    content = documents.read_bytes(path)
    try:
        compile(content, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise Refused(f"{path}{line}: {error.msg}: the lab stays as it is", detail=(error.text or "").rstrip()) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"{path}: {error}: the lab stays as it is") from None


def _saved(files: Iterable[Path]) -> float:
    now = time.time()
    times = [_modified(path) for path in files]
    return max((at for at in times if now - RECENT_S < at <= now), default=now)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _folders(files: set[Path]) -> set[Path]:
    """Those that came or went together with something in them, which says more."""
    return {parent for path in files for parent in path.parents}


def _name(path: Path, project: Path) -> str:
    return str(path.relative_to(project)) if path.is_relative_to(project) else str(path)


def served(done: Iterable[StepResult]) -> float:
    """When every component answered, in Unix seconds."""
    return next(step.end_ns for step in done if step.name is StepName.READY) / 1e9
