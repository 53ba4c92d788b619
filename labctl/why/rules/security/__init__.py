"""TLS and the bearer token: what an expired certificate, another CA, a missing or a wrong token do to the lab's connections."""

from typing import Final

from labctl.why.rules.security import (
    certificates,
    collector_sends,
    credential_files,
    service_sends,
)

MODULES: Final = (
    credential_files, certificates, service_sends, collector_sends,
)
