"""The components' log files as lines, merged by time; reading the last lines does not read the whole file.

Subtle: where the viewer is also the collector, both write one file; a batch line of the debug exporter is the collector's.
"""

import heapq
import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from labctl.model import LabSpec, LogLine, LogQuery
from labctl.targets.local import processes
from labctl.targets.local.log_file import LogFile
from labctl.targets.loglines import last

TIME = "time="                          # how a line of logfmt begins
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
ERRORS = frozenset({"error", "critical", "fatal", "panic", "dpanic"})
OF_GO = ("panic: ", "fatal error: ", "unexpected fault address", "SIGSEGV: ", "SIGBUS: ", "SIGABRT: ", "SIGQUIT: ")
"""What stands above the stacks of all goroutines."""
_LONGEST_END = 1 << 20                  # bytes, of such stacks
_CLOCKS_S = 1.0                         # by which the start of a process may be off
POLL_S = 0.05


def read(spec: LabSpec, query: LogQuery, began: Mapping[str, float]) -> Iterator[LogLine]:
    """Lines ordered by time; with `follow` the existing ones and then new ones, until closed.

    `began`, for `query.previous`: when the current runs began, in Unix seconds by component.
    """
    sources = [source for component in query.components for source in _sources(spec, component)]
    if query.tail is not None and not query.previous:
        for source in sources:
            source.skip_to_last(query.tail)
    present = heapq.merge(*(source.new_lines() for source in sources), key=lambda line: line.at or 0.0)
    yield from last(query.tail, (line for line in present if _wanted(line, query, began)))
    while query.follow:
        fresh = [line for source in sources for line in source.new_lines()]
        yield from sorted(fresh, key=lambda line: line.at or 0.0)
        if not fresh:
            time.sleep(POLL_S)


def _wanted(line: LogLine, query: LogQuery, began: Mapping[str, float]) -> bool:
    at = line.at or 0.0
    # without a running process the last run counts as the previous one
    return at >= (query.since or 0.0) and (not query.previous or at < began.get(line.component, math.inf))


def last_lines(path: Path, count: int, began: int = 0, most: int = 16384) -> list[str]:
    """At most the last `count` lines after the file's first `began` bytes, of its last `most` bytes."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(began if began <= size else 0, size - most))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except OSError:
        return []


def last_words(path: Path) -> str:
    """What its program said at the end; of one in Go the line above the stacks, which may be thousands of lines long."""
    lines = last_lines(path, 1 << 20, most=_LONGEST_END)
    end = list(takewhile(lambda text: time_of(text) is None, reversed(lines)))[::-1]
    return next((text for text in end if text.startswith(OF_GO)), lines[-1] if lines else "")


def is_of_before(path: Path, began: float) -> bool:
    """Whether nothing was written since the lab's oldest process began (Unix seconds): what it ends with is of a lab before."""
    try:
        return path.stat().st_mtime < began - _CLOCKS_S
    except OSError:
        return False


def _sources(spec: LabSpec, component: str) -> list["_Source"]:
    own = _Source(component, processes.log_of(spec, component))
    if component != "collector":
        return [own]
    return [own, _Source(component, processes.log_of(spec, "viewer"))]


class _Source:
    """One component's lines of one file, continued where the last read ended."""

    def __init__(self, component: str, path: Path) -> None:
        self._component = component
        self._file = LogFile(path)
        self._shared = path.stem == "viewer"
        self._last: float | None = None

    def skip_to_last(self, count: int) -> None:
        """Make `new_lines` begin with the last `count` lines."""
        self._file.skip_to_last(count, self._is_own)

    def new_lines(self) -> Iterator[LogLine]:
        for raw in self._file.new_lines():
            if self._is_own(raw):
                text = raw.decode(errors="replace")
                self._last = time_of(text) or self._last
                yield LogLine(self._component, self._last, text)

    def _is_own(self, raw: bytes) -> bool:
        return not self._shared or (self._component == "collector") == (b'"otelcol.component.id"' in raw)


def is_error(text: str) -> bool:
    """By the level of a line: of JSON, of logfmt, or of the collector, whose second field it is."""
    if text.startswith("{"):
        try:
            return str(json.loads(text).get("level")).lower() in ERRORS
        except (ValueError, RecursionError):
            return False
    if text.startswith(TIME):
        return text.split(maxsplit=2)[1:2] == ["level=ERROR"]
    return not ERRORS.isdisjoint(text.split("\t", 2)[1:2])


def time_of(text: str) -> float | None:
    """Unix seconds of a line that is JSON with a `timestamp`, or begins with an ISO 8601 time, as it is or in logfmt."""
    if text.startswith("{"):
        try:
            found = json.loads(text).get("timestamp")
        except (ValueError, RecursionError):
            return None
        return _seconds(found) if isinstance(found, str) else None
    match = ISO.match(text.removeprefix(TIME))
    return _seconds(match[0]) if match else None


def _seconds(iso: str) -> float | None:
    try:
        return datetime.fromisoformat(iso.replace(",", ".")).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        return None
