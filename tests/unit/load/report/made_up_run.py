"""A made-up run of ten minutes with a stall and a bad spell in it, and traces of its slowest requests."""

import math
import random
from bisect import bisect_right
from dataclasses import replace

from labctl.load.measure.figures import distribution, histogram
from labctl.load.measure.summary import Generator, Slice, Slow, Summary, Timeline
from labctl.load.plan.trace_ids import trace_id
from labctl.load.statistics.histogram import Histogram
from labctl.telemetry.trace import Span, Trace

RUN = "9f3c2a1b00d1e2f3"
HOSTILE = '<script>document.title="owned"</script><img src="http://127.0.0.1:1/x">&"\''
RATE, SLICE_S, SLICES = 50, 2.0, 300
_EDGES = tuple(10 ** (power / 20) for power in range(-20, 81))
_STALL, _SPELL = range(120, 124), range(200, 215)


def long_run(seed: int = 7) -> Summary:
    """Latency of 98 ms around which it wanders, a stall of eight seconds, and errors with names that are an attack."""
    chance, whole = random.Random(seed), Histogram()
    slices = tuple(_slice(index, chance, whole) for index in range(SLICES))
    errors = {kind: sum(one.errors.get(kind, 0) for one in slices) for kind in ("http 503", "timeout", HOSTILE)}
    sent, failed = sum(one.sent for one in slices), sum(errors.values())
    times = distribution(whole)
    return Summary(
        run_id=RUN, url=f"http://127.0.0.1:9002/predict?{HOSTILE}", concurrency=10, planned=sent + 5, sent=sent,
        successful=sent - failed - 3, failed=failed, unfinished=3, dropped=5, errors=errors,
        statuses={200: sent - failed, 503: errors["http 503"]}, duration_s=SLICES * SLICE_S + 0.1, rate=sent / (SLICES * SLICE_S),
        target_rate=RATE, latency=times, service_time=replace(times, p99=121.0, p99_9=480.0, max=514.0, mean=99.0),
        histogram=histogram(whole), slowest=tuple(Slow(trace_id(RUN, n), 8000.0 - 37 * n) for n in range(1, 11)),
        interrupted=False, queued=812, warmup=100, by_request={"predict": {"successful": sent - failed - 400, "failed": failed},
                                                              HOSTILE: {"successful": 397, "failed": 0}},
        timeline=Timeline(SLICE_S, _EDGES, slices), generator=Generator(41.0, 0.07, 0.03, 0.14, 2.4, 11.0, 48 << 20),
        quantiles={"p50": (98.1, 98.9), "p90": (111.0, 113.0), "p95": (115.0, 118.0), "p99": (412.0, 1250.0)},
    )


def traces(summary: Summary) -> list[Trace]:
    return [_trace(slow.trace_id, slow.latency_ms) for slow in summary.slowest[:3]]


def _slice(index: int, chance: random.Random, whole: Histogram) -> Slice:
    from array import array

    planned = round(RATE * SLICE_S)
    errors = {"http 503": chance.randrange(25), "timeout": chance.randrange(8), HOSTILE: chance.randrange(5)} \
        if index in _SPELL else {}
    good = planned - sum(errors.values())
    times = sorted(_latency(index, chance) for _ in range(good))
    whole.add(array("d", [time / 1e3 for time in times]))
    counts: dict[int, int] = {}
    for time in times:
        row = bisect_right(_EDGES, time) - 1
        counts[row] = counts.get(row, 0) + 1
    p50, p99 = times[good // 2], times[int(good * 0.99)]
    answered = good + errors.get("http 503", 0)
    return Slice(index * SLICE_S, planned, planned, good, planned - good, p50, p99, answered, counts, errors)


def _latency(index: int, chance: random.Random) -> float:
    base = 98 + 12 * math.sin(index / 30) + chance.gauss(0, 6)
    if index in _STALL:
        return base + (_STALL.stop - index - chance.random()) * SLICE_S * 1e3
    return base + 400 if chance.random() < 0.02 else base


def _trace(name: str, total: float) -> Trace:
    return Trace(name, total, complete=True, spans=(
        Span("POST", "labctl", "client", "a1", "", 0.0, total, "unset"),
        Span("POST /predict", "ai-inference-service", "server", "b1", "a1", 0.9, total - 2, "unset"),
        Span("validate_input", "ai-inference-service", "internal", "c1", "b1", 1.3, 0.08, "unset"),
        Span("model_inference", "ai-inference-service", "internal", "c2", "b1", 1.5, 98.3, "unset"),
        Span(HOSTILE, "ai-inference-service", "internal", "c3", "b1", 99.9, total - 105, "error"),
    ))
