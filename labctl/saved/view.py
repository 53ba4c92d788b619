"""A viewer by itself, for files: on a free port of this machine, with a store that is gone when it ends.

Subtle: it ends with this command, however this one ends: its stdin is a pipe from here.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from labctl.errors import LabError, UsageError, os_reason
from labctl.host.commands import await_end, own_environment, spawn_piped
from labctl.host.http import get

_KEEP: Final = ("--max-bytes", str(1 << 60), "--max-age", "1e9")         # whatever is loaded
_ARGV: Final = (sys.executable, "-P", "-m", "labctl.telemetry", "--temporary", "--http", "127.0.0.1:0")
_TAKEN: Final = "labctl view takes OTLP JSON (also as gzip or in a zip file), and traces from Tempo and Jaeger"
_NO_LAB: Final = {"SERVICE_URL": "", "COLLECTOR_METRICS_URL": ""}       # that its page would show
_EVERY_S: Final = 0.1
_END_S: Final = 10.0
_MARGIN_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """As GET /api/page/files has it."""

    name: str
    spans: int
    log_records: int
    data_points: int
    refused: dict[str, int]
    trace: str | None
    run: str | None                     # the first digits that all its trace ids share
    begin: float | None                 # Unix seconds
    end: float | None


@dataclass(frozen=True, slots=True)
class ShownFiles:
    address: str                        # of the view that shows best what was loaded
    files: Sequence[LoadedFile]


Progress = Callable[[str, float], object]               # a file's name, and the share of it that has been read


@contextmanager
def shown(files: Sequence[Path], progress: Progress) -> Iterator[ShownFiles]:
    """Until the context ends. Raises UsageError and LabError."""
    for file in files:
        _check(file)
    with tempfile.TemporaryDirectory(prefix="labctl-view-", ignore_cleanup_errors=True) as folder, _viewer(folder, files) as url:
        loaded = _loaded(url, progress)
        yield ShownFiles(f"{url}/{_fragment(loaded)}", loaded)


@contextmanager
def _viewer(folder: str, files: Sequence[Path]) -> Iterator[str]:
    """Its URL."""
    argv = [*_ARGV, "--db", f"{folder}/viewer.db", *_KEEP]
    words = [word for file in files for word in ("--load", str(file.resolve()))]
    with tempfile.TemporaryFile() as said:
        process = spawn_piped([*argv, *words, "--announce"], env=own_environment(**_NO_LAB), stderr=said)
        assert process.stdin
        assert process.stdout
        try:
            port = process.stdout.readline().strip()
            if not port:
                said.seek(0)
                raise LabError("the viewer did not start", detail=said.read()[-1000:].decode(errors="replace").strip())
            yield f"http://127.0.0.1:{int(port)}"
        finally:
            process.stdin.close()
            process.stdout.close()
            await_end(process, _END_S)


def _check(file: Path) -> None:
    try:
        if not (file.is_file() or file.is_dir()) and file.exists():
            raise UsageError(f"{file} is not a regular file: save its content to a file first")
        with file.open("rb"):
            pass
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {os_reason(error)}") from None


def _loaded(url: str, progress: Progress) -> list[LoadedFile]:
    """Raises LabError for a file that cannot be read."""
    while True:
        found = get(f"{url}/api/page/files", timeout_s=30).json()["files"]
        for one in found:
            if one["state"] == "failed":
                raise _unreadable(one)
        if all(one["state"] == "done" for one in found):
            return [LoadedFile(**{name: one[name] for name in LoadedFile.__slots__}) for one in found]
        reading = next(one for one in found if one["state"] != "done")
        progress(reading["name"], reading["read"] / max(reading["size"], 1))
        time.sleep(_EVERY_S)


def _unreadable(found: dict[str, Any]) -> LabError:
    return LabError(
        f"{found['name']} cannot be shown: {found['error']}", hint=found["remedy"].replace("FILE", found["name"]),
        advice=found["advice"] or ("" if found["remedy"] else _TAKEN),
    )


def _fragment(files: Sequence[LoadedFile]) -> str:
    traces = {one.trace for one in files if one.begin is not None}
    if len(traces) == 1 and (trace := next(iter(traces))):
        return f"#/trace/{trace}"
    runs = {one.run for one in files if one.begin is not None}
    if len(runs) == 1 and (run := next(iter(runs))):
        return f"#/run/{run}"
    begins, ends = [one.begin for one in files if one.begin is not None], [one.end for one in files if one.end is not None]
    if begins and ends:
        times = {"begin": max(int(min(begins) * 1000) - _MARGIN_MS, 0), "end": int(max(ends) * 1000) + _MARGIN_MS}
        return f"#/heatmap?{urlencode(times)}"
    return "#/logs" if any(one.log_records for one in files) else "#/metrics"
