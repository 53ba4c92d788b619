"""The variables of the running service: what it has, what the settings would give it, and the line that mends one.

Subtle: a variable that the process has and the settings do not give was changed by hand, unless the last `up` was given it by a
flag. That difference is evidence of its own.
"""

from typing import Final

from labctl.findings import Evidence
from labctl.why.facts import Facts

SERVICE: Final = "service"
FLAG: Final = "flag"
DEFAULTS: Final = {
    "OTEL_SDK_DISABLED": "false", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_TRACES_SAMPLER": "parentbased_always_on", "OTEL_TRACES_SAMPLER_ARG": "1", "OTEL_PROPAGATORS": "tracecontext",
    "OTEL_BSP_MAX_QUEUE_SIZE": "65536", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2048", "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_BLRP_SCHEDULE_DELAY": "200", "OTEL_EXPORTER_OTLP_TIMEOUT": "300", "OTEL_METRIC_EXPORT_INTERVAL": "1000",
    "OTEL_BLRP_MAX_QUEUE_SIZE": "65536", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "2048", "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
    "OTEL_SERVICE_NAME": "ai-inference-service", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "fastapi",
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "5",
    "DEFAULT_LATENCY_MS": "100", "LATENCY_JITTER": "20%", "SLOW_SPAN": "off", "FAILING_SPAN": "off", "MODEL_WORK": "sleep",
    "MAX_BATCH_SIZE": "32", "RECEIVE_TIMEOUT_MS": "5000",
}
"""What the service takes where a variable is not set: those of `service/distro.py` and `service/settings.py`."""


def value(facts: Facts, name: str) -> str:
    """What holds for the running service; "" where that is unknown."""
    if not facts.env(SERVICE):
        return ""
    return facts.env(SERVICE).get(name, "").strip() or DEFAULTS.get(name, "")


def is_set(facts: Facts, name: str) -> bool:
    return bool(facts.env(SERVICE).get(name, "").strip())


def changed(facts: Facts, name: str) -> bool:
    """Whether the process has another value than the settings would give, and no flag of the last `up` gave it."""
    component = facts.component(SERVICE)
    if component is None or component.expected is None or not component.env:
        return False
    now, should = (env.get(name, "").strip() or DEFAULTS.get(name, "") for env in (component.env, component.expected.env))
    return now != should and (component.given or {}).get(name) != FLAG


def evidence(facts: Facts, *names: str) -> tuple[Evidence, ...]:
    """The variables as the process has them, and what the settings say of each."""
    env = facts.env(SERVICE)
    shown = [name for name in names if name in env or changed(facts, name)]
    return tuple(
        Evidence("the service's environment", f"{name}={env[name]}{_settings_say(facts, name)}" if name in env else
                 f"{name} is not set{_settings_say(facts, name)}")
        for name in shown
    )


def _settings_say(facts: Facts, name: str) -> str:
    if changed(facts, name):
        expected = _expected(facts, name)
        return f"; the settings say {name}={expected}" if expected else "; the settings do not set it"
    source = _source(facts, name)
    return f", from {source}" if source else ""


def remedy(facts: Facts, name: str) -> str:
    """`labctl up` where the process alone has it; else the line that takes it out of the settings."""
    component, source = facts.component(SERVICE), facts.spec.service_env_from.get(name, "")
    if component and component.expected and component.expected.env.get(name) != component.env.get(name):
        return "labctl up"              # which takes away what a flag of the last one gave, too
    if source == "environment":
        return f"unset {name} && labctl up"
    if source == ".env" and facts.dotenv:
        return f"sed -i.bak 's/^{name}=/# &/' {facts.dotenv} && labctl up"
    return f"labctl up --set {name}={DEFAULTS[name]}" if name in DEFAULTS else "labctl up"


def _expected(facts: Facts, name: str) -> str:
    component = facts.component(SERVICE)
    return component.expected.env.get(name, "") if component and component.expected else ""


def _source(facts: Facts, name: str) -> str:
    component = facts.component(SERVICE)
    given = (component.given if component else None) or facts.spec.service_env_from
    source = given.get(name, "")
    return "a flag of the last labctl up" if source == FLAG else source and f"the {source}" if source == "environment" else source
