"""What a run's figures say about the run itself: too few workers for the rate, and why latency is not service time."""

from math import ceil

from labctl import numbers
from labctl.load.summary import Distribution, Summary

_NOTICED_MS = 1.0                       # a smaller gap is the generator's own and not worth a sentence
_NOTICED_SHARE = 0.1


def workers_needed(rps: float, service_ms: float) -> int:
    """Little's law: how many requests are on their way at a time, at `rps` arrivals per second of `service_ms` each."""
    return max(ceil(rps * service_ms / 1e3 - 1e-9), 1)


def advice(summary: Summary) -> str | None:
    """`500/s at 98 ms needs 49 workers; you gave 10`, when the workers could not keep up with the rate."""
    if summary.target_rate is None or not summary.service_time.count:
        return None
    service_ms = summary.service_time.mean
    needed = workers_needed(summary.target_rate, service_ms)
    if needed <= summary.concurrency:
        return None
    at = f"{numbers.rate(summary.target_rate)} at {service_ms:.3g} ms"
    return f"{at} needs {needed} workers; you gave {summary.concurrency}"


def gap(summary: Summary) -> str | None:
    """One sentence for a latency well above the service time."""
    latency, service = summary.latency, summary.service_time
    figure = next((name for name in ("p50", "p99") if _apart(latency, service, name)), None)
    if figure is None:
        return None
    waited, served = (numbers.milliseconds(getattr(times, figure)) for times in (latency, service))
    return (
        f"Latency ({figure} {waited}) counts from when a request was due, service time ({served}) from when it was sent: "
        f"{_cause(summary)}."
    )


def _cause(summary: Summary) -> str:
    if not summary.queued:
        return "the generator itself was late, for want of CPU"
    workers = "the only worker was" if summary.concurrency == 1 else f"all {summary.concurrency} workers were"
    return f"{numbers.plural(summary.queued, 'request')} had to wait because {workers} busy"


def _apart(latency: Distribution, service: Distribution, figure: str) -> bool:
    late, served = getattr(latency, figure), getattr(service, figure)
    return bool(latency.count and late - served > max(_NOTICED_MS, _NOTICED_SHARE * served))
