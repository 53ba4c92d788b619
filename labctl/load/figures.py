"""The figures of a run, taken from its engine: now and then while it runs, and once when it is over."""

import time

from labctl.load.engine import Engine
from labctl.load.schedule import hits
from labctl.load.summary import Slow, Snapshot, Summary
from labctl.load.traceids import trace_id


def snapshot(engine: Engine) -> Snapshot:
    recorder, plan = engine.recorder, engine.plan
    elapsed_s = max(time.monotonic() - engine.start, 0.0)
    return Snapshot(
        elapsed_s=elapsed_s, planned=hits(plan) or 0, sent=engine.sent, successful=recorder.successful, failed=recorder.failed,
        in_flight=engine.sent - recorder.successful - recorder.failed, rate=_rate(engine, elapsed_s), target_rate=plan.rps,
        latency=recorder.latency(), histogram=recorder.histogram(), errors=dict(recorder.errors),
    )


def summary(engine: Engine, spans_made: int, spans_acked: int) -> Summary:
    """Planned = sent + dropped, and sent = successful + failed + unfinished."""
    recorder, plan = engine.recorder, engine.plan
    planned = hits(plan)
    duration_s = max(recorder.last - engine.start, 0.0)
    return Summary(
        run_id=plan.run_id, url=plan.url, concurrency=plan.concurrency, planned=engine.sent if planned is None else planned,
        sent=engine.sent, successful=recorder.successful, failed=recorder.failed,
        unfinished=engine.sent - recorder.successful - recorder.failed, dropped=0 if planned is None else planned - engine.sent,
        errors=dict(recorder.errors.most_common()), statuses=recorder.statuses,
        duration_s=duration_s, rate=_rate(engine, duration_s), target_rate=plan.rps,
        latency=recorder.latency(), service_time=recorder.service_time(), histogram=recorder.histogram(),
        slowest=tuple(Slow(trace_id(plan.run_id, index), ms) for ms, index in recorder.slowest()),
        interrupted=engine.interrupted, spans_made=spans_made, spans_acked=spans_acked, queued=engine.queued,
        quantiles=recorder.intervals(),
    )


def _rate(engine: Engine, elapsed_s: float) -> float:
    """Answers per second."""
    return sum(engine.recorder.statuses.values()) / elapsed_s if elapsed_s else 0.0
