"""The clocks of client and service differ: spans of one request are further apart than it took."""

from collections.abc import Iterator
from typing import Final

from labctl import numbers
from labctl.findings import Evidence, Finding, Kind
from labctl.why.facts import Facts

LOOKS_AT: Final = "whether the service's clock is this machine's"
_APART_MS: Final = 2000.0


def find(facts: Facts) -> Iterator[Finding]:
    spans = {span.kind: span for span in (facts.canary.spans if facts.canary else ())}
    client, server = spans.get("client"), spans.get("server")
    if client is None or server is None:
        return
    apart = server.start_ms - client.start_ms
    if not -_APART_MS < apart < client.duration_ms + _APART_MS:
        yield Finding(
            "clock", Kind.CAUSE, "service", f"the service's clock is {numbers.milliseconds(abs(apart))} "
            f"{'ahead of' if apart > 0 else 'behind'} this machine's",
            (Evidence("the canary's trace", f"{server.name} begins {numbers.milliseconds(apart)} after the request was sent"),),
            _anew(facts),
        )


def _anew(facts: Facts) -> str:
    """`up` leaves a process that runs with the lab's settings; a pod whose clock differs has been given something else."""
    service = facts.component("service")
    return f"kill {service.health.pid}; labctl up" if service and service.health.pid else "labctl up"
