"""Remarks on how a run's figures are to be read: too few workers for the rate, why latency differs from service time, and
when the generator or the machine was the bottleneck instead of the server.
"""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final

from labctl import numbers
from labctl.load.judge.response_advice import response_remarks
from labctl.load.measure.summary import Distribution, Generator, Summary

_BUSY: Final = 0.9                      # share of a core above which the generator itself limits the rate

_FULL: Final = 0.9                      # share of all cores above which a server on this machine lacks CPU time
_COMPETES: Final = 0.05                 # share of all cores
_LONG_S: Final = 0.5                    # the system counts busy time in hundredths of a second
_PAUSED: Final = 0.01                   # of the run, that garbage collection may take
_NOTICED_MS = 1.0                       # a smaller gap is the generator's own and not worth a sentence
_NOTICED_SHARE = 0.1


def remarks(summary: Summary, cpu_limit: str = "") -> Sequence[str]:
    """The remarks on a run, one sentence each; none where its figures need no explanation.

    `cpu_limit` is the sentence on the CPU limit that throttled the service: more workers would not have helped then.
    """
    figures = (untimed(summary), cpu_limit or advice(summary), gap(summary), unsent(summary), own(summary), shared(summary))
    return [*response_remarks(summary), *(text for text in figures if text)]


def workers_needed(rps: float, service_ms: float) -> int:
    """Little's law: how many requests are in flight at a time, at `rps` arrivals per second of `service_ms` each."""
    return max(ceil(rps * service_ms / 1e3 - 1e-9), 1)


def advice(summary: Summary) -> str | None:
    """`500/s at 98 ms needs 49 workers; you gave 10`, when the workers could not keep up with the rate."""
    if summary.target_rate is None or not summary.service_time.count:
        return None
    service_ms = summary.service_time.mean
    needed = workers_needed(summary.target_rate, service_ms)
    if needed <= summary.concurrency:
        return None
    return shortage(numbers.rate(summary.target_rate), service_ms, needed, summary.concurrency)


def shortage(load: str, service_ms: float, needed: int, given: int) -> str:
    at = " ".join(numbers.bound(float(f"{service_ms:.3g}")))
    return f"{load} at {at} needs {numbers.plural(needed, 'worker')}; you gave {numbers.count(given)}"


def gap(summary: Summary) -> str | None:
    """One sentence for a latency well above the service time."""
    latency, service = summary.latency, summary.service_time
    tail = "max" if latency.figure("p99") is None else "p99"
    figure = next((name for name in ("p50", tail) if _apart(latency, service, name)), None)
    if figure is None:
        return None
    waited, served = (numbers.milliseconds(times.figure(figure) or 0.0) for times in (latency, service))
    return (
        f"Latency ({figure} {waited}) counts from when a request was due, service time ({served}) from when it was sent: "
        f"{_cause(summary)}."
    )


def _cause(summary: Summary) -> str:
    if not summary.queued:
        return "the generator itself was late, for lack of CPU"
    workers = "the only worker was" if summary.concurrency == 1 else f"all {summary.concurrency} workers were"
    return f"{numbers.plural(summary.queued, 'request')} had to wait because {workers} busy"


def _apart(latency: Distribution, service: Distribution, figure: str) -> bool:
    late, served = latency.figure(figure), service.figure(figure)
    return late is not None and served is not None and late - served > max(_NOTICED_MS, _NOTICED_SHARE * served)


def untimed(summary: Summary) -> str | None:
    """Why there are no times although requests were answered."""
    if summary.latency.count or not summary.warmup or summary.warmup < summary.sent:
        return None
    return "The whole run lay within its warm-up: nothing was measured."


def unsent(summary: Summary) -> str | None:
    """Why planned requests are missing from the figures of a run that was not interrupted."""
    if not summary.dropped or summary.interrupted:
        return None
    were = "was" if summary.dropped == 1 else "were"
    return (
        f"{numbers.plural(summary.dropped, 'planned request')} {were} never sent: all workers were busy until the end. "
        "They would have been among the slowest, and no latency figure includes them."
    )


def own(summary: Summary) -> str | None:
    """One sentence when the generator was at its own limit, so that the figures are not the server's alone."""
    generator = summary.generator
    if generator is None or not summary.latency.count:
        return None
    causes = list(_limits(summary, generator))
    if not causes:
        return None
    return f"These figures show in part the generator's limits, not the server's: {' and '.join(causes)}."


def shared(summary: Summary) -> str | None:
    """One sentence when the machine was busy and the generator took CPU time from a server on it."""
    generator = summary.generator
    if generator is None or summary.duration_s < _LONG_S or generator.machine_busy < _FULL or generator.machine_share < _COMPETES:
        return None
    busy, share = (numbers.percent(value, 1) for value in (generator.machine_busy, generator.machine_share))
    return (
        f"The cores of this machine were {busy} busy, {share} with the generator: a server on this machine competes with it "
        "for CPU time, and would handle more load without it."
    )


def _limits(summary: Summary, generator: Generator) -> Iterator[str]:
    if generator.cpu_share >= _BUSY:
        yield f"it kept {numbers.percent(generator.cpu_share, 1)} of a core busy"
    if generator.late_p99_ms > max(_NOTICED_MS, _NOTICED_SHARE * summary.service_time.p99):
        yield f"1 % of the requests were sent {numbers.milliseconds(generator.late_p99_ms)} late or more with a worker free"
    if generator.gc_ms > _PAUSED * summary.duration_s * 1e3:
        yield f"garbage collection stopped it for {numbers.milliseconds(generator.gc_ms)}"

