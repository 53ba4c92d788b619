"""The collector's own counters, read a few times a second while a run lasts.

Subtle: they are reset to zero when the collector restarts, and lost when it dies. So they give a bound only where the same
instance ran from the run's beginning to its end.
"""

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import Final, Self

from labctl.errors import LabError
from labctl.host.http import get
from labctl.load.ledger.sampled_out import TailCounts
from labctl.telemetry.hops.exporters import SAMPLERS, leading_to_viewer

_PERIOD_S: Final = 0.25
_FAR_S: Final = 1.0
_TIMEOUT_S: Final = 1.0
_OK: Final = 200
_UPTIME_S: Final = 1.5                  # the most that two readings of the same start time differ by
_LINE: Final = re.compile(r"^(otelcol_\w+?)(?:_total)?(?:\{([^}]*)\})? ([0-9.eE+-]+)", re.MULTILINE)
_ACCEPTED, _SENT, _QUEUED = "otelcol_receiver_accepted_spans", "otelcol_exporter_sent_spans", "otelcol_exporter_queue_size"
_FAILED: Final = ("otelcol_exporter_send_failed_spans", "otelcol_exporter_enqueue_failed_spans")
_INTO, _OUT_OF = "otelcol_processor_incoming_items", "otelcol_processor_outgoing_items"
_RECEIVED_TRACES, _TOO_EARLY, _KEPT_TRACES = (f"otelcol_processor_tail_sampling_{name}" for name in (
    "new_trace_id_received", "sampling_trace_dropped_too_early", "global_count_traces_sampled"))
_FILTERED: Final = f"{_INTO} not {_OUT_OF}"
_DROPPED_TRACES: Final = f"{_KEPT_TRACES} not"
_UPTIME: Final = ("otelcol_process_uptime", "otelcol_process_uptime_seconds")
_EXPORTER: Final = re.compile(r'(?:^|,)exporter="([^"]*)"')


@dataclass(frozen=True, slots=True)
class CollectorSample:
    accepted: int                       # spans, since it started
    sent: int
    queued: int                         # batches that wait to be sent, of all signals
    started: float                      # on the monotonic clock; 0: unknown
    failed: int = 0                     # spans that it gave up
    dropped: int = 0                    # spans that a processor has not let through
    filtered: int = 0                   # of these, those that no sampler has left out
    received_traces: int = 0            # by tail sampling, which decides about whole traces,
    decided_traces: int = 0             # about so many already,
    dropped_traces: int = 0             # and against so many

    @property
    def undecided_traces(self) -> int:
        return max(self.received_traces - self.decided_traces, 0)

    @property
    def held(self) -> int:
        """Spans accepted and neither sent, given up nor dropped. Tail sampling counts only traces: once all are decided, none."""
        if self.received_traces:
            return self.accepted - self.sent - self.failed if self.undecided_traces else 0
        return max(self.accepted - self.sent - self.failed - self.dropped, 0)


class CollectorWatch:
    """Use as a context manager around the run; `first`, `last` and `gone_since` can be read at any time."""

    def __init__(self, url: str | None, *, far: bool = False) -> None:
        """`far`: each sample goes through a cluster's API server, and so is taken less often."""
        self._url, self._period_s = url, _FAR_S if far else _PERIOD_S
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="collector counters", daemon=True)
        self.first: CollectorSample | None = None
        self.last: CollectorSample | None = None
        self.gone_since: float | None = None        # when it stopped answering; None: it answers
        self.restarted = False
        self.silent = False                         # the last look got no answer in time: it may be slow or paused, or gone

    def __enter__(self) -> Self:
        if self._url:
            self.look()
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def steady(self) -> bool:
        """Whether the same collector has run all the time, and still answers."""
        return self.last is not None and not self.restarted and self.gone_since is None

    @property
    def tail_counts(self) -> TailCounts:
        """Of tail sampling since the first sample."""
        if not self.steady or self.first is None or self.last is None:
            return TailCounts()
        first, last = self.first, self.last
        return TailCounts(
            last.received_traces - first.received_traces, last.dropped_traces - first.dropped_traces, first.undecided_traces,
        )

    @property
    def lost_inside(self) -> int:
        """Spans accepted since the first sample and neither sent on nor dropped."""
        assert self.first
        assert self.last
        if self.last.received_traces:
            return self.last.undecided_traces
        passed = (one.accepted - one.sent - one.dropped for one in (self.first, self.last))
        return -next(passed) + next(passed)

    @property
    def given_up(self) -> int:
        """Spans given up since the first sample."""
        assert self.first
        assert self.last
        return self.last.failed - self.first.failed

    @property
    def filtered(self) -> float:
        """Spans that its processors have dropped since the first sample; inf: some, and it has not run all the time."""
        if not self.steady:
            return inf if any(one and one.filtered for one in (self.first, self.last)) else 0
        assert self.first
        assert self.last
        return self.last.filtered - self.first.filtered

    @property
    def sent(self) -> int:
        """Spans sent on since the first sample."""
        assert self.first
        assert self.last
        return self.last.sent - self.first.sent

    @property
    def queued(self) -> int:
        """Batches that it still has to send; 0 where it does not answer."""
        return self.last.queued if self.last and self.gone_since is None else 0

    @property
    def waiting(self) -> int:
        """Spans that it has accepted and neither sent nor given up; 0 where it has gone, since what it had went with it."""
        last = self.last if self.gone_since is None else None
        return max(last.held, 0) if last else 0

    @property
    def idle(self) -> bool:
        return self.steady and not self.queued and self.lost_inside <= 0

    def look(self) -> None:
        """Take a sample now."""
        if not self._url:
            return
        asked = time.monotonic()
        found = sample(self._url)
        if found is None:
            self.silent = self.gone_since is None and time.monotonic() - asked >= _TIMEOUT_S
            self.gone_since = asked if self.gone_since is None and not self.silent else self.gone_since
            return
        self.silent = False
        if self.last and (found.accepted < self.last.accepted or found.started > self.last.started + _UPTIME_S):
            self.restarted = True
        self.first, self.last, self.gone_since = self.first or found, found, None

    def _watch(self) -> None:
        while not self._over.wait(self._period_s):
            self.look()


def sample(url: str) -> CollectorSample | None:
    """None without an answer, or where the answer is not a collector's metrics."""
    try:
        answer = get(f"{url}/metrics", timeout_s=_TIMEOUT_S)
    except LabError:
        return None
    if answer.status != _OK:
        return None
    lines = _LINE.findall(answer.body.decode("utf-8", "replace"))
    counted = leading_to_viewer(found[1] for _, labels, _ in lines if (found := _EXPORTER.search(labels)))
    totals: Counter[str] = Counter()
    for name, labels, value in lines:
        exporter = _EXPORTER.search(labels)
        if exporter is None or exporter[1] in counted:
            counted_as = _counted_as(name, labels)
            totals[counted_as] += float(value)  # type: ignore[assignment]  # a Counter of floats
            if counted_as in {_INTO, _OUT_OF} and not any(f'processor="{sampler}' in labels for sampler in SAMPLERS):
                totals[_FILTERED] += float(value) if counted_as == _INTO else -float(value)  # type: ignore[assignment]
    if not totals:
        return None
    uptime = next((float(totals[name]) for name in _UPTIME if name in totals), None)
    started = 0.0 if uptime is None else time.monotonic() - uptime
    failed = sum(int(totals[name]) for name in _FAILED)
    decided, dropped = int(totals[_KEPT_TRACES] + totals[_DROPPED_TRACES]), int(totals[_DROPPED_TRACES])
    return CollectorSample(
        int(totals[_ACCEPTED]), int(totals[_SENT]), int(totals[_QUEUED]), started, failed, int(totals[_INTO] - totals[_OUT_OF]),
        max(int(totals[_FILTERED]), 0), int(totals[_RECEIVED_TRACES] - totals[_TOO_EARLY]), decided, dropped,
    )


def _counted_as(name: str, labels: str) -> str:
    """The items into and out of processors only for spans, without those that the memory limiter refuses: they are sent again."""
    if name in {_INTO, _OUT_OF} and ('otel_signal="traces"' not in labels or "memory_limiter" in labels):
        return ""
    return _DROPPED_TRACES if name == _KEPT_TRACES and 'sampled="false"' in labels else name
