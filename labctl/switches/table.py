"""All switches as one table. A further one is a row here and a folder of manifests/switches (docs/add-a-switch.md)."""

from typing import Final

from labctl.switches import redact
from labctl.switches.export import EXPORT
from labctl.switches.export_headers import EXPORT_HEADERS
from labctl.switches.persist import PERSIST
from labctl.switches.sampling import SAMPLING
from labctl.switches.security import ALLOW_FROM, AUTH, MTLS, TLS

SWITCHES: Final = (
    SAMPLING, redact.REDACT, redact.ALLOW, redact.PATTERN, TLS, MTLS, AUTH, EXPORT, EXPORT_HEADERS, PERSIST, ALLOW_FROM,
)
"""In the order in which their parts are added to the lab."""

BY_NAME: Final = {switch.name: switch for switch in SWITCHES}
