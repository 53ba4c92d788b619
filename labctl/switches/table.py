"""All switches as one table. A further one is a row here and a folder of manifests/switches (docs/add-a-switch.md)."""

from typing import Final

from labctl.switches import redact
from labctl.switches.addons import ADD_ONS
from labctl.switches.export import EXPORT
from labctl.switches.export_headers import EXPORT_HEADERS
from labctl.switches.sampling import SAMPLING
from labctl.switches.security import ALLOW_FROM, AUTH, MTLS, TLS
from labctl.switches.slo.switch import SLO
from labctl.switches.stores.retention import RETENTION
from labctl.switches.switch import ON_OR_OFF, Switch, just_on

PERSIST: Final = Switch(
    "persist", ON_OR_OFF, ("on",), "the collector's sending queues on disk: what waits in them survives its restart or kill",
    just_on("persist"),
)

SWITCHES: Final = (
    SAMPLING, redact.REDACT, redact.ALLOW, redact.PATTERN, TLS, MTLS, AUTH, EXPORT, EXPORT_HEADERS, ADD_ONS, SLO, RETENTION,
    PERSIST, ALLOW_FROM,
)
"""In the order in which their parts are added to the lab."""

BY_NAME: Final = {switch.name: switch for switch in SWITCHES}
