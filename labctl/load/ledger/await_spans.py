"""Wait until a run's spans have arrived or no more can arrive, and make the ledger.

Subtle: the wait ends as soon as no span is missing. Otherwise it lasts until nothing new has arrived for a while and the
collector and the service's SDK have nothing left to send, and never longer than `GIVE_UP_AFTER_S`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from labctl.errors import LabError
from labctl.load.ledger import service_counters, viewer_counters
from labctl.load.ledger.account import Account
from labctl.load.ledger.collector_watch import CollectorWatch
from labctl.load.ledger.hops import Bounds, losses
from labctl.load.ledger.ledger import Ledger
from labctl.load.ledger.not_stored_yet import Waiting, split
from labctl.load.ledger.service_counters import ServiceCounters
from labctl.load.ledger.viewer_counters import ViewerCounters
from labctl.load.measure.summary import Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.viewer_client.client import ViewerClient

GIVE_UP_AFTER_S: Final = 20.0
QUIET_S: Final = 3.0                    # longer than an exporter waits before a retry
IDLE_QUIET_S: Final = 1.0               # the same when collector and SDK report that nothing is left to send
POLL_S: Final = 0.05
SLOW_POLL_S: Final = 0.25               # after a while without new spans: polling takes CPU time from the lab
_FRESH_S: Final = 0.5                   # the service's counters have to be younger than the last answer by this

Progress = Callable[[int, int], None]
"""Called during the wait with the number of spans that have arrived, and of those expected."""


@dataclass(frozen=True, slots=True)
class Before:
    """The counters before a run, to compare with those after it."""

    service: ServiceCounters
    instance: object                    # of the service; a different one afterwards means a restart, which resets its counters
    viewer: ViewerCounters
    traced: bool                        # whether the service makes spans at all


@dataclass(slots=True)
class Witnesses:
    """The sources of evidence on a run's spans."""

    viewer: ViewerClient
    collector: CollectorWatch
    instance: Callable[[], object]      # the identity of the service's running instance
    traced: Callable[[], bool]          # whether the service makes spans at all

    def before(self) -> Before:
        return Before(self._counters(), self.instance(), self._viewer_counters(), self.traced())

    def bounds(self, before: Before, ended: float) -> Bounds:
        """The most that each hop can have lost for good since `before`; `ended` is the run's end in Unix seconds."""
        now, collector = self._counters(), self.collector
        known = now.at > ended + _FRESH_S and self.instance() == before.instance is not None
        given_up = max(now.given_up - before.service.given_up, 0.0) if known else inf
        viewer = self._viewer_counters()
        in_viewer = viewer.lost_since(before.viewer)
        if not collector.steady:
            return Bounds(given_up, in_viewer=in_viewer, processed=collector.filtered)
        in_viewer = min(in_viewer, max(collector.sent - (viewer.stored - before.viewer.stored), 0))
        return Bounds(given_up, collector.given_up, in_viewer, collector.filtered)

    def waiting(self, ended: float) -> Waiting:
        """What may still arrive, by the latest evidence of each component."""
        self.collector.look()
        if self.collector.silent:
            return Waiting("the collector does not answer", inf, inf, inf)
        now, trouble, in_collector = self._counters(), self.viewer.store_cannot_write(), self.collector.waiting
        fresh = now.at > ended + _FRESH_S
        if trouble:                     # the counters of the service cannot be stored either
            unseen = self.collector.last is None and self.collector.gone_since is None
            in_service = now.pending if fresh else inf
            return Waiting(f"the viewer cannot store: {trouble}", inf if unseen else in_collector, in_service)
        pending = now.pending if fresh else 0
        if in_collector:
            return Waiting("the collector has not sent them yet", in_collector, pending)
        return Waiting("the service has not sent them yet", 0, pending) if pending else Waiting()

    def nothing_left(self, ended: float) -> bool:
        """Whether the collector and the SDK report that they have sent everything."""
        self.collector.look()
        now = self._counters()
        return self.collector.idle and now.at > ended + _FRESH_S and not now.pending

    def _counters(self) -> ServiceCounters:
        found = service_counters.read(self.viewer.metrics(*service_counters.NAMES).series)
        if not found.pending:
            return found
        # of instances that are still there; of all, where no span was counted yet
        since_s = max(found.at - service_counters.SAME_S, 0.0)
        series = self.viewer.metrics(*service_counters.PENDING, since_s=since_s).series
        return replace(found, pending=service_counters.pending_of(series))

    def _viewer_counters(self) -> ViewerCounters:
        return viewer_counters.read(self.viewer.counts(only="spans"))


def await_spans(summary: Summary, plan: LoadPlan, witnesses: Witnesses, before: Before, progress: Progress) -> Ledger:
    """Raises LabError when the viewer does not answer."""
    account, ended = Account(plan, summary.outcomes, traced=before.traced), time.time()
    _wait(account, summary.run_id, witnesses, ended, progress)
    sampled_out = account.sampled_out(witnesses.collector.tail_counts)
    waiting = witnesses.waiting(ended) if account.missing else Waiting()
    later, missing = split(account.lost(_gone_since_s(witnesses.collector, summary)), waiting)
    lost = losses(missing, witnesses.bounds(before, ended)) if account.missing > later.spans else ()
    return Ledger(
        account.answered, account.unanswered, account.traces, account.spans, account.expected_spans, account.other_spans, lost,
        later, sampled_out,
    )


def _gone_since_s(collector: CollectorWatch, summary: Summary) -> float | None:
    """When the collector went away for good, after the run's start: seen by the looks at it, or earlier by all generators."""
    if collector.gone_since is None:
        return None
    lost_s = max((part.collector_lost_s for part in summary.outcomes), default=inf)
    return min(collector.gone_since - summary.started, lost_s)


def _wait(account: Account, run_id: str, witnesses: Witnesses, ended: float, progress: Progress) -> None:
    viewer, cursor = witnesses.viewer, 0
    begun = grown = time.monotonic()
    while account.missing:
        try:
            stored, cursor, more = viewer.run_spans_after(run_id, cursor)
        except LabError:                                # the viewer may be restarting
            if time.monotonic() - grown > QUIET_S:
                raise
            stored, more = [], False
        now = time.monotonic()
        if stored:
            grown = now
            account.see(stored)
        progress(account.spans, account.expected_spans)
        if not more:
            if now - begun > GIVE_UP_AFTER_S or _quiet(witnesses, now - grown, ended):
                break
            time.sleep(POLL_S if now - grown < IDLE_QUIET_S else SLOW_POLL_S)
    kept = viewer.run_counts(run_id, only="spans")["spans"]
    if kept != account.spans + account.other_spans:     # some arrived or were deleted meanwhile
        account.clear()
        account.see(viewer.run_spans(run_id))


def _quiet(witnesses: Witnesses, for_s: float, ended: float) -> bool:
    """Whether no more spans can arrive, after `for_s` seconds without a new one."""
    if for_s <= IDLE_QUIET_S:
        return False
    try:
        return witnesses.nothing_left(ended) or (for_s > QUIET_S and not witnesses.collector.queued)
    except LabError:
        return False
