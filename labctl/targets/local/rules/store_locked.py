"""Another program holds a lock on the viewer's store, so that the viewer cannot write.

Source of the locks: proc_locks(5). SQLite locks the store's file, or in WAL mode its -shm file
(https://www.sqlite.org/walformat.html, "WAL-Index File-Locking Matrix").
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.targets.local.lab_processes import LabProcesses

LOOKS_AT: Final = "whether another program has locked the viewer's store"
_LOCKS: Final = Path("/proc/locks")
_LEADS_TO: Final = frozenset({Symptom.VIEWER_REFUSES, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})


def find(lab: LabProcesses) -> Iterator[Finding]:
    viewer = lab.processes.get("viewer")
    files = [lab.spec.state / name for name in ("viewer.db", "viewer.db-shm")]
    inodes = {str(path.stat().st_ino): path for path in files if path.is_file()}
    for pid, path in sorted(set(_writers(inodes))):
        if viewer is not None and pid != viewer.pid:
            yield Finding(
                "store-locked", Kind.CAUSE, "viewer", "another program has locked the viewer's store",
                (Evidence("/proc/locks", f"pid {pid} ({_command(pid)}) has a write lock on {path}"),), f"kill {pid}",
                leads_to=_LEADS_TO,
            )


def _writers(inodes: dict[str, Path]) -> Iterator[tuple[int, Path]]:
    """The processes that hold a write lock on one of the files, by their inodes."""
    try:
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        # 1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 120 120
        words = line.split()
        if len(words) > 5 and words[3] == "WRITE" and words[4].isdecimal():  # noqa: PLR2004 - the fields of a line
            path = inodes.get(words[5].rpartition(":")[2])
            if path:
                yield int(words[4]), path


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:80]
    except OSError:
        return "gone"
