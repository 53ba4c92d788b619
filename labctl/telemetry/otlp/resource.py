"""What a Resource says of who sent it."""

from typing import Any

from labctl.telemetry.otlp.attributes import table

UNKNOWN = "unknown_service"             # the OpenTelemetry specification's word for a service without a name


def attributes(encoded: bytes) -> dict[str, Any]:
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

    return table(Resource.FromString(encoded).attributes)


def identity(encoded: bytes) -> tuple[str, str]:
    """service.name and service.instance.id."""
    found = attributes(encoded)
    return str(found.get("service.name", UNKNOWN)), str(found.get("service.instance.id", ""))
