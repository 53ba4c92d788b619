"""Writes telemetry into a file: whole or not at all, and however much it is with little memory."""

import gzip
import json
import os
import shlex
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from labctl import numbers
from labctl.errors import LabError, os_reason
from labctl.saved.chosen import DEFAULT_S, Chosen, Form, SaveOptions, choose, form, last
from labctl.telemetry.archive_names import ANNOTATIONS, README, REPORT, SUMMARY, readme
from labctl.viewer_client.client import ViewerClient
from labctl.viewer_client.exported import NothingStored, exported

SIGNALS: Final = ("traces", "logs", "metrics")
_DRAWN: Final = 5                       # traces of the slowest requests in the report
Progress = Callable[[int], object]      # is told the bytes of telemetry that have been read
_AROUND_S: Final = 5.0                  # beside a run: what was changed shortly before
_ITEMS: Final = {
    "resourceSpans": ("scopeSpans", "spans"), "resourceLogs": ("scopeLogs", "logRecords"),
    "resourceMetrics": ("scopeMetrics", "metrics"),
}
_KINDS: Final = ("gauge", "sum", "histogram")


@dataclass(slots=True)
class Saved:
    path: Path
    title: str
    instead: str = ""                   # why it is not what would have been saved first
    size: int = 0                       # bytes of the file
    spans: int = 0
    log_records: int = 0
    data_points: int = 0
    left_out: str = ""                  # what of it is not in the file, and how to have it
    files: list[str] = field(default_factory=list)          # in the archive
    begin: float | None = None          # Unix seconds, of the spans
    end: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "file": str(self.path), "what": self.title, "bytes": self.size, "spans": self.spans, "log_records": self.log_records,
            "data_points": self.data_points, "files": self.files, "left_out": self.left_out or None,
            "instead": self.instead or None,
        }

    def count(self, line: bytes) -> None:
        """Of a whole request, which this proves."""
        for groups, listed in json.loads(line).items():
            scopes, items = _ITEMS[groups]
            found = [item for group in listed for scope in group[scopes] for item in scope[items]]
            if items == "spans":
                self.spans += len(found)
                self._see(found)
            elif items == "logRecords":
                self.log_records += len(found)
            else:
                self.data_points += sum(len(metric[kind]["dataPoints"]) for metric in found for kind in _KINDS if kind in metric)


    def _see(self, spans: Sequence[dict[str, Any]]) -> None:
        if spans:
            begin = min(int(span["startTimeUnixNano"]) for span in spans) / 1e9
            self.begin = begin if self.begin is None else min(begin, self.begin)
            self.end = max(self.end, max(int(span["endTimeUnixNano"]) for span in spans) / 1e9)


def untold(_: object) -> None:
    """Progress that nobody is shown."""


def save(options: SaveOptions, state: Path, viewer: str, progress: Progress = untold) -> Saved:
    """Raises UsageError, LabError and NotReady; the file is then as it was before."""
    options.check()
    chosen = choose(options, state, ViewerClient(viewer))
    by_default = options.run is None and options.trace is None and options.last_s is None
    try:
        return _save(options, chosen, viewer, progress)
    except NothingStored:
        if not (chosen.kept and by_default):
            raise LabError(
                f"nothing of {chosen.title} is in the viewer's store",
                detail="it keeps telemetry up to a limit of age and size, and ends with the lab",
                hint=shlex.join(["labctl", "save", "--last", "15m", str(options.file)]),
            ) from None
        why = f"the viewer no longer has anything of the last run, {chosen.kept.summary.run_id}"
        return _save(options, replace(last(DEFAULT_S), instead=why), viewer, progress)


def _save(options: SaveOptions, chosen: Chosen, viewer: str, progress: Progress) -> Saved:
    saved = Saved(options.file, chosen.title, chosen.instead)
    kind = form(options.file, of_a_trace=chosen.is_trace)
    with _whole(options.file) as file:
        if kind is Form.ARCHIVE:
            _archive(file, chosen, viewer, saved, progress)
        else:
            _plain(file, chosen, viewer, saved, progress, one_object=kind is Form.OBJECT)
        saved.size = file.tell()
    return saved


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file beside it that takes its name once it is complete."""
    part = path.with_name(f".labctl-save-{os.getpid()}.part")       # however long the file's own name is
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        advice, error.filename = "choose a writable path with enough disk space", None
        raise LabError(f"{path} was not written: {os_reason(error)}", advice=advice) from None
    finally:
        with suppress(OSError):
            part.unlink()


def _plain(file: IO[bytes], chosen: Chosen, viewer: str, saved: Saved, progress: Progress, *, one_object: bool) -> None:
    name = saved.path.name
    packed = name.lower().endswith(".gz")
    with gzip.GzipFile(name.removesuffix(".gz"), "wb", fileobj=file) if packed else nullcontext(file) as target:
        if one_object:
            for piece in _told(exported(viewer, form="json", **chosen.parameters), progress):
                target.write(piece)
            counts = ViewerClient(viewer).run_counts(str(chosen.parameters["trace"]), only="spans")
            saved.spans = int(counts.get("spans") or 0)
            saved.left_out = _left_out(chosen, viewer)
            return
        for line in _lines(exported(viewer, form="lines", **chosen.parameters), saved, progress):
            target.write(line)


def _left_out(chosen: Chosen, viewer: str) -> str:
    logs = Saved(Path(), "")
    for _ in _lines(exported(viewer, form="lines", signal="logs", **chosen.parameters), logs, untold):
        pass
    records = numbers.plural(logs.log_records, "log record")
    return f"its {records}; .jsonl and .zip files have them too" if logs.log_records else ""


def _archive(file: IO[bytes], chosen: Chosen, viewer: str, saved: Saved, progress: Progress) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for signal in SIGNALS:
            with archive.open(f"{signal}.jsonl", "w", force_zip64=True) as target:
                for line in _lines(exported(viewer, form="lines", signal=signal, **chosen.parameters), saved, progress):
                    target.write(line)
        if not chosen.is_trace:
            archive.writestr(ANNOTATIONS, json.dumps(_annotations(chosen, saved, viewer)))
        if chosen.kept:
            archive.writestr(SUMMARY, chosen.kept.path.read_bytes())
            archive.writestr(REPORT, _report(chosen, ViewerClient(viewer)))
        names = archive.namelist()
        archive.writestr(README, readme(chosen.title, names))
        saved.files = [*names, README]


def _annotations(chosen: Chosen, saved: Saved, viewer: str) -> dict[str, Any]:
    """What the viewer was told of that time; of a run that is not kept, of its spans' time."""
    if chosen.kept:
        end, length = chosen.kept.at + _AROUND_S, chosen.kept.summary.duration_s + 2 * _AROUND_S
        times = {"begin": max(end - length, 0.0), "end": end}
    else:
        times = {name: float(str(at)) / 1e3 for name, at in chosen.parameters.items() if name in {"begin", "end"}}
        times = times or {"begin": max((saved.begin or 0.0) - _AROUND_S, 0.0), "end": saved.end + _AROUND_S}
    return ViewerClient(viewer).annotations(**times)


def _report(chosen: Chosen, viewer: ViewerClient) -> str:
    from labctl.load.judge import run_advice
    from labctl.load.report.page import Beside, page

    assert chosen.kept
    run = chosen.kept
    slowest = [trace for slow in run.summary.slowest[:_DRAWN] if not slow.sampled_out if (trace := viewer.trace(slow.trace_id))]
    beside = Beside(run.slo, slowest, run_advice.remarks(run.summary), replicas=run.use.replicas)
    return page(run.summary, beside, datetime.now(UTC))


def _lines(pieces: Iterable[bytes], saved: Saved, progress: Progress) -> Iterator[bytes]:
    rest = b""
    for piece in _told(pieces, progress):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            saved.count(line)
            yield line + b"\n"


def _told(pieces: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        progress(size)
        yield piece
