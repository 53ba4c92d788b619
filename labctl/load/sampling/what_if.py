"""What sampling policies would have kept of a run: how many traces, which errors and slow ones, and how far off figures are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, Final

from labctl.errors import LabError
from labctl.load.sampling import replay, stored_traces
from labctl.load.sampling.stored_traces import StoredTrace
from labctl.model import LabSpec
from labctl.switches.sampling import SAMPLING, Where, policy
from labctl.switches.trace_id_sampling import keeps
from labctl.telemetry.statistics.confidence import SHARES, too_few
from labctl.viewer_client.client import ViewerClient

FIGURES: Final = ("p50", "p99")
_SLOWEST: Final = 0.99                  # share of the traces that are not slow, where nothing says what slow is
_LEAST: Final = 20                      # traces, of which a figure says something
_NAMED: Final = 5                       # traces that are missed


@dataclass(frozen=True, slots=True)
class MissedTrace:
    """A trace that would not be there to look at."""

    trace_id: str
    ms: float
    error: bool


@dataclass(frozen=True, slots=True)
class PolicyOutcome:
    """Of one policy."""

    sampling: str
    traces: int                         # that are kept, whole or in part
    partial: int                        # of these, in part
    spans: int
    errors: int                         # kept ones
    slow: int                           # the same
    figures: Mapping[str, float | None]     # p50 and p99 of what is left, in ms; None: too few
    missed: Sequence[MissedTrace] = ()       # the slowest of the errors and slow ones that are not kept


@dataclass(frozen=True, slots=True)
class ReplayedRun:
    run_id: str
    requests: int                       # that it sent
    traces: int                         # of the run, in the viewer
    spans: int
    errors: int
    slow: int
    slow_ms: float                      # a trace that lasts longer is slow
    figures: Mapping[str, float | None]     # p50 and p99 of all, in ms
    outcomes: Sequence[PolicyOutcome] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def off(self, outcome: PolicyOutcome, figure: str) -> float | None:
        """By which share the figure of what is left differs from that of all."""
        whole, left = self.figures[figure], outcome.figures[figure]
        return left / whole - 1 if whole and left is not None else None


@dataclass(frozen=True, slots=True)
class LoadRun:
    """The run to replay."""

    run_id: str
    requests: int


def what_if(
    spec: LabSpec, viewer: ViewerClient, run: LoadRun, samplings: Sequence[str], slow_ms: float | None = None,
) -> ReplayedRun:
    """Raises LabError where the viewer has no trace of the run, Refused without a collector to replay through."""
    found = stored_traces.traces(viewer.span_pages(run.run_id))
    if not found:
        raise LabError(f"the viewer has no trace of the run {run.run_id}", hint="labctl load")
    limit = _slow_above(found, samplings) if slow_ms is None else slow_ms
    look = _Look(found, {trace_id for trace_id, trace in found.items() if trace.ms > limit})
    outcomes = [look.outcome(text, _kept(spec, viewer, run.run_id, text, found)) for text in samplings]
    spans, errors = sum(trace.spans for trace in found.values()), sum(trace.error for trace in found.values())
    counts = (len(found), spans, errors, len(look.slow))
    return ReplayedRun(run.run_id, run.requests, *counts, limit, _figures(found.values()), outcomes)


def _slow_above(found: Mapping[str, StoredTrace], samplings: Sequence[str]) -> float:
    named = [decided.slow_ms for text in samplings if (decided := policy(text)).slow_ms is not None]
    return float(min(named)) if named else _quantile(sorted(trace.ms for trace in found.values()), _SLOWEST)


def _kept(
    spec: LabSpec, viewer: ViewerClient, run_id: str, sampling: str, found: Mapping[str, StoredTrace],
) -> Mapping[str, int]:
    """The number of spans that are kept, by trace id. With head sampling the others are never made, so nothing is replayed."""
    decided = policy(sampling)
    if decided.where is Where.HEAD:
        return {trace_id: trace.spans for trace_id, trace in found.items() if keeps(trace_id, decided.threshold)}
    return replay.kept(spec, {SAMPLING.name: sampling}, viewer.span_pages(run_id), len(found))


@dataclass(frozen=True, slots=True)
class _Look:
    found: Mapping[str, StoredTrace]
    slow: set[str]

    def outcome(self, sampling: str, kept: Mapping[str, int]) -> PolicyOutcome:
        left = {trace_id: self.found[trace_id] for trace_id in kept if trace_id in self.found}
        partial = sum(kept[trace_id] < trace.spans for trace_id, trace in left.items())
        missed = [
            MissedTrace(trace_id, trace.ms, trace.error) for trace_id, trace in self.found.items()
            if trace_id not in left and (trace.error or trace_id in self.slow)
        ]
        return PolicyOutcome(
            sampling, len(left), partial, sum(kept.values()), sum(trace.error for trace in left.values()),
            len(self.slow & left.keys()), _figures(left.values()), sorted(missed, key=lambda one: -one.ms)[:_NAMED],
        )


def _figures(traces: Iterable[StoredTrace]) -> dict[str, float | None]:
    times = sorted(trace.ms for trace in traces)
    few = {name: len(times) < _LEAST or too_few(len(times), SHARES[name]) for name in FIGURES}
    return {name: None if few[name] else _quantile(times, SHARES[name]) for name in FIGURES}


def _quantile(times: Sequence[float], share: float) -> float:
    return times[max(ceil(share * len(times)) - 1, 0)]
