"""Any other variable of the service that is not as the settings give it.

Subtle: a changed setting that was not applied yet looks the same.
So it is a cause only where spans are lost and nothing else explains it.
"""

from collections.abc import Iterator
from typing import Final

from labctl.config import BY_NAME
from labctl.findings import Certainty, Finding, Kind, Symptom
from labctl.why import service_variables as variables
from labctl.why.facts import Facts

_AGAINST: Final = "nothing shows that this is what loses the spans"
LOOKS_AT: Final = "whether the running service has the settings that labctl up would give it"
KNOWN: Final = ("OTEL_SDK_DISABLED", "OTEL_TRACES_", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER", "OTEL_PROPAGATORS",
                "OTEL_EXPORTER_OTLP_", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_SCHEDULE_DELAY",
                "OTEL_METRIC_EXPORT_INTERVAL", "DEFAULT_LATENCY_MS", "LATENCY_JITTER", "SLOW_SPAN", "FAILING_SPAN", "MODEL_WORK",
                "RECEIVE_TIMEOUT_MS", "MAX_BATCH_SIZE", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_PYTHON_")
"""Which variables have a rule of their own."""


def find(facts: Facts) -> Iterator[Finding]:
    component = facts.component("service")
    expected = component.expected.env if component and component.expected else {}
    names = sorted(name for name in {*facts.env("service"), *expected} if _is_setting(name) and not name.startswith(KNOWN))
    changed = [name for name in names if variables.changed(facts, name)]
    suffers = facts.canary is not None and bool(facts.canary.missing)
    if changed:
        yield Finding(
            "service-changed", Kind.NOTICE, "service",
            f"the running service has another {', '.join(changed)} than the settings give", variables.evidence(facts, *changed),
            "labctl up", leads_to=frozenset({Symptom.TRACES_MISSING}), suspect=True, certainty=Certainty.POSSIBLE,
            against=_AGAINST if suffers else "",
        )


def _is_setting(name: str) -> bool:
    return name.startswith("OTEL_") or (name in BY_NAME and BY_NAME[name].service)
