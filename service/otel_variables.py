"""The OTEL_* variables, checked before the SDK reads them.

For most values that it cannot use the SDK logs a line and goes on with its default, or without telemetry; here they end the
service, as every other setting does. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from service.values import between, endpoint, one_of, unusable, whole

SIGNALS = ("TRACES", "METRICS", "LOGS")
SAMPLERS = ("always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off",
            "parentbased_traceidratio")
LARGEST = 2**31 - 1
ENDPOINT = "http://localhost:4317"
PORT_OF_OTHER_PROTOCOL = {"grpc": 4318, "http/protobuf": 4317}       # https://opentelemetry.io/docs/specs/otlp/

# the W3C baggage format, which OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES have: a token, '=', a value
_PAIR = re.compile(r"\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+\s*=[^,;]*")


class Check(NamedTuple):
    parse: Callable[[str], object]
    allowed: str


def pairs(text: str) -> str:
    if not all(_PAIR.fullmatch(pair) for pair in text.split(",") if pair.strip()):
        raise ValueError(text)
    return text


def installed(group: str, *known: str) -> Callable[[str], str]:
    """A comma-separated list of names that are `known`, or that an installed package registers in `group`."""

    def parse(text: str) -> str:
        for name in map(str.strip, text.split(",")):
            if name not in known and not _entry_point(group, name):
                raise ValueError(text)
        return text

    return parse


def _entry_point(group: str, name: str) -> bool:
    from importlib.metadata import entry_points  # not at every start

    return bool(entry_points(group=group, name=name))


def _file(text: str) -> bytes:
    try:
        return Path(text).read_bytes()
    except OSError:
        raise ValueError(text) from None


def _checks() -> Iterator[tuple[str, Check]]:
    count = Check(whole(1, LARGEST), "a whole number from 1")
    milliseconds = Check(whole(1, LARGEST), "milliseconds, a whole number from 1")
    flag = Check(lambda text: one_of("true", "false")(text.lower()), "true or false")
    yield "OTEL_SDK_DISABLED", flag
    yield "OTLP_TOKEN_FILE", Check(_file, "a file that can be read, with a bearer token in its first line")
    yield "OTEL_TRACES_SAMPLER", Check(installed("opentelemetry_traces_sampler", *SAMPLERS), ", ".join(SAMPLERS))
    yield "OTEL_TRACES_SAMPLER_ARG", Check(between(0, 1), "a share of the traces, from 0 to 1")
    yield "OTEL_PROPAGATORS", Check(
        installed("opentelemetry_propagator", "tracecontext", "baggage", "none"), "tracecontext, baggage, none")
    yield "OTEL_RESOURCE_ATTRIBUTES", Check(pairs, "NAME=VALUE,NAME=VALUE")
    yield "OTEL_METRIC_EXPORT_INTERVAL", milliseconds
    yield "OTEL_METRIC_EXPORT_TIMEOUT", milliseconds
    yield "OTEL_METRICS_EXEMPLAR_FILTER", Check(
        one_of("always_on", "always_off", "trace_based"), "always_on, always_off or trace_based")
    for processor in ("BSP", "BLRP"):
        yield f"OTEL_{processor}_SCHEDULE_DELAY", milliseconds
        yield f"OTEL_{processor}_EXPORT_TIMEOUT", milliseconds
        yield f"OTEL_{processor}_MAX_QUEUE_SIZE", count
        yield f"OTEL_{processor}_MAX_EXPORT_BATCH_SIZE", count
    for owner in ("", "SPAN_", "LOGRECORD_"):
        yield f"OTEL_{owner}ATTRIBUTE_COUNT_LIMIT", Check(whole(0, LARGEST), "a whole number from 0")
        yield f"OTEL_{owner}ATTRIBUTE_VALUE_LENGTH_LIMIT", Check(whole(0, LARGEST), "a whole number from 0")
    for signal in SIGNALS:
        yield f"OTEL_{signal}_EXPORTER", Check(
            installed(f"opentelemetry_{signal.lower()}_exporter", "otlp", "console", "none"), "otlp, console or none")
    for prefix in ("OTEL_EXPORTER_OTLP_", *(f"OTEL_EXPORTER_OTLP_{signal}_" for signal in SIGNALS)):
        yield f"{prefix}HEADERS", Check(pairs, "NAME=VALUE,NAME=VALUE")
        yield f"{prefix}TIMEOUT", Check(between(0.001, LARGEST), "a number of seconds above 0")
        yield f"{prefix}COMPRESSION", Check(one_of("gzip"), "gzip; leave it out for none")
        yield f"{prefix}PROTOCOL", Check(one_of(*PORT_OF_OTHER_PROTOCOL), "grpc or http/protobuf")
        yield f"{prefix}INSECURE", flag
        for file in ("CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"):
            yield f"{prefix}{file}", Check(_file, "a file that can be read")


def check(variables: Mapping[str, str]) -> None:
    """Raises SettingError for the first value that cannot be used; an empty one counts as unset."""
    for name, (parse, allowed) in _checks():
        if text := variables.get(name, "").strip():
            try:
                parse(text)
            except ValueError:
                raise unusable(name, text, allowed) from None
    for processor in ("BSP", "BLRP"):
        _check_batch(variables, processor)
    for signal in SIGNALS:
        _check_endpoint(variables, signal)


def otlp(variables: Mapping[str, str], signal: str, name: str, default: str) -> tuple[str, str]:
    """Which variable holds for this signal, its own or the one for all of them, and its value."""
    own, common = f"OTEL_EXPORTER_OTLP_{signal}_{name}", f"OTEL_EXPORTER_OTLP_{name}"
    variable = own if variables.get(own, "").strip() else common
    return variable, variables.get(variable, "").strip() or default


def spans_wanted(variables: Mapping[str, str]) -> bool:
    """False where a variable turns tracing off."""
    off = {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none", "OTEL_TRACES_SAMPLER": "always_off"}
    return not any(variables.get(name, "").strip().lower() == value for name, value in off.items())


def _check_batch(variables: Mapping[str, str], processor: str) -> None:
    """The SDK does not start with a batch that is larger than the queue."""
    queue, batch = f"OTEL_{processor}_MAX_QUEUE_SIZE", f"OTEL_{processor}_MAX_EXPORT_BATCH_SIZE"
    queue_size, batch_size = variables.get(queue, "").strip(), variables.get(batch, "").strip()
    if queue_size and batch_size and int(queue_size) < int(batch_size):
        raise unusable(queue, queue_size, f"at least {batch}, which is {batch_size}")


def _check_endpoint(variables: Mapping[str, str], signal: str) -> None:
    variable, url = otlp(variables, signal, "ENDPOINT", ENDPOINT)
    _, protocol = otlp(variables, signal, "PROTOCOL", "grpc")
    try:
        parts = urlsplit(url)
        endpoint(url if protocol == "grpc" else f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        raise unusable(variable, url, "http://HOST:PORT or https://HOST:PORT") from None
    if parts.port == PORT_OF_OTHER_PROTOCOL[protocol]:
        raise unusable(variable, url, f"port {parts.port} does not speak {protocol}, which OTEL_EXPORTER_OTLP_PROTOCOL names")
