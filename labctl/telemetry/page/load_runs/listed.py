"""Load runs, as the store can tell them: requests of labctl whose trace ids begin alike; the newest first.

    GET /api/page/runs?before=<cursor>
    {"runs": [{"prefix": "<16 hex digits>", "begin": ms, "end": ms, "requests", "errors", "max": ns}, …],
     "before": <cursor> | null at the end,
     "told": [{"run_id", "begin": ms, "end": ms | null, "told": ms, "title", "met", "missed", "planned_rate", "concurrency",
               "scenario", "answered", "planned", "sent", "successful", "failed", "interrupted",
               "faults": [title, …],                      those that were on at some time of it
               "latency_p50": ms, "latency_p99", "latency_count",
               "lost": [{"hop", "spans"}, …] | null}, …]}     in the first answer; null: it was not told

The index `roots_by_start` is read backwards in time, until the time is up; a run that a cursor cuts is in both answers, each with
its part of the requests, which may be one. What the generator alone knows (what it planned, what got no answer, its verdict) is
in the annotation of the run, if it was told.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Final

from labctl.telemetry.page.load_runs.losses import LEDGER, as_of_now, lost_by_hop
from labctl.telemetry.query.ids import OF_A_RUN, id_range
from labctl.telemetry.store.store import Store

CLIENT: Final = "labctl"                # the service name of the load generator's spans
CHECK: Final = b"\x1a\xbc\x71\x00" * 2          # how the trace ids of `labctl up` begin, which are no run
LEAST: Final = 2                        # requests: one alone is no run either
MOST: Final = 200
_NEAR_CUT: Final = 100                  # single requests of which is asked whether there are more of their run
ROOTS: Final = "spans INDEXED BY roots_by_start WHERE parent_id = x''"
OF_CLIENT: Final = "resource IN (SELECT id FROM resources WHERE service = ?)"
_TOLD: Final = ("scenario", "answered", "planned", "sent", "successful", "failed", "interrupted")
_LATENCY: Final = ", ".join(
    f"coalesce(json_extract(data, '$.summary.latency.{name}'), json_extract(data, '$.latency_ms.{name}'))"
    for name in ("p50", "p99", "count"))
_SLICE: Final = 50_000                  # requests
_MOST_S: Final = 0.2                    # other questions of the page wait meanwhile
_LATEST_MS: Final = 9 * 10**12


@dataclass(slots=True)
class _Found:
    begin: int                          # ns
    end: int
    requests: int = 0
    errors: int = 0
    longest: int = 0

    def add(self, begin: int, end: int, requests: int, errors: int, longest: int) -> None:
        self.begin, self.end = min(self.begin, begin), max(self.end, end)
        self.requests, self.errors, self.longest = self.requests + requests, self.errors + errors, max(self.longest, longest)

    def as_json(self, prefix: bytes) -> dict[str, Any]:
        return {"prefix": prefix.hex(), "begin": self.begin // 10**6, "end": self.end // 10**6 + 1,
                "requests": self.requests, "errors": self.errors, "max": self.longest}


def runs(store: Store, before: int | None = None) -> dict[str, Any]:
    last = _LATEST_MS if before is None else before
    upper, begun, found = last, time.monotonic(), dict[bytes, _Found]()
    while upper and sum(run.requests >= LEAST for run in found.values()) <= MOST:
        upper, end = _lower(store, upper), upper
        _read(store, upper, end, found)
        if time.monotonic() - begun > _MOST_S:
            break
    known = _known(store, found, upper, before)
    if len(known) > MOST:               # the next answer begins with the first that is too many
        upper = min(known[MOST][1].end // 10**6 + 1, last - 1)
        found.clear()
        _read(store, upper, last, found)
        known = _known(store, found, upper, before)
    shown = {"runs": [run.as_json(prefix) for prefix, run in known], "before": upper or None}
    return shown if before else {**shown, "told": _told(store)}


def _known(store: Store, found: dict[bytes, _Found], upper: int, before: int | None) -> list[tuple[bytes, _Found]]:
    """The runs, the last first; with those of which the cut at either end has left a single request here."""
    alone, cut = [prefix for prefix, run in found.items() if run.requests < LEAST], set[bytes]()
    for end in filter(None, (upper, before)):
        near = nsmallest(_NEAR_CUT, alone, key=lambda prefix, end=end: abs(found[prefix].begin - end * 10**6))  # type: ignore[misc]
        cut.update(prefix for prefix in near if _has_more(store, prefix))
    known = [one for one in found.items() if one[1].requests >= LEAST or one[0] in cut]
    return sorted(known, key=lambda one: -one[1].end)


def _has_more(store: Store, prefix: bytes) -> bool:
    roots = f"SELECT 1 FROM spans WHERE {OF_A_RUN} AND parent_id = x'' LIMIT {LEAST}"
    return len(store.read(roots, id_range(prefix.hex()))) >= LEAST


def _told(store: Store) -> list[dict[str, Any]]:
    """Without their timelines, which are large."""
    either = ", ".join(f"coalesce(json_extract(data, '$.summary.{name}'), json_extract(data, '$.{name}'))" for name in _TOLD)
    slo = "(SELECT count(*) FROM json_each(data, '$.slo') WHERE {}json_extract(data, fullkey || '.met'))"
    rows = store.read(
        f"SELECT key, begun * 1000, ended * 1000, told * 1000, title, {slo.format('')}, {slo.format('NOT ')},"
        f" json_extract(data, '$.rate'), json_extract(data, '$.concurrency'), {either}, {_LATENCY}, {LEDGER}"
        f" FROM annotations WHERE kind = 'run' ORDER BY begun DESC LIMIT {MOST}")
    names = ("run_id", "begin", "end", "told", "title", "met", "missed", "planned_rate", "concurrency", *_TOLD,
             "latency_p50", "latency_p99", "latency_count")
    faults = store.read("SELECT title, begun * 1000, coalesce(ended * 1000, ?) FROM annotations WHERE kind = 'fault'"
                        f" ORDER BY begun DESC LIMIT {MOST}", (_LATEST_MS,))
    return [{**dict(zip(names, row, strict=True)), "lost": lost_by_hop(as_of_now(store, row[0], json.loads(ledger))),
             "faults": _during(faults, row)} for *row, ledger in rows]


def _during(faults: Sequence[tuple[str, float, float]], run: Sequence[Any]) -> list[str]:
    _, begin, end, told, *_ = run
    return sorted({title for title, begun, ended in faults if begun < (told if end is None else end) and ended > begin})


def _lower(store: Store, upper_ms: int) -> int:
    """The beginning, in ms, of a slice that ends before `upper_ms`; 0: nothing is older."""
    rows = store.read(f"SELECT start FROM {ROOTS} AND start < ? ORDER BY start DESC LIMIT 1 OFFSET {_SLICE}", (upper_ms * 10**6,))
    return rows[0][0] // 10**6 if rows else 0


def _read(store: Store, lower_ms: int, upper_ms: int, found: dict[bytes, _Found]) -> None:
    rows = store.read(
        "SELECT substr(trace_id, 1, 8) AS prefix, min(start), max(start), count(*), sum(error), max(duration)"
        f" FROM {ROOTS} AND start >= ? AND start < ? AND {OF_CLIENT} GROUP BY prefix",
        (lower_ms * 10**6, upper_ms * 10**6, CLIENT),
    )
    for prefix, begin, end, *figures in rows:
        if prefix != CHECK:
            found.setdefault(prefix, _Found(begin, end)).add(begin, end, *figures)
