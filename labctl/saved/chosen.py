"""What is to be saved: a trace, a run or a time; and in which form, which the file's ending says."""

import os
import re
import shlex
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from labctl.errors import UsageError, again
from labctl.load import kept_runs
from labctl.load.kept_runs import KeptRun
from labctl.viewer_client import client
from labctl.viewer_client.client import ViewerClient

DEFAULT_S: Final = 900.0
_WHOLE_ID: Final = re.compile("[0-9a-fA-F]{32}")
_PREFIX: Final = re.compile("[0-9a-fA-F]{1,31}")


class Form(Enum):
    OBJECT = "one object of OTLP JSON"
    LINES = "OTLP JSON lines"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class SaveOptions:
    file: Path
    run: str | None = None              # an id, the beginning of one, last, last-1, …
    trace: str | None = None            # an id, the beginning of one, slowest, up
    last_s: float | None = None
    force: bool = False

    def check(self) -> None:
        """Raises UsageError."""
        if sum(one is not None for one in (self.run, self.trace, self.last_s)) > 1:
            raise UsageError("--run, --trace and --last exclude each other", hint="labctl save --help")
        if self.last_s is not None and not self.last_s > 0:
            raise UsageError("--last 0: expected a time such as 15m")
        if os.path.isdir(self.file):    # noqa: PTH112 - with a name that is too long, Path raises
            raise UsageError(f"{self.file} is a folder: add a file name, such as {self.file / 'run.zip'}")
        form(self.file)
        if os.path.exists(self.file) and not self.force:    # noqa: PTH110
            raise UsageError(f"{self.file} already exists", hint=f"{again()} --force")


@dataclass(frozen=True, slots=True)
class Chosen:
    title: str                          # "run 18df…"
    parameters: dict[str, object]       # of the viewer's export
    kept: KeptRun | None = None
    instead: str = ""                   # why it is not what would have been saved first

    @property
    def is_trace(self) -> bool:
        return "trace" in self.parameters


def form(file: Path, *, of_a_trace: bool = False) -> Form:
    """Raises UsageError for another ending."""
    name = file.name.lower().removesuffix(".gz")
    if name.endswith(".zip") and not file.name.lower().endswith(".gz"):
        return Form.ARCHIVE
    if name.endswith(".json"):
        return Form.OBJECT if of_a_trace else Form.LINES
    if name.endswith((".jsonl", ".ndjson")):
        return Form.LINES
    raise UsageError(
        f"{file}: unknown file extension", advice=".json or .jsonl (also with .gz): OTLP JSON; .zip: an archive",
        hint=f"labctl save {shlex.quote(str(file.with_suffix('.zip')))}",
    )


def choose(options: SaveOptions, state: Path, viewer: ViewerClient) -> Chosen:
    """Raises UsageError and LabError."""
    if options.trace is not None:
        return Chosen(f"trace {(trace := _trace(options.trace, state, viewer))}", {"trace": trace})
    if options.last_s is not None:
        return last(options.last_s)
    if options.run is not None:
        return _run(state, options.run)
    newest = kept_runs.newest(state)
    return of_run(newest) if newest else last(DEFAULT_S)


def last(seconds: float) -> Chosen:
    now = time.time()
    title = f"the last {seconds / 60:g} min" if seconds >= 60 else f"the last {seconds:g} s"  # noqa: PLR2004 - a minute
    return Chosen(title, {"begin": int(max(now - seconds, 0) * 1000), "end": int(now * 1000)})


def of_run(run: KeptRun) -> Chosen:
    return Chosen(f"run {run.summary.run_id}", {"run": run.summary.run_id}, run)


def _run(state: Path, name: str) -> Chosen:
    """Of a run that is not kept here only its telemetry is known."""
    if kept_runs.is_named(state, name) or not _PREFIX.fullmatch(name):
        return of_run(kept_runs.find(state, name))
    return Chosen(f"run {name.lower()}", {"run": name.lower()})


def _trace(which: str, state: Path, viewer: ViewerClient) -> str:
    if _WHOLE_ID.fullmatch(which):
        return which.lower()
    run = kept_runs.traced_run(state, None) if which == "slowest" else client.TracedRun()
    return client.look_up(viewer, which, run=run, attributes="failed").trace_id
