"""The components' log files as lines, merged by time.

Subtle: where the viewer is also the collector, both write one file; a batch line of the debug exporter is the collector's.
"""

import heapq
import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from labctl.model import LabSpec, LogLine, LogQuery
from labctl.targets.local import processes
from labctl.targets.loglines import last

MOST_BYTES = 32 << 20                   # a log larger than this is put aside when its component starts
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
POLL_S = 0.05


def read(spec: LabSpec, query: LogQuery, began: Mapping[str, float]) -> Iterator[LogLine]:
    """Lines in the order of their times; with `follow`, what is there and then what comes, until closed.

    `began` says for `query.previous` when the runs of now began, in Unix seconds by component.
    """
    sources = [source for component in query.components for source in _sources(spec, component)]
    there = heapq.merge(*(source.new_lines() for source in sources), key=lambda line: line.at or 0.0)
    yield from last(query.tail, (line for line in there if _wanted(line, query, began)))
    while query.follow:
        fresh = [line for source in sources for line in source.new_lines()]
        yield from sorted(fresh, key=lambda line: line.at or 0.0)
        if not fresh:
            time.sleep(POLL_S)


def _wanted(line: LogLine, query: LogQuery, began: Mapping[str, float]) -> bool:
    at = line.at or 0.0
    # where no process is there any more, its last run is the one before
    return at >= (query.since or 0.0) and (not query.previous or at < began.get(line.component, math.inf))


def last_lines(path: Path, count: int) -> list[str]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 16384))
        return file.read().decode(errors="replace").splitlines()[-count:]


def make_room(path: Path) -> None:
    """Put a log that has grown large aside; the one before it goes."""
    if path.exists() and path.stat().st_size > MOST_BYTES:
        path.replace(path.with_suffix(".old.log"))


def _sources(spec: LabSpec, component: str) -> list["_Source"]:
    own = _Source(component, processes.log_of(spec, component))
    if component != "collector":
        return [own]
    return [own, _Source(component, processes.log_of(spec, "viewer"))]


class _Source:
    """One component's file, read on from where it was left; starts again when the file was replaced."""

    def __init__(self, component: str, path: Path) -> None:
        self.component = component
        self.path = path
        self.shared = path.stem == "viewer"
        self.position = 0
        self.partial = b""
        self.last: float | None = None

    def new_lines(self) -> Iterator[LogLine]:
        for raw in self._new_bytes().splitlines():
            text = raw.decode(errors="replace")
            if self.shared and (self.component == "collector") != _is_batch_line(text):
                continue
            self.last = time_of(text) or self.last
            yield LogLine(self.component, self.last, text)

    def _new_bytes(self) -> bytes:
        if not self.path.exists():
            return b""
        if self.path.stat().st_size < self.position:
            self.position, self.partial = 0, b""
        with self.path.open("rb") as file:
            file.seek(self.position)
            data = self.partial + file.read()
            self.position = file.tell()
        whole, newline, self.partial = data.rpartition(b"\n")
        return whole + newline


def _is_batch_line(text: str) -> bool:
    return '"otelcol.component.id"' in text


def time_of(text: str) -> float | None:
    """Unix seconds of a line that is JSON with a `timestamp` or begins with an ISO time."""
    if text.startswith("{"):
        try:
            found = json.loads(text).get("timestamp")
        except ValueError:
            return None
        return _seconds(found) if isinstance(found, str) else None
    match = ISO.match(text)
    return _seconds(match[0]) if match else None


def _seconds(iso: str) -> float | None:
    try:
        return datetime.fromisoformat(iso.replace(",", ".")).astimezone().timestamp()
    except ValueError:
        return None
