"""A Resource as the sender of telemetry."""

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
    """A Resource: its encoding, which identifies it, and the two attributes that name it."""

    encoded: bytes
    service: str                        # service.name
    instance: str                       # service.instance.id


@lru_cache(REMEMBERED)
def sender(encoded: bytes) -> Sender:
    found = attributes(encoded)
    return Sender(encoded, str(found.get("service.name", UNKNOWN)), str(found.get("service.instance.id", "")))


def attributes(encoded: bytes) -> dict[str, Any]:
    try:
        return encoded_table(partial_messages.ResourceAttributes.FromString(encoded).attributes)
    except DecodeError:
        return {}
