"""The stock OpenTelemetry SDK with settings that suit a service: defaults for OTEL_* variables, and options of the gRPC channel.

`opentelemetry-instrument` finds this module through the entry points in `service/_entry`; OTEL_PYTHON_DISTRO=lab and
OTEL_PYTHON_CONFIGURATOR=lab choose it. What the user has set stays.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from opentelemetry.instrumentation.distro import BaseDistro  # type: ignore[attr-defined]

from service import __version__, jsonlog, no_propagation
from service.otel_variables import ENDPOINT, SIGNALS, otlp
from service.settings import SERVICE_NAME, Settings, load, read_dotenv
from service.values import SettingError

SDK_METRICS: Final = "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED"
DEFAULTS: Final = {
    "OTEL_SERVICE_NAME": SERVICE_NAME,
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_PROPAGATORS": "tracecontext",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
    # FastAPI makes the server span itself; the contrib instrumentation would make it once more, with three spans below it
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "fastapi",
    # a queue for an outage of the collector: 65 536 spans are 80 s of 200 requests/s
    "OTEL_BSP_MAX_QUEUE_SIZE": "65536",
    "OTEL_BLRP_MAX_QUEUE_SIZE": "65536",
    # large batches cost less per span; the delay is the maximum age of a span when it is sent
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2048",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "2048",
    "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_BLRP_SCHEDULE_DELAY": "200",
    # seconds for all attempts at one batch together, after which it is lost: longer than the queue lasts
    "OTEL_EXPORTER_OTLP_TIMEOUT": "300",
    "OTEL_METRIC_EXPORT_INTERVAL": "1000",
    "GRPC_VERBOSITY": "NONE",        # its lines are not JSON, and come with every attempt to connect
    "GRPC_DNS_RESOLVER": "native",   # gRPC's own asks a DNS server for an IPv6 address too, of a name that the hosts file has
}

# https://opentelemetry.io/docs/specs/otlp/#failures, as the SDK has them
RETRIED: Final = (
    "CANCELLED", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS")

# of service.exporters, where there is a CA of one's own
RENEWED: Final = {f"OTEL_{signal}_EXPORTER": "otlp_renewed" for signal in SIGNALS}

# unless the user has chosen a time-out for all signals
METRICS_TIMEOUT_S: Final = "5"

# connecting is tried again every second; gRPC's own pause between two attempts grows to two minutes
RECONNECT: Final = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
)
# a request waits for a collector that is away; without this it fails at once, and after six attempts in 31 s its batch is lost
WAIT: Final = (("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "waitForReady": True}]})),)


class LabDistro(BaseDistro):  # type: ignore[misc]
    """Sets the defaults. Invalid values are left to the service, which reports them and exits."""

    def _configure(self, **_: object) -> None:
        jsonlog.install()
        # it warns about every other configurator that is installed
        logging.getLogger("opentelemetry.instrumentation.auto_instrumentation._load").setLevel(logging.ERROR)
        if settings := usable_settings():
            set_defaults(os.environ, settings)


def usable_settings() -> Settings | None:
    try:
        read_dotenv(os.environ)
        return load()
    except SettingError:
        return None


def set_defaults(environ: MutableMapping[str, str], settings: Settings) -> None:
    for name in [name for name, value in environ.items() if name.startswith("OTEL_") and not value.strip()]:
        del environ[name]            # the specification has it count as unset; the SDK would try to read a number in it
    if "OTEL_EXPORTER_OTLP_TIMEOUT" not in environ:
        environ.setdefault("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", METRICS_TIMEOUT_S)
    renewed = RENEWED if environ.get("OTEL_EXPORTER_OTLP_CERTIFICATE") and is_secure(environ) else {}
    for name, value in (DEFAULTS | renewed).items():
        environ.setdefault(name, value)
    described = f"service.version={__version__},deployment.environment.name={settings.app_env}"
    given = environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    environ["OTEL_RESOURCE_ATTRIBUTES"] = f"{described},{given}".rstrip(",")    # of two equal names the last one holds


def is_secure(environ: Mapping[str, str]) -> bool:
    """Whether every signal goes by gRPC to an https address."""
    endpoints = (otlp(environ, signal, "ENDPOINT", ENDPOINT)[1] for signal in SIGNALS)
    by_grpc = all(otlp(environ, signal, "PROTOCOL", "grpc")[1] == "grpc" for signal in SIGNALS)
    return by_grpc and all(one.startswith("https://") for one in endpoints)


class LabConfigurator:
    """The SDK's own configurator, with options for the exporters that use gRPC."""

    def configure(self, **options: Any) -> None:
        if "none" in os.environ.get("OTEL_PROPAGATORS", "").lower().split(","):
            no_propagation.install()
        if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or usable_settings() is None:
            return
        # The SDK looks at this when a processor, an exporter or a tracer is made. The first two, made here, count per batch
        # what they take, drop and send; tracers, made later, would count at each span, a quarter of what a request costs.
        counted = SDK_METRICS in os.environ
        os.environ.setdefault(SDK_METRICS, "true")
        try:
            from opentelemetry.distro import OpenTelemetryConfigurator  # not where the SDK is disabled: 0.2 s

            OpenTelemetryConfigurator().configure(  # type: ignore[no-untyped-call]
                exporter_args_map=exporter_options(), **options)
        except Exception as error:   # noqa: BLE001  whatever it is, the service must not run without the telemetry that was asked for
            sys.stderr.write(f"service: OpenTelemetry cannot be set up: {error}\n")
            os._exit(2)              # Python would report SystemExit, raised while it starts, with a traceback
        if not counted:
            del os.environ[SDK_METRICS]


def exporter_options() -> dict[type, dict[str, object]]:
    """Arguments for the exporters that use gRPC."""
    from grpc import StatusCode
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    from service import exporters

    waiting: dict[str, object] = {"channel_options": RECONNECT + WAIT}
    if os.environ.get(exporters.TOKEN_FILE):
        # for a moment, while a token is exchanged, the collector may know another one
        waiting["retryable_error_codes"] = [StatusCode[name] for name in (*RETRIED, "UNAUTHENTICATED")]
    # metrics do not wait: the next export has what this one had, and the failure logs why the collector cannot be reached
    metrics: dict[str, object] = {"channel_options": RECONNECT, "retryable_error_codes": [StatusCode.RESOURCE_EXHAUSTED]}
    return {
        OTLPSpanExporter: waiting, OTLPLogExporter: waiting, OTLPMetricExporter: metrics,
        exporters.SpanExporter: waiting, exporters.LogExporter: waiting, exporters.MetricExporter: metrics,
    }
