"""Receivers: one that is missing from a pipeline, a protocol that is missing, an address that is not the lab's."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why import collector_config
from labctl.why.collector_config import CollectorConfig
from labctl.why.facts import Facts

LOOKS_AT: Final = "the collector's receivers: one in every pipeline, both protocols, the lab's addresses"
_SIGNALS: Final = {
    "traces": Symptom.TRACES_MISSING, "metrics": Symptom.METRICS_MISSING, "logs": Symptom.LOGS_MISSING,
}
_PROTOCOLS: Final = {"grpc": Symptom.SERVICE_EXPORT_FAILS, "http": Symptom.TRACES_MISSING}
_GRPC: Final = frozenset({Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})


def find(facts: Facts) -> Iterator[Finding]:
    config = collector_config.running(facts)
    if config:
        yield from _pipelines(facts, config)
        yield from _protocols(facts, config)


def _pipelines(facts: Facts, config: CollectorConfig) -> Iterator[Finding]:
    for signal, symptom in _SIGNALS.items():
        pipelines = config.pipelines(signal)
        received = [name for one in pipelines for name in one.receivers if name.partition("/")[0] == "otlp"]
        if received:
            continue
        path = f"service.pipelines.{signal}"
        message = f"the collector has no pipeline for {signal}" if not pipelines else (
            f"the collector's {signal} pipeline has no OTLP receiver")
        leads_to = {symptom, Symptom.SERVICE_EXPORT_FAILS} if signal == "traces" else {symptom}
        quoted = collector_config.evidence(facts, path) or (collector_config.quoted(facts, path),)
        yield Finding(
            "receiver-missing", Kind.CAUSE, "collector", message, quoted,
            collector_config.remedy(facts, path), leads_to=frozenset(leads_to),
        )


def _protocols(facts: Facts, config: CollectorConfig) -> Iterator[Finding]:
    protocols = config.of("receivers", "otlp", "protocols")
    if not isinstance(protocols, Mapping):
        return
    for protocol, symptom in _PROTOCOLS.items():
        path = f"receivers.otlp.protocols.{protocol}"
        leads_to = frozenset({symptom}) | (_GRPC if protocol == "grpc" else frozenset())
        if protocol not in protocols:
            yield Finding(
                "protocol-missing", Kind.CAUSE, "collector", f"the collector's receiver does not accept OTLP over {protocol}",
                collector_config.evidence(facts, path) or (collector_config.quoted(facts, "receivers.otlp.protocols"),),
                collector_config.remedy(facts, path), leads_to=leads_to,
            )
        elif (address := _wrong_address(facts, config, protocol)) is not None:
            yield Finding(
                "receiver-address", Kind.CAUSE, "collector",
                f"the collector listens for OTLP over {protocol} at {address[0]} instead of {address[1]}",
                collector_config.evidence(facts, path) or (Evidence(collector_config.SOURCE, f"{path}.endpoint: {address[0]}"),),
                collector_config.remedy(facts, path), leads_to=leads_to,
            )


def _wrong_address(facts: Facts, config: CollectorConfig, protocol: str) -> tuple[Any, Any] | None:
    expected = collector_config.expected(facts)
    keys = ("receivers", "otlp", "protocols", protocol, "endpoint")
    have, want = config.of(*keys), expected.of(*keys) if expected else None
    return (have, want) if want is not None and have != want else None
