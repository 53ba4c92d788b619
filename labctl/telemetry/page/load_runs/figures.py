"""One load run from its stored requests: times, distribution, timeline, and the slowest. Exact: every stored request is counted.

    GET /api/page/runs/<first hex digits of the trace ids>?begin=<Unix ms>&end=<Unix ms>       the times may be left out
    {"prefix", "begin": ms, "end": ms, "requests", "errors", "latency": {"count", "min", "mean", "p50", …, "max"} in ns,
     "intervals": {"p99": [ns, ns], …}, "cells": [step, count, …], "per_decade", "slice_ms",
     "slices": [[requests, errors, p50 | null, p99 | null], …], "slowest": [{"trace_id", "name", "duration_ms", "error"}, …]}

The answer has besides "spans", how many are stored, and "ledger", as of now, or null. Of a run without stored requests: its
prefix, that there are 0 requests, and these. Times are of requests without an error, as labctl's own
are, from sent to answered; a percentile of too few is null. What was refused, lost or sampled out is not in the store: the
annotation of the run knows of it.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any, Final

from labctl.telemetry.page.load_runs.listed import CLIENT, OF_CLIENT, ROOTS
from labctl.telemetry.query.ids import id_range
from labctl.telemetry.statistics.confidence import SHARES, intervals, too_few
from labctl.telemetry.store.store import Store

PER_DECADE: Final = 120
SLICES: Final = 60
SLOWEST: Final = 10
_WIDTHS_MS: Final = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000)
_OF_RUN: Final = f"{ROOTS} AND start >= ? AND start < ? AND trace_id BETWEEN ? AND ? AND {OF_CLIENT}"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """Requests of a run in the order of their starts, in ns."""

    prefix: str
    starts: "array[int]"
    durations: "array[int]"
    errors: "array[int]"

    @property
    def begin_ms(self) -> int:
        return self.starts[0] // 10**6

    @property
    def end_ms(self) -> int:
        return self.starts[-1] // 10**6 + 1


@dataclass(frozen=True, slots=True)
class RunSlice:
    requests: int
    errors: int
    p50: int | None                     # ns, of those without an error
    p99: int | None


def read(store: Store, prefix: str, begin_ms: int = 0, end_ms: int = 9 * 10**12) -> StoredRun:
    starts, durations, errors = array("q"), array("q"), array("b")
    values = (begin_ms * 10**6, end_ms * 10**6, *id_range(prefix), CLIENT)
    for rows in store.batches(f"SELECT start, duration, error FROM {_OF_RUN} ORDER BY start", values):
        starts.extend([row[0] for row in rows])
        durations.extend([row[1] for row in rows])
        errors.extend([row[2] for row in rows])
    return StoredRun(prefix, starts, durations, errors)


def figures(store: Store, run: StoredRun) -> dict[str, Any]:
    if not run.starts:
        return {"prefix": run.prefix, "requests": 0}
    good = succeeded(run)
    width, slices = sliced(run)
    rows = store.read(f"SELECT trace_id, name, duration, error FROM {_OF_RUN} ORDER BY duration DESC LIMIT {SLOWEST}",
                      (run.begin_ms * 10**6, run.end_ms * 10**6, *id_range(run.prefix), CLIENT))
    return {
        "prefix": run.prefix, "begin": run.begin_ms, "end": run.end_ms, "requests": len(run.starts), "errors": sum(run.errors),
        "latency": latency(good), "intervals": intervals(len(good), lambda shares: [_quantile(good, one) for one in shares]),
        "cells": _cells(good), "per_decade": PER_DECADE, "slice_ms": width,
        "slices": [[one.requests, one.errors, one.p50, one.p99] for one in slices],
        "slowest": [{"trace_id": trace.hex(), "name": name, "duration_ms": took / 1e6, "error": bool(error)}
                    for trace, name, took, error in rows],
    }


def succeeded(run: StoredRun) -> "array[int]":
    """Sorted durations of the requests without an error."""
    return array("q", sorted(took for took, error in zip(run.durations, run.errors, strict=True) if not error))


def latency(good: "array[int]") -> dict[str, float | None]:
    if not good:
        return {"count": 0}
    found = {name: None if too_few(len(good), share) else _quantile(good, share) for name, share in SHARES.items()}
    return {"count": len(good), "min": good[0], "mean": sum(good) / len(good), **found, "max": good[-1]}


def sliced(run: StoredRun, slices: int = SLICES) -> tuple[int, list[RunSlice]]:
    """Width in ms, and figures of each slice by when requests were sent."""
    length = run.end_ms - run.begin_ms
    width = next((one for one in _WIDTHS_MS if length / one <= slices), -(-length // slices))
    found, first = list[RunSlice](), 0
    for begin in range(run.begin_ms, run.end_ms, width):
        last = bisect_left(run.starts, (begin + width) * 10**6, first)
        found.append(_slice(run, first, last))
        first = last
    return width, found


def _slice(run: StoredRun, first: int, last: int) -> RunSlice:
    errors = run.errors[first:last]
    good = array("q", sorted(took for took, error in zip(run.durations[first:last], errors, strict=True) if not error))
    p50, p99 = (_quantile(good, SHARES[name]) if good else None for name in ("p50", "p99"))
    return RunSlice(last - first, sum(errors), p50, p99)


def _quantile(durations: "array[int]", share: float) -> int:
    """The smallest duration at or below which at least that share of all lies."""
    return durations[min(max(ceil(share * len(durations)), 1), len(durations)) - 1]


def _cells(good: "array[int]") -> list[int]:
    """Step and count of each that is not empty: step k has durations from 10^(k / PER_DECADE) ns up to the next."""
    found, first = list[int](), 0
    while first < len(good):
        step = floor(log10(max(good[first], 1)) * PER_DECADE)
        last = max(bisect_left(good, ceil(10 ** ((step + 1) / PER_DECADE)), first), first + 1)
        found += (step, last - first)
        first = last
    return found
