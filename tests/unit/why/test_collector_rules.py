"""The rules about the collector, each with what a real fault left to be seen."""

from dataclasses import replace

import pytest

from labctl.findings import Finding, Kind, Symptom, consequences
from labctl.model import Expected, State
from labctl.why.collector_config import remedy
from labctl.why.collector_metrics import CollectorMetrics
from labctl.why.diagnose import judge
from labctl.why.facts import CollectorFacts, Facts
from tests.unit.why.samples import (
    COLLECTOR_ENV,
    CONFIG,
    METRICS,
    NOW,
    configured,
    found,
    healthy,
    logged,
    lost,
    only,
    quoted,
    the,
    with_component,
)

TRACES = "exporters: ${env:EXPORTERS:-[debug]}\n    metrics"
PIPELINE = "processors: [memory_limiter, batch]"
GRPC = "      grpc:\n        endpoint: ${env:LISTEN_HOST:-127.0.0.1}:${env:OTLP_GRPC_PORT:-4317}\n"
WHOLE_GRPC = CONFIG[CONFIG.index("      grpc:\n"):CONFIG.index("      http:\n")]


def cause(finding: Finding, *words: str, remedy: str = "labctl up") -> None:
    assert finding.kind is Kind.CAUSE
    assert remedy in finding.remedy
    for word in words:
        assert word in quoted(finding)


def counted(facts: Facts, *lines: str) -> Facts:
    """The collector's own metrics after the canary."""
    return replace(facts, collector=CollectorFacts(CollectorMetrics.of(METRICS), CollectorMetrics.of(METRICS + "\n".join(lines))))


def ended(facts: Facts, *lines: str) -> Facts:
    health = replace(facts.observation.components["collector"].health, state=State.ABSENT, started=None)
    return with_component(facts, "collector", health=health, env={}, previous_log=[logged(line) for line in lines])


def test_a_key_that_the_collector_does_not_know() -> None:
    facts = configured(healthy(), "limit_percentage: 80", "limit_percentag: 80")
    facts = ended(
        facts, "2026-11-26T01:00:00.000Z\tinfo\tservice\tStarting otelcol-contrib...\t{}",
        "Error: failed to get config: cannot unmarshal the configuration: decoding failed due to the following error(s):", "",
        "'processors' error reading configuration for \"memory_limiter\": decoding failed due to the following error(s):", "",
        "'memorylimiter.Config' has invalid keys: limit_percentag",
    )
    wrong = the(lost(facts, None, refused="connection refused"), "collector-config")
    assert wrong.message.endswith("processors.memory_limiter.limit_percentag")
    cause(wrong, "has invalid keys: limit_percentag", "memory_limiter.limit_percentage: nothing; the project's manifest says 80")
    assert Symptom.COLLECTOR_DOWN in wrong.leads_to


def test_an_exporter_that_is_not_configured() -> None:
    said = 'Error: invalid configuration: service::pipelines::traces: references exporter "nosuch" which is not configured'
    facts = ended(configured(healthy(), TRACES, "exporters: [nosuch]\n    metrics", in_project=True), said)
    wrong = the(facts, "collector-config")
    assert "service.pipelines.traces" in wrong.message
    cause(wrong, said, remedy="manifests/collector-config.yaml")


def test_a_collector_that_was_killed_has_no_bad_configuration() -> None:
    lines = "2026-11-26T01:00:00.000Z\tinfo\tservice\tEverything is ready. Begin running and processing data.\t{}"
    assert "collector-config" not in {one.rule for one in found(ended(healthy(), lines))}


def test_a_pipeline_that_ends_at_the_log() -> None:
    facts = lost(configured(healthy(), TRACES, "exporters: [debug]\n    metrics"))
    missing = the(facts, "exporter-missing")
    cause(missing, "service.pipelines.traces.exporters: [debug]; the project's manifest says [debug, otlp_http/viewer]")
    assert "traces" in missing.message
    assert judge(facts).ranked[0].symptoms[0].rule == "trace-missing"


def test_the_same_by_a_variable() -> None:
    facts = lost(with_component(healthy(), "collector", env={**COLLECTOR_ENV, "EXPORTERS": "[debug]"}))
    rules = [one.component for one in found(facts) if one.rule == "exporter-missing"]
    assert len(rules) == 3


def test_the_same_in_the_project_file() -> None:
    facts = lost(configured(healthy(), TRACES, "exporters: [debug]\n    metrics", in_project=True))
    cause(the(facts, "exporter-missing"), "[debug]", remedy="manifests/collector-config.yaml")


def test_an_exporter_that_sends_elsewhere() -> None:
    env = {**COLLECTOR_ENV, "VIEWER_ENDPOINT": "http://127.0.0.1:19997"}
    facts = with_component(healthy(), "collector", env=env, log=[logged(
        "2026-11-26T01:17:20.500Z\tinfo\tinternal/retry_sender.go:133\tExporting failed. Will retry the request after interval.\t"
        '{"otelcol.component.id": "otlp_http/viewer", "otelcol.component.kind": "exporter", "otelcol.signal": "traces", '
        '"error": "dial tcp 127.0.0.1:19997: connect: connection refused", "interval": "1s"}')])
    elsewhere = the(lost(facts), "exporter-address")
    changed = "exporters.otlp_http/viewer.endpoint: http://127.0.0.1:19997; the project's manifest says http://127.0.0.1:18301"
    cause(elsewhere, changed, "connection refused")
    assert the(facts, "collector-export-fails").symptom in consequences(elsewhere)


def test_a_receiver_at_another_port_and_one_that_is_gone() -> None:
    facts = with_component(healthy(), "collector", env={**COLLECTOR_ENV, "OTLP_GRPC_PORT": "19996"})
    cause(the(facts, "receiver-address"), "127.0.0.1:19996; the project's manifest says 127.0.0.1:18303")
    cause(the(configured(healthy(), WHOLE_GRPC, ""), "protocol-missing"), "receivers.otlp.protocols.grpc")


def test_a_pipeline_without_a_receiver_and_none_at_all() -> None:
    facts = configured(healthy(), "traces:\n      receivers: [otlp]", "traces:\n      receivers: [nop]")
    assert "has no OTLP receiver" in the(facts, "receiver-missing").message
    facts = configured(healthy(), "    traces:\n", "    traces_off:\n")
    assert "no pipeline for traces" in the(facts, "receiver-missing").message


def test_a_memory_limiter_that_refuses() -> None:
    facts = configured(healthy(), "limit_percentage: 80", "limit_mib: 24")
    facts = counted(
        lost(facts, refused="the collector answered 503"),
        'otelcol_processor_memory_limiter_refused_spans{processor="memory_limiter"} 12',
        'otelcol_receiver_refused_spans{receiver="otlp",transport="http"} 12',
    )
    limiter = the(facts, "memory-limiter")
    cause(limiter, "refused in the last seconds: 12 spans", "it uses 58.2 MiB", "limit_mib: 24; the project's manifest says")
    assert [one.rule for one in judge(facts).ranked[0].symptoms] == ["trace-missing", "collector-refuses"]


@pytest.mark.parametrize(("percent", "kind"), [("0.001", Kind.CAUSE), ("10", Kind.NOTICE)])
def test_a_sampler_of_the_project(percent: str, kind: Kind) -> None:
    text = CONFIG.replace("processors:\n", f"processors:\n  probabilistic_sampler:\n    sampling_percentage: {percent}\n", 1)
    text = text.replace(PIPELINE, "processors: [memory_limiter, probabilistic_sampler, batch]", 1)
    facts = lost(with_component(healthy(), "collector", config=text, expected=Expected(COLLECTOR_ENV, text)))
    assert the(facts, "sampled-out").kind is kind
    by_hand = with_component(facts, "collector", expected=Expected(COLLECTOR_ENV, CONFIG))
    cause(the(by_hand, "sampled-out"), "sampling_percentage")


@pytest.mark.parametrize(("policies", "kind"), [
    ("[{name: share, type: probabilistic, probabilistic: {sampling_percentage: 5}}]", Kind.CAUSE),
    ("[{name: keep, type: boolean_attribute, boolean_attribute: {key: labctl.keep, value: true}}]", Kind.NOTICE),
])
def test_tail_sampling_is_no_suspect_where_it_keeps_canaries(policies: str, kind: Kind) -> None:
    text = CONFIG.replace("processors:\n", f"processors:\n  tail_sampling:\n    policies: {policies}\n", 1)
    text = text.replace(PIPELINE, "processors: [memory_limiter, tail_sampling, batch]", 1)
    facts = lost(with_component(healthy(), "collector", config=text, expected=Expected(COLLECTOR_ENV, text)))
    finding = the(facts, "sampled-out")
    assert finding.kind is kind
    assert f"policies {'keep' if 'keep' in policies else 'share'}; decision_wait 30s" in quoted(finding)


def test_a_filter() -> None:
    text = CONFIG.replace("processors:\n", "processors:\n  filter/x:\n    traces:\n      span: ['true']\n", 1)
    text = text.replace(PIPELINE, "processors: [memory_limiter, filter/x, batch]", 1)
    cause(the(lost(with_component(healthy(), "collector", config=text)), "sampled-out"), "filter/x")


def test_a_batch_that_waits_a_minute() -> None:
    held = the(lost(configured(healthy(), "timeout: 50ms", "timeout: 60s")), "held-back")
    cause(held, "processors.batch.timeout: 60s; the project's manifest says 50ms")
    assert "60.0 s" in held.message


@pytest.mark.parametrize(("after_root", "held"), [("1s", []), ("30s", ["30.0 s"]), ("0s", ["10.0 s"])])
def test_tail_sampling_holds_a_complete_trace_for_the_time_after_its_root(after_root: str, held: list[str]) -> None:
    times = f"decision_wait: 10s\n    decision_wait_after_root_received: {after_root}\n    policies: [{{name: labctl.keep}}]"
    text = CONFIG.replace("processors:\n", f"processors:\n  tail_sampling:\n    {times}\n", 1)
    text = text.replace(PIPELINE, "processors: [memory_limiter, tail_sampling, batch]", 1)
    late = with_component(healthy(), "collector", config=text, expected=Expected(COLLECTOR_ENV, text))
    found = {one for above in judge(lost(late)).ranked for one in (above.finding, *above.symptoms) if one.rule == "held-back"}
    assert [one.message.partition(" for ")[2] for one in found] == held


def test_a_receiver_with_tls_or_a_token() -> None:
    for inside in ("tls:\n          cert_file: /c.pem", "auth:\n          authenticator: bearertokenauth"):
        facts = configured(healthy(), GRPC, f"{GRPC}        {inside}\n")
        cause(the(lost(facts, only("client")), "receiver-credentials"), "receivers.otlp.protocols.grpc")


def test_a_full_queue() -> None:
    size = 'queue_size{data_type="traces",exporter="otlp_http/viewer"}'
    full = METRICS.replace(f"{size} 0", f"{size} 990")
    facts = replace(healthy(), collector=CollectorFacts(CollectorMetrics.of(METRICS), CollectorMetrics.of(full)))
    assert the(facts, "queue-full").kind is Kind.SYMPTOM
    assert "990 of 1000" in quoted(the(facts, "queue-full"))


def test_another_part_is_a_cause_only_where_spans_are_lost() -> None:
    facts = configured(healthy(), "send_batch_size: 512", "send_batch_size: 5120000")
    assert the(facts, "collector-changed").kind is Kind.NOTICE
    assert the(lost(facts), "collector-changed").kind is Kind.CAUSE


def test_a_collector_that_does_not_answer_is_a_symptom() -> None:
    facts = replace(healthy(), collector=CollectorFacts(CollectorMetrics(), CollectorMetrics(), "no answer in time"))
    assert the(facts, "collector-down").kind is Kind.SYMPTOM


def test_garbage_instead_of_a_configuration_is_no_error() -> None:
    for text in ("", "{", "- a\n- b\n", "service: 3\n", "service:\n  pipelines: [1]\nreceivers: x\n"):
        found(with_component(healthy(), "collector", config=text))


_BACKEND = (
    'otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/jaeger"} 40960',
    'otelcol_exporter_enqueue_failed_spans{exporter="otlp_http/jaeger"} 12',
)
_FIELDS = ('{"otelcol.component.id": "otlp_http/%s", "otelcol.component.kind": "exporter", "otelcol.signal": "traces", '
           '"error": "failed to make an HTTP request: Post \\"http://jaeger:4318/v1/traces\\": connect: connection refused"}')


def complaining(facts: Facts, exporter: str, level: str = "info", at: float = NOW - 4) -> Facts:
    line = f"2026-11-26T01:00:00.000Z\t{level}\tinternal/retry_sender.go:133\tExporting failed.\t{_FIELDS % exporter}"
    observation = replace(facts.observation, switches={"export": "prometheus,jaeger"})
    return with_component(replace(facts, observation=observation), "collector", log=[logged(line, at=at)])


def test_a_backend_that_is_away_is_named_and_not_the_viewer() -> None:
    facts = complaining(counted(healthy(), *_BACKEND), "jaeger")
    wrong = the(facts, "backend-refuses")
    assert wrong.message == "the collector cannot send to jaeger: connection refused"
    cause(wrong, "connection refused", "12 items given up", remedy="labctl up --export prometheus")
    assert not wrong.leads_to
    assert [one.finding.rule for one in judge(facts).ranked if one.finding.kind is not Kind.NOTICE] == ["backend-refuses"]


def test_a_backend_that_takes_everything_again_is_not_named() -> None:
    back = counted(healthy(), _BACKEND[0].replace("40960", "0"))
    assert judge(complaining(back, "jaeger")).well
    assert judge(complaining(counted(healthy(), *_BACKEND), "jaeger", at=NOW - 60)).well


def test_a_backend_that_refuses_for_good_is_named_without_a_queue() -> None:
    facts = complaining(counted(healthy(), _BACKEND[0].replace("40960", "0")), "jaeger", "error")
    assert the(facts, "backend-refuses").message.startswith("the collector cannot send to jaeger")


def test_what_a_switch_brings_is_taken_back_with_the_switch() -> None:
    facts = healthy()
    with_switch = replace(facts, observation=replace(facts.observation, switches={"redact": "on", "sampling": "10%"}))
    assert remedy(with_switch, "processors.redaction/names") == "labctl up --redact off"
    assert remedy(with_switch, "processors.probabilistic_sampler") == "labctl up --sampling off"
    assert "collector-config.yaml" in remedy(with_switch, "processors.batch")
    assert "collector-config.yaml" in remedy(facts, "processors.redaction/names")
