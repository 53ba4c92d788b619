"""A run's timeline as CSV (RFC 4180): one line for each slice, one column for each kind of error.

Subtle: a slice counts the requests that were due in it; only `answered` counts the answers that came in it. So the lines add
up to the run. A run without a timeline is a single line.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from labctl.load.measure.summary import Slice, Summary

_COLUMNS = ("start_s", "seconds", "planned", "sent", "successful", "failed", "answered", "p50_ms", "p99_ms")


def write_csv(summary: Summary, path: Path) -> None:
    """Times are of successful requests, empty where there are none. Raises OSError when the file cannot be written."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines(summary))


def lines(summary: Summary) -> Iterator[list[object]]:
    """The head, then the slices."""
    timeline = summary.timeline
    slices, seconds = (timeline.slices, timeline.slice_s) if timeline else ((whole(summary),), summary.duration_s)
    kinds = sorted({kind for one in slices for kind in one.errors})
    # the prefix also keeps a spreadsheet from reading a kind of error as a formula
    yield [*_COLUMNS, *(f"error: {kind}" for kind in kinds)]
    for one in slices:
        yield [*_figures(one, seconds), *(one.errors.get(kind, 0) for kind in kinds)]


def whole(summary: Summary) -> Slice:
    """The run as a single slice."""
    latency = summary.latency
    return Slice(
        0.0, summary.planned, summary.sent, summary.successful, summary.failed, latency.p50, latency.p99,
        sum(summary.statuses.values()), {}, summary.errors,
    )


def _figures(one: Slice, seconds: float) -> list[object]:
    times = (round(one.p50_ms, 6), round(one.p99_ms, 6)) if one.successful else ("", "")
    return [round(one.start_s, 6), round(seconds, 6), one.planned, one.sent, one.successful, one.failed, one.answered, *times]
