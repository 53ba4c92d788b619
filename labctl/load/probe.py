"""A few requests before a run, to know how long an answer takes, and so whether the workers can keep up with the plan.

They are not sent where the workers would suffice for answers that take 200 ms: whoever runs a small load counts requests.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace

from labctl import numbers
from labctl.load import session
from labctl.load.advice import workers_needed
from labctl.load.summary import LoadPlan, Snapshot, Summary

_REQUESTS = 3
_MOST_S = 1.0
_EASY_MS = 200.0


def foresee(plan: LoadPlan, run: Callable[[LoadPlan, Callable[[Snapshot], None]], Summary] = session.run) -> str | None:
    """`300/s at 98 ms needs 30 workers; you gave 10`, before the run; None where they suffice or nothing can be said.

    Raises KeyboardInterrupt when it was interrupted.
    """
    peak = peak_rate(plan)
    if peak is None or workers_needed(peak, _EASY_MS) <= plan.concurrency:
        return None
    summary = run(_probing(plan), lambda _: None)
    if summary.interrupted:
        raise KeyboardInterrupt
    if not summary.service_time.count:
        return None
    needed = workers_needed(peak, summary.service_time.p50)
    return shortage(peak, summary.service_time.p50, needed, plan.concurrency) if needed > plan.concurrency else None


def shortage(rps: float, service_ms: float, needed: int, given: int) -> str:
    at = f"{numbers.rate(rps)} at {service_ms:.3g} ms"
    return f"{at} needs {needed} workers; you gave {given}. Requests will wait for one, and their wait counts. Try -c {needed}"


def peak_rate(plan: LoadPlan) -> float | None:
    """The highest rate that is planned; None: a closed loop."""
    return max((max(stage.from_rps, stage.to_rps) for stage in plan.stages), default=plan.rps)


def _probing(plan: LoadPlan) -> LoadPlan:
    """One worker's closed loop, which is no part of the run: other trace ids, and no telemetry."""
    return replace(
        plan, requests=_REQUESTS, duration_s=_MOST_S, concurrency=1, rps=None, stages=(), offsets=(), warmup_s=0.0, processes=1,
        timeout_s=min(plan.timeout_s, _MOST_S), otlp=None, run_id=secrets.token_hex(8),
    )
