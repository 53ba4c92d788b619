"""The rules about the viewer, slow requests and the machine, each with what a real fault left to be seen."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.findings import Finding, Kind, Symptom
from labctl.load.kept_runs import KeptRun
from labctl.load.measure.summary import Distribution, Generator, Summary
from labctl.model import Health, State, Usage
from labctl.why.facts import ViewerFacts
from tests.unit.why.samples import (
    HEALTHY_COUNTS,
    NOW,
    SERIES,
    VIEWER_ARGUMENTS,
    WHOLE,
    by_hand,
    by_settings,
    found,
    healthy,
    lost,
    only,
    quoted,
    sdk,
    span,
    the,
    with_component,
)


def cause(finding: Finding, *words: str) -> None:
    assert finding.kind is Kind.CAUSE
    for word in words:
        assert word in quoted(finding)


def test_a_store_that_cannot_be_written() -> None:
    facts = healthy()
    assert facts.viewer
    facts = replace(facts, viewer=replace(facts.viewer, health={"status": "ok", "store_cannot_write": "database is locked"}))
    cause(the(facts, "store-cannot-write"), "store_cannot_write: database is locked", "50.0 GiB free")


@pytest.mark.parametrize(("health", "remedy"), [
    (Health("viewer", State.READY, pid=4711), "kill 4711; labctl up"),
    (Health("viewer", State.READY, pod="viewer-1"),
     "kubectl --kubeconfig $(labctl kubeconfig) -n {namespace} delete pod viewer-1 && labctl up"),
])
def test_a_viewer_that_cannot_write_where_there_is_room_is_to_be_replaced(health: Health, remedy: str) -> None:
    facts = with_component(healthy(), "viewer", health=health)
    assert facts.viewer
    facts = replace(facts, viewer=replace(facts.viewer, health={"status": "ok", "store_cannot_write": "disk I/O error"}))
    assert the(facts, "store-cannot-write").remedy == remedy.format(namespace=facts.spec.namespace or facts.spec.name)
    assert facts.machine
    full = replace(facts, machine=replace(facts.machine, disk_free=0))
    assert the(full, "store-cannot-write").remedy == "labctl doctor"


def test_a_viewer_that_refuses() -> None:
    counts = {**HEALTHY_COUNTS, "refused": {"traces.http": 5}, "reasons": {"traces": {"a trace id of zeros": 5}}}
    facts = replace(healthy(), viewer=ViewerFacts({"status": "ok"}, SERIES, SERIES, counts, HEALTHY_COUNTS))
    refuses = the(facts, "viewer-refuses")
    assert refuses.symptom is Symptom.VIEWER_REFUSES
    assert "5 items refused in the last seconds: a trace id of zeros" in quoted(refuses)


def test_limits_that_delete_at_once() -> None:
    one_second = (*VIEWER_ARGUMENTS[:-1], "1")
    facts = lost(with_component(healthy(), "viewer", arguments=one_second))
    cause(the(facts, "retention"), "--max-age 1")
    assert the(facts, "retention").remedy == "labctl up"
    small = tuple("4096" if word == "1073741824" else word for word in VIEWER_ARGUMENTS)
    cause(the(with_component(healthy(), "viewer", arguments=small), "retention"), "--max-bytes 4096")


def test_a_viewer_that_does_not_answer() -> None:
    facts = replace(healthy(), viewer=ViewerFacts(None, trouble="the viewer does not answer: no answer in time"))
    assert the(facts, "viewer-down").symptom is Symptom.VIEWER_DOWN


def test_metrics_that_are_late_or_never_came() -> None:
    facts = healthy()
    assert facts.viewer
    late = replace(facts, viewer=replace(facts.viewer, metrics=[sdk("http_requests_total", 2.0, at=NOW - 40)]))
    assert "40 s old" in quoted(the(late, "metrics-missing"))
    never = {**HEALTHY_COUNTS, "accepted": {"traces.http": 19}}
    assert the(replace(facts, viewer=replace(facts.viewer, metrics=(), counts=never)), "metrics-missing").kind is Kind.SYMPTOM


def test_latency_that_only_the_process_has() -> None:
    slow = by_hand(healthy(), DEFAULT_LATENCY_MS="1500")
    cause(the(slow, "configured-latency"), "DEFAULT_LATENCY_MS=1500; the settings do not set it")
    span_ = by_hand(healthy(), SLOW_SPAN="format_response:1%:400ms")
    assert "format_response takes 400ms longer in 1% of the requests" in the(span_, "configured-latency").message
    cause(the(span_, "configured-latency"), "SLOW_SPAN=format_response:1%:400ms")


def test_latency_that_the_user_wants_explains_a_slow_request() -> None:
    wanted = by_settings(healthy(), ".env", DEFAULT_LATENCY_MS="2000")
    assert the(wanted, "configured-latency").kind is Kind.NOTICE
    assert the(wanted, "configured-latency").leads_to == {Symptom.SLOW}


def test_a_slow_step_is_named() -> None:
    facts = healthy()
    assert facts.canary
    slow = replace(WHOLE, duration_ms=1000.0, spans=(*WHOLE.spans[:4], span("format_response", 103, 890, parent="POST /predict")))
    slow = replace(slow, spans=(span("POST", 0, 1000, kind="client"), span("POST /predict", 1, 998, parent="POST", kind="server"),
                                *slow.spans[2:]))
    finding = the(replace(facts, canary=replace(facts.canary, ms=1000.0, trace=slow)), "slow")
    assert finding.kind is Kind.SYMPTOM
    assert "format_response took 890 ms" in quoted(finding)


def test_a_part_of_a_trace_does_not_tell_what_took_the_time() -> None:
    facts = healthy()
    assert facts.canary
    part = replace(facts.canary, ms=1610.0, trace=only("internal"), unseen="there was no time to wait for it", hasty=True)
    assert "took 1.61 s" in quoted(the(replace(facts, canary=part), "slow"))
    assert facts.canary.trace_id not in quoted(the(replace(facts, canary=part), "slow"))


def usage(**changes: Any) -> Usage:
    return replace(Usage("service", 0.5, 0.5, 90 << 20, 256 << 20, 0.9), **changes)


def test_a_saturated_core_is_told() -> None:
    facts = with_component(healthy(), "service", usage=usage(cpu=1.0, cpu_limit=None, throttled=None))
    assert the(facts, "saturated").kind is Kind.NOTICE


def run(**changes: Any) -> KeptRun:
    figures = Distribution(1000, 90, 100, 100, 110, 110, 120, 130, 140)
    summary = Summary(
        "abc123", "http://127.0.0.1:18300/predict", 10, 1000, 1000, 1000, 0, 0, 0, {}, {200: 1000}, 10.0, 100.0, 100.0, figures,
        figures, (), (), interrupted=False,
    )
    return KeptRun(Path("/run.json"), NOW - 30, "", (), replace(summary, **changes))


def test_the_last_run() -> None:
    facts = replace(healthy(), run=run())
    assert found(facts) == []
    failed = run(successful=900, failed=100, errors={"http 500": 100}, by_request={"batch": {"successful": 0, "failed": 100}})
    finding = the(replace(facts, run=failed), "run-failures")
    assert finding.symptom is Symptom.REQUESTS_FAIL
    assert "batch: 100 failed" in quoted(finding)


def test_refusals_and_the_client_s_own_time_outs_are_no_failures() -> None:
    own = run(successful=800, failed=200, errors={"http 422": 100, "timeout": 100})
    assert found(replace(healthy(), run=own)) == []


def test_waiting_before_the_workers_and_a_late_generator_are_told() -> None:
    waited = run(queued=900, latency=Distribution(1000, 90, 900, 900, 2000, 2100, 2200, 2300, 2400))
    assert the(replace(healthy(), run=waited), "queueing").kind is Kind.NOTICE
    late = run(generator=Generator(5.0, 0.5, 1.0, 80.0, 100.0, 0.0, 1 << 20, 0.99, 0.5))
    assert the(replace(healthy(), run=late), "generator-late").kind is Kind.NOTICE


def test_a_run_of_another_service_process_says_nothing() -> None:
    failed = replace(run(failed=1000, errors={"http 500": 1000}), at=NOW - 200)
    assert found(replace(healthy(), run=failed)) == []


def test_the_machine() -> None:
    facts = healthy()
    assert facts.machine
    full = replace(facts, machine=replace(facts.machine, disk_free=1 << 20))
    cause(the(full, "disk-full"), "1.0 MiB of 100 GiB free")
    assert the(replace(facts, machine=replace(facts.machine, disk_free=32 << 20)), "disk-full").kind is Kind.NOTICE
    assert the(replace(facts, machine=replace(facts.machine, memory_available=1)), "machine-memory").kind is Kind.NOTICE
    assert the(replace(facts, machine=replace(facts.machine, inotify_instances=8)), "inotify").kind is Kind.NOTICE


def test_a_clock_that_is_an_hour_ahead() -> None:
    server = span("POST /predict", 3_600_000, 101, parent="POST", kind="server")
    ahead = replace(WHOLE, spans=(WHOLE.spans[0], server, *WHOLE.spans[2:]))
    clock = the(lost(healthy(), ahead), "clock")
    cause(clock, "POST /predict begins")
    assert clock.remedy == "kill 100; labctl up"
