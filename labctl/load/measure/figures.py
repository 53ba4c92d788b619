"""The figures of a run from its counts: a snapshot during the run, the summary after it. Times become milliseconds."""

import time

from labctl.load.measure.counts import Counts, GeneratorUsage
from labctl.load.measure.summary import Bucket, Distribution, Generator, Slow, Snapshot, Summary
from labctl.load.plan.load_plan import LoadPlan
from labctl.load.plan.trace_ids import trace_id
from labctl.load.statistics import bucket_edges
from labctl.load.statistics.histogram import Histogram
from labctl.redaction import redacted_url
from labctl.telemetry.statistics.confidence import SHARES, intervals


def snapshot(plan: LoadPlan, start: float, counts: Counts) -> Snapshot:
    """Of a run that began at `start` on the monotonic clock."""
    elapsed_s = max(time.monotonic() - start, 0.0)
    return Snapshot(
        elapsed_s=elapsed_s, planned=plan.planned or 0, sent=sum(counts.sent), successful=counts.successful, failed=counts.failed,
        in_flight=counts.in_flight, rate=counts.statuses.total() / elapsed_s if elapsed_s else 0.0, target_rate=plan.rps,
        latency=distribution(counts.latency), histogram=histogram(counts.latency), errors=dict(counts.errors),
        warmup_failed=counts.warmup_failed,
    )


def summary(plan: LoadPlan, start: float, counts: Counts) -> Summary:
    """Planned = sent + dropped, and sent = successful + failed + unfinished."""
    planned, sent = plan.planned, sum(counts.sent)
    duration_s = max(counts.last - start, 0.0)
    return Summary(
        run_id=plan.run_id, url=redacted_url(plan.url), concurrency=plan.concurrency,
        planned=sent if planned is None else planned, sent=sent,
        successful=counts.successful, failed=counts.failed, unfinished=counts.in_flight,
        dropped=0 if planned is None else planned - sent, errors=dict(counts.errors.most_common()),
        statuses=dict(sorted(counts.statuses.items())), duration_s=duration_s, rate=_rate(plan, duration_s, counts),
        target_rate=plan.rps, latency=distribution(counts.latency), service_time=distribution(counts.service),
        histogram=histogram(counts.latency),
        slowest=[Slow(trace_id(plan.run_id, index), seconds * 1e3) for seconds, index in sorted(counts.slowest, reverse=True)],
        interrupted=counts.interrupted, spans_made=counts.spans_made, spans_acked=counts.spans_acked, queued=counts.queued,
        warmup=counts.warmup, warmup_failed=counts.warmup_failed, sent_by=tuple(counts.sent),
        resent=counts.resent, notes=dict(counts.notes), response_bytes=counts.response_bytes,
        outcomes=counts.outcomes, started=start,
        by_request={name: {"successful": good, "failed": bad} for name, (good, bad) in counts.by_request.items()},
        timeline=counts.slices.timeline(plan.warmup_s) if counts.slices else None, generator=_generator(counts.own),
        quantiles=intervals(counts.latency.count, lambda shares: [value * 1e3 for value in counts.latency.quantiles(shares)]),
    )


def distribution(hdr: Histogram) -> Distribution:
    """In milliseconds, of a histogram in seconds."""
    if not hdr.count:
        return Distribution()
    p50, p90, p95, p99, p99_9 = (value * 1e3 for value in hdr.quantiles(SHARES.values()))
    return Distribution(hdr.count, hdr.min * 1e3, hdr.total / hdr.count * 1e3, p50, p90, p95, p99, p99_9, hdr.max * 1e3)


def histogram(hdr: Histogram) -> tuple[Bucket, ...]:
    """Buckets [from, to) in milliseconds that hold every value, of a histogram in seconds."""
    if not hdr.count:
        return ()
    (body,) = hdr.quantiles([0.95])
    edges = bucket_edges.edges(hdr.min * 1e3, body * 1e3, hdr.max * 1e3)
    below = [0, *hdr.below([edge / 1e3 for edge in edges[1:-1]]), hdr.count]
    return tuple(
        Bucket(low, high, after - before)
        for low, high, before, after in zip(edges, edges[1:], below, below[1:], strict=False)
    )


def _rate(plan: LoadPlan, duration_s: float, counts: Counts) -> float:
    """Answers per second after the warm-up, until the last answer or the plan's end, whichever is later."""
    planned_s = 0.0 if plan.rps is None or counts.interrupted else plan.spread_s
    measured_s = max(duration_s, planned_s or 0.0) - plan.warmup_s
    answers = sum(raw_slice.answered for raw_slice in counts.slices.all.values()) if counts.slices else 0
    return answers / measured_s if measured_s > 0 else 0.0


def _generator(own: GeneratorUsage) -> Generator:
    p50, p99 = own.late.quantiles((0.5, 0.99))
    late = (p50 * 1e3, p99 * 1e3, own.late.max * 1e3)
    return Generator(own.cpu_s, own.cpu_share, *late, own.gc_s * 1e3, own.rss, own.machine_busy, own.machine_share)
