"""The variables that say where and how the service exports, against where the lab's collector listens."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts
from labctl.why.rules.service import export_fails

LOOKS_AT: Final = "whether the service exports to the lab's collector (OTEL_EXPORTER_OTLP_*)"
_SIGNALS: Final = {"": Symptom.SERVICE_EXPORT_FAILS, "TRACES_": Symptom.SERVICE_EXPORT_FAILS,
                   "METRICS_": Symptom.METRICS_MISSING, "LOGS_": Symptom.LOGS_MISSING}
_PARTS: Final = ("ENDPOINT", "PROTOCOL", "INSECURE", "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY", "HEADERS", "COMPRESSION")
_OF_TLS: Final = ("CERTIFICATE", "CLIENT_KEY")
_METRICS: Final = frozenset({Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})


def find(facts: Facts) -> Iterator[Finding]:
    for signal, symptom in _SIGNALS.items():
        names = [f"OTEL_EXPORTER_OTLP_{signal}{part}" for part in _PARTS]
        changed = [name for name in names if variables.changed(facts, name)]
        given = [name for name in names if _given(facts, name)]
        if changed and not (facts.canary and facts.canary.whole and symptom is Symptom.SERVICE_EXPORT_FAILS):
            found = _finding(facts, changed, symptom)
            yield _suspected(found) if all(_is_about_tls(facts, name) for name in changed) else found
        elif given and _suffers(facts, symptom):
            # somebody wanted it so: it is the cause only where nothing else is
            yield _suspected(_finding(facts, given, symptom))


def _suspected(found: Finding) -> Finding:
    return replace(found, kind=Kind.NOTICE, suspect=True, certainty=Certainty.LIKELY)


def _is_about_tls(facts: Facts, name: str) -> bool:
    """Whether the rules of security look at it, and say more: certificates, or the same address without TLS."""
    component = facts.component("service")
    expected = component.expected.env.get(name, "") if component and component.expected else ""
    same_address = urlsplit(variables.value(facts, name)).netloc == urlsplit(expected).netloc
    return facts.security is not None and (name.endswith(_OF_TLS) or (name.endswith("ENDPOINT") and same_address))


def _given(facts: Facts, name: str) -> bool:
    """Whether a user chose it, which is no fault by itself."""
    return variables.is_set(facts, name) and name in facts.spec.service_env_from


def _suffers(facts: Facts, symptom: Symptom) -> bool:
    """Whether what the variables of a user could break is seen to be broken."""
    canary = facts.canary
    if symptom is not Symptom.SERVICE_EXPORT_FAILS or canary is None:
        return False
    lost_on_the_way = bool(canary.missing) and not canary.service_spans and canary.client_span_arrived
    return lost_on_the_way or (not canary.whole and bool(export_fails.lines(facts)))


def _finding(facts: Facts, names: list[str], symptom: Symptom) -> Finding:
    first, value = names[0], variables.value(facts, names[0])
    collector = facts.component("collector")
    at = collector.health.endpoints.get("otlp_grpc", "") if collector else ""
    listens = (Evidence("the collector", f"OTLP/gRPC at {at}"),) if at else ()
    message = f"the service exports to {value}, which is not the lab's collector" if first.endswith("ENDPOINT") else (
        f"the service exports with {first}={value}" if value else f"the service exports without {first}")
    further = _METRICS if "TRACES" not in first and symptom is Symptom.SERVICE_EXPORT_FAILS else frozenset()
    return Finding(
        "export-endpoint", Kind.CAUSE, "service", message,
        (*variables.evidence(facts, *names), *listens, *export_fails.lines(facts)[:1]),
        variables.remedy(facts, first), leads_to=frozenset({symptom}) | further,
    )
