"""A Resource as the sender of telemetry, with the instrumentation scope that made it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError

from labctl.telemetry.otlp import partial_messages
from labctl.telemetry.otlp.attributes import encoded_table

UNKNOWN = "unknown_service"             # the OpenTelemetry specification's name for a service without one
REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Sender:
    """A Resource and a scope: their encoding, which identifies them, and the two attributes that name the Resource.

    The encoding is the Resource's, with the scope and the schema URLs behind it as fields of an Origin.
    """

    encoded: bytes
    service: str                        # service.name
    instance: str                       # service.instance.id


@lru_cache(REMEMBERED)
def sender(encoded: bytes) -> Sender:
    found = attributes(encoded)
    return Sender(encoded, str(found.get("service.name", UNKNOWN)), str(found.get("service.instance.id", "")))


def sender_of(group: Any, scope: Any) -> Sender:
    """Of one scope's items."""
    if not (scope.scope or scope.schema_url or group.schema_url):
        return sender(group.resource)
    return _of_scope(group.resource, scope.scope, group.schema_url, scope.schema_url)


@lru_cache(REMEMBERED)
def _of_scope(resource: bytes, scope: bytes, schema_url: bytes, scope_schema_url: bytes) -> Sender:
    known = sender(resource)
    origin = partial_messages.Origin(scope=scope, schema_url=schema_url, scope_schema_url=scope_schema_url)
    return Sender(resource + origin.SerializeToString(), known.service, known.instance)


def attributes(encoded: bytes) -> dict[str, Any]:
    try:
        return encoded_table(partial_messages.ResourceAttributes.FromString(encoded).attributes)
    except DecodeError:
        return {}
