"""Facts as a healthy local lab gives them, and changes as real faults were seen to make them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from labctl.components import COLLECTOR
from labctl.findings import Finding
from labctl.model import Expected, Health, LabSpec, LogLine, Observation, ObservedComponent, State, Usage
from labctl.targets.local.processes import configuration
from labctl.telemetry.trace import Span, Trace
from labctl.why.collector_metrics import CollectorMetrics
from labctl.why.diagnose import judge
from labctl.why.facts import CollectorFacts, Facts, MachineFacts, SentCanary, ServiceFacts, ViewerFacts
from labctl.why.rules import RULES
from tests.driver import ROOT

NOW = 1_795_653_600.0
TRACE_ID = "72b3e9bb214adc4e00000000700b1a3c"
assert COLLECTOR.process.config
CONFIG = configuration(LabSpec("x", ROOT, ROOT, {}, {}, 1, 1), COLLECTOR.process.config)
PORTS = {
    "service": 18300, "viewer": 18301, "viewer_grpc": 18302, "otlp_grpc": 18303, "otlp_http": 18304, "collector_metrics": 18305,
    "collector_health": 18306,
}
SERVICE_ENV = {
    "HOST": "127.0.0.1", "PORT": "18300", "OTEL_PYTHON_DISTRO": "lab", "OTEL_PYTHON_CONFIGURATOR": "lab",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:18303",
}
COLLECTOR_ENV = {
    "LISTEN_HOST": "127.0.0.1", "OTLP_GRPC_PORT": "18303", "OTLP_HTTP_PORT": "18304", "METRICS_PORT": "18305",
    "HEALTH_PORT": "18306", "EXPORTERS": "[debug, otlp_http/viewer]", "VIEWER_ENDPOINT": "http://127.0.0.1:18301",
}
VIEWER_ARGUMENTS = ("python", "-m", "labctl.telemetry", "--max-bytes", "1073741824", "--max-age", "86400")
_SENT = 'exporter="otlp_http/viewer",server_address="127.0.0.1",server_port="18301",url_path="/v1/traces"'
METRICS = f"""\
# TYPE otelcol_exporter_queue_capacity gauge
otelcol_exporter_queue_capacity{{data_type="traces",exporter="otlp_http/viewer"}} 1000
otelcol_exporter_queue_size{{data_type="traces",exporter="otlp_http/viewer"}} 0
otelcol_exporter_sent_spans{{{_SENT}}} 10
otelcol_process_memory_rss 6.1042688e+07
otelcol_processor_memory_limiter_accepted_spans{{processor="memory_limiter"}} 10
otelcol_receiver_accepted_spans{{receiver="otlp",transport="grpc"}} 8
otelcol_receiver_refused_spans{{receiver="otlp",transport="grpc"}} 0
"""
HEALTHY_COUNTS = {
    "spans": 19, "started": NOW - 100, "accepted": {"traces.http": 19, "metrics.http": 269}, "refused": {}, "reasons": {},
}


def span(name: str, start_ms: float, duration_ms: float, *, parent: str = "", kind: str = "internal") -> Span:
    service = "labctl" if kind == "client" else "ai-inference-service"
    return Span(name, service, kind, name, parent, start_ms, duration_ms, "unset")


WHOLE = Trace(TRACE_ID, 105.0, True, (
    span("POST", 0, 105, kind="client"), span("POST /predict", 2, 101, parent="POST", kind="server"),
    span("validate_input", 2.2, 0.1, parent="POST /predict"), span("model_inference", 2.4, 100, parent="POST /predict"),
    span("format_response", 102.5, 0.1, parent="POST /predict"),
))


def only(*kinds: str) -> Trace:
    """The spans of a trace of which no others have arrived."""
    return replace(WHOLE, spans=tuple(one for one in WHOLE.spans if one.kind in kinds))


def sdk(name: str, value: float, at: float = NOW, **attributes: str) -> dict[str, Any]:
    named = {key.replace("_", "."): text for key, text in attributes.items()}
    return {"service": "ai-inference-service", "name": name, "attributes": named, "type": "sum", "value": value, "time": at}


SERIES = (sdk("otel.sdk.processor.span.processed", 8.0), sdk("http_requests_total", 2.0))


def component(name: str, **more: Any) -> ObservedComponent:
    urls = {"collector": {"otlp_grpc": "http://127.0.0.1:18303"}}.get(name, {})
    return ObservedComponent(Health(name, State.READY, endpoints=urls, pid=100, started=NOW - 100), **more)


def healthy() -> Facts:
    components = {
        "service": component(
            "service", env=SERVICE_ENV, expected=Expected(SERVICE_ENV), given={},
            usage=Usage("service", 0.02, None, 90 << 20, None, None),
        ),
        "collector": component("collector", env=COLLECTOR_ENV, config=CONFIG, expected=Expected(COLLECTOR_ENV, CONFIG), given={}),
        "viewer": component("viewer", arguments=VIEWER_ARGUMENTS, expected=Expected({}, "", VIEWER_ARGUMENTS), given={}),
    }
    metrics = CollectorMetrics.of(METRICS)
    return Facts(
        NOW, LabSpec("lab", ROOT, Path("/state"), PORTS, {}, 1 << 30, 86400), Observation(components),
        canary=SentCanary(TRACE_ID, NOW - 1, 200, 105.0, waited_s=0.2, trace=WHOLE),
        service=ServiceFacts({"status": "ok", "tracing_enabled": True}, 200), collector=CollectorFacts(metrics, metrics),
        viewer=ViewerFacts({"status": "ok", "store_cannot_write": ""}, SERIES, SERIES, HEALTHY_COUNTS, HEALTHY_COUNTS),
        machine=MachineFacts(2, 0.5, 0.1, 8 << 30, 4 << 30, Path("/state"), 100 << 30, 50 << 30, 128),
    )


def with_component(facts: Facts, name: str, **changes: Any) -> Facts:
    components = {**facts.observation.components, name: replace(facts.observation.components[name], **changes)}
    return replace(facts, observation=replace(facts.observation, components=components))


def by_hand(facts: Facts, **variables: str) -> Facts:
    """The service's process has variables that the settings do not give."""
    return with_component(facts, "service", env={**SERVICE_ENV, **variables})


def by_settings(facts: Facts, source: str, **variables: str) -> Facts:
    """The last `up` was given the variables; a flag is not there any more when the diagnosis runs."""
    lasting = {} if source == "flag" else variables
    facts = with_component(
        facts, "service", env={**SERVICE_ENV, **variables}, expected=Expected({**SERVICE_ENV, **lasting}),
        given=dict.fromkeys(variables, source),
    )
    return replace(facts, spec=replace(facts.spec, service_env=lasting, service_env_from=dict.fromkeys(lasting, source)))


def configured(facts: Facts, old: str, new: str, *, in_project: bool = False) -> Facts:
    """The collector runs with a changed configuration; `in_project`: which the project's manifest has, too."""
    assert old in CONFIG, old
    text = CONFIG.replace(old, new)
    return with_component(facts, "collector", config=text, expected=Expected(COLLECTOR_ENV, text if in_project else CONFIG))


def lost(facts: Facts, trace: Trace | None = None, **changes: Any) -> Facts:
    """Of the canary's trace nothing else has arrived."""
    assert facts.canary
    return replace(facts, canary=replace(facts.canary, trace=trace, waited_s=2.0, **changes))


def logged(text: str, component: str = "collector", at: float = NOW - 1) -> LogLine:
    return LogLine(component, at, text)


def service_log(message: str, logger: str = "opentelemetry.exporter.otlp.proto.grpc.exporter", level: str = "ERROR") -> LogLine:
    fields = {"timestamp": "2026-11-26T01:12:42.000Z", "level": level, "logger": logger, "message": message}
    return LogLine("service", NOW - 1, json.dumps(fields))


def found(facts: Facts) -> list[Finding]:
    return [finding for rule in RULES for finding in rule.find(facts)]


def the(facts: Facts, rule: str) -> Finding:
    """As it was ranked: a suspect may have become a cause."""
    ranked = judge(facts).ranked
    [finding] = {one for above in ranked for one in (above.finding, *above.symptoms) if one.rule == rule}
    return finding


def quoted(finding: Finding) -> str:
    return " | ".join(f"{one.source}: {one.text}" for one in finding.evidence)
