"""A receiver that requires TLS or a token, which its senders do not use."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Evidence, Finding, Kind, Symptom
from labctl.why import collector_config
from labctl.why import service_variables as variables
from labctl.why.facts import Facts
from labctl.why.rules.service import export_fails

LOOKS_AT: Final = "whether the collector's receiver requires TLS or a token"
_LEADS_TO: Final = {
    "grpc": frozenset({Symptom.SERVICE_EXPORT_FAILS, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING}),
    "http": frozenset({Symptom.TRACES_MISSING}),
}


def find(facts: Facts) -> Iterator[Finding]:
    config = collector_config.running(facts)
    for protocol in _LEADS_TO if config else ():
        for wanted, words in (("tls", "TLS"), ("auth", "a token")):
            path = f"receivers.otlp.protocols.{protocol}.{wanted}"
            changed = collector_config.is_changed(facts, path) and not (facts.canary and facts.canary.whole)
            required = config is not None and config.of(*path.split(".")) is not None
            # where a switch requires it, senders use it: what is wrong with that, the rules of security say
            if required and (changed or (_suffers(facts, protocol) and facts.security is None)):
                yield Finding(
                    "receiver-credentials", Kind.CAUSE, "collector",
                    f"the collector's receiver requires {words} over {protocol}, which {_who(protocol)} does not use",
                    (*(collector_config.evidence(facts, path) or (Evidence(collector_config.SOURCE, f"{path} is set"),)),
                     *(export_fails.lines(facts)[:1] if protocol == "grpc" else ()), *_refused(facts, protocol)),
                    collector_config.remedy(facts, path), leads_to=_LEADS_TO[protocol],
                )


def _suffers(facts: Facts, protocol: str) -> bool:
    if facts.canary is None:
        return False
    if protocol == "http":
        return bool(facts.canary.refused)
    return bool(facts.canary.missing) and not facts.canary.service_spans and not variables.is_set(facts, "OTEL_SDK_DISABLED")


def _refused(facts: Facts, protocol: str) -> tuple[Evidence, ...]:
    refused = facts.canary.refused if facts.canary and protocol == "http" else ""
    return (Evidence("the client span", refused),) if refused else ()


def _who(protocol: str) -> str:
    return "the service" if protocol == "grpc" else "the client"
