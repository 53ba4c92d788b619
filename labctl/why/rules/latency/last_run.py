"""What the last load run says, where the service that it met still runs: failures, waiting before the workers, the generator."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.load.measure.summary import ANSWERED, Summary
from labctl.why.facts import Facts
from labctl.why.rules.latency.slow import expected_ms

LOOKS_AT: Final = "the last load run: its failures, what waited before the workers, the generator itself"
_RECENT_S: Final = 600.0
_FAILED: Final = 0.01
_QUEUED: Final = 0.05
_TIMES: Final = 2.0                     # latency over service time
_SLOWER_MS: Final = 100.0
_LATE_MS: Final = 20.0
_OURS: Final = frozenset({"connection refused", "connection reset", "closed early"})


def find(facts: Facts) -> Iterator[Finding]:
    run, service = facts.run, facts.component("service")
    begun = service.health.started if service else None
    if run is None or facts.at - run.at > _RECENT_S or (begun is not None and begun > run.at):
        return
    source = f"the load run {run.summary.run_id}"
    yield from _failures(run.summary, source, run.at)
    yield from _queueing(run.summary, source, run.at)
    yield from _slow(facts, run.summary, source, run.at)
    yield from _generator(run.summary, source, run.at)


def _failures(summary: Summary, source: str, at: float) -> Iterator[Finding]:
    """Errors of the server; refusals (4xx) and timeouts of the client are not the lab's fault."""
    errors = {kind: count for kind, count in summary.errors.items() if kind.startswith(f"{ANSWERED}5") or kind in _OURS}
    failed = sum(errors.values())
    if summary.sent and failed > _FAILED * summary.sent:
        kinds = ", ".join(f"{numbers.count(count)} {kind}" for kind, count in errors.items())
        by_request = [f"{name}: {numbers.count(c['failed'])} failed" for name, c in summary.by_request.items() if c.get("failed")]
        yield Finding(
            "run-failures", Kind.SYMPTOM, "service", f"{numbers.percent(failed, summary.sent)} of the last run's requests failed",
            (Evidence(source, kinds, at), *(Evidence(source, text, at) for text in by_request[:3])), "labctl why last",
            symptom=Symptom.REQUESTS_FAIL,
        )


def _queueing(summary: Summary, source: str, at: float) -> Iterator[Finding]:
    latency, service = summary.latency.figure("p95"), summary.service_time.figure("p95")
    if latency and service and summary.queued > _QUEUED * summary.sent and latency > _TIMES * service:
        yield Finding(
            "queueing", Kind.NOTICE, "service", "in the last run requests waited for a free worker, before they were sent",
            (Evidence(source, f"p95 {numbers.milliseconds(latency)} since due, {numbers.milliseconds(service)} since sent; "
                      f"{numbers.percent(summary.queued, summary.sent)} waited", at),),
            leads_to=frozenset({Symptom.SLOW}), certainty=Certainty.LIKELY,
        )


def _slow(facts: Facts, summary: Summary, source: str, at: float) -> Iterator[Finding]:
    """Not by itself a fault: a closed loop of many workers makes any service slow."""
    median, expected = summary.service_time.figure("p50"), expected_ms(facts)
    if median and expected and median > expected * _TIMES + _SLOWER_MS:
        yield Finding(
            "run-slow", Kind.NOTICE, "service",
            f"in the last run half of the requests took {numbers.milliseconds(median)} or longer; with the service's settings a "
            f"request takes about {numbers.milliseconds(expected)}",
            (Evidence(source, f"p50 {numbers.milliseconds(median)} since sent", at),), "labctl why last",
        )


def _generator(summary: Summary, source: str, at: float) -> Iterator[Finding]:
    own = summary.generator
    if own and own.late_p99_ms > _LATE_MS:
        busy = numbers.percent(own.machine_busy, 1)
        yield Finding(
            "generator-late", Kind.NOTICE, "machine", "in the last run the load generator itself sent requests late",
            (Evidence(source, f"p99 {numbers.milliseconds(own.late_p99_ms)} late, {busy} of all cores busy", at),),
            leads_to=frozenset({Symptom.SLOW}), certainty=Certainty.LIKELY,
        )
