"""Runs kept as JSON files in the state folder, and found again by a file, a prefix of the id, or `last-N`.

A file holds `{"version": 1, "at": Unix seconds, "scenario": …, "slo": [verdicts], "report": the summary, "use": …}`. Files of
another version are refused with that reason.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from labctl.cost.measured.usage import NOT_MEASURED, LabUse, lab_use
from labctl.errors import LabError, UsageError
from labctl.host import documents
from labctl.load import summary_json
from labctl.load.judge.verdicts import Verdict
from labctl.load.measure.summary import Summary
from labctl.load.plan import value_readers
from labctl.viewer_client.client import TracedRun

VERSION = 1
LAST = "last"
_MOST = 200                             # the oldest are deleted first
_SUFFIX = ".json"
_MOST_BYTES: Final = 64 << 20
_DIGITS: Final = 6
_RUN_ID: Final = re.compile("[0-9a-f]{1,32}")


@dataclass(frozen=True, slots=True)
class KeptRun:
    path: Path
    at: float                           # when it had ended, Unix seconds
    scenario: str                       # its name, or ""
    slo: Sequence[Verdict]
    summary: Summary
    use: LabUse = NOT_MEASURED          # what it took of the lab; files of older versions have none

    @property
    def met(self) -> bool | None:
        """Whether it met its thresholds; None: it had none."""
        return all(one.met for one in self.slo) if self.slo else None

    def as_json(self) -> dict[str, Any]:
        """What `labctl runs -o json` lists."""
        summary = self.summary
        return {
            "run_id": summary.run_id, "at": self.at, "file": str(self.path), "scenario": self.scenario or None, "met": self.met,
            "url": summary.url, "sent": summary.sent, "failed": summary.failed, "rate": summary.rate,
            "latency_ms": summary.latency.as_json(), "interrupted": summary.interrupted,
        }


def keep(state: Path, summary: Summary, slo: Sequence[Verdict], scenario: str, use: LabUse = NOT_MEASURED) -> Path:
    """Write a run down. Raises LabError when the state folder cannot be written to."""
    folder, at = _folder(state), time.time()
    value = {
        "version": VERSION, "at": at, "scenario": scenario, "slo": [asdict(one) for one in slo],
        "report": summary_json.encode(summary), "use": use.as_json(),
    }
    path = folder / f"{int(at * 1000)}-{summary.run_id}{_SUFFIX}"
    try:
        documents.write_private(path, json.dumps(value, separators=(",", ":")))
        for old in _files(state)[:-_MOST]:
            old.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise LabError(f"the run was not kept in {folder}: {why}", advice="set LABCTL_STATE_DIR to another folder") from None
    return path


@dataclass(frozen=True, slots=True)
class KeptRuns:
    runs: Sequence[KeptRun]             # the oldest first
    skipped: Sequence[str]              # why a file in the folder could not be read as a run


def kept(state: Path) -> KeptRuns:
    """All runs that can be read, and why others cannot."""
    runs, skipped = [], []
    for path in _files(state):
        try:
            runs.append(read(path))
        except LabError as error:
            skipped.append(error.message)
    return KeptRuns(runs, skipped)


def newest(state: Path) -> KeptRun | None:
    """The latest run that can be read."""
    return next(_newest(state), None)


def find(state: Path, name: str, skip: Callable[[str], object] = id) -> KeptRun:
    """By file, by a prefix of its id, or `last`, `last-1`, … Raises UsageError when no run or several match.

    `skip` is called with the reason for each newer file that could not be read.
    """
    if value_readers.is_file(name):
        return read(Path(name))
    if "/" in name or name.endswith(".json"):
        raise UsageError(f"{name}: there is no such file", hint="labctl runs")
    if name.partition("-")[0] == LAST:
        return _from_the_end(state, name, skip)
    matching = _beginning(state, name)
    if len(matching) != 1:
        raise UsageError(f"{len(matching) or 'no'} kept runs begin with {name!r}", hint="labctl runs")
    return read(matching[0])


def is_named(state: Path, name: str) -> bool:
    """Whether `name` is a file, `last`, `last-1`, …, or the beginning of the id of one or several kept runs."""
    return name.partition("-")[0] == LAST or value_readers.is_file(name) or bool(_beginning(state, name))


def traced_run(state: Path, name: str | None) -> TracedRun:
    """The run for `labctl trace slowest`; without a name the last run with traces.

    A name that is not a kept run's is taken for the prefix of its traces' ids. Raises UsageError when several runs match.
    """
    if name is None:
        run = next((run for run in _newest(state) if run.summary.spans_made), None)
        return _traced(run) if run else TracedRun()
    if name.partition("-")[0] != LAST and not _beginning(state, name):
        return TracedRun(name, kept=False)
    return _traced(find(state, name))


def _traced(run: KeptRun) -> TracedRun:
    stored = [slow.trace_id for slow in run.summary.slowest if not slow.sampled_out]
    sampled_out = any(slow.sampled_out for slow in run.summary.slowest[:1])
    return TracedRun(run.summary.run_id, stored if run.summary.spans_made else (), sampled_out=sampled_out)


def read(path: Path) -> KeptRun:
    """A kept run from its file. Raises UsageError when the file is not one."""
    document = documents.read_json(path, limit=_MOST_BYTES, error=UsageError)
    try:
        version = document.value["version"]
        if version != VERSION:
            raise UsageError(f"{path} has version {version}: this labctl reads version {VERSION}")
        return _run(path, document.value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(f"{path} is not a kept run", hint="labctl runs") from None


def _run(path: Path, value: dict[str, Any]) -> KeptRun:
    summary = summary_json.decode(value["report"])
    use = lab_use(value["use"]) if "use" in value else NOT_MEASURED
    if not _RUN_ID.fullmatch(summary.run_id):
        raise ValueError(summary.run_id)
    return KeptRun(path, float(value["at"]), str(value["scenario"]), [_verdict(one) for one in value["slo"]], summary, use)


def _verdict(value: dict[str, Any]) -> Verdict:
    return Verdict(value.get("threshold") or value["term"], value["found"], value["value"], value["met"])


def _beginning(state: Path, name: str) -> list[Path]:
    """The files of the runs whose ids begin with `name`."""
    return [path for path in _files(state) if name and path.stem.partition("-")[2].startswith(name.lower())]


def _from_the_end(state: Path, name: str, skip: Callable[[str], object]) -> KeptRun:
    back = name.partition("-")[2] or "0"
    if not back.isdecimal() or len(back) >= _DIGITS:
        raise UsageError(f"{name}: expected {LAST}, {LAST}-1, …", hint="labctl runs")
    found = next(islice(_newest(state, skip), int(back), None), None)
    if found is None:
        raise _too_few(name, len(kept(state).runs))
    return found


def _too_few(name: str, number: int) -> UsageError:
    if number > 1:
        return UsageError(f"{name}: only {number} runs are kept", hint="labctl runs")
    return UsageError(f"{name}: {'only 1 run is kept, two are needed' if number else 'no run is kept'}", hint="labctl load")


def _newest(state: Path, skip: Callable[[str], object] = id) -> Iterator[KeptRun]:
    """From the newest to the oldest, without files that are not kept runs."""
    for path in reversed(_files(state)):
        try:
            run = read(path)
        except LabError as error:
            skip(error.message)
            continue
        yield run


def _folder(state: Path) -> Path:
    return state / "runs"


def _files(state: Path) -> list[Path]:
    return sorted(_folder(state).glob(f"[0-9]*-*{_SUFFIX}"))
