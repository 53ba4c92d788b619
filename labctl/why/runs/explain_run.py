"""The use case of `labctl why RUN`: read the run's spans, tell the slow and the failed requests from the rest, compare."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any, Final

from labctl.errors import LabError
from labctl.load.kept_runs import KeptRun
from labctl.load.plan.thresholds import parse
from labctl.viewer_client.client import ViewerClient
from labctl.why.runs import own_times, reading
from labctl.why.runs.conditions import ConditionSort, candidates
from labctl.why.runs.cut import LEAST, SlowCut, choose
from labctl.why.runs.differences import Comparing, GroupDifference, differences
from labctl.why.runs.masks import indexes_of, mask_of
from labctl.why.runs.own_times import OwnTime
from labctl.why.runs.requests import RunRequests
from labctl.why.runs.stalls import Stall, stalls

MOST_SPANS: Final = 200_000             # that are read: of more, a share of the traces
_MOST_WAIT: Final = 0.2                 # of the median latency: of more, the wait hides what the service does
_NEARLY_ALL: Final = 0.9                # of a group
_SHORT: Final = 0.1                     # of the run
_HOW_THEY_FAILED: Final = frozenset({"error.type", "http.response.status_code", "exception.type", "exception.message"})


@dataclass(frozen=True, slots=True)
class ToldDifference:
    """A difference, and the trace that shows it best."""

    difference: GroupDifference
    trace_id: str
    own_ms: float | None                # of an unusual self time: its median in those of the group that have it

    def as_json(self) -> dict[str, Any]:
        return {**self.difference.as_json(), "own_ms": self.own_ms, "trace_id": self.trace_id}


@dataclass(frozen=True, slots=True)
class RequestGroup:
    """The slow or the failed requests against the rest."""

    size: int
    rest: int
    told: Sequence[ToldDifference] = ()
    looked_at: int = 0                  # conditions
    own_times: Sequence[OwnTime] = ()
    within_s: tuple[float, float] | None = None     # the short stretch of the run in which nearly all were due

    @property
    def needed(self) -> int:
        """How many requests a run needs, so that there are enough of this kind; 0 where there are."""
        if not self.size or self.size >= LEAST:
            return 0
        return ceil((self.size + self.rest) * LEAST / self.size * 1.5)

    def as_json(self) -> dict[str, Any]:
        return {
            "size": self.size, "rest": self.rest, "looked_at": self.looked_at, "requests_needed": self.needed or None,
            "differences": [one.as_json() for one in self.told], "own_times": [one.as_json() for one in self.own_times],
            "within_s": self.within_s,
        }


@dataclass(frozen=True, slots=True)
class RunExplanation:
    run_id: str
    requests: int                       # whose traces were read
    sent: int | None                    # by the run; None: not a kept one
    share: float                        # of the traces that were read
    wait_ms: float                      # median, before a request was sent
    since_sent: bool                    # whether slow is judged by the time since then, as most requests had to wait
    median_ms: float | None             # of the successful ones, since they were due
    slowest_ms: float | None
    cut: SlowCut | None
    slow: RequestGroup
    failed: RequestGroup
    failures: Mapping[str, int]
    stalls: Sequence[Stall]             # whose requests are left aside
    started_s: float                    # Unix: when the first request was due

    @property
    def significant(self) -> bool:
        return bool(self.slow.told or self.failed.told)

    def as_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id, "requests": self.requests, "sent": self.sent, "share": self.share,
            "significant": self.significant, "wait_ms": self.wait_ms, "since_sent": self.since_sent,
            "median_ms": self.median_ms, "slowest_ms": self.slowest_ms,
            "cut": {"above_ms": self.cut.above_ms, "reason": self.cut.reason.name.lower()} if self.cut else None,
            "slow": self.slow.as_json(), "failed": self.failed.as_json(), "failures": dict(self.failures),
            "stalls": [{"at_s": one.at_s - self.started_s, "requests": len(one.requests)} for one in self.stalls],
        }


def explain_run(viewer: ViewerClient, run_id: str, kept: KeptRun | None = None, above_ms: float | None = None) -> RunExplanation:
    """Raises LabError when the viewer has no trace of the run."""
    share = min(MOST_SPANS / max(int(viewer.run_counts(run_id)["spans"]), 1), 1.0)
    requests = reading.read(viewer.span_pages(run_id, share=share))
    if not len(requests):
        raise LabError(f"the viewer has no trace of the run {run_id}", detail=_why_none(kept), hint="labctl load")
    return explain(requests, run_id, kept=kept, above_ms=above_ms, share=share)


def _why_none(kept: KeptRun | None) -> str:
    if kept and not kept.summary.spans_made:
        return "it was a run without client spans: its requests did not go to the lab's service"
    return "they have been deleted by age or size, or belong to another lab"


def explain(
    requests: RunRequests, run_id: str, *, kept: KeptRun | None = None, above_ms: float | None = None, share: float = 1.0,
) -> RunExplanation:
    everyone = range(len(requests))
    good = [one for one in everyone if not requests.failures[one]]
    latencies, wait_ms = [requests.latency_ms[one] for one in good], median(requests.wait_ms)
    since_sent = bool(latencies) and wait_ms > _MOST_WAIT * median(latencies)
    if since_sent:
        requests = requests.since_sent()
    cut = choose([requests.latency_ms[one] for one in good], above_ms, None if since_sent else _missed_ms(kept))
    slow = [one for one in good if cut and requests.latency_ms[one] > cut.above_ms]
    stalled = stalls(requests, slow)
    aside = {one for stall in stalled for one in stall.requests}
    return RunExplanation(
        run_id, len(requests), kept.summary.sent if kept else None, share, wait_ms, since_sent,
        median(latencies) if latencies else None, max(latencies, default=None), cut,
        _slow(requests, [one for one in slow if one not in aside], set(good) - set(slow)),
        _failed(requests, [one for one in everyone if requests.failures[one]], good),
        Counter(filter(None, requests.failures)), stalled, requests.due_s[0],
    )


def _missed_ms(kept: KeptRun | None) -> float | None:
    """The strictest latency that the run's thresholds ask for, and that it missed."""
    missed = [one for verdict in kept.slo if not verdict.met for one in parse(verdict.threshold)] if kept else []
    return min((one.limit for one in missed if one.unit == "ms"), default=None)


def _slow(requests: RunRequests, slow: Sequence[int], others: set[int]) -> RequestGroup:
    rest = sorted(others)
    if len(slow) < LEAST or len(rest) < LEAST:
        return RequestGroup(len(slow), len(rest))
    comparing = _comparing(requests, slow, rest)
    times = own_times.own_times(requests, slow, rest)
    usual_ms = median(requests.latency_ms[one] for one in rest)
    unusual = list(own_times.unusual(requests, times, slow, rest, usual_ms))
    found = differences(comparing, candidates(requests, comparing.universe, (), LEAST), unusual)
    return RequestGroup(len(slow), len(rest), _shown(requests, found.differences, slow), found.looked_at, times)


def _failed(requests: RunRequests, failed: Sequence[int], good: Sequence[int]) -> RequestGroup:
    if len(failed) < LEAST or len(good) < LEAST:
        return RequestGroup(len(failed), len(good))
    comparing = _comparing(requests, failed, good)
    conditions = candidates(requests, comparing.universe, _HOW_THEY_FAILED, LEAST)
    # what a request has no span of, because it failed before, is a consequence
    causes = [one for one in conditions if one.condition.sort is not ConditionSort.SPAN]
    found = differences(comparing, causes, ())
    told = _shown(requests, found.differences, failed)
    return RequestGroup(len(failed), len(good), told, found.looked_at, within_s=_within_s(requests, failed))


def _within_s(requests: RunRequests, group: Sequence[int]) -> tuple[float, float] | None:
    """The shortest stretch of the run, in seconds since its start, in which nearly all of the group were due, if it is short."""
    number, first = ceil(_NEARLY_ALL * len(group)), requests.due_s[0]
    due = sorted(requests.due_s[one] - first for one in group)
    begin, end = min(zip(due, due[number - 1:], strict=False), key=lambda stretch: stretch[1] - stretch[0])
    return (begin, end) if end - begin <= _SHORT * (requests.due_s[-1] - first) else None


def _comparing(requests: RunRequests, group: Sequence[int], rest: Sequence[int]) -> Comparing:
    mask = mask_of(group, len(requests))
    return Comparing(requests, mask, mask | mask_of(rest, len(requests)))


def _shown(requests: RunRequests, found: Sequence[GroupDifference], group: Sequence[int]) -> list[ToldDifference]:
    of_group = mask_of(group, len(requests))
    return [_told(requests, one, list(indexes_of(one.mask & of_group))) for one in found]


def _told(requests: RunRequests, found: GroupDifference, having: Sequence[int]) -> ToldDifference:
    """With the trace, of those with the condition, in which the span took longest; else the slowest."""
    own = requests.own_ms[found.condition.operation] if found.condition.sort is ConditionSort.OWN_TIME else None
    best = max(having, key=(own or requests.latency_ms).__getitem__)
    return ToldDifference(found, requests.trace_ids[best], median(own[one] for one in having) if own else None)
