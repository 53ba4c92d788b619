"""Two load runs side by side: what changed, and whether it is more than noise, as `labctl compare` decides it.

The planned rates are those that labctl told of the runs.

GET /api/page/compare/changes?runs=A,B&late_ms=<p99 of the generators' lateness>
{"runs": [<as in `figures`>, …], "changes": [{"figure", "before", "after", "change", "typical", "low", "high", "verdict", …}, …]}
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final

from labctl.telemetry.http.messages import HTTPProblem
from labctl.telemetry.page.load_runs import losses
from labctl.telemetry.page.load_runs.figures import StoredRun, figures, latency, read, sliced, succeeded
from labctl.telemetry.statistics import change
from labctl.telemetry.statistics.change import Change, FigurePair
from labctl.telemetry.store.store import Store

TOLERANCE: Final = 0.05                 # as `labctl compare`
WAKE_UPS: Final = 3                     # generator, server, generator: as in load/judge/compare.py


def changes(store: Store, prefixes: Sequence[str], late_ms: float = 0.0) -> dict[str, Any]:
    """`late_ms`: p99 of how late the generators were, which is what other load on the machine adds to a p99."""
    before, after = (_stored(store, prefix) for prefix in prefixes)
    lost = any(told and told.missing for told in (losses.of_run(store, prefix) for prefix in prefixes))
    first, last = (losses.planned_rate(store, prefix) for prefix in prefixes)
    rate = change.of_planned_rates(_rates(before, after), (first, last), TOLERANCE)
    if lost:                            # a request whose span was lost was sent all the same
        rate = Change.unknown(rate.figure, rate.before, rate.after, change.UNLIKE)
    found = [*_times(before, after, WAKE_UPS * late_ms), rate, _errors(before, after)]
    return {"runs": [figures(store, run) for run in (before, after)], "changes": [one.as_json() for one in found]}


def _stored(store: Store, prefix: str) -> StoredRun:
    run = read(store, prefix)
    if not run.starts:
        raise HTTPProblem(404, "nothing of this run is stored", f"no request of labctl has a trace id that begins with {prefix}")
    return run


def _times(before: StoredRun, after: StoredRun, noise_ms: float) -> Iterator[Change]:
    slices = [[one for one in sliced(run)[1] if one.p99 is not None] for run in (before, after)]
    good = [succeeded(run) for run in (before, after)]
    unlike = change.are_tails_unlike(*([one.requests - one.errors for one in run] for run in slices))
    for figure, least in (("p50", 0.0), ("p99", noise_ms)):
        early, late = ([getattr(one, figure) / 1e6 for one in run] for run in slices)
        pair = FigurePair(figure, _milliseconds(good[0], figure), _milliseconds(good[1], figure), (early, late))
        yield Change.unknown(figure, pair.before, pair.after, change.UNLIKE) if unlike and figure == "p99" else (
            change.of_times(pair, TOLERANCE, least))


def _milliseconds(good: "array[int]", figure: str) -> float | None:
    value = latency(good).get(figure)
    return None if value is None else value / 1e6


def _rates(before: StoredRun, after: StoredRun) -> FigurePair:
    """Of requests sent; the last slice is rarely a whole one."""
    whole, slices = list[float](), list[list[float]]()
    for run in (before, after):
        width, found = sliced(run)
        whole.append(len(run.starts) / max(run.end_ms - run.begin_ms, 1) * 1e3)
        slices.append([max(one.requests, 0.5) / width * 1e3 for one in found[:-1]])
    return FigurePair("rate", whole[0], whole[1], (slices[0], slices[1]))


def _errors(before: StoredRun, after: StoredRun) -> Change:
    counts = [(sum(run.errors), len(run.starts)) for run in (before, after)]
    return change.of_errors(counts[0], counts[1], TOLERANCE)
