"""Whether a lab's service makes spans at all: OTEL_* variables can turn tracing off, which its /health reports."""

from contextlib import suppress

from labctl.errors import LabError
from labctl.host.http import get


def is_off(service_url: str) -> bool:
    """False also where the service does not report it."""
    with suppress(LabError, AttributeError):
        return get(f"{service_url}/health").json().get("tracing_enabled") is False
    return False
