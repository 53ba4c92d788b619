"""The rules of certificates and tokens: each names the very reason, and says nothing of a lab that is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from labctl.credentials.inspection import BrokenFile
from labctl.credentials.listing import Listed
from labctl.findings import Kind, Symptom
from labctl.model import Expected, State
from labctl.why.diagnose import judge
from labctl.why.facts import Facts, SecurityFacts
from tests.unit.why.samples import (
    COLLECTOR_ENV,
    CONFIG,
    SERVICE_ENV,
    healthy,
    logged,
    lost,
    only,
    quoted,
    service_log,
    the,
    with_component,
)

SECURE_ENV = SERVICE_ENV | {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://127.0.0.1:18303", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/state/tls/service/ca.crt",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/state/tls/service/tls.crt", "OTLP_TOKEN_FILE": "(not shown)",
}
_GRPC = "endpoint: ${env:LISTEN_HOST:-127.0.0.1}:${env:OTLP_GRPC_PORT:-4317}"
_TLS, _AUTH = "tls: {cert_file: tls.crt, client_ca_file: ca.crt}", "auth: {authenticator: bearertokenauth}"
SECURE_CONFIG = CONFIG.replace(_GRPC, f"{_GRPC}\n        {_TLS}\n        {_AUTH}")
UNAUTHENTICATED = "Failed to export metrics to 127.0.0.1:18303, error code: StatusCode.UNAUTHENTICATED, error details: no"
NO_HEADER = UNAUTHENTICATED.removesuffix("no") + "missing or empty authorization header: Authorization"
NOT_VERIFIED = "Failed to export metrics to 127.0.0.1:18303, error code: StatusCode.UNAVAILABLE, CERTIFICATE_VERIFY_FAILED"


def certificate(holder: str, days: float, issuer: str = "CA") -> Listed:
    now, path = datetime.now(UTC), f"/state/tls/{holder}/tls.crt"
    return Listed(holder, holder, issuer, (), now - timedelta(days=30), now + timedelta(days=days), "1", path)


OWN = tuple(certificate(holder, 20) for holder in ("collector", "labctl", "service", "viewer"))


def secured(facts: Facts | None = None) -> Facts:
    """A healthy lab with all three switches on."""
    assert SECURE_CONFIG != CONFIG
    facts = with_component(facts or healthy(), "service", env=SECURE_ENV, expected=Expected(SECURE_ENV))
    facts = with_component(facts, "collector", config=SECURE_CONFIG, expected=Expected(COLLECTOR_ENV, SECURE_CONFIG))
    return replace(facts, security=SecurityFacts(
        (certificate("ca", 300), *OWN), certificate("service", 20), service_is_ours=True, service_trusts=True))


def broken(*log: str, **variables: str) -> Facts:
    """Nothing of the service's arrives; it was given other variables by hand."""
    facts = lost(secured(), only("client"))
    env = {name: value for name, value in (SECURE_ENV | variables).items() if value}
    return with_component(facts, "service", env=env, log=[service_log(line) for line in log])


def security(facts: Facts, **changes: object) -> Facts:
    assert facts.security
    return replace(facts, security=replace(facts.security, **changes))  # type: ignore[arg-type]


def test_a_secured_lab_that_is_well_yields_nothing() -> None:
    assert judge(secured()).healthy
    assert [one.finding.rule for one in judge(secured()).ranked] == []


@pytest.mark.parametrize(("facts", "rule", "says"), [
    (broken(UNAUTHENTICATED), "sender-wrong-token", "UNAUTHENTICATED"),
    (broken(UNAUTHENTICATED, OTLP_TOKEN_FILE=""), "sender-no-token", "OTLP_TOKEN_FILE is not set"),
    (broken(NO_HEADER, OTLP_TOKEN_FILE="", OTEL_EXPORTER_OTLP_HEADERS="x-tenant=a"), "sender-no-token", "missing or empty"),
    (broken(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:18303"), "sender-plain-text", "http://127.0.0.1:18303"),
    (broken(OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=""), "sender-no-certificate", "CLIENT_CERTIFICATE is not set"),
    (security(broken(), service_shows=certificate("service", -1)), "sender-certificate-ended", "it expired at"),
    (security(broken(), service_shows=certificate("service", 9, "Other"), service_is_ours=False), "sender-certificate-foreign",
     "issued by Other"),
    (security(broken(), service_trusts=False), "sender-other-ca", "OTEL_EXPORTER_OTLP_CERTIFICATE=/state"),
    (broken(NOT_VERIFIED), "sender-other-ca", "CERTIFICATE_VERIFY_FAILED"),
])
def test_what_the_service_sends_is_the_cause(facts: Facts, rule: str, says: str) -> None:
    finding = the(facts, rule)
    assert finding.kind is Kind.CAUSE
    assert says in quoted(finding)
    causes = [one for one in judge(facts).causes if one.rule != "export-endpoint"]
    assert [one.rule for one in causes] == [rule]
    assert finding.remedy == "labctl up"


@pytest.mark.parametrize(("error", "rule"), [
    ("tls: failed to verify certificate: x509: certificate has expired or is not yet valid", "viewer-certificate-ended"),
    ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "viewer-certificate-foreign"),
    ("request to https://127.0.0.1/v1/traces responded with HTTP Status Code 401", "viewer-refuses-token"),
    ("request to https://127.0.0.1/v1/traces responded with HTTP Status Code 403", "viewer-wants-certificate"),
    ("remote error: tls: unknown certificate authority", "viewer-refuses-certificate"),
    ("http: server gave HTTP response to HTTPS client", "viewer-plain-text"),
])
def test_what_the_collector_says_of_the_viewer(error: str, rule: str) -> None:
    fields = f'{{"otelcol.component.id": "otlp_http/viewer", "otelcol.component.kind": "exporter", "error": "{error}"}}'
    line = logged(f"2026-11-26T01:12:42.000Z\terror\tinternal/queue_sender.go:57\tExporting failed.\t{fields}")
    finding = the(with_component(lost(secured()), "collector", log=[line]), rule)
    assert finding.kind is Kind.CAUSE
    assert error in quoted(finding)


def test_an_end_that_is_near_is_said_and_is_nothing_wrong() -> None:
    facts = security(secured(), certificates=(certificate("ca", 300), certificate("viewer", 3)))
    assert the(facts, "certificate-ends").message == "the certificate of viewer expires in 2 days"
    assert judge(facts).healthy


def test_one_that_has_ended_is_the_cause() -> None:
    facts = security(broken(NOT_VERIFIED), certificates=(certificate("ca", 300), certificate("collector", -1)))
    finding = the(facts, "certificate-ended")
    assert (finding.component, finding.remedy) == ("collector", "labctl certs rotate")


def with_broken(facts: Facts, holder: str, name: str, what: str = "is missing") -> Facts:
    return security(facts, broken=(BrokenFile(holder, "/state/somewhere", name, what),))


@pytest.mark.parametrize(("holder", "name", "component", "says"), [
    ("token", "token", "lab", "the lab's token is missing"), ("service", "ca.crt", "service", "the ca.crt of service is missing"),
    ("collector", "tls.key", "collector", "the tls.key of collector is missing"),
    ("labctl", "tls.crt", "lab", "the tls.crt of labctl is missing"),
])
def test_a_broken_file_is_the_only_cause_of_what_follows_from_it(holder: str, name: str, component: str, says: str) -> None:
    facts = with_broken(broken(UNAUTHENTICATED, NOT_VERIFIED), holder, name)
    [cause] = judge(facts).causes
    assert (cause.rule, cause.component, cause.message, cause.remedy) == ("credential-broken", component, says, "labctl up")
    assert "/state/somewhere" in quoted(cause)


def test_it_is_no_fault_yet_while_a_request_arrives() -> None:
    facts = with_broken(secured(), "collector", "ca.crt")
    assert the(facts, "credential-broken").kind is Kind.NOTICE
    assert judge(facts).healthy


def test_of_a_service_that_is_gone_nobody_knows_what_it_shows() -> None:
    assert "sender-no-certificate" not in {one.rule for one in judge(with_component(broken(), "service", env={})).causes}


def test_alertmanager_reads_its_files_for_each_notification() -> None:
    [cause] = judge(with_broken(secured(), "alertmanager", "tls.key")).causes
    assert (cause.rule, cause.component, cause.remedy) == ("credential-broken", "alertmanager", "labctl up")
    assert cause.leads_to == {Symptom.ALERTS_UNTOLD}


def test_a_collector_that_is_gone_refuses_no_token() -> None:
    """What the service before said is in the same log."""
    facts = broken(UNAUTHENTICATED)
    health = replace(facts.observation.components["collector"].health, state=State.ABSENT)
    assert "sender-wrong-token" not in {one.rule for one in judge(with_component(facts, "collector", health=health)).causes}


def test_plain_text_is_named_beside_it() -> None:
    facts = with_broken(broken(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:18303"), "viewer", "tls.crt")
    assert {one.rule for one in judge(facts).causes} >= {"credential-broken", "sender-plain-text"}


def test_what_was_said_of_a_token_before_is_no_cause_where_the_connection_is_refused() -> None:
    facts = broken(UNAUTHENTICATED, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:18303")
    causes = [one.finding.rule for one in judge(facts).ranked if one.finding.kind is Kind.CAUSE]
    assert causes == ["sender-plain-text"]
