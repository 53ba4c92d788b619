"""All switches as one table. A further one is a row here and a folder of manifests/switches (docs/add-a-switch.md)."""

from collections.abc import Mapping
from shlex import quote
from typing import Final

from labctl.errors import UsageError
from labctl.switches import redact
from labctl.switches.addons import ADD_ONS
from labctl.switches.export import EXPORT
from labctl.switches.export_headers import EXPORT_HEADERS
from labctl.switches.mesh.switch import MESH
from labctl.switches.sampling import SAMPLING
from labctl.switches.security import ALLOW_FROM, AUTH, MTLS, TLS
from labctl.switches.slo.switch import SLO
from labctl.switches.stores.retention import RETENTION
from labctl.switches.stores.volumes import VOLUMES
from labctl.switches.switch import ON_OR_OFF, Switch, just_on

PERSIST: Final = Switch(
    "persist", ON_OR_OFF, ("on",), "the collector's sending queues on disk: what waits in them survives its restart or kill",
    just_on("persist"),
)


def _counts_every_span(text: str, on: Mapping[str, str]) -> str:
    """Raises UsageError where the service makes spans of some requests only."""
    if (sampling := on.get(SAMPLING.name, "")).startswith("head:"):
        raise UsageError(
            f"--aggregate counts requests by their spans, of which --sampling {sampling} leaves most out",
            hint=f"labctl up --aggregate on --sampling {quote(sampling.removeprefix('head:'))}\nlabctl up --aggregate off",
        )
    return text


AGGREGATE: Final = Switch(
    "aggregate", ON_OR_OFF, ("on",),
    "metrics for Prometheus and other backends are aggregated first: requests of all replicas together, counted from spans",
    just_on("aggregate"), settled=_counts_every_span,
)

SWITCHES: Final = (
    SAMPLING, redact.REDACT, redact.ALLOW, redact.PATTERN, TLS, MTLS, AUTH, EXPORT, EXPORT_HEADERS, ADD_ONS, SLO, AGGREGATE,
    RETENTION, VOLUMES, PERSIST, MESH, ALLOW_FROM,
)
"""In the order in which their parts are added to the lab."""

BY_NAME: Final = {switch.name: switch for switch in SWITCHES}
