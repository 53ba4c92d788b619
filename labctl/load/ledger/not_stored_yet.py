"""Which missing spans may still arrive: those that the collector or the service's SDK still has, or may have.

Subtle: they are neither lost nor stored. A bound is infinite where its component cannot be asked.
"""

from dataclasses import dataclass, replace
from typing import Final

from labctl.load.ledger.hops import Missing


@dataclass(frozen=True, slots=True)
class Waiting:
    """The most spans that may still arrive, the run's own or others."""

    cause: str = ""                     # "" where nothing waits
    in_collector: float = 0
    in_service: float = 0               # in the SDK's queue or in flight
    unacknowledged: float = 0           # client spans that the collector may have received without an answer


@dataclass(frozen=True, slots=True)
class NotStoredYet:
    spans: int
    cause: str                          # "" where there are none


NOTHING: Final = NotStoredYet(0, "")


def split(missing: Missing, waiting: Waiting) -> tuple[NotStoredYet, Missing]:
    """The missing spans that may still arrive, and the others, which are lost."""
    client = min(missing.unacknowledged, waiting.unacknowledged)
    acknowledged = min(missing.acknowledged, waiting.in_collector)
    in_time = missing.service - (0 if waiting.unacknowledged else missing.too_late)
    service = min(in_time, waiting.in_collector - acknowledged + waiting.in_service)
    lost = replace(
        missing, unacknowledged=missing.unacknowledged - int(client), acknowledged=missing.acknowledged - int(acknowledged),
        service=missing.service - int(service),
    )
    spans = int(client + acknowledged + service)
    return NotStoredYet(spans, waiting.cause if spans else ""), lost
