"""The use case of `labctl why RUN`: read the run's spans, tell the slow and the failed requests from the rest, compare."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from labctl import numbers
from labctl.errors import LabError
from labctl.load.kept_runs import KeptRun
from labctl.load.plan.thresholds import parse
from labctl.telemetry.comparison import reading
from labctl.telemetry.comparison.groups import RequestGroup, failed_group, slow_group
from labctl.telemetry.comparison.requests import RunRequests
from labctl.viewer_client.client import ViewerClient
from labctl.why.runs.cut import CutReason, SlowCut, choose
from labctl.why.runs.one_at_a_time import OneAtATime, one_at_a_time
from labctl.why.runs.stalls import Stall, stalls

MOST_SPANS: Final = 200_000             # that are read: of more, a share of the traces
_RECENT_S: Final = 3600.0               # a run: the viewer keeps telemetry longer
_MOST_WAIT: Final = 0.2                 # of the median latency: of more, the wait hides what the service does


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
    one_at_a_time: OneAtATime | None = None         # a step that everything else waited for

    @property
    def significant(self) -> bool:
        return bool(self.slow.told or self.failed.told)

    def as_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id, "started": self.started_s, "requests": self.requests, "sent": self.sent, "share": self.share,
            "significant": self.significant, "wait_ms": self.wait_ms, "since_sent": self.since_sent,
            "median_ms": self.median_ms, "slowest_ms": self.slowest_ms,
            "cut": {"above_ms": self.cut.above_ms, "reason": self.cut.reason.name.lower()} if self.cut else None,
            "slow": self.slow.as_json(), "failed": self.failed.as_json(), "failures": dict(self.failures),
            "one_at_a_time": self.one_at_a_time.as_json() if self.one_at_a_time else None,
            "stalls": [{"at_s": one.at_s - self.started_s, "requests": len(one.requests)} for one in self.stalls],
        }


def explain_run(viewer: ViewerClient, run_id: str, kept: KeptRun | None = None, above_ms: float | None = None) -> RunExplanation:
    """Raises LabError when the viewer has no trace of the run."""
    share = min(MOST_SPANS / max(int(viewer.run_counts(run_id)["spans"]), 1), 1.0)
    requests = reading.read(viewer.span_pages(run_id, share=share))
    if not len(requests):
        raise _without_traces(run_id, kept)
    return explain(requests, run_id, kept=kept, above_ms=above_ms, share=share)


def _without_traces(run_id: str, kept: KeptRun | None) -> LabError:
    """Of a recent run they are not too old to be there: something keeps telemetry from arriving, or did."""
    message = f"the viewer has no trace of the run {run_id}"
    if kept and not kept.summary.spans_made:
        detail = "it was a run without client spans: its requests did not go to the lab's service"
    elif kept and time.time() - kept.at < _RECENT_S:
        made, taken = numbers.plural(kept.summary.spans_made, "client span"), numbers.count(kept.summary.spans_acked)
        detail = f"of its {made} the collector took {taken}: none has reached the viewer, or its store has begun anew since"
        return LabError(message, detail=detail, hint="labctl why")
    else:
        detail = "they never arrived, have been deleted by age or size, or belong to another lab"
    return LabError(message, detail=detail, hint="labctl load")


def explain(
    requests: RunRequests, run_id: str, *, kept: KeptRun | None = None, above_ms: float | None = None, share: float = 1.0,
) -> RunExplanation:
    everyone = range(len(requests))
    good = [one for one in everyone if not requests.failures[one]]
    alone = one_at_a_time(requests)
    latencies, wait_ms = [requests.latency_ms[one] for one in good], median(requests.wait_ms)
    since_sent = bool(latencies) and wait_ms > _MOST_WAIT * median(latencies)
    if since_sent:
        requests = requests.since_sent()
    cut = choose([requests.latency_ms[one] for one in good], above_ms, None if since_sent else _missed_ms(kept))
    slow = [one for one in good if cut and requests.latency_ms[one] > cut.above_ms]
    stalled = stalls(requests, slow)
    aside = {one for stall in stalled for one in stall.requests}
    stand_out = cut is None or cut.reason is not CutReason.SLOWEST
    return RunExplanation(
        run_id, len(requests), kept.summary.sent if kept else None, share, wait_ms, since_sent,
        median(latencies) if latencies else None, max(latencies, default=None), cut,
        slow_group(requests, [one for one in slow if one not in aside], set(good) - set(slow), stand_out=stand_out),
        failed_group(requests, [one for one in everyone if requests.failures[one]], good),
        Counter(filter(None, requests.failures)), stalled, requests.due_s[0], alone,
    )


def _missed_ms(kept: KeptRun | None) -> float | None:
    """The strictest latency that the run's thresholds ask for, and that it missed."""
    missed = [one for verdict in kept.slo if not verdict.met for one in parse(verdict.threshold)] if kept else []
    return min((one.limit for one in missed if one.unit == "ms"), default=None)
