"""Two runs, or two traces, as one tree of span paths: in which spans the time is, and where it differs.

    GET /api/page/compare/tree?runs=A,B        or traces=A,B
    {"traces": [those of A that are compared, of B], "left_out": [incomplete ones of A, of B], "stored": [all of A, of B],
     "losses": [<as in `losses`>, …], "orphans": [<of two traces: spans without their parent>, …], "cut": [true | false, …],
     "paths": [[above, service, name, [A], [B], margin_ms | null], …],
     "parts": [[path, side, share, longer_ms], …]}; a side is null, or
    [spans, errors, total_ms, self_ms, median_ms, [trace id, span id, …]] with means over its traces
    GET /api/page/compare/typical?trace=<id>   {"trace_id", "of": <requests>}    the median one of the same name

A run of more than MOST_TRACES requests is represented by as many, drawn at random, always the same ones. Where spans were lost,
only complete traces of both runs are compared (`complete`); a run without one has no paths. Subtle: the median is of those traces
that have the path, the means are of all. `parts`: of that side, only so many of the requests are longer there, each by so much.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress, islice
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.page.load_runs import complete, losses
from labctl.telemetry.page.load_runs.listed import CLIENT, OF_CLIENT, ROOTS
from labctl.telemetry.page.load_runs.losses import RunLosses
from labctl.telemetry.page.load_runs.span_paths import SideOfPath, SpanPaths
from labctl.telemetry.query.ids import OF_A_TRACE, id_range
from labctl.telemetry.query.names import kind_name
from labctl.telemetry.span_tree import Place, SpanTree
from labctl.telemetry.statistics.change import CONFIDENCE
from labctl.telemetry.statistics.shifted_part import shifted_part
from labctl.telemetry.statistics.welch import difference
from labctl.telemetry.store.store import Store
from labctl.telemetry.trace import Span

MOST_TRACES: Final = 2000               # of a run
MOST_SPANS: Final = 60_000              # of each side
BLOCKS: Final = 20                      # parts of a run, whose means are compared: requests of one moment are alike
MOST_PARTS: Final = 5
MOST_NAME: Final = 200                  # characters
MOST_ALIKE: Final = 100_000             # latest requests among which the median one is looked for


def of_runs(store: Store, prefixes: Sequence[str]) -> dict[str, Any]:
    stored = [_traces(store, prefix) for prefix in prefixes]
    chosen = [random.Random(prefix).sample(ids, min(len(ids), MOST_TRACES)) for prefix, ids in zip(prefixes, stored, strict=True)]
    told = [losses.of_run(store, prefix) for prefix in prefixes]
    runs = [_read(store, ids) for ids in chosen]
    kept, left_out = _complete(runs, [len(ids) for ids in stored], told)
    return {"stored": [len(ids) for ids in stored], "losses": [one and one.as_json() for one in told], "left_out": left_out,
            **_merged(kept if all(run.ids for run in kept) else [replace(run, ids=[], trees=[]) for run in kept])}


def _complete(runs: Sequence["_ReadTraces"], stored: Sequence[int], told: Sequence[RunLosses | None]) -> tuple[
        list["_ReadTraces"], list[int]]:
    paths, parts = SpanPaths(), zip(runs, stored, told, strict=True)
    whole = complete.complete([complete.traces_of_run(run.trees, of, losses, paths) for run, of, losses in parts])
    return [run.only(keep) for run, keep in zip(runs, whole, strict=True)], [keep.count(False) for keep in whole]


def _traces(store: Store, prefix: str) -> list[bytes]:
    query = f"SELECT DISTINCT trace_id FROM {ROOTS} AND trace_id BETWEEN ? AND ? AND {OF_CLIENT}"
    found = [row[0] for row in store.read(query, (*id_range(prefix), CLIENT))]
    if not found:
        raise HTTPProblem(404, "nothing of this run is stored", prefix)
    return found


def of_traces(store: Store, ids: Sequence[bytes]) -> dict[str, Any]:
    told = [losses.of_run(store, one.hex()) for one in ids]
    read = [_read(store, [one]) for one in ids]
    return {"stored": [1, 1], "losses": [one and one.as_json() for one in told], "left_out": [0, 0],
            "orphans": [one.trees[0].count(Place.ORPHAN) for one in read], **_merged(read)}


def _merged(sides: Sequence["_ReadTraces"]) -> dict[str, Any]:
    paths = SpanPaths()
    for side, read in enumerate(sides):
        for trace, spans in enumerate(read.trees):
            paths.add(side, trace, spans)
    return {
        "traces": [len(side.ids) for side in sides], "cut": [side.cut for side in sides], "parts": list(_parts(paths, sides)),
        "paths": [
            [path.above, path.service[:MOST_NAME], path.name[:MOST_NAME],
             *(_side(found, read.ids) for found, read in zip(path.sides, sides, strict=True)), _margin(path.sides, sides)]
            for path in paths.paths
        ],
    }


def _parts(paths: SpanPaths, sides: Sequence["_ReadTraces"]) -> Iterator[list[Any]]:
    """Of the paths that differ most."""
    counts = [len(side.ids) for side in sides]
    if not all(counts):
        return
    shifts = {place: path.sides[1].mean(counts[1]) - path.sides[0].mean(counts[0]) for place, path in enumerate(paths.paths)}
    for place in sorted(shifts, key=lambda one: -abs(shifts[one]))[:MOST_PARTS]:
        values = [side.of_all(count) for side, count in zip(paths.paths[place].sides, counts, strict=True)]
        longer = shifts[place] > 0
        if found := shifted_part(values[not longer], values[longer]):
            yield [place, int(longer), round(found.share, 4), round(found.by, 6)]


@dataclass(frozen=True)
class _ReadTraces:
    ids: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)         # ns
    trees: list[SpanTree] = field(default_factory=list)
    cut: bool = False

    @cached_property
    def blocks(self) -> list[int]:
        """Of each: the part of the run, by time, that it is in."""
        found = [0] * len(self.starts)
        for place, trace in enumerate(sorted(range(len(found)), key=self.starts.__getitem__)):
            found[trace] = place * min(BLOCKS, len(found)) // len(found)
        return found

    def only(self, keep: Sequence[bool]) -> "_ReadTraces":
        return replace(self, ids=list(compress(self.ids, keep)), starts=list(compress(self.starts, keep)),
                       trees=list(compress(self.trees, keep)))


def _read(store: Store, ids: Sequence[bytes]) -> _ReadTraces:
    found, left = _ReadTraces(), MOST_SPANS
    for trace_id in ids:
        start, spans = _spans(store, trace_id, left)
        found.ids.append(trace_id)
        found.starts.append(start)
        found.trees.append(SpanTree(spans))
        left -= len(spans)
        if left <= 0:
            return replace(found, cut=True)
    return found


def _spans(store: Store, trace_id: bytes, most: int) -> tuple[int, list[Span]]:
    """When it begins, in ns, and its spans. Raises HTTPProblem where there is no such trace."""
    query = ("SELECT name, service, kind, span_id, parent_id, start, duration, error FROM spans"
             f" JOIN resources ON resources.id = resource WHERE {OF_A_TRACE} ORDER BY start, spans.rowid")
    rows = list(islice((row for batch in store.batches(query, (trace_id,)) for row in batch), most))
    if not rows:
        raise HTTPProblem(404, "there is no such trace", trace_id.hex())
    begin = rows[0][5]
    return begin, [
        Span(name, service, kind_name(kind), span.hex(), parent.hex(), (start - begin) / 1e6, took / 1e6,
             "error" if error else "unset")
        for name, service, kind, span, parent, start, took, error in rows
    ]


def _side(side: SideOfPath, ids: Sequence[bytes]) -> list[Any] | None:
    if not side.spans:
        return None
    traces, examples = len(ids), [part for trace in side.examples() for part in (ids[trace].hex(), side.example[trace])]
    return [round(side.spans / traces, 4), side.errors, round(side.total / traces, 6), round(side.mean(traces), 6),
            round(side.median() or 0.0, 6), examples]


def _margin(found: Sequence[SideOfPath], sides: Sequence[_ReadTraces]) -> float | None:
    """Half of the confidence interval of the difference of the means; None: too few traces."""
    before, after = (path.block_means(side.blocks) for path, side in zip(found, sides, strict=True))
    shift = difference(before, after, CONFIDENCE)
    return None if shift is None else round(shift.high - shift.estimate, 6)


def typical(store: Store, trace_id: bytes) -> dict[str, Any]:
    """Of the latest requests with the same name and service as this trace's longest root."""
    roots = store.read(f"SELECT name, resource FROM spans WHERE {OF_A_TRACE} AND parent_id = x'' ORDER BY duration DESC LIMIT 1",
                       (trace_id,))
    if not roots:
        raise HTTPProblem(404, "this trace has no root span to compare by name", trace_id.hex())
    name, resource = roots[0]
    alike = store.read(
        f"SELECT duration, trace_id FROM {ROOTS} AND name = ? AND trace_id <> ? AND resource IN (SELECT id FROM resources"
        " WHERE service = (SELECT service FROM resources WHERE id = ?)) ORDER BY start DESC LIMIT ?",
        (name, trace_id, resource, MOST_ALIKE),
    )
    if not alike:
        raise HTTPProblem(404, "no other trace has the same name", str(name)[:MOST_NAME])
    alike.sort()
    return {"trace_id": alike[len(alike) // 2][1].hex(), "of": len(alike)}
