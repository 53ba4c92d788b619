"""The rules about the service, each with what a real fault left to be seen."""

from dataclasses import replace

import pytest

from labctl.findings import Finding, Kind, Symptom, consequences
from labctl.model import Expected, State
from labctl.why.collector_metrics import CollectorMetrics
from labctl.why.diagnose import judge
from labctl.why.facts import Facts, ServiceFacts
from tests.unit.why.samples import (
    NOW,
    SERIES,
    SERVICE_ENV,
    by_hand,
    by_settings,
    found,
    healthy,
    lost,
    only,
    quoted,
    sdk,
    service_log,
    the,
    with_component,
)


def cause(finding: Finding, *words: str, remedy: str = "labctl up") -> None:
    assert finding.kind is Kind.CAUSE
    assert finding.remedy == remedy
    for word in words:
        assert word in quoted(finding)


def test_the_sdk_is_off() -> None:
    facts = replace(
        lost(by_hand(healthy(), OTEL_SDK_DISABLED="true"), only("client")), service=ServiceFacts({"tracing_enabled": False}, 200),
    )
    off = the(facts, "sdk-off")
    cause(off, "OTEL_SDK_DISABLED=true; the settings do not set it", "tracing_enabled: false")
    assert Symptom.TRACES_MISSING in consequences(off)


@pytest.mark.parametrize(("source", "remedy"), [
    ("environment", "unset OTEL_TRACES_EXPORTER && labctl up"),
    (".env", "sed -i.bak 's/^OTEL_TRACES_EXPORTER=/# &/' /p/.env && labctl up"),
    ("flag", "labctl up"),
])
def test_a_remedy_takes_the_variable_from_where_it_comes_from(source: str, remedy: str) -> None:
    from pathlib import Path

    facts = replace(by_settings(healthy(), source, OTEL_TRACES_EXPORTER="none"), dotenv=Path("/p/.env"))
    cause(the(facts, "sdk-off"), "OTEL_TRACES_EXPORTER=none", remedy=remedy)


def test_metrics_that_are_not_exported_are_a_fault_only_where_nobody_wanted_it() -> None:
    assert the(by_hand(healthy(), OTEL_METRICS_EXPORTER="none"), "sdk-off").kind is Kind.CAUSE
    assert the(by_settings(healthy(), "flag", OTEL_METRICS_EXPORTER="none"), "sdk-off").kind is Kind.NOTICE


def test_samplers() -> None:
    cause(the(by_hand(healthy(), OTEL_TRACES_SAMPLER="always_off"), "sampler"), "OTEL_TRACES_SAMPLER=always_off")
    tiny = by_hand(healthy(), OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0.0001")
    cause(the(tiny, "sampler"), "OTEL_TRACES_SAMPLER_ARG=0.0001")
    assert the(tiny, "sampler").against == "the canary's trace arrived"
    wanted = by_settings(healthy(), ".env", OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0.1")
    assert the(wanted, "sampler").kind is Kind.NOTICE
    everything = by_settings(healthy(), ".env", OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="1.0")
    assert found(everything) == []


def test_propagators() -> None:
    facts = lost(by_hand(healthy(), OTEL_PROPAGATORS="none"), only("client"))
    cause(the(facts, "propagators"), "OTEL_PROPAGATORS=none")
    assert found(by_settings(healthy(), ".env", OTEL_PROPAGATORS="tracecontext,baggage")) == []


def test_an_endpoint_where_no_collector_is() -> None:
    message = "Failed to export metrics to 127.0.0.1:19999, error code: StatusCode.UNAVAILABLE"
    facts = by_hand(healthy(), OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:19999")
    facts = lost(with_component(facts, "service", log=[service_log(message)]), only("client"))
    endpoint = the(facts, "export-endpoint")
    cause(endpoint, "http://127.0.0.1:19999; the settings say OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:18303", message)
    assert "http://127.0.0.1:19999, which is not the lab's collector" in endpoint.message
    assert the(facts, "service-export-fails").symptom in consequences(endpoint)


def test_what_the_collector_has_not_refused_does_not_follow_from_a_viewer_that_cannot_store() -> None:
    facts = with_component(healthy(), "service", log=[service_log("StatusCode.DEADLINE_EXCEEDED")])
    assert facts.viewer
    assert facts.collector
    facts = replace(facts, viewer=replace(facts.viewer, health={"status": "ok", "store_cannot_write": "disk I/O error"}))
    refused = CollectorMetrics.of('otelcol_receiver_refused_spans{receiver="otlp"} 7')
    refusing = replace(facts, collector=replace(facts.collector, after=refused))
    for seen, follows in ((facts, False), (refusing, True)):
        fails = the(seen, "service-export-fails")
        assert (fails.symptom in consequences(the(seen, "store-cannot-write"))) is follows


def test_an_endpoint_of_the_user_is_no_fault_while_traces_arrive() -> None:
    wanted = by_settings(healthy(), ".env", OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:18303")
    assert found(wanted) == []
    cause(the(lost(wanted, only("client")), "export-endpoint"), "from .env", remedy="labctl up")


def test_a_header_of_the_user_is_not_blamed_for_what_another_loses() -> None:
    header = by_settings(healthy(), ".env", OTEL_EXPORTER_OTLP_HEADERS="(not shown)")
    assert found(lost(header, None)) == found(lost(healthy(), None))        # the client span did not arrive either
    failing = with_component(lost(header, only("client")), "service", log=[service_log("StatusCode.UNAUTHENTICATED")])
    cause(the(failing, "export-endpoint"), "OTEL_EXPORTER_OTLP_HEADERS", remedy="labctl up")


def test_a_protocol_and_a_header() -> None:
    facts = lost(by_hand(healthy(), OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"), only("client"))
    cause(the(facts, "export-endpoint"), "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf; the settings do not set it")


def test_a_queue_of_one_span() -> None:
    facts = by_hand(healthy(), OTEL_BSP_MAX_QUEUE_SIZE="1", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="1")
    assert facts.viewer
    dropped = sdk("otel.sdk.processor.span.processed", 3.0, error_type="queue_full")
    facts = replace(facts, viewer=replace(facts.viewer, metrics=(*SERIES, dropped)))
    cause(the(facts, "span-queue"), "OTEL_BSP_MAX_QUEUE_SIZE=1", "error.type=queue_full: 3 spans dropped")


def test_spans_that_were_dropped_long_ago_are_no_fault_now() -> None:
    facts = healthy()
    assert facts.viewer
    dropped = (*SERIES, sdk("otel.sdk.processor.span.processed", 3.0, error_type="queue_full"))
    assert found(replace(facts, viewer=replace(facts.viewer, metrics=dropped, metrics_before=dropped))) == []


def test_a_delay_of_a_minute() -> None:
    facts = by_hand(healthy(), OTEL_BSP_SCHEDULE_DELAY="60000")
    cause(the(lost(facts, only("client")), "span-delay"), "OTEL_BSP_SCHEDULE_DELAY=60000; the settings do not set it")


def test_a_timeout_of_a_millisecond() -> None:
    cause(the(by_hand(healthy(), OTEL_EXPORTER_OTLP_TIMEOUT="0.001"), "export-timeout"), "OTEL_EXPORTER_OTLP_TIMEOUT=0.001")
    assert found(by_settings(healthy(), ".env", OTEL_EXPORTER_OTLP_TIMEOUT="10")) == []


def test_metrics_once_an_hour() -> None:
    cause(the(by_hand(healthy(), OTEL_METRIC_EXPORT_INTERVAL="3600000"), "metric-interval"), "3600000")
    assert the(by_settings(healthy(), ".env", OTEL_METRIC_EXPORT_INTERVAL="60000"), "metric-interval").kind is Kind.NOTICE


def test_limits_for_requests() -> None:
    cause(the(by_hand(healthy(), MAX_BATCH_SIZE="1"), "request-limit"), "MAX_BATCH_SIZE=1")
    assert the(by_settings(healthy(), ".env", MAX_BATCH_SIZE="1"), "request-limit").kind is Kind.NOTICE


def test_another_variable_is_a_cause_only_where_spans_are_lost() -> None:
    facts = by_hand(healthy(), OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="0")
    assert the(facts, "service-changed").kind is Kind.NOTICE
    assert the(lost(facts, only("client")), "service-changed").kind is Kind.CAUSE


def test_the_service_own_defaults_are_no_change() -> None:
    assert found(by_hand(healthy(), OTEL_BSP_SCHEDULE_DELAY="100", OTEL_SERVICE_NAME="ai-inference-service")) == []


def test_a_service_that_does_not_answer() -> None:
    health = replace(healthy().observation.components["service"].health, state=State.FAILED, detail="hung")
    facts = with_component(healthy(), "service", health=health)
    assert facts.canary
    facts = replace(
        facts, service=ServiceFacts(None, None, "127.0.0.1:18300 does not answer: no answer in time"),
        canary=replace(facts.canary, status=None, said="no answer in time", trace=None),
    )
    rules = {one.rule: one for one in found(facts)}
    assert rules.keys() == {"service-down", "request-failed"}
    assert all(one.kind is Kind.SYMPTOM for one in rules.values())


@pytest.mark.parametrize("status", [204, 302, 401, 404, 422, 429, 500])
def test_any_answer_to_a_valid_request_but_200_is_a_symptom(status: int) -> None:
    facts = healthy()
    assert facts.canary
    facts = replace(facts, canary=replace(facts.canary, status=status, said="no prediction", trace=None))
    assert f"answered {status}: no prediction" in quoted(the(facts, "request-failed"))
    assert not judge(facts).healthy


def test_a_trace_that_could_not_be_looked_for_is_unknown_not_healthy() -> None:
    facts = healthy()
    assert facts.canary
    unseen = judge(replace(facts, canary=replace(facts.canary, trace=None, unseen="no answer in time")))
    assert (unseen.causes, unseen.well, unseen.healthy) == ([], True, False)
    assert "the canary's trace: no answer in time" in unseen.failed


def test_a_request_that_takes_long_by_the_settings_leaves_no_doubt() -> None:
    facts = by_settings(healthy(), "environment", DEFAULT_LATENCY_MS="2000")
    assert facts.canary
    canary = replace(facts.canary, ms=1900.0, trace=None, unseen="there was no time to wait for it", hasty=True)
    assert judge(replace(facts, canary=canary)).healthy
    assert not judge(replace(facts, canary=replace(canary, ms=2600.0))).healthy
    assert not judge(replace(healthy(), canary=canary)).healthy


def test_a_pending_change_of_env_is_told_and_applied_by_up() -> None:
    facts = with_component(
        healthy(), "service", env={**SERVICE_ENV, "DEFAULT_LATENCY_MS": "500"},
        expected=Expected({**SERVICE_ENV, "DEFAULT_LATENCY_MS": "50"}), given={"DEFAULT_LATENCY_MS": ".env"},
    )
    cause(the(facts, "configured-latency"), "DEFAULT_LATENCY_MS=500; the settings say DEFAULT_LATENCY_MS=50")


def test_a_complaint_of_before_the_request_counts_where_its_trace_is_missing() -> None:
    """Packets to the collector are dropped: each export takes five seconds to fail, and the diagnosis three more."""
    said = "Failed to export metrics to 127.0.0.1:18303, error code: StatusCode.DEADLINE_EXCEEDED"
    facts = with_component(healthy(), "service", log=[replace(service_log(said), at=NOW - 9)])
    assert found(facts) == []
    assert the(lost(facts, only("client")), "service-export-fails").evidence[-1].text == said


def test_old_complaints_of_the_exporter_are_not_evidence() -> None:
    old = replace(service_log("Failed to export metrics"), at=NOW - 60)
    assert found(with_component(healthy(), "service", log=[old])) == []


def counted(facts: Facts, before: int, now: int) -> Facts:
    """The service has answered ten requests with 200, and these with 500."""
    assert facts.viewer
    first, last = (
        [{**sdk("http_requests_total", number), "attributes": {"http.response.status_code": status}}
         for status, number in ((200, 10), (500, failed))] for failed in (before, now)
    )
    return replace(facts, viewer=replace(facts.viewer, metrics=last, metrics_before=first))


def test_a_step_that_fails_by_a_setting() -> None:
    facts = counted(by_hand(healthy(), FAILING_SPAN="model_inference:30%"), 3, 5)
    cause(the(facts, "configured-failure"), "FAILING_SPAN=model_inference:30%; the settings do not set it",
          "5 of 15 requests answered with 5xx")
    assert [one.finding.rule for one in judge(facts).ranked] == ["configured-failure"]
    assert the(by_settings(healthy(), "flag", FAILING_SPAN="model_inference:30%"), "configured-failure").kind is Kind.NOTICE


def test_errors_are_a_symptom_while_they_go_on() -> None:
    assert "2 of 2 requests answered with 5xx in the last seconds" in quoted(the(counted(healthy(), 3, 5), "answers-with-errors"))
    assert judge(counted(healthy(), 3, 3)).healthy
