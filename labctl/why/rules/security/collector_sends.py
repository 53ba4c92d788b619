"""Why the viewer refuses the collector, or the collector the viewer: certificates and the token on the way between them."""

from collections.abc import Iterator
from typing import Final

from labctl.findings import Finding, Kind, Symptom
from labctl.why.facts import Facts
from labctl.why.rules.collector import exporter

LOOKS_AT: Final = "whether the viewer accepts the collector's certificate and token, and the collector the viewer's certificate"
# of Go's TLS and of the exporter, whose errors have no other field
_SAID: Final = (
    ("x509: certificate has expired", "viewer-certificate-ended", "viewer", "the viewer's certificate has expired"),
    ("x509: ", "viewer-certificate-foreign", "viewer", "the collector does not trust the viewer's certificate"),
    ("Status Code 401", "viewer-refuses-token", "collector", "the viewer refuses the collector's bearer token"),
    ("Status Code 403", "viewer-wants-certificate", "collector", "the collector shows the viewer no client certificate"),
    ("remote error: tls: ", "viewer-refuses-certificate", "collector", "the viewer refuses the collector's client certificate"),
    ("server gave HTTP response to HTTPS", "viewer-plain-text", "viewer", "the viewer answers plain text where TLS is expected"),
)


def find(facts: Facts) -> Iterator[Finding]:
    broken = facts.security is not None and bool(facts.security.broken)      # says more than what follows from it
    for line in () if broken else exporter.complaints(facts)[-1:]:
        for word, rule, component, message in _SAID:
            if word in line.text:
                yield Finding(
                    rule, Kind.CAUSE, component, message, (line,),
                    "labctl certs rotate" if rule == "viewer-certificate-ended" else "labctl up",
                    leads_to=frozenset({Symptom.COLLECTOR_EXPORT_FAILS, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING}),
                )
                return
