"""A few requests before a run, which show how long an answer takes, and so whether the workers can keep up with the plan.

They are skipped where the workers would suffice even if every answer took as long as the timeout.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from labctl import numbers
from labctl.load.generator import session
from labctl.load.generator.worker import TIMEOUT
from labctl.load.judge.run_advice import shortage, workers_needed
from labctl.load.measure.summary import Snapshot, Summary
from labctl.load.plan.load_plan import LoadPlan

_REQUESTS = 3
_MOST_S = 1.0
_MOST_WORKERS = 10_000                  # the maximum of -c


@dataclass(frozen=True, slots=True)
class Foreseen:
    warning: str = ""                   # `300/s at 98 ms needs 30 workers; you gave 10`; "" where they suffice or it is unknown
    probes: int = 0                     # how many requests were sent for it


def foresee(plan: LoadPlan, run: Callable[[LoadPlan, Callable[[Snapshot], None]], Summary] = session.run) -> Foreseen:
    """Send the probes, where they are needed. Raises KeyboardInterrupt when they were interrupted."""
    if plan.rps is None or at_once(plan, plan.timeout_s) <= plan.concurrency:
        return Foreseen()
    probing = _probing(plan)
    summary = run(probing, lambda _: None)
    if summary.interrupted:
        raise KeyboardInterrupt
    return Foreseen(_warning(plan, summary, probing.timeout_s), summary.sent)


def _warning(plan: LoadPlan, summary: Summary, timeout_s: float) -> str:
    if summary.service_time.count:
        service_s = summary.service_time.p50 / 1e3
    elif TIMEOUT in summary.errors:                     # a lower bound
        service_s = timeout_s
    else:
        return ""
    needed = at_once(plan, service_s)
    if needed <= plan.concurrency:
        return ""
    said = shortage(_peak(plan), service_s * 1e3, needed, plan.concurrency)
    way_out = f" Try -c {needed}" if needed <= _MOST_WORKERS else ""
    return f"{said}. Requests will wait for a free worker, and latency includes that wait.{way_out}"


def at_once(plan: LoadPlan, service_s: float) -> int:
    """The most requests that are in flight at a time when each takes `service_s`."""
    if plan.offsets:
        return _crowd(plan.offsets[:plan.planned], service_s)
    bursts = ceil(workers_needed(plan.peak_rps or 0.0, service_s * 1e3) / plan.burst)
    return bursts * plan.burst if plan.planned is None else min(bursts * plan.burst, plan.planned)


def _peak(plan: LoadPlan) -> str:
    if plan.offsets:
        return "the replay"
    bursts = f" in bursts of {numbers.count(plan.burst)}" if plan.burst > 1 else ""
    return numbers.rate(plan.peak_rps or 0.0) + bursts


def _crowd(offsets: Sequence[float], service_s: float) -> int:
    """The most offsets that lie within any `service_s` seconds; they are in order."""
    most = first = 0
    for last, offset in enumerate(offsets):
        while offset - offsets[first] >= service_s > 0:
            first += 1
        most = max(most, last - first + 1)
    return most


def _probing(plan: LoadPlan) -> LoadPlan:
    """A closed loop of one worker that is not part of the run: other trace ids, and no telemetry."""
    return replace(
        plan, requests=_REQUESTS, duration_s=_MOST_S, concurrency=1, rps=None, stages=(), offsets=(), warmup_s=0.0, processes=1,
        timeout_s=min(plan.timeout_s, _MOST_S), otlp=None, run_id=secrets.token_hex(8),
    )
