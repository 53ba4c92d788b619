"""Whether the service of a lab makes spans at all: its OTEL_* variables can turn tracing off, and its /health says so."""

from contextlib import suppress

from labctl.errors import LabError
from labctl.host.http import get


def is_off(service_url: str) -> bool:
    """False too where the service does not say."""
    with suppress(LabError, AttributeError):
        return get(f"{service_url}/health").json().get("tracing_enabled") is False
    return False
