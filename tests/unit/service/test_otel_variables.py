"""A value of an OTEL_* variable that the SDK could not use names its variable and what is allowed."""

import pytest

from service import otel_variables, settings
from service.values import SettingError

WRONG = [
    ("OTEL_SDK_DISABLED", "maybe"),
    ("OTEL_TRACES_EXPORTER", "zipkin"),
    ("OTEL_METRICS_EXPORTER", "otlp,nothing"),
    ("OTEL_LOGS_EXPORTER", "file"),
    ("OTEL_TRACES_SAMPLER", "sometimes"),
    ("OTEL_TRACES_SAMPLER_ARG", "x"),
    ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
    ("OTEL_TRACES_SAMPLER_ARG", "nan"),
    ("OTEL_PROPAGATORS", "tracecontext,b4"),
    ("OTEL_RESOURCE_ATTRIBUTES", "team"),
    ("OTEL_RESOURCE_ATTRIBUTES", "a=1,two words=2"),
    ("OTEL_BSP_SCHEDULE_DELAY", "abc"),
    ("OTEL_BSP_SCHEDULE_DELAY", "0"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "1e5"),
    ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "-1"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "1s"),
    ("OTEL_METRICS_EXEMPLAR_FILTER", "all"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "many"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:port"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://localhost:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:4317/v1/traces"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "x team=1"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "token"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "a=1;b=2"),
    ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "=1"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1"),
    ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "nan"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem"),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/"),
    ("OTEL_EXPORTER_OTLP_INSECURE", "1"),
]

RIGHT = [
    {"OTEL_SDK_DISABLED": "TRUE"},
    {"OTEL_TRACES_EXPORTER": "otlp,console"},
    {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"},
    {"OTEL_PROPAGATORS": "tracecontext, baggage"},
    {"OTEL_RESOURCE_ATTRIBUTES": "team=a b,url=http%3A%2F%2Fx, k8s.pod.name = p"},
    {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20YTpi,x-team=1"},
    {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer a.b=="},
    {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://[::1]:4317/"},
    {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_ENDPOINT": "https://host/prefix"},
    {"OTEL_EXPORTER_OTLP_TIMEOUT": "0.5", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"},
    {"OTEL_BSP_MAX_QUEUE_SIZE": "", "OTEL_BSP_SCHEDULE_DELAY": " "},
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingError) as raised:
        settings.load({name: value})
    said = str(raised.value)
    assert said.startswith(f"{name}={value!r} cannot be used: ")
    assert "\n" not in said


@pytest.mark.parametrize("variables", RIGHT)
def test_a_right_value_is_taken(variables: dict[str, str]) -> None:
    settings.load(variables)


def test_a_queue_that_is_smaller_than_a_batch() -> None:
    with pytest.raises(SettingError, match="at least OTEL_BSP_MAX_EXPORT_BATCH_SIZE, which is 512"):
        settings.load({"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "512"})


def test_the_port_of_the_other_protocol() -> None:
    with pytest.raises(SettingError, match="port 4317 does not speak http/protobuf"):
        settings.load({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317"})


def test_the_variable_of_one_signal_wins_over_the_one_for_all() -> None:
    both = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://all:4317", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://traces:4317"}
    assert otel_variables.otlp(both, "TRACES", "ENDPOINT", "") == ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:4317")
    assert otel_variables.otlp(both, "LOGS", "ENDPOINT", "") == ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317")
    assert settings.load(both).otlp_endpoint == "http://traces:4317"
