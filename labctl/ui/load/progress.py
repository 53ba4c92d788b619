"""The progress of a run: share done, time left, planned rate at this moment, and recent rate.

Subtle: a rate over the whole run hides that a server has just stalled, and a rate between two frames jumps. What is shown
as the present one is that of the last two seconds.
"""

from collections import deque
from math import ceil

from labctl import numbers
from labctl.load.measure.summary import Snapshot
from labctl.load.plan.load_plan import LoadPlan

_LATELY_S = 2.0


class RecentRate:
    """Answers per second over the last two seconds, from the snapshots of a run in their order."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque([(0.0, 0)])

    def rate(self, snapshot: Snapshot) -> float | None:
        """None before there is a span of time to go by."""
        self._seen.append((snapshot.elapsed_s, done(snapshot)))
        while len(self._seen) > 2 and snapshot.elapsed_s - self._seen[1][0] >= _LATELY_S:  # noqa: PLR2004 both ends stay
            self._seen.popleft()
        (begin, before), (end, after) = self._seen[0], self._seen[-1]
        return (after - before) / (end - begin) if end > begin else None


def done(snapshot: Snapshot) -> int:
    return snapshot.successful + snapshot.failed


def share_done(snapshot: Snapshot, plan: LoadPlan) -> float:
    """0 to 1, by requests or by time, whichever of the two that bound the run is nearer to its end."""
    by_count = done(snapshot) / snapshot.planned if snapshot.planned else 0.0
    by_time = snapshot.elapsed_s / plan.duration_s if plan.duration_s else 0.0
    return min(max(by_count, by_time), 1.0)


def remaining(snapshot: Snapshot, plan: LoadPlan) -> str:
    """`4 s left`: by the schedule where there is one and it holds, else by the speed so far; empty where neither says."""
    seconds = _planned_s(snapshot, plan) - snapshot.elapsed_s
    share = share_done(snapshot, plan)
    if seconds <= 0 and 0 < share < 1:
        seconds = snapshot.elapsed_s * (1 - share) / share
    return f"{_whole(seconds)} left" if seconds > 0 and share < 1 else ""


def planned_rate(snapshot: Snapshot, plan: LoadPlan) -> float | None:
    """Hits per second that are due at this moment: where the line of the present stage is, or the plan's rate."""
    begin = 0.0
    for stage in plan.stages:
        if snapshot.elapsed_s < begin + stage.seconds:
            return stage.from_rps + (stage.to_rps - stage.from_rps) * (snapshot.elapsed_s - begin) / stage.seconds
        begin += stage.seconds
    return plan.stages[-1].to_rps if plan.stages else snapshot.target_rate


def _planned_s(snapshot: Snapshot, plan: LoadPlan) -> float:
    """How long the plan is; 0 where it does not say."""
    if plan.duration_s:
        return plan.duration_s
    return snapshot.planned / snapshot.target_rate if snapshot.target_rate else 0.0


def _whole(seconds: float) -> str:
    """Without the tenths, which would flicker."""
    return f"{ceil(seconds)} s" if seconds < 100 else numbers.seconds(seconds)  # noqa: PLR2004 from there on without tenths
