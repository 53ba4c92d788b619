"""No secret's value is gathered or shown: of variables, configuration files, command lines and logs."""

import time

import pytest

from labctl.host.documents import parse_yaml
from labctl.redaction import REDACTED, redacted, redacted_url, secrets_of, without_secrets
from tests.unit.why.samples import CONFIG

ENV = {
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer s3same-0pen,x-tenant=acme-tenant", "API_KEY": "k3y-of-the-lab",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:passw0rd@host:4317", "OTEL_SERVICE_NAME": "ai-inference-service",
}


def test_variables_by_their_names() -> None:
    shown = without_secrets(ENV)
    assert shown["OTEL_EXPORTER_OTLP_HEADERS"] == shown["API_KEY"] == REDACTED
    assert shown["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://host:4317"
    assert shown["OTEL_SERVICE_NAME"] == "ai-inference-service"


def test_a_secret_with_its_name_in_a_variable_of_another_name() -> None:
    shown = without_secrets({"OTEL_RESOURCE_ATTRIBUTES": "team=lab,db.password=s3same-0pen"})
    assert shown == {"OTEL_RESOURCE_ATTRIBUTES": f"team=lab,db.password={REDACTED}"}


def test_values_are_found_wherever_they_turn_up() -> None:
    secrets = secrets_of(ENV)
    assert {"s3same-0pen", "k3y-of-the-lab"} <= secrets
    said = redacted("error: header Bearer s3same-0pen of acme-tenant was refused for k3y-of-the-lab", secrets)
    assert not any(secret in said for secret in ("s3same-0pen", "k3y-of-the-lab", "acme-tenant"))


@pytest.mark.parametrize("text", [
    "bearertokenauth:\n  token: s3same-0pen", "headers:\n  authorization: Bearer s3same-0pen", "--token=s3same-0pen",
    "http://user:s3same-0pen@host:4317", '{"password": "s3same-0pen"}', "api_key: 's3same-0pen'",
    "Authorization: Basic s3same-0pen", "http://user:p@s3same-0pen@host:4317",
])
def test_what_is_named_like_a_secret_is_not_shown(text: str) -> None:
    assert "s3same-0pen" not in redacted(text)


@pytest.mark.parametrize(("text", "shown"), [
    ("token= is empty: write one", "token= is empty: write one"),
    ("password = s3same-0pen ends here", f"password = {REDACTED} ends here"),
    ("the token=Bearer s3same-0pen was refused", f"the token={REDACTED} was refused"),
])
def test_words_after_a_secret_are_shown(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_a_configuration_stays_what_it_is() -> None:
    assert redacted(CONFIG) == CONFIG
    text = "extensions:\n  bearertokenauth:\n    token: s3same-0pen\n  oauth2client:\n    client_secret: ${env:SECRET}\n"
    [document] = parse_yaml(redacted(text), "collector.yaml")
    assert document.value == {
        "extensions": {"bearertokenauth": {"token": REDACTED}, "oauth2client": {"client_secret": "${env:SECRET}"}},
    }


@pytest.mark.parametrize("text", ["secret " + "z" * 300_000, "a.token-" * 40_000, "basic" + " " * 300_000, "token" * 60_000])
def test_a_long_line_takes_no_more_than_its_share(text: str) -> None:
    def seconds(part: str) -> float:
        begun = time.process_time()
        redacted(part)
        return time.process_time() - begun

    assert seconds(text) < 60 * max(seconds(text[:len(text) // 10]), 0.002)     # ten times the text: a hundred times, if squared


def test_an_address_without_credentials_stays() -> None:
    assert redacted("GET http://host/a@b?c=d@e http://host?x=a@b") == "GET http://host/a@b?c=d@e http://host?x=a@b"


@pytest.mark.parametrize("parameter", [
    "token=abc", "api_key=x", "sid=abcdefgh", "pwd=open", "mail=bob%40example.com", "card=4111111111111111", "q=S3cret.Value",
    "code=ab", "mail=bob@example.com", "ssn=078-05-1120", "tel=%2B4930901820",
])
def test_of_a_url_no_value_is_shown_that_may_be_a_secret(parameter: str) -> None:
    hidden = f"{parameter.partition('=')[0]}={REDACTED}"
    assert redacted_url(f"http://h/p?{parameter}") == f"http://h/p?{hidden}"
    assert redacted_url(f"http://u:s3same@h/p?page=2&{parameter}&size=10#f") == f"http://h/p?page=2&{hidden}&size=10#f"


def test_the_rest_of_a_url_is_shown() -> None:
    assert redacted_url("http://127.0.0.1:9002/predict?page=2&sort=name") == "http://127.0.0.1:9002/predict?page=2&sort=name"
    assert redacted_url("http://h:1/users/bob@example.com/orders/4111111111111111") == f"http://h:1/users/{REDACTED}/orders/{REDACTED}"


def test_the_path_of_a_file_is_no_secret_and_what_is_no_path_is_not_shown() -> None:
    assert without_secrets({"OTLP_TOKEN_FILE": "/etc/lab/auth/token"}) == {"OTLP_TOKEN_FILE": "/etc/lab/auth/token"}
    assert secrets_of({"OTLP_TOKEN_FILE": "/etc/lab/auth/token"}) == frozenset()
    assert redacted("OTLP_TOKEN_FILE=/etc/lab/auth/token, from a flag") == "OTLP_TOKEN_FILE=/etc/lab/auth/token, from a flag"
    assert without_secrets({"OTLP_TOKEN_FILE": "s3same-0pen"}) == {"OTLP_TOKEN_FILE": REDACTED}
    assert "s3same" not in redacted("OTLP_TOKEN_FILE=s3same-0pen")


def test_what_is_redacted_already_stays_as_it_is() -> None:
    once = redacted("OTLP_TOKEN=s3same-0pen, from a flag")
    assert once == redacted(once) == f"OTLP_TOKEN={REDACTED}, from a flag"
