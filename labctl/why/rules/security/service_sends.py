"""What the service shows the collector, and what it trusts, where the collector's receiver has TLS or requires a token."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from labctl.findings import Certainty, Evidence, Finding, Kind, Symptom
from labctl.model import State
from labctl.why import collector_config
from labctl.why import service_variables as variables
from labctl.why.collector_config import CollectorConfig
from labctl.why.facts import Facts
from labctl.why.rules.service import export_fails

LOOKS_AT: Final = "whether the service uses TLS as the collector requires it, with a CA, a certificate and a token that fit"
_OTLP: Final = "OTEL_EXPORTER_OTLP_"
_ENDPOINT, _CA, _CERTIFICATE = f"{_OTLP}ENDPOINT", f"{_OTLP}CERTIFICATE", f"{_OTLP}CLIENT_CERTIFICATE"
_TOKEN: Final = "OTLP_TOKEN_FILE"  # noqa: S105 - a variable's name
_RECEIVER: Final = ("receivers", "otlp", "protocols", "grpc")
# names of gRPC and of OpenSSL, in the messages of the SDK, which have no field for them
_UNAUTHENTICATED, _NOT_VERIFIED = "StatusCode.UNAUTHENTICATED", "CERTIFICATE_VERIFY_FAILED"
_NONE_SENT: Final = "missing or empty authorization header"     # of the collector's extension bearertokenauth
_SAID_S: Final = 65.0
_LEADS_TO: Final = frozenset({Symptom.SERVICE_EXPORT_FAILS, Symptom.METRICS_MISSING, Symptom.LOGS_MISSING})


def find(facts: Facts) -> Iterator[Finding]:
    config = collector_config.running(facts)
    if facts.security is None or config is None or (facts.canary and facts.canary.whole):
        return
    if (collector := facts.component("collector")) and collector.health.state is State.ABSENT:
        return                          # it refuses nothing; what the service said before was of another
    if facts.security.broken and not _is_plain(facts):
        return                          # that says more than what follows from it
    if config.of(*_RECEIVER, "tls") is not None and (refused := list(_connection(facts, config))):
        yield from refused              # before a token is read
    elif config.of(*_RECEIVER, "auth") is not None:
        yield from _token(facts)


def _connection(facts: Facts, config: CollectorConfig) -> Iterator[Finding]:
    if _is_plain(facts):
        yield _finding(facts, "sender-plain-text", "the service sends plain text to the collector's TLS port", _ENDPOINT)
    else:
        yield from _certificates(facts, wanted=config.of(*_RECEIVER, "tls", "client_ca_file") is not None)


def _certificates(facts: Facts, *, wanted: bool) -> Iterator[Finding]:
    seen, refused = facts.security, _saying(facts, _NOT_VERIFIED)
    if refused or (seen and seen.service_trusts is False):
        yield _finding(facts, "sender-other-ca", "the service does not trust the collector's certificate", _CA, refused)
    elif wanted and facts.env("service") and not variables.is_set(facts, _CERTIFICATE):       # without a process nothing is known
        message = "the service shows no client certificate, which the collector requires"
        yield _finding(facts, "sender-no-certificate", message, _CERTIFICATE)
    elif wanted and seen and seen.service_shows:
        shown, until = seen.service_shows, f"it expired at {seen.service_shows.ends:%Y-%m-%d %H:%M} UTC"
        if shown.left <= timedelta(0):
            message, evidence = "the service's client certificate has expired", Evidence(shown.path, until)
            yield _finding(facts, "sender-certificate-ended", message, _CERTIFICATE, (evidence,))
        elif seen.service_is_ours is False:
            message = "the service's client certificate is not of the lab's CA"
            evidence = Evidence(shown.path, f"issued by {shown.issuer}")
            yield _finding(facts, "sender-certificate-foreign", message, _CERTIFICATE, (evidence,))


def _token(facts: Facts) -> Iterator[Finding]:
    said = _saying(facts, _UNAUTHENTICATED)
    has_headers = variables.is_set(facts, f"{_OTLP}HEADERS") and not any(_NONE_SENT in line.text for line in said)
    if not variables.is_set(facts, _TOKEN) and not has_headers:
        yield _finding(facts, "sender-no-token", "the service sends no bearer token, which the collector requires", _TOKEN, said)
    elif said:
        yield _finding(facts, "sender-wrong-token", "the collector refuses the service's bearer token", _TOKEN, said)


def _finding(facts: Facts, rule: str, message: str, variable: str, more: tuple[Evidence, ...] = ()) -> Finding:
    evidence = (*(variables.evidence(facts, variable) or (Evidence("the service's environment", f"{variable} is not set"),)),
                *(more or export_fails.lines(facts)[-1:]))
    return Finding(
        rule, Kind.CAUSE, "service", message, evidence, variables.remedy(facts, variable), leads_to=_LEADS_TO,
        certainty=Certainty.CERTAIN,
    )


def _saying(facts: Facts, word: str) -> tuple[Evidence, ...]:
    """The SDK says the same thing once a minute at most."""
    component = facts.component("service")
    recent = [line for line in component.log if (line.at or 0.0) > facts.at - _SAID_S] if component else []
    return tuple(line for line in export_fails.complaints(facts, recent) if word in line.text)[-1:]


def _is_plain(facts: Facts) -> bool:
    """Whether it exports to the lab's collector, by http instead of https."""
    component = facts.component("service")
    expected = component.expected.env.get(_ENDPOINT, "") if component and component.expected else ""
    now, should = urlsplit(variables.value(facts, _ENDPOINT)), urlsplit(expected)
    return now.scheme == "http" and (now.netloc == should.netloc or not should.netloc)
