"""How long a request should take by the running service's settings, and which step of one took the longest."""

from collections.abc import Sequence

from labctl import numbers
from labctl.telemetry.trace import Span
from labctl.viewer_client.blame import self_time
from labctl.why import service_variables as variables
from labctl.why.facts import Facts


def expected_ms(facts: Facts) -> float | None:
    """At most, without a slow step; None where the settings are unknown."""
    try:
        latency, jitter = float(variables.value(facts, "DEFAULT_LATENCY_MS")), variables.value(facts, "LATENCY_JITTER")
        share = float(jitter.removesuffix("%")) / (100 if jitter.endswith("%") else 1)
    except ValueError:
        return None
    return latency * (1 + share)


def slowest_step(spans: Sequence[Span]) -> str:
    """`format_response took 402 ms by itself`; "" without the service's spans."""
    own = {
        span.name: self_time(span, [child for child in spans if child.parent_id == span.span_id])
        for span in spans if span.kind != "client"
    }
    name = max(own, key=own.__getitem__, default="")
    return f"{name} took {numbers.milliseconds(own[name])} by itself" if name else ""
