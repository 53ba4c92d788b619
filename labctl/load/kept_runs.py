"""Runs that were made, kept as JSON files in the state folder, and found again by what a person types.

A file holds `{"version": 1, "at": Unix seconds, "scenario": …, "slo": [what was asked], "report": …}`, where the report
is what the generator said at its end. Files of another version are refused by name and never read as something else.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labctl.errors import LabError, UsageError
from labctl.load import summary_json
from labctl.load.judge.verdicts import Verdict
from labctl.load.measure.summary import Summary
from labctl.load.plan import values

VERSION = 1
LAST = "last"
_MOST = 200                             # kept; the oldest goes first
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class KeptRun:
    path: Path
    at: float                           # when it had ended, Unix seconds
    scenario: str                       # its name, or ""
    slo: Sequence[Verdict]
    summary: Summary

    @property
    def met(self) -> bool | None:
        """Whether it met what was asked of it; None: nothing was asked."""
        return all(one.met for one in self.slo) if self.slo else None

    def as_json(self) -> dict[str, Any]:
        """What `labctl runs -o json` lists."""
        summary = self.summary
        return {
            "run_id": summary.run_id, "at": self.at, "file": str(self.path), "scenario": self.scenario or None, "met": self.met,
            "url": summary.url, "sent": summary.sent, "failed": summary.failed, "rate": summary.rate,
            "latency_ms": summary.latency.as_json(), "interrupted": summary.interrupted,
        }


def keep(state: Path, summary: Summary, slo: Sequence[Verdict], scenario: str) -> Path:
    """Write a run down. Raises LabError when the state folder cannot be written to."""
    folder, at = _folder(state), time.time()
    value = {
        "version": VERSION, "at": at, "scenario": scenario, "slo": [asdict(one) for one in slo],
        "report": summary_json.encode(summary),
    }
    path = folder / f"{int(at * 1000)}-{summary.run_id}{_SUFFIX}"
    fresh = path.with_suffix(".fresh")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(value, separators=(",", ":")))
        fresh.replace(path)
        for old in _files(state)[:-_MOST]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise LabError(f"the run cannot be kept: {error}", hint="set LABCTL_STATE_DIR to another folder") from None
    return path


def kept(state: Path) -> Sequence[KeptRun]:
    """All that can be read, the oldest first."""
    found = []
    for path in _files(state):
        with suppress(LabError):
            found.append(read(path))
    return found


def find(state: Path, name: str) -> KeptRun:
    """By file, by the beginning of its id, or `last`, `last-1`, … Raises UsageError when it is none or several."""
    if values.is_file(name):
        return read(Path(name))
    files = _files(state)
    if name.partition("-")[0] == LAST:
        return read(_from_the_end(files, name))
    matching = [path for path in files if name and path.stem.partition("-")[2].startswith(name.lower())]
    if len(matching) != 1:
        raise UsageError(f"{len(matching) or 'no'} kept runs begin with {name!r}", hint="labctl runs")
    return read(matching[0])


def read(path: Path) -> KeptRun:
    """A kept run from its file. Raises UsageError when it is none."""
    try:
        value = json.loads(path.read_bytes(), parse_constant=_no_number)
        version = value["version"]
        if version != VERSION:
            raise UsageError(f"{path} is of version {version}: this labctl reads {VERSION}")
        return _run(path, value)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(f"{path} is no kept run", hint="labctl runs") from None


def _no_number(text: str) -> float:
    raise ValueError(text)


def _run(path: Path, value: dict[str, Any]) -> KeptRun:
    return KeptRun(
        path, float(value["at"]), str(value["scenario"]), [_verdict(one) for one in value["slo"]],
        summary_json.decode(value["report"]),
    )


def _verdict(value: dict[str, Any]) -> Verdict:
    return Verdict(value.get("threshold") or value["term"], value["found"], value["value"], value["met"])


def _from_the_end(files: Sequence[Path], name: str) -> Path:
    back = name.partition("-")[2] or "0"
    if not back.isdecimal() or int(back) >= len(files):
        raise UsageError(f"{name}: {len(files)} runs are kept", hint="labctl runs")
    return files[-1 - int(back)]


def _folder(state: Path) -> Path:
    return state / "runs"


def _files(state: Path) -> list[Path]:
    return sorted(_folder(state).glob(f"[0-9]*-*{_SUFFIX}"))
