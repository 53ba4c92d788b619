"""What `opentelemetry-instrument` loads in this service: settings for auto-instrumentation, and the SDK behind them.

This package is the one place that imports the OpenTelemetry SDK. It is found through the entry points in
`service/_entry`, and chosen with OTEL_PYTHON_DISTRO=lab and OTEL_PYTHON_CONFIGURATOR=lab.
"""

import logging
import os

from opentelemetry.instrumentation.distro import BaseDistro  # type: ignore[attr-defined]

from service import jsonlog, settings

# a value that the user has set stays
DEFAULTS = {
    # FastAPI makes the server span itself; a contrib middleware would make it a second time
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "*",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
    "OTEL_PROPAGATORS": "tracecontext",
    # 65 536 spans are what a collector may be away for: 80 s at 200 requests/s
    "OTEL_BSP_MAX_QUEUE_SIZE": "65536",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2048",
    "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_BLRP_MAX_QUEUE_SIZE": "65536",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "2048",
    "OTEL_BLRP_SCHEDULE_DELAY": "200",
    "OTEL_METRIC_EXPORT_INTERVAL": "1000",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "2",
    "GRPC_VERBOSITY": "NONE",        # its own lines are not JSON, and come with every attempt
}


class LabDistro(BaseDistro):  # type: ignore[misc]
    def _configure(self, **_: object) -> None:
        jsonlog.install()
        # it warns about every other configurator that is installed
        logging.getLogger("opentelemetry.instrumentation.auto_instrumentation._load").setLevel(logging.ERROR)
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)


class LabConfigurator:
    """Not a subclass of the SDK's configurator: importing that one costs 40 ms, and all of it is replaced."""

    def configure(self, **_: object) -> None:
        if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
            return
        try:
            settings.read_dotenv(os.environ)
            chosen = settings.load()
        except settings.SettingError:
            return                   # the service says it, and ends
        from service.distro import pipeline  # the SDK is not needed before this point

        pipeline.start(chosen)
