"""The figures of a run from what was counted: now and then while it runs, and once when it is over. Times become milliseconds."""

import time

from labctl.load import buckets
from labctl.load.confidence import SHARES, intervals
from labctl.load.hdr import Hdr
from labctl.load.schedule import hits, span
from labctl.load.summary import Bucket, Distribution, Generator, LoadPlan, Slow, Snapshot, Summary
from labctl.load.tally import Own, Tally
from labctl.load.traceids import trace_id


def snapshot(plan: LoadPlan, start: float, tally: Tally) -> Snapshot:
    """Of a run that began at `start` on the monotonic clock."""
    elapsed_s = max(time.monotonic() - start, 0.0)
    return Snapshot(
        elapsed_s=elapsed_s, planned=hits(plan) or 0, sent=sum(tally.sent), successful=tally.successful, failed=tally.failed,
        in_flight=tally.in_flight, rate=tally.statuses.total() / elapsed_s if elapsed_s else 0.0, target_rate=plan.rps,
        latency=distribution(tally.latency), histogram=histogram(tally.latency), errors=dict(tally.errors),
        warmup_failed=tally.warmup_failed,
    )


def summary(plan: LoadPlan, start: float, tally: Tally) -> Summary:
    """Planned = sent + dropped, and sent = successful + failed + unfinished."""
    planned, sent = hits(plan), sum(tally.sent)
    duration_s = max(tally.last - start, 0.0)
    return Summary(
        run_id=plan.run_id, url=plan.url, concurrency=plan.concurrency, planned=sent if planned is None else planned,
        sent=sent, successful=tally.successful, failed=tally.failed, unfinished=tally.in_flight,
        dropped=0 if planned is None else planned - sent, errors=dict(tally.errors.most_common()),
        statuses=dict(sorted(tally.statuses.items())), duration_s=duration_s, rate=_rate(plan, duration_s, tally),
        target_rate=plan.rps, latency=distribution(tally.latency), service_time=distribution(tally.service),
        histogram=histogram(tally.latency),
        slowest=[Slow(trace_id(plan.run_id, index), seconds * 1e3) for seconds, index in sorted(tally.slowest, reverse=True)],
        interrupted=tally.interrupted, spans_made=tally.spans_made, spans_acked=tally.spans_acked, queued=tally.queued,
        warmup=tally.warmup, warmup_failed=tally.warmup_failed, sent_by=tuple(tally.sent),
        by_request={name: {"successful": good, "failed": bad} for name, (good, bad) in tally.by_request.items()},
        by_route={route: dict(statuses) for route, statuses in tally.by_route.items()},
        timeline=tally.pieces.timeline(plan.warmup_s) if tally.pieces else None, generator=_generator(tally.own),
        quantiles=intervals(tally.latency.count, lambda shares: [value * 1e3 for value in tally.latency.quantiles(shares)]),
    )


def distribution(hdr: Hdr) -> Distribution:
    """In milliseconds, of a histogram in seconds."""
    if not hdr.count:
        return Distribution()
    p50, p90, p95, p99, p99_9 = (value * 1e3 for value in hdr.quantiles(SHARES.values()))
    return Distribution(hdr.count, hdr.min * 1e3, hdr.total / hdr.count * 1e3, p50, p90, p95, p99, p99_9, hdr.max * 1e3)


def histogram(hdr: Hdr) -> tuple[Bucket, ...]:
    """Buckets [from, to) in milliseconds that hold every value, of a histogram in seconds."""
    if not hdr.count:
        return ()
    (body,) = hdr.quantiles([0.95])
    edges = buckets.edges(hdr.min * 1e3, body * 1e3, hdr.max * 1e3)
    below = [0, *hdr.below([edge / 1e3 for edge in edges[1:-1]]), hdr.count]
    return tuple(
        Bucket(low, high, after - before)
        for low, high, before, after in zip(edges, edges[1:], below, below[1:], strict=False)
    )


def _rate(plan: LoadPlan, duration_s: float, tally: Tally) -> float:
    """Answers per second that came after the warm-up, until the last one or, if it came before that, until the plan's end."""
    planned_s = 0.0 if plan.rps is None or tally.interrupted else span(plan)
    measured_s = max(duration_s, planned_s or 0.0) - plan.warmup_s
    answers = sum(piece.answered for piece in tally.pieces.all.values()) if tally.pieces else 0
    return answers / measured_s if measured_s > 0 else 0.0


def _generator(own: Own) -> Generator:
    p50, p99 = own.late.quantiles((0.5, 0.99))
    return Generator(own.cpu_s, own.cpu_share, p50 * 1e3, p99 * 1e3, own.late.max * 1e3, own.gc_s * 1e3, own.rss)
